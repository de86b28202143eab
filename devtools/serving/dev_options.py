"""The options of `dev`: what was asked for, and what of wrangler.toml and of the files beside it is in force then."""

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devtools import ports
from devtools.configuration import local_vars, wrangler_config
from devtools.configuration.local_vars import served
from devtools.failure import Failure
from devtools.paths import WRANGLER_TOML

RUNTIMES = ("auto", "official", "embedded")
DEFAULT_PORT = 8787


@dataclass(frozen=True)
class Options:
    """What was asked for. `wrangler` holds the options that are handed on, those named here included."""

    runtime: str = "auto"
    cf: dict[str, Any] | None = None
    config: Path = WRANGLER_TOML
    environment: str | None = None
    host: str = "localhost"
    port: int = DEFAULT_PORT
    variables: dict[str, str] = field(default_factory=dict)
    """Of `--var`."""
    files: tuple[Path, ...] = ()
    """Of `--env-file`, which wrangler reads in place of `.dev.vars`."""
    wrangler: list[str] = field(default_factory=list)
    services: bool = False
    """The example origin on real servers, where it has a choice."""


def parse(argv: Sequence[str], description: str | None = None) -> Options:
    """The options. Those that are wrangler's too are looked at and handed on; every other one is handed on unseen."""
    parser = argparse.ArgumentParser(prog="python -m devtools dev", allow_abbrev=False, add_help=False)
    parser.add_argument("--runtime", choices=RUNTIMES, default="auto")
    parser.add_argument("--cf", action="append", type=_place, default=[])
    parser.add_argument("--services", action="store_true")
    parser.add_argument("-h", "--help", action="store_true")
    parser.error = _misused  # type: ignore[method-assign]
    ours, theirs = parser.parse_known_args(argv)
    if ours.help:
        print(description)
        raise SystemExit(0)
    peek = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    peek.add_argument("--config", "-c", type=Path, default=WRANGLER_TOML)
    peek.add_argument("--env", "-e", default=os.environ.get("CLOUDFLARE_ENV") or None)
    peek.add_argument("--ip")
    peek.add_argument("--port", type=ports.port)
    peek.add_argument("--var", action="extend", nargs="+", default=[])
    peek.add_argument("--env-file", "--envFile", action="extend", nargs="+", type=Path, default=[])
    peek.error = _misused  # type: ignore[method-assign]
    seen, _ = peek.parse_known_args(theirs)
    config = seen.config.resolve()
    written = _written(config)
    environment = seen.env or (served(WRANGLER_TOML) if config == WRANGLER_TOML else None)
    if environment and not seen.env:
        theirs = [*theirs, "--env", environment]
    return Options(
        runtime=ours.runtime,
        cf={name: value for place in ours.cf for name, value in place.items()} or None,
        config=config,
        environment=environment,
        host=seen.ip or written.get("ip", "localhost"),
        port=written.get("port", DEFAULT_PORT) if seen.port is None else seen.port,
        variables={name: value for name, _, value in (pair.partition(":") for pair in seen.var)},
        files=tuple(config.parent / file for file in seen.env_file),
        services=ours.services,
        wrangler=theirs if seen.port is not None else [*theirs, "--port", str(written.get("port", DEFAULT_PORT))],
    )


def _written(config: Path) -> Mapping[str, Any]:
    """`[dev]` of a wrangler.toml; nothing where it cannot be read, which is said later."""
    try:
        found: Mapping[str, Any] = wrangler_config.read(config).get("dev", {})
    except Failure:
        return {}
    return found


def said_twice(options: Options) -> Iterator[str]:
    """A line for each setting that is not in force because another is."""
    path = options.config
    if options.files:
        unread = [file.name for file in local_vars.secrets_files(path.parent, options.environment)]
        if unread:
            yield f"--env-file: {', '.join(unread)} is not read"
    else:
        yield from local_vars.shadows(path, options.environment)
    said = {**local_vars.part(path, options.environment).get("vars", {}), **beside_the_configuration(options)}
    for name, value in options.variables.items():
        if said.get(name, value) != value:
            yield f"{name}: --var has it, and so what else is set for it is not in force"


def beside_the_configuration(options: Options) -> Mapping[str, str]:
    """What the files beside wrangler.toml say, or those that were named in their place."""
    if options.files:
        return local_vars.parse("\n".join(file.read_text(encoding="utf-8") for file in options.files if file.exists()))
    return local_vars.told(options.config.parent, options.environment).values


def in_force(options: Options) -> dict[str, Any]:
    """The variables as the gateway is told them."""
    said = local_vars.read(options.config, options.environment)[0]
    if options.files:
        said = {
            **local_vars.part(options.config, options.environment).get("vars", {}),
            **beside_the_configuration(options),
        }
    return {**said, **options.variables}


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
