"""What the store holds and what it finds: responses with their contents, and what selects among them."""

from typing import Final, Literal

from caching.stored_response import StoredResponse
from core.budget import Share
from core.messages import Body
from core.records import record

Content = bytes | Body


@record(slots=False)  # `repeats` refers to it weakly
class Entry:
    """A stored response with its content, not yet read unless it came from memory."""

    stored: StoredResponse
    content: Content
    share: Share | None = None
    """What the content takes of the isolate's budget, where it was read for one request: both go together."""


@record
class Index:
    """What selects among the responses of one URL."""

    fields: frozenset[str]
    """Request fields that `Vary` named."""
    since: int
    """Milliseconds since 1970; whatever was born before is dead."""
    expires: int
    """Seconds since 1970."""


@record
class Lookup:
    """What the store has for a request."""

    entry: Entry | None = None
    index: Index | None = None
    miss: Literal["uri-miss", "vary-miss", "miss"] = "uri-miss"
    mark: Index | None = None
    """Where callers are kept apart, what is known of the URL itself."""


NOTHING: Final = Lookup()


async def discard(content: Content) -> None:
    """Say that nobody will read a content."""
    if not isinstance(content, bytes):
        await content.cancel()


# --- the format of metadata: short names, since KV takes 1,024 bytes --------------------------------------------------
