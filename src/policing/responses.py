"""An answer in a policy's hands: one on its way out, or one that the policy gives itself.

    Response(403, {"content-type": "text/plain"}, "Not today.")
    Response.json({"tenants": []})

Of an answer on its way out, `body` is None while the content passes as it came, in a stream that Python never sees.
`await response.content()` reads it; writing `body` puts something else in its place, and takes away what is then no
longer so: length, entity tag, ranges, digests.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Self

from policing.fields import ResponseFields

STATUSES: Final = range(200, 600)
BODILESS: Final = frozenset({204, 205, 304})
"""Statuses without content (RFC 9110 section 15)."""

OF_THE_CONTENT: Final = (
    "content-length", "content-encoding", "content-range", "accept-ranges", "etag", "last-modified", "content-md5",
    "digest", "content-digest", "repr-digest", "signature", "signature-input",
)  # fmt: skip
"""Fields that are about the content as the origin sent it."""

Read = Callable[[], Awaitable[bytes]]


class Response:
    """Status, fields, cookies and content of an answer."""

    __slots__ = ("_body", "_headers", "_read", "_status", "code", "cookies", "replaced")

    def __init__(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | None = None,
        cookies: Iterable[str] = (),
    ) -> None:
        self._read: Read | None = None
        self._body: str | bytes | None = None
        self.code = ""
        """Of a refusal, for the log."""
        self.replaced = False
        """Whether something stands in place of a content that was on its way."""
        self.status = status
        self._headers = ResponseFields({})
        for name, value in (headers or {}).items():
            self.headers[name] = value
        self.cookies = list(cookies)
        """One `Set-Cookie` field value each."""
        self._write(body)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        """An answer of JSON."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return cls(status, {"content-type": "application/json", **(headers or {})}, text)

    @classmethod
    def passing(cls, status: int, headers: Mapping[str, str], cookies: Iterable[str], read: Read) -> Self:
        """An answer on its way out. `read` gives its content."""
        response = cls(status, cookies=cookies)
        response._headers = ResponseFields(headers)
        response._read = read
        return response

    @property
    def status(self) -> int:
        return self._status

    @status.setter
    def status(self, status: int) -> None:
        if isinstance(status, bool) or status not in STATUSES:
            raise ValueError(f"{status!r} is not the status of an answer: 200 to 599")
        self._status = int(status)  # an HTTPStatus is one, and is written with its name

    @property
    def headers(self) -> ResponseFields:
        """By any letter case."""
        return self._headers

    @property
    def body(self) -> str | bytes | None:
        """What has been written as content. A `str` is sent as UTF-8."""
        return self._body

    @body.setter
    def body(self, body: str | bytes | None) -> None:
        if self.is_passing and self.status in BODILESS:
            return
        if self.is_passing and self.status == 206:
            raise ValueError(
                "a part of a content (206) cannot be replaced: take the client's Range away in on_request, "
                "as in call.request.headers.pop('range', None)"
            )
        self._write(body)
        if self.is_passing:
            self.headers.take_away(OF_THE_CONTENT)
            self.replaced = True

    @property
    def is_passing(self) -> bool:
        """Whether it is an answer on its way out, and none of a policy's own."""
        return self._read is not None

    def _write(self, body: str | bytes | None) -> None:
        if body is not None and not isinstance(body, str | bytes):
            raise TypeError("a body is str, bytes or None")
        self._body = body

    async def content(self) -> bytes:
        """The content, whole, in the content coding that it has. Raises ValueError where it is too long to be held, or
        has no end."""
        if self.replaced or self._read is None:
            return self._body.encode() if isinstance(self._body, str) else self._body or b""
        if self.headers.get("content-type", "").lower().startswith("text/event-stream"):
            raise ValueError("a stream of events has no end to be read to")
        return await self._read()

    async def text(self) -> str:
        """The content as UTF-8. Raises ValueError also where it is in a content coding."""
        coding = self.headers.get("content-encoding", "identity")
        if not self.replaced and coding.lower() != "identity":
            raise ValueError(
                f"the content is in the coding {coding!r}: ask for none in on_request, "
                "by call.request.headers['accept-encoding'] = 'identity'"
            )
        return (await self.content()).decode()
