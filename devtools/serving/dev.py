"""`dev`: serves the Worker on this machine under `wrangler dev`.

    python -m devtools dev [--runtime auto|official|embedded] [--cf country=DE,city=Berlin] [--services]
                           [any option of wrangler dev]

`--runtime auto`, the default, takes Cloudflare's own Python runtime when it is cached or can be fetched within 5 s, and
the embedded one (devtools/runtime) otherwise; a line says which and why. `--cf` sets the visitor's place, and a request
may set its own in the header `gatehouse-dev-cf`; both need the embedded runtime.

Without `--env`, `[env.local]` of wrangler.toml is served, with the example origin of this repository beside it. With
`--services`, its catalogue runs on MariaDB and Redis, which it starts, instead of a file and a cache of its own.

What you say goes before what is made or moved for you: `--var` first, then `.dev.vars` (or `--env-file`), then
wrangler.toml. A line says what is not in force because of another.

wrangler's log is kept in .wrangler/logs/dev-<port>.log, where `python -m devtools tail` reads it. Its tables and
warnings are there alone: the terminal has what runs where, what the Worker prints, and every error (`terminal.py`).

Under the embedded runtime wrangler reads a configuration generated from wrangler.toml, renewed when that file changes.
"""

import argparse
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Any

from devtools import node, ports
from devtools.configuration import local_vars, wrangler_config
from devtools.failure import Failure, one_line
from devtools.identity.local_keys import ensure_local_keys
from devtools.node import Node
from devtools.paths import NODE_MODULES, PYTHON_MODULES, ROOT, STATE, VENV_PYTHON, WRANGLER_TOML
from devtools.runtime.official import OfficialRuntime
from devtools.runtime.supervise import Child, interruptible
from devtools.runtime.v8 import QUICK_START, V8_FLAGS
from devtools.serving.companion import beside, other_region, say, secrets_of
from devtools.serving.dev_options import Options, parse, said_twice
from devtools.serving.tail import log_of
from devtools.serving.terminal import Terminal, what_runs

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
    "X_LOCAL_EXPLORER": "false",
    "X_LOCAL_OBSERVABILITY": "false",
}
"""wrangler neither reports home nor asks Cloudflare where this machine is. Its explorer of local data and its traces
are half a second of every start: who wants them sets these variables to `true`."""

LOOK_AGAIN = 0.05
"""Seconds between two looks whether a process that we wait for is still there."""

NOTHING = ":"
"""wrangler's build command: what it is to load is built when it is told that a source was saved."""

CACHE = STATE / "runtime"
SAVES = ROOT / "devtools" / "runtime" / "saves.mjs"
WRANGLER = NODE_MODULES / "wrangler" / "wrangler-dist" / "cli.js"


def main(argv: list[str]) -> int:
    """Serve until Ctrl-C. Raises Failure."""
    options = parse(argv, __doc__)
    chosen = node.locate()
    _require(WRANGLER, PYTHON_MODULES)
    config = wrangler_config.read(options.config)
    wrangler_config.section(config, options.environment, "name")  # an unknown environment fails here
    official, why = choose_runtime(options, config)
    _require_free(options.host, options.port)
    say(f"{'official' if official else 'embedded'} runtime: {why}")
    ours = options.config == WRANGLER_TOML and not options.files
    if ours and (made := ensure_local_keys(environment=options.environment)):
        file = local_vars.secrets_file(ROOT, options.environment)
        say(f"made {', '.join(made)} in {file.name} for this machine")
    for line in said_twice(options):
        say(line)
    try:
        with interruptible(), ExitStack() as running:
            options, origin = beside(options)
            if origin:
                # The gateway first: the origin takes as long to start, and half of a machine with two cores.
                environment = os.environ | secrets_of(options)
                companion = Child(["nice", VENV_PYTHON, "-m", "devtools", *origin], env=environment)
                running.callback(companion.stop)
            if region := other_region(options):
                environment = os.environ | secrets_of(options)
                running.callback(Child(["nice", VENV_PYTHON, "-m", "devtools", *region], env=environment).stop)
            terminal = _terminal(options, "official" if official else "embedded", origin, region)
            if official:
                return _serve_official(options, chosen, official, terminal.shown)
            return _serve_embedded(options, chosen, terminal)
    except KeyboardInterrupt:
        return 0


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


