"""`maintenance`: closes routes for a while, and opens them again, without a deployment.

    python -m devtools maintenance on --route '/api/*' --until 2h
    python -m devtools maintenance on --route api.example.com/v1/* --until 2027-01-15T08:00:00Z --env production
    python -m devtools maintenance off --route '/api/*'
    python -m devtools maintenance list
                            [--env NAME [--local]] [--persist-to FOLDER]

A pattern closes every route of wrangler.toml whose path is within it. Without --env it is about the gateway that `make
dev` serves, in whose store on this machine the flag is put up; with it, about the deployed one, through wrangler and by
whoever is signed in there; --local is the store on this machine for that environment, too. `--persist-to` is what `make
dev` was given.

What is closed answers 503 with `Retry-After`, but to callers with a role of MAINTENANCE_ROLES: within ten seconds on
this machine, elsewhere within the minute that the store takes and ten seconds more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from devtools import namespaces
from devtools.configuration import local_vars
from devtools.durations import seconds_of
from devtools.failure import Failure
from devtools.paths import SOURCES, WRANGLER_TOML

sys.path.insert(0, str(SOURCES))

from configuration.maintenance import MAINTENANCE, Part, flag_id, label_of, matching
from configuration.settings import RouteSettings, RoutesSettings
from core.flags import CHANGED, LONGEST_SECONDS, PREFIX, SHORTEST_STORAGE, ends_at

BINDING: Final = "CACHE"
FLAGS: Final = f"{PREFIX}{MAINTENANCE}:"
WRITTEN: Final = "write 2h, 90m, 3d, or a date and time with its offset, as in 2027-01-15T08:00:00Z"


def main(argv: list[str]) -> int:
    """`maintenance on | off | list`. Raises Failure."""
    options = _options(argv)
    namespace = namespaces.chosen(BINDING, options)
    routes = routes_of(namespace)
    if options.action == "on":
        print(close(namespace, routes, options.route, options.until, time.time()))
    elif options.action == "off":
        print(reopen(namespace, options.route, time.time()))
    else:
        print(table(flags(namespace, time.time()), routes))
    return 0


def close(namespace: namespaces.Namespace, routes: Sequence[RouteSettings], part: str, until: str, now: float) -> str:
    """Put the flag up; gives what is said of it. Raises Failure for a pattern that closes nothing, or a past moment."""
    closed = closed_by(part, routes)
    end = moment(until, now)
    said = {"route": part, "until": end, "made": int(now)}
    namespace.put(FLAGS + flag_id(part), part, metadata=said, expires_in=max(SHORTEST_STORAGE, end - int(now)))
    _tell(namespace, now)
    return f"closed until {_shown(end)}, {_within(namespace)}: {', '.join(closed)}"


def reopen(namespace: namespaces.Namespace, part: str, now: float) -> str:
    """Take the flag down. Raises Failure where there is none."""
    up = flags(namespace, now)
    if part not in up:
        known = f"closed are {', '.join(up)}" if up else "nothing is closed"
        raise Failure(f"{part!r} was not closed", known)
    namespace.delete(FLAGS + flag_id(part))
    _tell(namespace, now)
    return f"{part} is open again, {_within(namespace)}"


def flags(namespace: namespaces.Namespace, now: float) -> dict[str, float]:
    """What is closed: pattern -> until when."""
    found = namespace.list(FLAGS).values()
    return {str(said["route"]): ends_at(said) for said in found if "route" in said and ends_at(said) > now}


def table(up: Mapping[str, float], routes: Sequence[RouteSettings]) -> str:
    """What is closed, a line each, with the routes that it is."""
    if not up:
        return "nothing is closed"
    width = max(map(len, up))
    lines = []
    for part, end in sorted(up.items()):
        closed = labels(matching(part, routes))
        lines.append(f"{part:<{width}}  until {_shown(end)}  {', '.join(closed) or 'no route of wrangler.toml'}")
    return "\n".join(lines)


def closed_by(part: str, routes: Sequence[RouteSettings]) -> list[str]:
    """The routes that a pattern closes. Raises Failure with those that there are where it closes none."""
    try:
        Part.read(part)
    except ValueError as fault:
        raise Failure(f"--route {part!r} {fault}", "write it as the path of a route", code=2) from None
    closed = labels(matching(part, routes))
    if not closed:
        known = ", ".join(labels(routes)) or "none"
        raise Failure(f"no route is within {part!r}", f"the routes are {known}", code=2)
    return closed


def labels(routes: Sequence[RouteSettings]) -> list[str]:
    return list(dict.fromkeys(map(label_of, routes)))


def moment(text: str, now: float) -> int:
    """`2h` or a date and time, as seconds since 1970. Raises Failure for what is past, or no moment."""
    if (seconds := seconds_of(text)) is not None:
        end = int(now) + seconds
    else:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise Failure(f"--until {text!r} is no moment", WRITTEN, code=2) from None
        if read.tzinfo is None:
            raise Failure(f"--until {text!r} does not say in which time zone", WRITTEN, code=2)
        end = int(read.timestamp())
    if end <= now:
        raise Failure(f"--until {text!r} is past", WRITTEN, code=2)
    if end > now + LONGEST_SECONDS:
        raise Failure(f"--until {text!r} is more than {LONGEST_SECONDS // 86_400} days ahead", WRITTEN, code=2)
    return end


def routes_of(namespace: namespaces.Namespace, wrangler_toml: Path = WRANGLER_TOML) -> tuple[RouteSettings, ...]:
    """The routes of the gateway that is meant, whatever else its settings lack here. Raises Failure."""
    environment = namespace.environment
    if namespace.deployed and environment:
        variables, bindings = local_vars.deployed(wrangler_toml, environment)
    else:
        variables, bindings = local_vars.read(wrangler_toml, environment)
    if BINDING not in bindings:
        raise Failure(f"no KV namespace is bound as {BINDING}", f"`wrangler kv namespace create {BINDING}` makes one")
    told = variables.get("ROUTES") or []
    try:
        return RoutesSettings.model_validate({"routes": json.loads(told) if isinstance(told, str) else told}).routes
    except ValueError:  # pydantic's as well
        raise Failure("ROUTES cannot be read", "`python -m devtools doctor` says what is wrong with it") from None


def _tell(namespace: namespaces.Namespace, now: float) -> None:
    """Have every isolate list the flags anew."""
    namespace.put(CHANGED, str(int(now * 1000)))


def _within(namespace: namespaces.Namespace) -> str:
    return "everywhere within a minute and ten seconds" if namespace.deployed else "within ten seconds"


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devtools maintenance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    on = actions.add_parser("on", help="close the routes within a pattern")
    off = actions.add_parser("off", help="open them again")
    listed = actions.add_parser("list", help="what is closed, and until when")
    for action in (on, off):
        action.add_argument(
            "--route", required=True, metavar="PATTERN", help="/api/users, /api/*, api.example.com/v1/*"
        )
    on.add_argument("--until", required=True, metavar="WHEN", help="2h, 90m, 3d, or 2027-01-15T08:00:00Z")
    for action in (on, off, listed):
        namespaces.add_options(action)
    return parser.parse_args(argv)
