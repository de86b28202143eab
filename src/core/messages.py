"""HTTP messages as plain values: what the platform hands to the core and what the core hands back.

A message here is already parsed and not yet serialised (RFC 9110 section 6). This file knows nothing of Workers,
of routes or of any header's meaning; `edge/` turns platform objects into these and back.

Field names are lower-case. The platform has joined repeated field lines with ", " (RFC 9110 section 5.3), so a
plain dict holds them; `Set-Cookie`, the one field that cannot be joined, is kept apart as `Response.cookies`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from core.records import field, record


class ContentTooLarge(Exception):
    """Raised by `Body.read` when the content is longer than the caller is willing to hold."""


class Body(Protocol):
    """An HTTP content stream that the core passes on without looking into it.

    A stream can be consumed once: by `read`, by `tee`, or by being handed to the platform in a message.
    """

    async def read(self, limit: int, arrived: "Arrived | None" = None) -> bytes:
        """The whole content, at most `limit` bytes.

        `arrived` is told the bytes of each piece before that is kept. Raises ContentTooLarge beyond the limit, and what
        `arrived` raises, and cancels the stream then; `ports.FetchFailed` when the sender breaks off or is too slow,
        `ports.ClientGone` and `ports.ClientTooSlow` when that is the client.
        """
        ...

    def tee(self) -> "tuple[Body, Body]":
        """Two streams of the same content; the platform copies, Python does not."""
        ...

    async def cancel(self) -> None:
        """Say that nobody will read the rest, so that the sender can stop."""
        ...


Arrived = Callable[[int], None]
"""Told of so many bytes more of a content. What it raises ends the reading."""

Content = Body | bytes | str | None
"""What a message may carry. A `str` is sent as UTF-8."""


NO_CF: Final[Mapping[str, Any]] = MappingProxyType({})


@record(frozen=False)
class Request:
    """A request as it arrived, or as it is to be sent to an origin.

    For `GET https://api.example/users?limit=2` from Lisbon:

        Request(method="GET", scheme="https", host="api.example", path="/users", query="limit=2",
                headers={"accept": "*/*"}, cf={"country": "PT"})
    """

    method: str
    scheme: str
    host: str
    """Host and port, as in the `Host` field: `api.example`, `127.0.0.1:8787`."""
    path: str
    """Percent-encoded, as sent; begins with "/"."""
    query: str = ""
    """Everything after the first "?", byte for byte; empty without one."""
    headers: dict[str, str] = field(default_factory=dict)
    cf: Mapping[str, Any] = field(default=NO_CF)
    """Cloudflare's `request.cf`: country, city, timezone, ..."""
    body: Content = None
    client: object | None = None
    """The platform's word on whether the client is still there. Only ever passed through, to what is asked for it."""
    taken: Mapping[str, tuple[str | None, ...]] | None = field(default=None, repr=False)
    """Tokens that were taken out of cookies and query, by where each was (`cookie:session`); None where none was."""

    @property
    def target(self) -> str:
        """Path and query as on the request line (RFC 9112 section 3.2.1)."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        """The target URI (RFC 9110 section 7.1)."""
        return f"{self.scheme}://{self.host}{self.target}"


@record(frozen=False)
class Response:
    """A response to be sent, or one received from an origin.

    `websocket` holds the platform's socket of a `101 Switching Protocols` and is only ever passed through.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Content = None
    cookies: list[str] = field(default_factory=list)
    """One `Set-Cookie` field value each."""
    websocket: object | None = None


MOST_BYTES: Final = 10**15
"""Python refuses to read a number of thousands of digits."""


def content_length(headers: Mapping[str, str]) -> int | None:
    """`Content-Length` in bytes, when it says something; a number beyond all contents counts as MOST_BYTES."""
    text = headers.get("content-length")
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) < len(str(MOST_BYTES)) else MOST_BYTES


async def cancel(content: Content) -> None:
    """Let the sender know that nobody reads on."""
    if content is not None and not isinstance(content, bytes | str):
        await content.cancel()
