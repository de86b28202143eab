"""`dev`: serves the Worker on this machine under `wrangler dev`.

    python -m devtools dev [--runtime auto|official|embedded] [--cf country=DE,city=Berlin] [any option of wrangler dev]

`--runtime auto`, the default, takes Cloudflare's own Python runtime when it is cached or can be fetched within 5 s, and
the embedded one (devtools/runtime) otherwise; a line says which and why. `--cf` sets the visitor's place, and a request
may set its own in the header `gatehouse-dev-cf`; both need the embedded runtime.

Without `--env`, `[env.local]` of wrangler.toml is served, with the example origin of this repository beside it.

wrangler's log is kept in .wrangler/logs/dev-<port>.log, where `python -m devtools tail` reads it.

Under the embedded runtime wrangler reads a configuration generated from wrangler.toml, renewed when that file changes.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Any

from devtools import local_vars, node, origin_place, ports, wrangler_config
from devtools.failure import Failure, one_line
from devtools.local_keys import ensure_local_keys
from devtools.local_vars import LOCAL, served
from devtools.node import Node
from devtools.paths import NODE_MODULES, PYTHON_MODULES, ROOT, STATE, VENV_PYTHON, WRANGLER_TOML
from devtools.runtime.official import OfficialRuntime
from devtools.runtime.supervise import Child, interruptible
from devtools.tail import log_of

RUNTIMES = ("auto", "official", "embedded")
DEFAULT_PORT = 8787
FETCH_WITHIN = {"auto": 5.0, "official": 60.0}
"""Seconds that Cloudflare's bundle may take."""

LOOK_AT_CONFIGURATION_EVERY = 0.5
"""Seconds."""

ENDED_ON_REQUEST = {0, *(code for number in (SIGINT, SIGTERM, SIGHUP) for code in (-number, 128 + number))}
"""Exit codes of a wrangler that was told to end."""

QUIET = {
    "WRANGLER_SEND_METRICS": "false",
    "WRANGLER_SEND_ERROR_REPORTS": "false",
    "WRANGLER_HIDE_BANNER": "true",  # and with it the look for a newer version
    "WRANGLER_NO_SKILLS_UPDATE_PROMPTS": "true",
    "DO_NOT_TRACK": "1",
    "CLOUDFLARE_CF_FETCH_ENABLED": "false",
}
"""wrangler neither reports home nor asks Cloudflare where this machine is."""

CACHE = STATE / "runtime"
PACK = ROOT / "devtools" / "runtime" / "pack.mjs"
WRANGLER = NODE_MODULES / "wrangler" / "wrangler-dist" / "cli.js"


@dataclass(frozen=True)
class Options:
    """What was asked for. `wrangler` holds the options that are handed on, those named here included."""

    runtime: str = "auto"
    cf: dict[str, Any] | None = None
    config: Path = WRANGLER_TOML
    environment: str | None = None
    host: str = "localhost"
    port: int = DEFAULT_PORT
    wrangler: list[str] = field(default_factory=list)


def main(argv: list[str]) -> int:
    """Serve until Ctrl-C. Raises Failure."""
    options = parse(argv)
    chosen = node.locate()
    _require(WRANGLER, PYTHON_MODULES)
    config = wrangler_config.read(options.config)
    wrangler_config.section(config, options.environment, "name")  # an unknown environment fails here
    official, why = choose_runtime(options, config)
    _require_free(options.host, options.port)
    _say(f"{'official' if official else 'embedded'} runtime: {why}")
    if options.config == WRANGLER_TOML and (made := ensure_local_keys()):
        _say(f"made {', '.join(made)} in .dev.vars for this machine")
    try:
        with interruptible(), ExitStack() as running:
            options, origin = beside(options)
            if origin:
                # The gateway first: the origin takes as long to start, and half of a machine with two cores.
                companion = Child(["nice", VENV_PYTHON, "-m", "devtools", *origin], env=os.environ)
                running.callback(companion.stop)
            return _serve_official(options, chosen, official) if official else _serve_embedded(options, chosen)
    except KeyboardInterrupt:
        return 0


def parse(argv: Sequence[str]) -> Options:
    """The options. Those that are wrangler's too are looked at and handed on; every other one is handed on unseen."""
    parser = argparse.ArgumentParser(prog="python -m devtools dev", allow_abbrev=False, add_help=False)
    parser.add_argument("--runtime", choices=RUNTIMES, default="auto")
    parser.add_argument("--cf", action="append", type=_place, default=[])
    parser.add_argument("-h", "--help", action="store_true")
    parser.error = _misused  # type: ignore[method-assign]
    ours, theirs = parser.parse_known_args(argv)
    if ours.help:
        print(__doc__)
        raise SystemExit(0)
    peek = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    peek.add_argument("--config", "-c", type=Path, default=WRANGLER_TOML)
    peek.add_argument("--env", "-e", default=os.environ.get("CLOUDFLARE_ENV") or None)
    peek.add_argument("--ip", default="localhost")
    peek.add_argument("--port", type=ports.port)
    peek.error = _misused  # type: ignore[method-assign]
    seen, _ = peek.parse_known_args(theirs)
    environment = seen.env or (served(WRANGLER_TOML) if seen.config == WRANGLER_TOML else None)
    if environment and not seen.env:
        theirs = [*theirs, "--env", environment]
    return Options(
        runtime=ours.runtime,
        cf={name: value for place in ours.cf for name, value in place.items()} or None,
        config=seen.config.resolve(),
        environment=environment,
        host=seen.ip,
        port=DEFAULT_PORT if seen.port is None else seen.port,
        wrangler=theirs if seen.port is not None else [*theirs, "--port", str(DEFAULT_PORT)],
    )


