"""What is known of one request while it is answered, and the one log line it leaves behind.

Never in a line: tokens, cookies, query values, bodies, client addresses. A caller appears as a short keyed hash of
issuer and subject: enough to follow one user's trouble through the log, and whoever finds the log cannot try names
against it.
"""

import hmac
import os
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol

from auth import Principal
from core.messages import Request, Response, content_length
from core.ports import Background, Randomness
from core.records import field, record

REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}")
"""An incoming `x-request-id` is kept when it looks like one; anything else could forge log lines or headers."""

REMEMBERED_LABELS = 2048

INDEX_BYTES = 96
"""Longest index of an Analytics Engine point; the data set throws at a longer one. Patterns are ASCII."""

HELD: Final = (bytes, str)
"""Contents that are there as a whole."""

NO_NOTES: Final[Mapping[str, Any]] = MappingProxyType({})


class Turn(Protocol):
    """What policies have made of a request, and what its answer passes on its way out."""

    @property
    def amended(self) -> Mapping[str, str | None]:
        """The client's fields that they have changed, by name; None for one that they have taken away."""
        ...

    @property
    def spent(self) -> float:
        """Seconds since their turn began."""
        ...

    async def answered(self, response: Response) -> Response: ...

    def end(self) -> None:
        """Nothing comes after."""
        ...


@record(frozen=False, slots=False)
class Exchange:
    """One request and what the gateway found out about it, step by step."""

    request: Request
    id: str
    started: float
    """Seconds since the epoch."""
    background: Background

    # What is found out on the way, if it is.
    route: str = field(default="", init=False)
    """The pattern that matched, not the path: a label with few values."""
    code: str = field(default="", init=False)
    """The code of the problem that ended it."""
    reason: str = field(default="", init=False)
    """Which of several that have this code; of a token, a key of `challenges.REASONS`."""
    country: str = field(default="", init=False)
    principal: Principal | None = field(default=None, init=False)
    trace: str = field(default="", init=False)
    """Trace id, of requests that were forwarded or answered from the cache."""
    sample: float = field(default=1.0, init=False)
    """Share of successes that leave a line; the route's `log_sample`."""
    cache_ms: float | None = field(default=None, init=False)
    """Milliseconds spent on look-ups; None when the cache was not asked."""
    turn: Turn | None = field(default=None, init=False)
    """Of the route's policies, once they have been asked: the answer passes them on its way out."""
    notes: Mapping[str, Any] = field(default=NO_NOTES, init=False)
    """What forwarding says of itself: origin_status, origin_ms, tries."""


def request_id(request: Request, random: Randomness) -> str:
    """The client's own id when it is well formed, else a new one of 128 bits."""
    if "x-request-id" in request.headers and REQUEST_ID.fullmatch(given := request.headers["x-request-id"]):
        return given
    return f"{random.getrandbits(128):032x}"


class CallerLabels:
    """Sixteen hexadecimal digits for each caller, under a key (RFC 2104), without which names cannot be tried.

    With a secret, a caller has the same label in every isolate until the secret is changed. Without one, the key is the
    isolate's own, and a label says no more than that two lines of one isolate are about the same caller.
    """

    def __init__(self, secret: str | None) -> None:
        """Make it inside a request: there is no entropy while the Worker is imported."""
        key = secret.encode() if secret else os.urandom(32)
        self.of = lru_cache(REMEMBERED_LABELS)(lambda caller: hmac.digest(key, caller.encode(), "sha256").hex()[:16])
        """The label of a `Principal.key`."""


def is_logged(exchange: Exchange, response: Response, random: Randomness) -> bool:
    """Whether a request of a route that samples leaves a line: every failure does, of successes the route's share."""
    return response.status >= 400 or random.random() < exchange.sample


def log_fields(exchange: Exchange, response: Response, now: float, labels: Callable[[str], str]) -> dict[str, Any]:
    """The fields of a request's log line; `ms` counts I/O only in production, where the clock stands between it."""
    request = exchange.request
    fields: dict[str, Any] = {
        "time": round(now, 3),
        "id": exchange.id,
        "method": request.method,
        "path": request.path,
        "status": response.status,
        "ms": round((now - exchange.started) * 1000, 1),
    }
    if exchange.route:
        fields["route"] = exchange.route
    if exchange.trace:
        fields["trace"] = exchange.trace
    if exchange.country:
        fields["country"] = exchange.country
    if exchange.code:
        fields["code"] = exchange.code
        if exchange.reason and exchange.reason != exchange.code:
            fields["reason"] = exchange.reason
    if (length := _content_length(response)) is not None:
        fields["bytes"] = length
    if "cache-status" in response.headers:
        fields["cache"] = response.headers["cache-status"]
    if exchange.principal is not None:
        principal = exchange.principal
        fields["principal"] = labels(principal.key)
        if principal.unfound:
            fields["claims_unfound"] = ",".join(principal.unfound)
    if exchange.notes:
        fields.update(exchange.notes)
    return fields


def server_timing(exchange: Exchange) -> str:
    """`Server-Timing` (W3C): what was waited for, in milliseconds; empty when nothing was.

    cache;dur=2.1, origin;dur=34.7 and, where a route has several origins, which one: origin;dur=34.7;desc="eu"
    """
    notes = exchange.notes
    cache = "" if exchange.cache_ms is None else f"cache;dur={round(exchange.cache_ms, 1):g}"
    if "origin_ms" not in notes:
        return cache
    origin = f"origin;dur={notes['origin_ms']:g}"
    if "origin" in notes:
        origin = f'{origin};desc="{notes["origin"]}"'
    return f"{cache}, {origin}" if cache else origin


def analytics_point(exchange: Exchange, response: Response, now: float) -> tuple[str, list[str], list[float]]:
    """One Analytics Engine point: index (route), blobs and doubles, in the order that docs/operations.md lists."""
    cache_status = response.headers.get("cache-status", "")
    blobs = [exchange.route, exchange.request.method, exchange.code, exchange.country, cache_status]
    doubles = [
        float(response.status),
        (now - exchange.started) * 1000,
        float(_content_length(response) or 0),
        float(exchange.notes.get("origin_ms", 0.0)),
        float(exchange.notes.get("tries", 1)),
    ]
    return exchange.route[:INDEX_BYTES] or "none", blobs, doubles


def _content_length(response: Response) -> int | None:
    """Bytes of content, where they are known before they flow."""
    if isinstance(response.body, HELD):
        return len(response.body)
    return content_length(response.headers)
