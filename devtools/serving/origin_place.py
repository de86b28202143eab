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

USUAL = f"http://{HOST}:{PORT}"

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
    return isinstance(route, Mapping) and _place(str(route.get("origin", "")))[0] in (
        USUAL,
        f"http://localhost:{PORT}",
    )


def moved(routes: Sequence[Any], port: int) -> str:
    """`ROUTES` as JSON, with those that lead to the example origin leading to `port`."""
    place = f"http://{HOST}:{port}"
    return json.dumps(
        [
            {**route, "origin": place + _place(str(route["origin"]))[1]} if leads_here(route) else route
            for route in routes
        ]
    )


def _place(origin: str) -> tuple[str, str]:
    """Where an origin is, and the path there: `http://127.0.0.1:8788` and `/sockets`."""
    scheme, separator, rest = origin.rstrip("/").partition("://")
    authority, slash, path = rest.partition("/")
    return scheme + separator + authority, slash + path
