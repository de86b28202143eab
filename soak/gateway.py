"""The gateway under soak: the real Worker, configured for every room of the house, with eyes on its memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devtools.runtime.memory import measured
from devtools.runtime.runner import Gateway, Runner
from soak.faults import TIMEOUT
from soak.people import AUDIENCE, HS, RS, Keys
from soak.questions.contents import MOST
from soak.questions.plain import FRIEND
from soak.world import DEFAULTS


def routes(origin: str, brittle: str, rooms: str) -> list[dict[str, Any]]:
    """One route for each way in which routes differ."""
    well = {"origin": origin, "timeout_ms": int(TIMEOUT * 1000)}
    open_to_all = {**well, "auth": "none"}
    signed = {**well, "origin": rooms, "cache": False, "sign": "hmac"}
    return [
        {**open_to_all, "path": "/public/*", "cache": {"query": {"ignore": ["utm_*"]}}},
        {**open_to_all, "path": "/brittle/*", "origin": brittle},
        {**open_to_all, "path": "/documents/*", "methods": ["GET", "PUT"]},
        {**open_to_all, "path": "/stream/*", "cache": False},
        {**open_to_all, "path": "/mirror/*", "cache": False, "max_body": MOST},
        {**well, "path": "/mine/*", "cache": {"partition": "user"}},
        {**well, "path": "/team/*", "cache": {"partition": "role"}},
        {**well, "path": "/echo/*", "cache": False, "max_body": MOST, "sign": "hmac"},
        {**well, "path": "/api/*", "strip_prefix": "/api", "cache": False},
        {**well, "path": "/admin/*", "issuers": [HS], "roles": ["admin"], "cache": False},
        {**well, "path": "/maybe/*", "auth": "optional", "cache": False},
        {**well, "path": "/talk/*", "cache": False, "websocket": {"idle_s": 60, "lifetime_s": 600}},
        {**signed, "path": "/rooms", "websocket": {"idle_s": 60, "lifetime_s": 600}},
        {**signed, "path": "/rooms/*"},
    ]


def variables(keys: Keys, origin: str, brittle: str, rooms: str, origin_secret: str) -> dict[str, Any]:
    """Variables and secrets of the Worker."""
    return {
        **DEFAULTS,
        "JWT_SECRET": keys.secret,
        "ORIGIN_SECRET": origin_secret,
        "CORS_ORIGINS": [FRIEND],
        "ISSUERS": [
            {"issuer": HS, "audience": [AUDIENCE], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
            {"issuer": RS, "audience": [AUDIENCE], "algorithms": ["RS256"], "jwks_url": f"{origin}/keys"},
        ],
        "ROUTES": routes(origin, brittle, rooms),
    }


@contextmanager
def gateway(runner: Runner, source: Path, settings: dict[str, Any]) -> Iterator[Gateway]:
    """The Worker of `source` with its memory to be looked at, running."""
    with TemporaryDirectory(prefix="soak-") as folder:
        options = measured(source, Path(folder))
        with runner.start(**options, vars=settings, faults=True) as started:
            yield started