def beside(options: Options) -> tuple[Options, tuple[str, ...]]:
    """The example origin beside the local environment's gateway: the command of `python -m devtools` that serves it,
    empty when one is there already, and the options with which the gateway finds it. Raises Failure."""
    if options.environment != LOCAL or options.config != WRANGLER_TOML:
        return options, ()
    if ports.is_free(origin_place.HOST, origin_place.PORT):
        return options, ("origin", "--port", str(origin_place.PORT), "--seed")
    secret = local_vars.read(WRANGLER_TOML, LOCAL)[0].get("ORIGIN_SECRET", "")
    taken = f"port {origin_place.PORT} is taken"
    if origin_place.believes(origin_place.PORT, secret):
        _say(f"{taken} by an origin that believes this gateway: it is the origin")
        return options, ()
    port = ports.free_port()
    _say(f"{taken} by something else: the origin is on {port}, and changes of ROUTES need a new start")
    routes = wrangler_config.read(WRANGLER_TOML)["env"][LOCAL]["vars"]["ROUTES"]
    theirs = [*options.wrangler, "--var", f"ROUTES:{origin_place.moved(routes, port)}"]
    return replace(options, wrangler=theirs), ("origin", "--port", str(port), "--seed")


def _say(line: str) -> None:
    print(f"gatehouse: {line}", file=sys.stderr, flush=True)


def _misused(message: str) -> Any:
    raise Failure(f"dev: {message}", "see `python -m devtools dev --help`", code=2)


def _place(text: str) -> dict[str, Any]:
    """`country=DE,city=Berlin`, or a JSON object; the same notation as the header's (worker/place.mjs)."""
    try:
        if text.lstrip().startswith("{"):
            place: dict[str, Any] = json.loads(text)
            return place
        return {name.strip(): value.strip() for name, value in (pair.split("=", 1) for pair in text.split(","))}
    except ValueError:
        raise argparse.ArgumentTypeError("is written country=DE,city=Berlin or as a JSON object") from None


def _require(*needed: Path) -> None:
    for path in needed:
        if not path.exists():
            raise Failure(f"{path.relative_to(ROOT)} is missing", "run `make setup`")


def _require_free(host: str, port: int) -> None:
    """Raises Failure when the port is taken; port 0 lets wrangler find one."""
    if not ports.is_free(host, port):
        what = f"port {port} of {host} cannot be used"
        raise Failure(what, f'stop what uses it, or take another: make dev ARGS="--port {port + 10}"')


def choose_runtime(options: Options, config: wrangler_config.Config) -> tuple[OfficialRuntime | None, str]:
    """Cloudflare's runtime, or None for the embedded one; and a sentence that says why."""
    if options.runtime == "embedded":
        return None, "asked for with --runtime embedded"
    if options.cf and options.runtime == "auto":
        return None, "--cf needs it"
    if options.cf:
        raise Failure("--cf needs the embedded runtime", "leave out --runtime official, or --cf")
    date = str(wrangler_config.section(config, options.environment, "compatibility_date") or "")
    flags = wrangler_config.section(config, options.environment, "compatibility_flags") or []
    official = OfficialRuntime(date, flags)
    found = official.look(FETCH_WITHIN[options.runtime], again=options.runtime == "official")
    if found.usable:
        return official, f"Cloudflare's bundle {found.why}"
    if options.runtime == "official":
        raise Failure(f"Cloudflare's bundle {found.why}", "check the network, or use --runtime embedded")
    return None, f"Cloudflare's bundle {found.why}; --runtime official tries again"


def _serve_official(options: Options, chosen: Node, official: OfficialRuntime) -> int:
    given = ["--config", str(options.config)] if options.config == WRANGLER_TOML else []
    environment = official.environment() | _kept_log(options)
    return _run_wrangler(chosen, [*given, *options.wrangler], environment, lambda: None)


def _serve_embedded(options: Options, chosen: Node) -> int:
    session = Session(options, chosen)
    try:
        session.pack()
        generated = session.generate()
        arguments = ["--config", str(generated), *_without_config(options.wrangler)]
        if not any(argument.startswith("--persist-to") for argument in arguments):
            arguments += ["--persist-to", str(options.config.parent / ".wrangler" / "state")]
        return _run_wrangler(chosen, arguments, _kept_log(options), session.renew)
    finally:
        session.remove()


