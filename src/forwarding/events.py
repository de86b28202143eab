"""Server-sent events on their way to the client: what their fields say, and what the stream is given. Pure.

A stream of events is one client's conversation. Nothing stores it, whatever its origin says of storing; nobody on the
way may change its coding, which would hold back events until there are enough to compress; and it is not asked for a
second time, since `EventSource` comes back by itself, with `Last-Event-ID`.
"""

from typing import Final

from core.event_stream import EventTerms
from core.messages import Response
from forwarding.settings import SseSettings

LONGEST_TIMER: Final = 2_000_000.0
"""Seconds, a good three weeks: no timer of JavaScript's counts further than 2**31 milliseconds."""

OF_STORING: Final = ("cdn-cache-control", "cloudflare-cdn-cache-control", "expires")
NOT_STORED: Final = "no-store, no-transform"
"""RFC 9111 section 5.2.2. Cloudflare compresses nothing that says `no-transform`."""


def say_what_events_are(response: Response) -> None:
    """Let the fields of a stream of events say how it is to be handled."""
    for name in OF_STORING:
        response.headers.pop(name, None)
    response.headers["cache-control"] = NOT_STORED


def event_terms(said: SseSettings | None, expires: float | None, now: float) -> EventTerms | None:
    """What a stream that begins `now` is given, for a caller whose token ends at `expires`; None for nothing."""
    if said is None:
        return None
    ends_in = None
    if said.ends_with_token and expires is not None:
        ends_in = min(max(0.0, expires - now), LONGEST_TIMER)
    return EventTerms(said.heartbeat_s, ends_in)
