"""The isolate: its configuration as plain values, its bindings as ports, its log."""

import random
import time
from collections.abc import Sequence
from typing import Any

import js
from workers import import_from_javascript

from core.event_stream import EventTerms
from core.ports import Analytics, Fetch, Platform, RateLimiter
from core.sockets import SocketTerms
from edge.bridge import bridge
from edge.console import write_log
from edge.fetch import EdgeFetch
from edge.signatures import WebCrypto
from edge.store import EdgeRateLimiter, WorkersKV

_worker: Any = import_from_javascript("cloudflare:workers")


def environment() -> tuple[dict[str, Any], set[str]]:
    """Vars and secrets by name, and the names of all other bindings."""
    variables: dict[str, Any] = {}
    bindings: set[str] = set()
    env = _worker.env
    for name in js.Object.keys(env):
        value = getattr(env, name)
        if isinstance(value, str | int | float):
            variables[name] = value
        elif value.constructor.name in ("Object", "Array"):
            variables[name] = bridge().to_python(value)
        else:
            bindings.add(name)
    return variables, bindings


def platform(bindings: set[str]) -> Platform:
    """The ports of this isolate. Call it inside a request."""
    env = _worker.env

    def bound(name: str) -> Any:
        if name not in bindings:
            raise KeyError(name)
        return getattr(env, name)

    def service(name: str) -> Fetch:
        fetcher = bound(name)
        return EdgeFetch(fetcher.fetch, fetcher)

    def limiter(name: str) -> RateLimiter:
        return EdgeRateLimiter(bound(name))

    return Platform(
        fetch=EdgeFetch(js.fetch),
        service=service,
        verify=WebCrypto(),
        store=WorkersKV(env.CACHE) if "CACHE" in bindings else None,
        keys=WorkersKV(env.KEYS) if "KEYS" in bindings else None,
        limiter=limiter,
        analytics=_analytics(env.ANALYTICS) if "ANALYTICS" in bindings else None,
        clock=time.time,
        random=random.Random(int.from_bytes(random.SystemRandom().randbytes(32))),
        log=write_log,
        sockets=_sockets,
        events=_events,
    )


def _sockets(websocket: Any, terms: SocketTerms) -> Any:
    from edge.sockets import EdgeSockets  # sockets under terms are rare

    return EdgeSockets()(websocket, terms)


def _events(body: Any, terms: EventTerms) -> Any:
    from edge.events import EdgeEvents  # and so are events

    return EdgeEvents()(body, terms)


def _analytics(dataset: Any) -> Analytics:
    def write(index: str, blobs: Sequence[str], doubles: Sequence[float]) -> None:
        dataset.writeDataPoint(bridge().to_object({"indexes": [index], "blobs": blobs, "doubles": doubles}))

    return write
