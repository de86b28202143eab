"""The event stream format, `text/event-stream` (HTML standard, section 9.2), as far as a gateway has a say in it.

Lines end with CRLF, LF or CR; a blank line ends an event. A line that begins with a colon is a comment, which says
nothing to anybody, and a comment between two events keeps a connection from looking dead. Put anywhere else, its blank
line would end an event before its time.

Pure: fields and bytes in, answers out.
"""

from collections.abc import Mapping
from typing import Final

from core.records import record

MEDIA_TYPE: Final = "text/event-stream"

HEARTBEAT: Final = b":\n\n"
TOKEN_EXPIRED: Final = b": token_expired\n\n"
"""The last line of a stream whose token has ended. `EventSource` comes back, and is told 401."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Ignored at the very beginning of a stream, and there alone."""

TAIL: Final = 4
"""Bytes at the end of what was sent that tell whether it stands between two events: the longest blank line."""


@record
class EventTerms:
    """What a stream of events is given on its way. `EventTerms(15, ends_in=600)`; seconds, from now on."""

    heartbeat: float
    """Silence after which a comment is sent."""
    ends_in: float | None = None
    """When the caller's token ends."""


def is_event_stream(fields: Mapping[str, str]) -> bool:
    """Whether a response with these fields is a stream of events."""
    said = fields.get("content-type")
    return said is not None and said.partition(";")[0].strip(" \t").lower() == MEDIA_TYPE


def asks_for_events(fields: Mapping[str, str]) -> bool:
    """Whether a request with these fields names the media type, as every `EventSource` does."""
    return MEDIA_TYPE in fields.get("accept", "").lower()


def is_between_events(tail: bytes) -> bool:
    """Whether a stream that has so far ended with `tail`, its last `TAIL` bytes, has no event or line unfinished.

    is_between_events(b"") == is_between_events(b"1\\n\\n") == is_between_events(b"\\r\\n\\r\\n") == True
    """
    before = tail.removesuffix(b"\r\n") if tail.endswith(b"\r\n") else tail[:-1]
    return not tail or (tail.endswith((b"\n", b"\r")) and before.endswith((b"\n", b"\r")))
