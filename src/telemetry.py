"""What is known of one request while it is answered, and the one log line it leaves behind.

Never in a line: tokens, cookies, query values, bodies, client addresses. A caller appears as a short hash of issuer and
subject: enough to follow one user's trouble through the log, useless to anybody who finds the log.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from messages import Request, Response
from ports import Background, Randomness
from principals import Principal

REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}")
"""An incoming `x-request-id` is kept when it looks like one; anything else could forge log lines or headers."""


@dataclass(slots=True)
class Exchange:
    """One request and what the gateway found out about it, step by step."""

    request: Request
    id: str
    started: float
    """Seconds since the epoch."""
    background: Background
    route: str = ""
    """The pattern that matched, not the path: a label with few values."""
    code: str = ""
    """The code of the problem that ended it."""
    country: str = ""
    principal: Principal | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    """Further fields of the log line: cache, origin_status, origin_ms, retries."""


def request_id(request: Request, random: Randomness) -> str:
    """The client's own id when it is well formed, else a new one of 128 bits."""
    given = request.headers.get("x-request-id")
    if given is not None and REQUEST_ID.fullmatch(given):
        return given
    return f"{random.getrandbits(128):032x}"


@lru_cache(maxsize=2048)
def principal_label(key: str) -> str:
    """Sixteen hexadecimal digits that stand for the caller of `Principal.key`."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def log_fields(exchange: Exchange, response: Response, now: float) -> dict[str, Any]:
    """The fields of a request's log line; `ms` counts I/O only in production, where the clock stands between it."""
    request = exchange.request
    fields: dict[str, Any] = {
        "id": exchange.id,
        "method": request.method,
        "route": exchange.route,
        "path": request.path,
        "status": response.status,
        "ms": round((now - exchange.started) * 1000, 1),
        "country": exchange.country,
        "code": exchange.code,
        "principal": principal_label(exchange.principal.key) if exchange.principal else "",
    }
    return {name: value for name, value in fields.items() if value != ""} | exchange.notes