def _without_config(arguments: Sequence[str]) -> list[str]:
    """wrangler's options without the configuration's: it gets the generated one."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--config", "-c")
    return parser.parse_known_args(arguments)[1]


class Session:
    """One run of the embedded runtime: a folder with the generated configuration and the packed modules."""

    def __init__(self, options: Options, chosen: Node) -> None:
        sessions = STATE / "dev"
        _sweep(sessions)
        self._options = options
        self._node = chosen
        self._folder = sessions / str(os.getpid())
        self._bundle = self._folder / "bundle"
        self._fresh = self._folder / "fresh"
        self._seen = _modified(options.config)

    def pack(self) -> None:
        """Everything wrangler loads. What did not change since another run comes from the cache."""
        config = wrangler_config.read(self._options.config)
        shutil.rmtree(self._folder, ignore_errors=True)
        request = {
            "folder": str(self._bundle),
            "source": str(self._source(config)),
            "settings": self._settings(config),
            "cache": str(CACHE),
            "pyodide": str(NODE_MODULES / "pyodide"),
            "packages": str(PYTHON_MODULES),
            "exclude": wrangler_config.excluded(config, self._options.environment),
        }
        command: list[str | Path] = [self._node.executable, PACK, "bundle", json.dumps(request)]
        packing = Child(command, env=self._node.environment())
        try:
            code = packing.wait(lambda: None, LOOK_AT_CONFIGURATION_EVERY)
        finally:
            packing.stop()
        if code != 0:
            raise Failure(f"the runtime could not be packed: {_last_error(''.join(packing.said))}", "run `make setup`")
        self._fresh.touch()

    def generate(self) -> Path:
        """Write wrangler's configuration; gives its path."""
        config = wrangler_config.read(self._options.config)
        source = self._source(config)
        pack = [self._node.executable, PACK, "application", source, CACHE, self._bundle / "application.bin"]
        # wrangler also builds when it starts, which `pack` has just done: that first time only the mark is removed.
        build = f"rm {shlex.quote(str(self._fresh))} 2>/dev/null || {shlex.join(map(str, pack))}"
        # wrangler joins the watched folder to the configuration's, even an absolute one.
        watch = os.path.relpath(source, self._folder)
        bundle = wrangler_config.Bundle(self._bundle, build, watch)
        generated = wrangler_config.embedded(config, self._options.config.parent, bundle)
        return wrangler_config.write(generated, self._folder, self._options.config.parent)

    def renew(self) -> None:
        """Generate the configuration anew when wrangler.toml was saved; report one that is broken and pass it over."""
        modified = _modified(self._options.config)
        if modified == self._seen:
            return
        self._seen = modified
        try:
            settings = self._settings(wrangler_config.read(self._options.config))
            draft = self._bundle / "settings.draft"
            draft.write_text(f"export default {json.dumps(settings)};\n")
            draft.replace(self._bundle / "settings.mjs")
            self.generate()
        except Failure as failure:
            _say(f"{failure}; the former configuration stays")

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _source(self, config: wrangler_config.Config) -> Path:
        main = wrangler_config.section(config, self._options.environment, "main") or "src/entry.py"
        entry = self._options.config.parent / main
        if not entry.exists():
            raise Failure(f"{main} does not exist", f"mend `main` in {self._options.config.name}")
        return entry.parent

    def _settings(self, config: wrangler_config.Config) -> dict[str, Any]:
        return wrangler_config.host_settings(config, self._options.environment, cf=self._options.cf)


def _sweep(sessions: Path) -> None:
    """Remove the folders of runs that were killed."""
    for folder in sessions.glob("*"):
        try:
            os.kill(int(folder.name), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _kept_log(options: Options) -> dict[str, str]:
    """Makes wrangler keep a new log where `tail` looks for it; one that is followed is replaced, not emptied."""
    log = log_of(options.config.parent, options.port)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.touch()
    return {"WRANGLER_WRITE_LOGS": "true", "WRANGLER_LOG_PATH": str(log)}


def _run_wrangler(chosen: Node, arguments: Sequence[str], env: dict[str, str], tick: Any) -> int:
    command: list[str | Path] = [chosen.executable, "--no-warnings", WRANGLER, "dev", *arguments]
    environment = chosen.environment() | QUIET | {"NODE_COMPILE_CACHE": str(STATE / "node")} | env
    if sys.stderr.isatty():
        environment.setdefault("FORCE_COLOR", "1")  # its standard error goes through us
    child = Child(command, env=environment, foreground=True)
    try:
        code = child.wait(tick, LOOK_AT_CONFIGURATION_EVERY)
    finally:
        child.stop()
    if code not in ENDED_ON_REQUEST:
        why = _last_error("".join(child.said))
        raise Failure(f"wrangler dev ended with code {code} ({why})", "mend what it names and start again")
    return 0


def _last_error(said: str) -> str:
    """What a program complained about last, as one line."""
    at = max(said.rfind("[ERROR]"), said.rfind("Error: "))
    return one_line(said[at:] if at >= 0 else said)[:500] or "it said nothing"
