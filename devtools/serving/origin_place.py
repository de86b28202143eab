"""Where the example origin of `make dev` is: on the port that wrangler.toml names, or beside it while that is taken.

An origin believes one secret only, so the one of another checkout answers 401 to everything this gateway forwards.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from secrets import randbits
from typing import Any

from devtools.paths import SOURCES

sys.path.insert(0, str(SOURCES))

from forwarding import signing

HOST = "127.0.0.1"
PORT = 8788
"""What the routes of `[env.local]` in wrangler.toml name."""

NAMED = 8788
USUAL = f"http://{HOST}:{NAMED}"
"""Where they say it is, whichever port it then has."""

PATIENCE = 2.0
"""Seconds for an origin that is there to say whether it believes us."""


def believes(port: int, secret: str) -> bool:
    """Whether the example origin listens on `port` and takes what is signed with `secret`."""
    host = f"{HOST}:{port}"
    try:
        stamp = signing.RequestSigner(signing.origin_key(secret), host).sign("GET", "/echo", "", {}, None)
        fields = stamp(time.time(), randbits(signing.NONCE_BITS))
        with closing(HTTPConnection(host, timeout=PATIENCE)) as connection:
            connection.request("GET", "/echo", headers=fields)
            answer = json.loads(connection.getresponse().read())
        return str(answer["signature"]).startswith("verified")
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return False


def routes_of(value: Any) -> list[Any]:
    """`ROUTES` as a list, written as one or as JSON; empty where it is neither, which the gateway says itself."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return value if isinstance(value, list) else []


def leads_here(route: Any) -> bool:
    """Whether a route leads to the example origin."""
    return isinstance(route, Mapping) and any(_is_here(url, NAMED) for url in addresses(route))


def addresses(route: Mapping[str, Any]) -> list[str]:
    """Where a route leads, however it is written."""
    several = route.get("origins")
    entries = several if isinstance(several, list) else []
    found = [route.get("origin"), *(entry.get("url") for entry in entries if isinstance(entry, Mapping))]
    return [url for url in found if isinstance(url, str)]


def leads_to(port: int, routes: Sequence[Any]) -> bool:
    """Whether some route leads to `port` of this machine."""
    return any(_is_here(url, port) for route in routes if isinstance(route, Mapping) for url in addresses(route))


def _is_here(url: str, port: int) -> bool:
    return any(f"{url.rstrip('/')}/".startswith(f"http://{host}:{port}/") for host in (HOST, "localhost"))


def _to(url: str, port: int) -> str:
    """A URL that leads to the example origin, leading to `port`."""
    return f"http://{HOST}:{port}" + "".join(url.rstrip("/").partition(f":{NAMED}")[2:])


def _moved(route: Mapping[str, Any], port: int) -> dict[str, Any]:
    there = dict(route)
    if _is_here(str(route.get("origin", "")), NAMED):
        there["origin"] = _to(route["origin"], port)
    if isinstance(route.get("origins"), list):
        there["origins"] = [
            {**entry, "url": _to(entry["url"], port)} if _is_here(str(entry.get("url", "")), NAMED) else entry
            for entry in route["origins"]
        ]
    return there


def moved(routes: Sequence[Any], port: int) -> str:
    """`ROUTES` as JSON, with those that lead to the example origin leading to `port`."""
    return json.dumps([_moved(route, port) if leads_here(route) else route for route in routes])
