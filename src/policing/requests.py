"""The request in a policy's hands.

    Request("GET", "/users", "page=2", {"x-api-key": "k"})      # one for a test

Path, query and fields may be changed; method, host and content are the client's. What is wrong raises ValueError at the
line that writes it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from core.lengths import TARGET
from core.paths import normalise_path
from core.patterns import rare
from core.problems import Problem
from policing.fields import RequestFields

QUERY: Final = rare(r"[!-\"$-~]*")
"""Visible ASCII without "#", which would end it."""

Moves = Callable[[str], None]
"""Raises Problem for a normalised path that the request may not be moved to."""

Read = Callable[[], Awaitable[bytes]]


def _anywhere(path: str) -> None:
    """A test has no routes."""


class Request:
    """What the client asked for, and what the origin will be asked for."""

    __slots__ = ("_headers", "_host", "_method", "_moves", "_path", "_query", "_read", "_scheme")

    def __init__(
        self,
        method: str = "GET",
        path: str = "/",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        content: bytes | Read = b"",
        *,
        host: str = "localhost",
        scheme: str = "https",
        moves: Moves = _anywhere,
        hidden: Collection[str] = (),
    ) -> None:
        self._method, self._scheme, self._host = method, scheme, host
        self._path, self._query = path, query
        self._headers = RequestFields({name.lower(): value for name, value in (headers or {}).items()}, hidden)
        self._moves = moves
        self._read: Read | bytes = content

    @property
    def method(self) -> str:
        return self._method

    @property
    def scheme(self) -> str:
        return self._scheme

    @property
    def host(self) -> str:
        """As in the `Host` field: `api.example`, `127.0.0.1:8787`."""
        return self._host

    @property
    def headers(self) -> RequestFields:
        """By any letter case. Not there: what carries a token to the gateway, on a route that asks for one."""
        return self._headers

    @property
    def path(self) -> str:
        """Percent-encoded, as the client sent it; begins with "/". A new one must be the same route's."""
        return self._path

    @path.setter
    def path(self, path: str) -> None:
        try:
            if not path.startswith("/"):
                raise ValueError("a path begins with '/'")
            if (normal := normalise_path(path, keep_slashes=True)) != path:
                raise ValueError(f"{path!r} is not percent-encoded as a path is; write {normal!r}")
            self._moves(path)
        except Problem as problem:
            raise ValueError(f"the request cannot be moved to {path!r}: {problem.detail}") from None
        self._fits(path, self._query)
        self._path = path

    @property
    def query(self) -> str:
        """Everything after the first "?", percent-encoded; empty without one."""
        return self._query

    @query.setter
    def query(self, query: str) -> None:
        if not QUERY.fullmatch(query):
            raise ValueError("a query is visible ASCII without '#'; use urllib.parse.urlencode")
        self._fits(self._path, query)
        self._query = query

    async def content(self) -> bytes:
        """The content, whole; it is held as long as the request is under way, and forwarded as it came."""
        return self._read if isinstance(self._read, bytes) else await self._read()

    async def text(self) -> str:
        """The content as UTF-8. Raises UnicodeDecodeError, which is a ValueError."""
        return (await self.content()).decode()

    def forget(self) -> None:
        """The content is nobody's to read any more."""
        self._read = b""

    def _fits(self, path: str, query: str) -> None:
        if len(path) + len(query) > TARGET.characters:
            raise ValueError(f"path and query have more than {TARGET.characters} characters")
