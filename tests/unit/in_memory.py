"""The ports of `ports.py` in memory, for tests of the core under plain CPython."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from core.event_stream import EventTerms
from core.messages import Arrived, Body, ContentTooLarge, Request, Response
from core.ports import Fetch, Listing, Platform, RateLimiter, StoredValue, StoreFailed
from core.sockets import SocketTerms

NOW = 1_800_000_000.0
"""Where every test's clock starts: 2027-01-15T08:00:00Z."""

KEYS_OF_A_PAGE = 1000
"""Of a listing."""


class BytesBody:
    """A `messages.Body` over bytes. Like a stream, it can be consumed once."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._consumed = False

    def _consume(self) -> bytes:
        assert not self._consumed, "a stream was consumed twice"
        self._consumed = True
        return self._content

    async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
        content = self._consume()
        if len(content) > limit:
            raise ContentTooLarge(f"more than {limit} bytes")
        if arrived is not None:
            arrived(len(content))
        return content

    def tee(self) -> "tuple[BytesBody, BytesBody]":
        content = self._consume()
        return BytesBody(content), BytesBody(content)

    async def cancel(self) -> None:
        self._consumed = True


class Clock:
    """A clock that moves only when a test says so."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class MemoryStore:
    """A KV namespace that can be made to fail."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.values: dict[str, tuple[bytes, Mapping[str, Any], float | None]] = {}
        self.failing: set[str] = set()
        """Operations that fail: "get", "put", "delete", "list"."""

    def _check(self, operation: str) -> None:
        if operation in self.failing:
            raise StoreFailed(f"{operation} failed")

    def _find(self, key: str) -> tuple[bytes, Mapping[str, Any]] | None:
        assert len(key.encode()) <= 512, "KV keys are at most 512 bytes"
        value, metadata, expires = self.values.get(key, (b"", {}, 0.0))
        return None if expires is not None and expires <= self._clock() else (value, metadata)

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        self._check("get")
        found = self._find(key)
        return found[0].decode() if found else None

    async def get(self, key: str, *, timeout: float) -> StoredValue | None:
        self._check("get")
        found = self._find(key)
        return StoredValue(found[1], BytesBody(found[0])) if found else None

    async def put(
        self,
        key: str,
        value: Body | bytes | str,
        *,
        expires_in: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._check("put")
        assert expires_in is None or expires_in >= 60, "KV keeps a value for at least 60 seconds"
        if isinstance(value, str):
            content = value.encode()
        else:
            content = value if isinstance(value, bytes) else await value.read(25 * 1024 * 1024)
        self.values[key] = (content, metadata or {}, None if expires_in is None else self._clock() + expires_in)

    async def delete(self, key: str) -> None:
        self._check("delete")
        self.values.pop(key, None)

    async def list(self, prefix: str, *, timeout: float, pages: int) -> Listing:
        self._check("list")
        names = sorted(key for key in self.values if key.startswith(prefix))
        found = {key: found[1] for key in names if (found := self._find(key))}
        most = pages * KEYS_OF_A_PAGE
        return Listing(dict(list(found.items())[:most]), is_whole=len(found) <= most)


Origin = Callable[[Request], Response | Awaitable[Response]]


class World:
    """A platform, and everything a test may want to look at or change in it."""

    def __init__(self, origin: Origin | None = None, *, store: bool = True) -> None:
        self.clock = Clock()
        self.store = MemoryStore(self.clock) if store else None
        self.keys = MemoryStore(self.clock)
        self.origin = origin
        self.requests: list[Request] = []
        """What the outside world was asked for."""
        self.log: list[dict[str, Any]] = []
        self.joined: list[SocketTerms] = []
        """The terms of sockets that were joined, and of streams of events below."""
        self.watched: list[EventTerms] = []
        self._work: list[Coroutine[Any, Any, None]] = []

    async def fetch(self, request: Request, *, timeout: float, max_body: int | None = None) -> Response:
        self.requests.append(request)
        assert self.origin is not None, f"nobody expected a request to {request.url}"
        answer = self.origin(request)
        return answer if isinstance(answer, Response) else await answer

    async def verify(self, algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
        raise AssertionError("no public-key signature was expected")

    def join(self, websocket: object, terms: SocketTerms) -> object:
        self.joined.append(terms)
        return websocket

    def watch(self, body: Body, terms: EventTerms) -> Body:
        self.watched.append(terms)
        return body

    def write_log(self, event: str, **fields: Any) -> None:
        self.log.append({"event": event, **fields})

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        self._work.append(work)

    async def settle(self) -> None:
        """Run what was deferred until after the response."""
        while self._work:
            await self._work.pop(0)

    def platform(self) -> Platform:
        def service(name: str) -> Fetch:
            raise KeyError(name)

        def limiter(name: str) -> RateLimiter:
            raise KeyError(name)

        return Platform(
            fetch=self.fetch,
            service=service,
            verify=self.verify,
            store=self.store,
            keys=self.keys,
            limiter=limiter,
            analytics=None,
            clock=self.clock,
            random=random.Random(7),
            log=self.write_log,
            sockets=self.join,
            events=self.watch,
        )


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, on a loop of its own."""
    return asyncio.run(work)
