"""The gateway's own endpoints, matched before any route: paths on one side, the rooms that answer on the other.

What only operators ask for is imported when the first of them does: no other request has to have it.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from auth import WELL_KNOWN, Authenticator, Principal
from cache import HttpCache
from core.flags import Flags
from core.messages import ContentTooLarge, Request, Response
from core.ports import Platform, StoreFailed
from core.problems import Problem
from core.records import record
from endpoints.description import Description
from endpoints.resources import ANYBODY_KNOWN, Resources
from geo import Locator, country_response, requested, set_cookie, visitor_response
from identity.settings import AccessSettings
from operations.telemetry import Exchange

Handler = Callable[[Exchange], Response | Awaitable[Response]]

MAX_JSON: Final = 4096
"""Longest request content, in bytes, that an endpoint of the gateway reads."""
MAX_PURGE: Final = 256 * 1024
"""The same for lists of URLs."""

READY_TIMEOUT: Final = 1.0
"""Seconds `/readyz` gives the key-value store."""

COUNTRY_PREFIX: Final = "/geo/"
OWN: Final = ("/geo/", "/_gatehouse/", WELL_KNOWN + "/")
"""Below these alone there are endpoints with a name in their path."""
REST: Final = "{path}"
"""The name that stands for all that is left of a path, slashes and all; any other stands for one segment."""
REVOCATIONS: Final = "/_gatehouse/revocations"

ANYBODY: Final = AccessSettings.model_construct(auth="none")
PURGERS: Final = AccessSettings.model_construct(auth="required", roles=("gatehouse:purge",))
REVOKERS: Final = AccessSettings.model_construct(auth="required", roles=("gatehouse:revoke",))
"""Of operators those who may purge, and who may take back, by tokens of the issuers that `Settings.operators` names."""


@record
class Endpoint:
    """What one path of the gateway offers, by method."""

    pattern: str
    """A path, or one that ends with a name: `/geo/{country}`."""
    by_method: dict[str, Handler]
    access: AccessSettings = ANYBODY
    """Whom its handlers let in. They see to that themselves; this is for those who compare paths."""


def reading(pattern: str, handler: Handler, access: AccessSettings = ANYBODY) -> Endpoint:
    """A resource that can only be read. HEAD is GET without the content (RFC 9110 section 9.3.2)."""
    return Endpoint(pattern, {"GET": handler, "HEAD": handler}, access)


class Endpoints:
    """The table of endpoints."""

    def __init__(
        self,
        locator: Locator,
        authenticator: Authenticator,
        cache: HttpCache | None,
        description: Description,
        platform: Platform,
        operators: tuple[str, ...],
        flags: Flags,
        resources: Resources,
    ) -> None:
        """`operators` are the issuers whose roles count where something can be changed: `Settings.operators`."""
        self._locator = locator
        self._authenticator = authenticator
        self._cache = cache
        self._platform = platform
        self._description = description
        self._purgers = PURGERS.model_copy(update={"issuers": operators})
        self._flags = flags
        self._revokers = REVOKERS.model_copy(update={"issuers": operators})
        self._resources = resources
        reads = {"GET": self._revocations, "HEAD": self._revocations}
        offered = [
            reading("/geo", self._visitor_geo),
            reading(COUNTRY_PREFIX + "{country}", self._country_geo),
            Endpoint("/geo/preferences", {"POST": self._save_preferences}),
            reading("/healthz", self._healthz),
            reading("/readyz", self._readyz),
            reading("/openapi.json", self._openapi),
            reading("/_gatehouse/whoami", self._whoami, ANYBODY_KNOWN),
            Endpoint("/_gatehouse/purge", {"POST": self._purge}, self._purgers),
            Endpoint(REVOCATIONS, {**reads, "POST": self._revoke}, self._revokers),
            Endpoint(REVOCATIONS + "/{id}", {"DELETE": self._lift}, self._revokers),
        ]
        if resources.are_published:
            offered += [reading(WELL_KNOWN, self._resource), reading(f"{WELL_KNOWN}/{REST}", self._resource)]
        self._table = {endpoint.pattern: endpoint for endpoint in offered if "{" not in endpoint.pattern}
        self.at: Final = self._table.get
        """The endpoint whose pattern is that very path, which is then in its normal form."""
        self._below = {endpoint.pattern.partition("{")[0]: endpoint for endpoint in offered if "{" in endpoint.pattern}
        self._deep = [above for above, endpoint in self._below.items() if endpoint.pattern.endswith(REST)]

    def all(self) -> Iterator[Endpoint]:
        """Every endpoint there is."""
        yield from self._table.values()
        yield from self._below.values()

    def asked(self) -> list[tuple[str, dict[str, AccessSettings]]]:
        """Whom each endpoint lets in, by method: what its path may be read as comes before any route's."""
        return [(endpoint.pattern, dict.fromkeys(endpoint.by_method, endpoint.access)) for endpoint in self.all()]

    def find(self, path: str) -> Endpoint | None:
        """The endpoint at a normalised path."""
        endpoint = self._table.get(path)
        if endpoint is None and path.startswith(OWN):
            above = path.rpartition("/")[0] + "/"
            return self._below.get(next(filter(path.startswith, self._deep), above))
        return endpoint

    def _visitor_geo(self, exchange: Exchange) -> Response:
        request = exchange.request
        headers = request.headers
        locale = self._locator.locate(request.cf, headers.get("accept-language"), headers.get("cookie"), request.query)
        exchange.country = locale.country
        asked = requested(locale, request.query) if request.query else locale
        return visitor_response(asked, headers.get("if-none-match"))

    def _country_geo(self, exchange: Exchange) -> Response:
        request = exchange.request
        locale = self._locator.for_country(request.path[len(COUNTRY_PREFIX) :], request.query)
        return country_response(requested(locale, request.query), request.headers.get("if-none-match"))

    async def _save_preferences(self, exchange: Exchange) -> Response:
        wish = self._locator.preferences(await read_json(exchange.request))
        return Response(204, {"cache-control": "no-store"}, cookies=[set_cookie(wish)])

    def _healthz(self, exchange: Exchange) -> Response:
        """The Worker runs: 200 whatever the configuration."""
        return json_response({"status": "ok"})

    async def _readyz(self, exchange: Exchange) -> Response:
        """The gateway can do its work: the configuration is in force and the key-value store answers."""
        store = self._platform.store
        if store is not None:
            try:
                await store.get_text("readyz", timeout=READY_TIMEOUT)
            except StoreFailed as error:
                self._platform.log("store_failed", during="readyz", error=str(error))
                raise Problem(503, "not_ready", "The key-value store does not answer.") from None
        return json_response({"status": "ready"})

    async def _openapi(self, exchange: Exchange) -> Response:
        return await self._description.response(exchange.request.headers.get("if-none-match"))

    def _resource(self, exchange: Exchange) -> Response:
        """What a path asks of those who ask for it (RFC 9728); without a path, what this host's routes do."""
        path = exchange.request.path.removeprefix(WELL_KNOWN)
        own = self.find(path)
        return json_response(self._resources.describe(exchange.request, path, own.access if own else None))

    async def _whoami(self, exchange: Exchange) -> Response:
        """The caller, as its token describes it; never the token."""
        principal = await self._admit(exchange, ANYBODY_KNOWN)
        return json_response(principal.describe())

    async def _purge(self, exchange: Exchange) -> Response:
        from endpoints import purging

        await self._admit(exchange, self._purgers)
        if self._cache is None:
            raise Problem(503, "store_unavailable", "This gateway has no namespace bound as CACHE.")
        request = exchange.request
        return json_response(await purging.purge(await read_json(request, MAX_PURGE), request, self._cache))

    async def _revoke(self, exchange: Exchange) -> Response:
        from endpoints import revoking

        await self._admit(exchange, self._revokers)
        content = await read_json(exchange.request)
        issuers, now = self._authenticator.issuers, self._platform.clock()
        return json_response(await revoking.revoke(content, self._flags, issuers, now))

    async def _revocations(self, exchange: Exchange) -> Response:
        from endpoints import revoking

        await self._admit(exchange, self._revokers)
        return json_response(await revoking.revocations(self._flags))

    async def _lift(self, exchange: Exchange) -> Response:
        from endpoints import revoking

        await self._admit(exchange, self._revokers)
        await revoking.lift(exchange.request.path.rpartition("/")[2], self._flags)
        return Response(204, {"cache-control": "no-store"})

    async def _admit(self, exchange: Exchange, access: AccessSettings) -> Principal:
        """The caller, if `access` lets it in; else its challenge is raised."""
        await self._flags.look(exchange.background, waits=True)
        principal = await self._authenticator.authenticate(exchange.request, access, exchange.background)
        assert principal is not None, "a required principal is there or a Problem was raised"
        exchange.principal = principal
        self._authenticator.authorize(principal, access)
        return principal


def json_response(value: object) -> Response:
    """A small JSON answer about this moment, not to be stored."""
    return Response(200, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(value))


async def read_json(request: Request, limit: int = MAX_JSON) -> bytes:
    """The content of a JSON request, at most `limit` bytes. Raises the problems 415 and 413."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Send the content as application/json.", field="content-type")
    body = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        body = body.encode()
    try:
        content = body if isinstance(body, bytes) else await body.read(limit)
    except ContentTooLarge:
        content = None
    if content is None or len(content) > limit:
        raise Problem(413, "content_too_large", f"Send at most {limit} bytes.", field="body")
    return content
