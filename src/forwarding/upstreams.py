"""Routes and their origins, compiled once per isolate: addresses, signers, breakers, health checks, mirrors."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from core.messages import Request, cancel
from core.ports import Fetch, FetchFailed, Platform
from core.problems import Problem
from core.records import record
from forwarding.breaker import Breaker
from forwarding.forwarded import Target
from forwarding.geography import NOWHERE, VisitorPlace
from forwarding.health import TIMEOUT, Check
from forwarding.mirror import Mirror
from forwarding.origins import Plan, Pool
from forwarding.settings import ForwardingSettings, OriginSettings
from forwarding.signers import Signer, compiled_signer, signed_service

WELL = range(200, 400)
"""Statuses of a health check that an origin passes."""


@record
class Upstream:
    """Everything about one of a route's origins that is decided once per isolate."""

    route: ForwardingSettings
    target: Target
    breaker: Breaker
    fetch: Fetch
    signer: Signer | None
    label: str = ""
    """What logs call it; empty where the route has no other."""


@record
class RouteOrigins:
    """Where one route's requests may go."""

    pool: Pool[Upstream]
    alone: Plan[Upstream] | None
    """The plan for everybody, where there is one."""
    mirror: Mirror | None
    are_api_gateways: bool = False
    """Whether AWS takes the gateway's signature at one of them, for whatever is below its stage."""


class Forwards(Protocol):
    """What forwarding is told; the gateway's settings are one."""

    @property
    def routes(self) -> Sequence[ForwardingSettings]: ...
    @property
    def credential_fields(self) -> frozenset[str]: ...
    @property
    def key_shape(self) -> re.Pattern[str] | None: ...
    @property
    def cors_origins(self) -> Sequence[str]: ...
    @property
    def held_bytes(self) -> int: ...
    @property
    def secrets(self) -> Mapping[str, str]: ...


class Sourced(Protocol):
    """Which rule found the country; `default` where none did."""

    @property
    def country(self) -> str: ...


class Located(Protocol):
    """Where the visitor is; `geo.Locale` is one."""

    @property
    def country(self) -> str: ...
    @property
    def continent(self) -> str: ...
    @property
    def is_eu(self) -> bool: ...
    @property
    def source(self) -> "Sourced": ...


class Compiler:
    """Compiles the routes of one isolate, and gathers what is wrong with them."""

    def __init__(self, settings: Forwards, platform: Platform) -> None:
        self.faults: list[str] = []
        self.checks: dict[str, Check] = {}
        """By the origin's URL."""
        self._settings, self._platform = settings, platform
        self._breakers: dict[str, Breaker] = {}

    def route(self, index: int, route: ForwardingSettings) -> RouteOrigins | None:
        """The origins of one route; None, and a fault, where it cannot be signed for."""
        try:
            origins = route.every_origin
            asked = {origin.url: self._upstream(route, number) for number, origin in enumerate(origins)}
            mirror = self._mirror(route)
        except ValueError as error:
            self.faults.append(f"ROUTES[{index}].{error}")
            return None
        pool = Pool(origins, asked, route.residency)
        targets = [*(upstream.target for upstream in asked.values()), *([mirror.target] if mirror else [])]
        are_api_gateways = any(signed_service(route, target.host) == "execute-api" for target in targets)
        return RouteOrigins(pool, pool.alone, mirror, are_api_gateways)

    def _upstream(self, route: ForwardingSettings, number: int) -> Upstream:
        origin = route.every_origin[number]
        target, signer, fetch = self._reached(route, origin.url)
        breaker = self._breakers.setdefault(target.binding or f"{target.scheme}://{target.host}", Breaker())
        label = origin.name or origin.words or str(number + 1) if route.origins else ""
        if origin.health is not None:
            self.checks.setdefault(origin.url, self._check(origin, target, signer, fetch))
        return Upstream(route, target, breaker, fetch, signer, label)

    def _reached(self, route: ForwardingSettings, url: str) -> tuple[Target, Signer | None, Fetch]:
        """How an origin is addressed, signed for and asked. Raises ValueError."""
        settings = self._settings
        cors, keys = route.owner(settings.cors_origins), settings.key_shape
        target = Target.of(route, settings.credential_fields, cors=cors, keys=keys, url=url)
        bound = target.binding is not None
        signer = compiled_signer(route, target.host, settings.secrets, self._platform.random, binding=bound)
        fetch = self._platform.fetch if target.binding is None else self._platform.service(target.binding)
        return target, signer, fetch

    def _mirror(self, route: ForwardingSettings) -> Mirror | None:
        if route.mirror is None:
            return None
        target, signer, fetch = self._reached(route, route.mirror.url)
        return Mirror(route.mirror, target, signer, fetch, self._platform.clock)

    def _check(self, origin: OriginSettings, target: Target, signer: Signer | None, fetch: Fetch) -> Check:
        path = target.prefix + (origin.health or "")

        async def check() -> bool:
            request = Request("GET", target.scheme, target.host, path, headers={"accept": "*/*"})
            if signer is not None:
                request.headers |= signer(request, None)(self._platform.clock())
            try:
                response = await fetch(request, timeout=TIMEOUT)
            except FetchFailed:
                return False
            await cancel(response.body)
            return response.status in WELL

        return check


def visitor_place(place: Located | None) -> VisitorPlace:
    """Where the visitor is; nowhere if that is not known."""
    if place is None or place.source.country == "default":
        return NOWHERE
    return VisitorPlace(place.country, place.continent, place.is_eu)


def nobody_in_region() -> Problem:
    detail = "No origin for the visitor's region is well, and none of another region may answer."
    return Problem(503, "no_origin_in_region", detail, headers={"retry-after": "30"})