def _terminal(options: Options, runtime: str, origin: Sequence[str], region: Sequence[str]) -> Terminal:
    """What is seen of the run; `origin` and `region` are the commands beside the gateway, empty where there is none."""
    config = wrangler_config.read(options.config)
    where = f", [env.{options.environment}] of {options.config.name}" if options.environment else ""
    main = wrangler_config.section(config, options.environment, "main") or "src/entry.py"
    page = wrangler_config.section(config, options.environment, "assets") is not None
    beside = (_address(origin), _address(region), _near(_log_file(options)))
    return Terminal(
        _near((options.config.parent / main).parent),
        lambda url: what_runs(url, f"{runtime} runtime{where}", page, *beside),
        time.monotonic,
    )


def _address(command: Sequence[str]) -> str:
    """Where one of our own commands listens that has `--port`."""
    return (
        f"http://localhost:{command[command.index('--port') + 1]}" if command else "none is started with this gateway"
    )


def _near(path: Path) -> str:
    """A path as a person at the terminal would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


Shown = Callable[[str], Iterable[str]]


def _serve_official(options: Options, chosen: Node, official: OfficialRuntime, shown: Shown) -> int:
    given = ["--config", str(options.config)] if options.config == WRANGLER_TOML else []
    environment = official.environment() | _kept_log(options)
    arguments = [*given, *options.wrangler, *_over_what_was_made(options)]
    return _run_wrangler(chosen, arguments, environment, lambda: None, shown)


def _over_what_was_made(options: Options) -> list[str]:
    """Options by which wrangler, which reads `.dev.vars` itself, takes from wrangler.toml what a person wrote there."""
    written = {} if options.files else local_vars.yielded(options.config, options.environment)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in written.items()}
    pairs = [f"{name}:{text}" for name, text in texts.items() if name not in options.variables]
    if pairs:
        say(f"changes of {', '.join(written)} need a new start")
    return ["--var", *pairs] if pairs else []


def _serve_embedded(options: Options, chosen: Node, terminal: Terminal) -> int:
    if unused := wrangler_config.set_aside(wrangler_config.read(options.config), options.environment):
        say(f"{', '.join(unused)} of {options.config.name} is not in force: the embedded runtime builds in its own way")
    session = Session(options, chosen, terminal.saved)
    try:
        session.pack()
        generated = session.generate()
        arguments = ["--config", str(generated), *_without_config(options.wrangler)]
        if not any(argument.startswith(("--persist-to", "--persistTo")) for argument in arguments):
            arguments += ["--persist-to", str(options.config.parent / ".wrangler" / "state")]
        arguments += inspector(options)
        return _run_wrangler(chosen, arguments, _kept_log(options), session.renew, terminal.shown)
    finally:
        session.remove()


def inspector(options: Options) -> list[str]:
    """A port for wrangler's inspector, unless somebody chose one.

    wrangler would take 9229 if nobody is there, and of two gateways that start at once one would find it taken.
    """
    named = any(argument.startswith(("--inspector-port", "--inspectorPort")) for argument in options.wrangler)
    if named or "inspector_port" in wrangler_config.read(options.config).get("dev", {}):
        return []
    return ["--inspector-port", str(ports.free_port())]


def _without_config(arguments: Sequence[str]) -> list[str]:
    """wrangler's options without the configuration's: it gets the generated one."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--config", "-c")
    return parser.parse_known_args(arguments)[1]


