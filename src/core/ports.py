"""What the core needs from outside, as small protocols handed in (the "ports" of a hexagonal design).

`edge/` implements each on Cloudflare's runtime; the tests implement them in memory. Nothing here may be shared
between requests but the implementations' finished values: a promise, task or lock of one request must never be
awaited by another.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from core.event_stream import EventTerms
from core.messages import Body, Request, Response
from core.records import record
from core.sockets import SocketTerms


class FetchFailed(Exception):
    """No response could be had: name look-up, connection, TLS, reset, malformed HTTP, refused redirect."""


class FetchTimeout(FetchFailed):
    """The deadline passed before the response's header section had arrived."""


class ClientGone(Exception):
    """The client hung up before it was answered, or in the middle of its own content. Nobody waits for an answer."""


class ClientTooSlow(Exception):
    """The content that a client sends, and that the gateway itself reads, took too long to arrive."""


class StoreFailed(Exception):
    """The key-value store did not answer, answered with an error, or was too slow."""


class Clock(Protocol):
    def __call__(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z. Stands still between I/O in production."""
        ...


class Fetch(Protocol):
    async def __call__(self, request: Request, *, timeout: float, max_body: int | None = None) -> Response:
        """Send `request` and give its response as soon as the header section is there; redirects are not followed.

        `timeout` is in seconds and covers everything up to the header section. A request body longer than `max_body`
        bytes aborts the exchange and raises `messages.ContentTooLarge`. The response's content is as sent by the
        origin, still in its content coding.
        Raises FetchTimeout, FetchFailed; ClientGone when `request.client` hangs up meanwhile, which ends the exchange.
        """
        ...


@record
class StoredValue:
    """A value of the key-value store: the metadata is at hand, the content is a stream not yet read."""

    metadata: Mapping[str, Any]
    body: Body


@record
class Listing:
    """The keys that begin as was asked, each with its metadata."""

    metadata: Mapping[str, Mapping[str, Any]]
    is_whole: bool
    """Whether there are no more."""


class KeyValueStore(Protocol):
    """A namespace of Workers KV. Keys: at most 512 bytes; metadata: at most 1,024 bytes as JSON.

    Every method raises StoreFailed, also when `timeout` (seconds) passes.
    """

    async def get_text(self, key: str, *, timeout: float) -> str | None: ...

    async def get(self, key: str, *, timeout: float) -> StoredValue | None: ...

    async def put(
        self,
        key: str,
        value: Body | bytes | str,
        *,
        expires_in: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Store `value`; it disappears after `expires_in` seconds (at least 60)."""
        ...

    async def delete(self, key: str) -> None: ...

    async def list(self, prefix: str, *, timeout: float, pages: int) -> Listing:
        """The keys that begin with `prefix`, of a thousand to a page; `timeout` is for each page."""
        ...


class SignatureVerifier(Protocol):
    async def __call__(self, algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
        """Whether `signature` over `signing_input` is valid under the public key `jwk` (RFC 7517).

        `algorithm` is a JWS name of an asymmetric signature (RFC 7518 section 3.1, RFC 8037): RS256 ... EdDSA.
        Raises ValueError when the key cannot be used for that algorithm.
        """
        ...


class RateLimiter(Protocol):
    async def __call__(self, key: str) -> bool:
        """Whether one more request of `key` is within the limit. Raises StoreFailed when the binding fails."""
        ...


class Analytics(Protocol):
    def __call__(self, index: str, blobs: Sequence[str], doubles: Sequence[float]) -> None:
        """Write one point to an Analytics Engine data set. Returns at once; what is lost is lost."""
        ...


class Background(Protocol):
    def __call__(self, work: Coroutine[Any, Any, None], /) -> None:
        """Run `work` after the response has been sent, within this request's own lifetime extension."""
        ...


class Log(Protocol):
    def __call__(self, event: str, **fields: Any) -> None:
        """Write one structured line. Never hand it a token, a secret, a cookie or a query value."""
        ...


class Randomness(Protocol):
    """Randomness for request ids, trace ids and jitter; never for keys."""

    def getrandbits(self, k: int, /) -> int: ...

    def random(self) -> float: ...


class Sockets(Protocol):
    def __call__(self, websocket: object, terms: SocketTerms) -> object:
        """The socket to give to a client, joined to an origin's `websocket` (`Response.websocket`) under `terms`."""
        ...


class EventStreams(Protocol):
    def __call__(self, body: Body, terms: EventTerms) -> Body:
        """The stream of events to give to a client in place of an origin's. Not of one in a content coding."""
        ...


@record
class Platform:
    """Everything outside that the core may use. One per isolate; none of it belongs to a single request."""

    fetch: Fetch
    service: Callable[[str], Fetch]
    """A service binding by its name, as a fetch that reaches that Worker whatever the host. Raises KeyError."""
    verify: SignatureVerifier
    store: KeyValueStore | None
    """The namespace bound as `CACHE`, if there is one."""
    keys: KeyValueStore | None
    """The namespace bound as `KEYS`, if there is one: API keys, by what is stored of them."""
    limiter: Callable[[str], RateLimiter]
    """A rate-limit binding by its name. Raises KeyError."""
    analytics: Analytics | None
    """The data set bound as `ANALYTICS`, if there is one."""
    clock: Clock
    random: Randomness
    log: Log
    sockets: Sockets
    events: EventStreams
