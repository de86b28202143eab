"""Whether a failed try may be repeated, and how long to wait before it is.

Pure: time and chance are handed in. A request is repeated only when that cannot do a thing twice: its method is
idempotent (RFC 9110 section 9.2.2) and no content is in flight that was consumed by the failed try.
"""

from core.event_stream import asks_for_events
from core.lengths import RESPONSE_FIELDS
from core.messages import Request, Response
from fields.dates import parse_http_date
from fields.directives import response_directives
from fields.handshake import upgrades

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110 section 9.2.2; TRACE is never forwarded. Never add a method that the RFC does not call idempotent."""

TRANSIENT = frozenset({502, 503, 504})
"""Statuses that say the origin itself is not well, unless it means them. A 500 is an answer, and so is a 429: it is for
the caller to wait, not for a gateway to ask again in its name."""

FIRST_BACKOFF = 0.1
LONGEST_BACKOFF = 2.0
"""Seconds."""


def content_in_flight(request: Request) -> bool:
    """Whether the content still comes from the client while it is sent on. Content held as bytes does not."""
    return request.body is not None and not isinstance(request.body, bytes | str)


def is_retryable(request: Request) -> bool:
    """Whether `request` may be sent a second time. Who asks for events comes back by itself, and says from where."""
    if request.method not in IDEMPOTENT or content_in_flight(request):
        return False
    return not upgrades(request) and not asks_for_events(request.headers)


def is_transient(response: Response) -> bool:
    """Whether the origin is not well: worth another try, and counted by the breaker.

    A response with a lifetime (`503`, `Cache-Control: max-age=60`) is an answer that the origin means to stand for so
    long, and nobody need ask again at once.
    """
    if response.status not in TRANSIENT:
        return False
    said = response_directives(response.headers)
    return not (said.max_age if said.s_maxage is None else said.s_maxage)


def backoff(tries: int, chance: float) -> float:
    """Seconds to wait after so many tries (at least 1), with full jitter: `chance` is in [0, 1).

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
    """
    return chance * min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (tries - 1))


def retry_after(response: Response, now: float) -> float:
    """Seconds the origin asks us to wait (RFC 9110 section 10.2.3); 0 when it says nothing that can be read."""
    value = response.headers.get("retry-after", "")
    if len(value) > RESPONSE_FIELDS["retry-after"].characters:
        return 0.0
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    moment = parse_http_date(value, now)
    return max(0.0, moment - now) if moment is not None else 0.0
