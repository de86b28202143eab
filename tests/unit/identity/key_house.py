"""One isolate with a remote key set, its store, and a provider that does what a test tells it to."""

import json
from collections.abc import Callable
from typing import Any

from core.messages import Request, Response
from core.ports import FetchFailed
from identity.jwks import KeySource, RemoteKeys
from identity.publickeys import PublicKey
from identity.settings import IssuerSettings
from tests.signing_keys import SigningKey
from tests.unit.in_memory import BytesBody, World, run

URL = "https://id.example/jwks.json"
OLD, NEW = SigningKey.generate("RS256", "old"), SigningKey.generate("RS256", "new")


def key_set(*keys: SigningKey) -> dict[str, Any]:
    return {"keys": [key.public_jwk for key in keys]}


def answer(document: Any, **headers: str) -> Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, fields, BytesBody(document if isinstance(document, bytes) else json.dumps(document).encode()))


class House:
    """One isolate, its store, and a provider whose answer a test may change at any time."""

    def __init__(self, *keys: SigningKey, world: World | None = None, **settings: Any) -> None:
        self.world = world or World()
        self.world.origin = lambda request: self.reply(request)
        self.reply: Callable[[Request], Any] = lambda request: answer(key_set(*keys))
        self.changes = 0
        options: dict[str, Any] = {"issuer": "https://id.example", "audience": [], "algorithms": ["RS256"], **settings}
        if not settings.get("discovery"):
            options.setdefault("jwks_url", URL)
        self.issuer = IssuerSettings(**options)
        self.new_isolate()

    def new_isolate(self) -> None:
        self.source = RemoteKeys(self.issuer, self.world.platform(), self._changed)

    def _changed(self, source: KeySource) -> None:
        self.changes += 1

    def publish(self, *keys: SigningKey, **headers: str) -> None:
        self.reply = lambda request: answer(key_set(*keys), **headers)

    def fail(self, error: Exception | None = None) -> None:
        def reply(request: Request) -> Response:
            raise error or FetchFailed("connection refused")

        self.reply = reply

    def find(self, kid: str = "old") -> PublicKey:
        async def find() -> tuple[PublicKey, ...]:
            try:
                return await self.source.find("RS256", kid, self.world.background)
            finally:
                await self.world.settle()

        [found] = run(find())
        assert isinstance(found, PublicKey)
        return found

    def pass_time(self, seconds: float) -> None:
        self.world.clock.now += seconds

    @property
    def fetches(self) -> int:
        return len(self.world.requests)

    def logged(self, event: str) -> list[str]:
        return [line.get("error", "") for line in self.world.log if line["event"] == event]
