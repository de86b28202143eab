"""The example origin beside the gateway of `dev`: whether it is started, where, and how the gateway finds it there."""

import sys
from dataclasses import replace

from devtools import example, ports
from devtools.configuration.local_vars import LOCAL
from devtools.paths import WRANGLER_TOML
from devtools.serving import origin_place
from devtools.serving.dev_options import Options, beside_the_configuration, in_force

REGION_PORT = 8789
"""What the routes of `[env.local]` in wrangler.toml name as the European Union's origin."""

GIVEN = {
    "ORIGIN_SECRET": "ORIGIN_SECRET",
    "ORIGIN_SECRET_NEXT": "ORIGIN_SECRET_NEXT",
    "GATEWAY_ACCESS_KEY_ID": "AWS_ACCESS_KEY_ID",
    "GATEWAY_SECRET_ACCESS_KEY": "AWS_SECRET_ACCESS_KEY",
}
"""Variable of the origin's process: the gateway's. `AWS_*` of a process are its own keys, and mean something else."""


def beside(options: Options) -> tuple[Options, tuple[str, ...]]:
    """The example origin beside the local environment's gateway: the command of `python -m devtools` that serves it,
    empty where there is no use of one, and the options with which the gateway finds it. Raises Failure."""
    if options.environment != LOCAL or options.config != WRANGLER_TOML:
        return options, ()
    said = in_force(options)
    routes = origin_place.routes_of(said.get("ROUTES"))
    if not any(map(origin_place.leads_here, routes)):
        say("no route leads to the example origin: it is not started")
        return options, ()
    if not example.FOLDER.is_dir():
        say(f"origin/ is not here: nothing serves the routes that lead to {origin_place.USUAL}")
        return options, ()
    if ports.is_free(origin_place.HOST, origin_place.PORT):
        return options, _command(options, origin_place.PORT)
    taken = f"port {origin_place.PORT} is taken"
    if origin_place.believes(origin_place.PORT, str(said.get("ORIGIN_SECRET", ""))):
        say(f"{taken} by an origin that believes this gateway: it is the origin")
        return options, ()
    if "ROUTES" in {**options.variables, **beside_the_configuration(options)}:
        say(f"{taken} by something else, and ROUTES stays as you set it: the example origin is not started")
        return options, ()
    port = ports.free_port()
    say(f"{taken} by something else: the origin is on {port}, and changes of ROUTES need a new start")
    theirs = [*options.wrangler, "--var", f"ROUTES:{origin_place.moved(routes, port)}"]
    return replace(options, wrangler=theirs), _command(options, port)


def other_region(options: Options) -> tuple[str, ...]:
    """The command that serves a second origin in the role of another region; empty where no route leads to it, or where
    its port is taken: then that is the region."""
    if options.environment != LOCAL or options.config != WRANGLER_TOML or not example.FOLDER.is_dir():
        return ()
    routes = origin_place.routes_of(in_force(options).get("ROUTES"))
    if not origin_place.leads_to(REGION_PORT, routes) or not ports.is_free(origin_place.HOST, REGION_PORT):
        return ()
    return ("region", "--port", str(REGION_PORT))


def _command(options: Options, port: int) -> tuple[str, ...]:
    """The origin on `port`, and where it finds the gateway; port 0 is known to wrangler alone."""
    gateway = ("--gateway", f"http://{options.host}:{options.port}") if options.port else ()
    return ("origin", "--port", str(port), "--seed", *gateway, *(["--services"] if options.services else []))


def secrets_of(options: Options) -> dict[str, str]:
    """What the gateway signs with, for the origin that is to believe it, as environment variables of its process."""
    said = in_force(options)
    return {name: said[mine] for name, mine in GIVEN.items() if isinstance(said.get(mine), str) and said[mine]}


def say(line: str) -> None:
    print(f"gatehouse: {line}", file=sys.stderr, flush=True)
