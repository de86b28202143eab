"""A cache with a store, an origin that a test scripts, and a client, for tests under plain CPython."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Self

from cache import HttpCache
from caching.policy import CachePolicy
from caching.settings import CacheSettings
from configuration.settings import RouteSettings
from core.messages import Request, Response
from core.ports import KeyValueStore
from core.problems import Problem
from core.records import replace
from fields.dates import format_http_date
from forwarding.forwarded import Identity, Target, forwarded_request, identity_fields, presented_credentials
from tests.unit.in_memory import BytesBody, MemoryStore, World, run

TOKEN_FIELD = "x-partner-token"
"""The field of its own that an issuer has."""
ROUTE = RouteSettings(path="/*", origin="https://origin.example")
TARGET = Target.of(ROUTE, frozenset({TOKEN_FIELD}))
FORWARDING = replace(TARGET, forward_credentials=True)
"""The same with `forward_authorization`."""

Answer = Callable[[Request], Response]

UNREACHABLE = Problem(502, "origin_unreachable", "The origin could not be reached.")


CLIENT = object()
"""The platform's word on whether the client is still there."""


def page(content: str = "hello", status: int = 200, cookies: list[str] | None = None, **headers: str) -> Response:
    """A response of the origin. `max_age=…` style names become field names; the content comes as a stream."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, fields, BytesBody(content.encode()), cookies or [])


def content_of(response: Response) -> str | None:
    body = response.body
    if body is None or isinstance(body, str):
        return body
    return (body if isinstance(body, bytes) else run(body.read(1 << 30))).decode()


@dataclass(frozen=True)
class Exchange:
    """An `caching.onward.Onward`."""

    request: Request
    send: Callable[[Request], Coroutine[Any, Any, Response]]
    told: Mapping[str, str]
    credentials: Mapping[str, str]
    withheld: Mapping[str, str]
    group: str = ""
    stands_in: bool = False

    @classmethod
    def of(
        cls,
        request: Request,
        target: Target,
        vouched: Mapping[str, str],
        told: Mapping[str, str],
        send: Callable[[Request], Coroutine[Any, Any, Response]],
    ) -> Self:
        """What a route makes of a client's `request`."""
        credentials = presented_credentials(request.headers, target)
        withheld = {} if target.forward_credentials else credentials
        outgoing = forwarded_request(request, target, {**vouched, **told})
        return cls(outgoing, send, told, credentials, withheld)


class CacheHouse:
    """One isolate's cache. `answer` is what the origin says next; `asked` what it was asked for.

    Every hit that the cache would answer by a hit of a moment ago is also answered the long way, and must come to the
    same; `repeats` counts them.
    """

    def __init__(self, answer: Answer | None = None, world: World | None = None, **settings: Any) -> None:
        self.world = world or World()
        self.settings = CacheSettings.model_validate(settings)
        self.policy = CachePolicy(self.settings, repeats=True)
        self.repeats = 0
        self.answer: Answer = answer or (lambda request: page(cache_control="max-age=60"))
        self.asked: list[Request] = []
        self.target = TARGET
        self.cache = self.isolate()

    def isolate(self, store: KeyValueStore | None = None) -> HttpCache:
        """The cache of another isolate over the same store, with nothing in memory."""
        return HttpCache(store or self.store, self.world.clock, self.world.write_log, lambda url: self.settings)

    @property
    def store(self) -> MemoryStore:
        assert self.world.store is not None
        return self.world.store

    def restart(self) -> None:
        self.cache = self.isolate()

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        response = self.answer(request)
        response.headers.setdefault("date", format_http_date(self.world.clock()))
        if request.method == "HEAD":
            response.body = None
        return response

    def get(
        self,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        vouched: Mapping[str, str] | None = None,
        caller: Identity | None = None,
        settle: bool = True,
    ) -> Response:
        """The answer to a client. `vouched` are fields that only the origin sees (`x-geo-country`)."""
        target, _, query = path.partition("?")
        request = Request(method, "https", "a.example", target, query, dict(headers or {}))
        request.client = CLIENT

        async def exchange() -> Response:
            onward = Exchange.of(
                request, self.target, vouched or {}, identity_fields(caller) if caller else {}, self.send
            )
            return await self.cache.answer(self.policy, request, onward, self.world.background, caller)

        repeated = self.cache.repeated(self.policy, request, caller)
        self.repeats += repeated is not None
        response: Response | None = None
        try:
            response = run(exchange())
        finally:
            assert repeated is None or repeated == response
            if settle:
                run(self.world.settle())
        return response

    def settle(self) -> None:
        """Let what is in the background come to its end."""
        run(self.world.settle())

    def later(self, seconds: float) -> None:
        self.world.clock.now += seconds


def status_of(response: Response) -> str:
    """Our member of Cache-Status without the key, which says nothing to a reader of tests."""
    members = response.headers["cache-status"].rpartition("gatehouse; ")[2].split("; ")
    return "; ".join(member for member in members if not member.startswith("key="))