class Session:
    """One run of the embedded runtime: a folder with the generated configuration and the packed modules.

    `saved(path)` gives the lines to show when the source of that path, in the sources' folder, was saved.
    """

    def __init__(self, options: Options, chosen: Node, saved: Shown) -> None:
        sessions = STATE / "dev"
        _sweep(sessions)
        self._options = options
        self._node = chosen
        self._saved = saved
        self._folder = sessions / str(os.getpid())
        self._bundle = self._folder / "bundle"
        self._marks = self._folder / "saved"
        self._seen = self._modified()
        self._twice = list(said_twice(options))
        self._packing: Child | None = None
        self._packed = threading.Event()
        self._packed_for: dict[str, Any] = {}
        shutil.rmtree(self._folder, ignore_errors=True)

    def pack(self) -> None:
        """Everything wrangler loads, now and whenever a source is saved. What did not change since another run comes
        from the cache."""
        config = wrangler_config.read(self._options.config)
        request = {
            "folder": str(self._bundle),
            "mark": str(self._marks / "last"),
            "source": str(self._source(config)),
            "settings": self._settings(config),
            "cache": str(CACHE),
            "pyodide": str(NODE_MODULES / "pyodide"),
            "packages": str(PYTHON_MODULES),
            "exclude": wrangler_config.excluded(config, self._options.environment),
        }
        if request == self._packed_for:
            return
        self._stop_packing()
        self._marks.mkdir(parents=True, exist_ok=True)
        self._packed.clear()
        command: list[str | Path] = [self._node.executable, SAVES, json.dumps(request)]
        self._packing = Child(command, env=self._node.environment(), shown=self._told)
        while not self._packed.wait(LOOK_AGAIN):
            self._still_packing()
        self._packed_for = request

    def _told(self, line: str) -> Iterable[str]:
        """What is shown for a line of the packing process."""
        what, _, path = line.strip().partition(" ")
        if what == "saved":
            return self._saved(path)
        if what != "packed":
            return [line.rstrip()]
        self._packed.set()
        return []

    def _still_packing(self) -> None:
        if self._packing and self._packing.poll() is not None:
            why = _last_error("".join(self._packing.said))
            raise Failure(f"the runtime could not be packed: {why}", "run `make setup`")

    def _stop_packing(self) -> None:
        if self._packing:
            self._packing.stop()
            self._packing = None

    def generate(self) -> Path:
        """Write wrangler's configuration; gives its path."""
        config = wrangler_config.read(self._options.config)
        # wrangler joins the watched folder to the configuration's, even an absolute one.
        bundle = wrangler_config.Bundle(self._bundle, NOTHING, os.path.relpath(self._marks, self._folder))
        generated = wrangler_config.embedded(config, self._options.config.parent, bundle)
        given_way = local_vars.yielded(self._options.config, self._options.environment)
        return wrangler_config.write(
            generated, self._folder, self._options.config.parent, lambda text: local_vars.without(text, given_way)
        )

    def renew(self) -> None:
        """Generate the configuration anew when wrangler.toml or what stands beside it was saved; report one that is
        broken and pass it over."""
        self._still_packing()
        modified = self._modified()
        if modified == self._seen:
            return
        self._seen = modified
        try:
            self.pack()
            self.generate()
            twice = list(said_twice(self._options))
        except Failure as failure:
            say(f"{failure}; the former configuration stays")
            return
        for line in twice:
            if line not in self._twice:
                say(line)
        self._twice = twice

    def _modified(self) -> list[int]:
        config = self._options.config
        files = self._options.files or local_vars.secrets_files(config.parent, self._options.environment)
        return [_modified(path) for path in (config, *files)]

    def remove(self) -> None:
        self._stop_packing()
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


def _log_file(options: Options) -> Path:
    """wrangler's log: where somebody wants it, or where `tail` looks for it."""
    theirs = os.environ.get("WRANGLER_LOG_PATH")
    return Path(theirs) if theirs else log_of(options.config.parent, options.port)


def _kept_log(options: Options) -> dict[str, str]:
    """Makes wrangler keep a new log; one that is followed is replaced, not emptied."""
    log = _log_file(options)
    if os.environ.get("WRANGLER_LOG_PATH"):
        say(f"wrangler's log is {log}, as WRANGLER_LOG_PATH says: `python -m devtools tail` needs its name")
        return {"WRANGLER_WRITE_LOGS": "true"}
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.touch()
    return {"WRANGLER_WRITE_LOGS": "true", "WRANGLER_LOG_PATH": str(log)}


def _run_wrangler(chosen: Node, arguments: Sequence[str], env: dict[str, str], tick: Any, shown: Shown) -> int:
    command: list[str | Path] = [chosen.executable, "--no-warnings", WRANGLER, "dev", *arguments]
    made = {"NODE_COMPILE_CACHE": str(STATE / "node"), V8_FLAGS: " ".join(QUICK_START)}
    environment = QUIET | made | chosen.environment() | env
    if sys.stderr.isatty():
        environment.setdefault("FORCE_COLOR", "1")  # all that it writes goes through us
    child = Child(command, env=environment, foreground=True, shown=shown)
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
