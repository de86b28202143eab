"""Which policy counts for a request, where routes have their own: the route's, or the whole gateway's.

Routes are known by their labels (`Pattern.label`: host and path), and those of one label by their methods. A refusal
before a route is chosen follows the first of them. What the gateway itself refuses on a route whose CORS is the
origin's follows `CORS_ORIGINS`: a page should be able to read that its visitor's token has expired.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Protocol

from browsers.cors import Answered, Cors, Terms, asked_method
from browsers.settings import CorsSettings, RouteCorsSettings
from browsers.web_origins import web_origins
from core.messages import Request, Response


class SharedRoute(Protocol):
    """A route, as far as it says who may read; `RouteSettings` is one."""

    @property
    def host(self) -> str | None: ...
    @property
    def path(self) -> str: ...
    @property
    def methods(self) -> Sequence[str]: ...
    @property
    def cors_origins(self) -> tuple[str, ...] | None: ...


def compiled_cors(whole: CorsSettings, routes: Iterable[SharedRoute]) -> "Cors | RoutesCors":
    """The policies of a gateway: one alone where no route has its own."""
    one = Cors(whole.cors_origins, Terms(private_network=whole.cors_private_network))
    by_label: dict[str, dict[str, Cors]] = {}
    own: set[str] = set()
    for route in routes:
        assert isinstance(route, RouteCorsSettings)
        label = (route.host or "") + route.path
        has_own = route.cors is not None or bool(route.terms)
        own.update([label] if has_own else [])
        policy = _of_route(route, whole) if has_own else one
        for method in route.methods:
            by_label.setdefault(label, {}).setdefault(method, policy)
    return RoutesCors(one, {label: by_label[label] for label in own}) if own else one


def _of_route(route: RouteCorsSettings, whole: CorsSettings) -> Cors:
    origins = whole.cors_origins if route.cors_origins is None else route.cors_origins
    private = whole.cors_private_network if route.cors_private_network is None else route.cors_private_network
    owner = route.owner(whole.cors_origins)
    terms = Terms(route.cors_headers, route.cors_expose, route.cors_max_age, private)
    return Cors(origins if owner == "gateway" else (), terms, owner)


class RoutesCors:
    """The policies of a gateway some of whose routes have their own; it is asked as a `Cors` is."""

    def __init__(self, whole: Cors, by_label: Mapping[str, Mapping[str, Cors]]) -> None:
        self._whole, self._by_label = whole, by_label
        self._first = {label: _first(by_method.values()) for label, by_method in by_label.items()}

    def of(self, route: str, method: str) -> Cors:
        by_method = self._by_label.get(route)
        if by_method is None:
            return self._whole
        return by_method.get(method) or self._first[route]

    def preflight(self, request: Request, methods: Iterable[str], route: str = "") -> Response:
        """Browsers keep what one answer allows for every method that it names: so it names none of another's route
        that would not let this page read."""
        allowed = [method for method in methods if self.of(route, method).lets(request)]
        return self.of(route, asked_method(request)).preflight(request, allowed)

    def apply(self, exchange: Answered, response: Response) -> None:
        policy = self.of(exchange.route, asked_method(exchange.request))
        if policy.owner == "origin" and exchange.code:
            policy = self._whole
        policy.apply(exchange, response)


def _first(policies: Iterable[Cors]) -> Cors:
    """The first that is the gateway's to answer by, or the first."""
    known = [*policies]
    return next((policy for policy in known if policy.owner == "gateway"), known[0])


class TrustedSites:
    """Whose pages may use what a browser keeps of its visitor for this one: cookies with tokens, and sockets."""

    def __init__(self, whole: CorsSettings, routes: Iterable[SharedRoute]) -> None:
        self._whole = web_origins(whole.cors_origins)
        self._own = {id(route): web_origins(route.cors_origins) for route in routes if route.cors_origins is not None}

    def of(self, route: object) -> Container[str]:
        """The sites whose pages may on a route, beside the gateway's own."""
        return self._own.get(id(route), self._whole)
