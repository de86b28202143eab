"""Cross-origin resource sharing (Fetch standard, section 3.3): who may read answers from a browser.

Three may own that question. Where a list is set (`CORS_ORIGINS`, or a route's `cors_origins`), the gateway: what an
origin says about it is taken off before anything is stored (`settle_cors`), and every answer gets ours. Only the names
of fields that the origin exposes are kept, beside the response in `EXPOSED_BESIDE`, and joined to ours. With
`cors = "origin"`, the origin: its fields pass, its answers are one for each `Origin`, and a preflight is sent on to it
as `bare_preflight` leaves it. Where neither is set, nobody: preflights are requests like any other, and an origin's
fields pass. A copy made for one site is then kept from the others by `Vary: Origin`.

Everything that depends on the configuration alone is decided at construction. Credentials are only ever allowed to
origins listed by name or pattern.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from browsers.settings import PREFLIGHT_SECONDS, Owner
from browsers.web_origins import ALL, web_origins
from core.lengths import RESPONSE_FIELDS
from core.messages import Request, Response
from core.records import record, replace
from fields.lists import split_list

EXPOSED: Final = (
    "age, cache-status, etag, ratelimit, ratelimit-policy, retry-after, server-timing, www-authenticate, x-request-id"
)

FIELDS: Final = "access-control-"
"""What the names of all response fields of CORS begin with."""

TIMING: Final = "timing-allow-origin"
"""Says which sites may read how long a response took (Resource Timing, section 4.5.1), as CORS does of its content."""

NAMING_A_SITE: Final = frozenset({"access-control-allow-origin", TIMING})
"""Fields of a response that may name a site, and then differ from one to another."""

EXPOSED_BESIDE: Final = "x-gateway-exposed"
"""Field of a response inside the gateway: the names that its origin exposes. No origin's field of that name gets in
(`header_rules.reaches_client`), and none leaves."""

MOST_EXPOSED: Final = 64
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}")


PREFLIGHT_VARY: Final = "origin, access-control-request-method, access-control-request-headers"
PRIVATE_NETWORK: Final = "access-control-request-private-network"
"""Asked by pages of the public internet that call into a private network (Private Network Access, section 3.1)."""

SENT_IN_PREFLIGHTS: Final = frozenset({
    "accept", "accept-encoding", "accept-language", "access-control-request-headers", "access-control-request-method",
    PRIVATE_NETWORK, "cache-control", "origin", "pragma", "referer", "sec-fetch-dest", "sec-fetch-mode",
    "sec-fetch-site", "user-agent",
    # what the gateway itself reads, or passes on, of any request
    "cf-connecting-ip", "cf-ray", "traceparent", "tracestate", "via", "x-request-id",
})  # fmt: skip
"""Fields of a preflight. Any other, a credential or `X-HTTP-Method-Override`, is of no browser."""


@record
class Terms:
    """On what terms the pages of a list may ask and read: the `cors_*` settings of a route."""

    headers: tuple[str, ...] | None = None
    expose: tuple[str, ...] = ()
    max_age: int = PREFLIGHT_SECONDS
    private_network: bool = False


USUAL_TERMS: Final = Terms()


class Answered(Protocol):
    """A request on its way out, as far as this file looks; `telemetry.Exchange` is one."""

    @property
    def request(self) -> Request: ...
    @property
    def route(self) -> str: ...
    @property
    def code(self) -> str: ...


def is_preflight(request: Request) -> bool:
    return (
        request.method == "OPTIONS"
        and "origin" in request.headers
        and "access-control-request-method" in request.headers
    )


def asked_method(request: Request) -> str:
    """The method that a request is about: of a preflight, the one that it asks for."""
    return request.headers["access-control-request-method"] if is_preflight(request) else request.method


def bare_preflight(request: Request) -> Request:
    """A preflight as browsers send it, whoever sent it: nobody has been asked who they are, so nothing in it may say
    so, and nothing may make it another method."""
    fields = {name: value for name, value in request.headers.items() if name in SENT_IN_PREFLIGHTS}
    return replace(request, headers=fields, body=None, taken=None)


class Cors:
    """The policy of one list of origins, on the terms of a route if it has its own."""

    def __init__(self, origins: Iterable[str], terms: Terms = USUAL_TERMS, owner: Owner | None = None) -> None:
        """`owner` is the gateway where there are origins, if it is not said."""
        listed = tuple(origins)
        self.owner = owner or ("gateway" if listed else None)
        self._stays_out = self.owner != "gateway"
        self._origins, self._any = web_origins(listed), ALL in listed
        self._headers = None if terms.headers is None else ", ".join(terms.headers)
        self._exposed = ", ".join([EXPOSED, *terms.expose])
        self._max_age = str(terms.max_age)
        self._private_network = terms.private_network
        self._preflight_vary = ", ".join([PREFLIGHT_VARY, *([PRIVATE_NETWORK] if terms.private_network else [])])

    def of(self, route: str, method: str) -> "Cors":
        """The policy for requests with that method that a route takes, given by its label."""
        return self

    def lets(self, request: Request) -> bool:
        """Whether the page at `Origin` may read answers."""
        return not self._stays_out and (self._any or request.headers.get("origin", "") in self._origins)

    def preflight(self, request: Request, methods: Iterable[str], route: str = "") -> Response:
        """The answer to a preflight; never challenged, because browsers send it without credentials."""
        response = Response(204, {"vary": self._preflight_vary, "cache-control": "no-store"})
        headers = response.headers
        if self._allow(request, headers):
            headers["access-control-allow-methods"] = ", ".join(methods)
            headers["access-control-max-age"] = self._max_age
            wanted = request.headers.get("access-control-request-headers", "")
            if wanted and (names := ", ".join(_names(wanted)) if self._headers is None else self._headers):
                headers["access-control-allow-headers"] = names
            if self._private_network and request.headers.get(PRIVATE_NETWORK) == "true":
                headers["access-control-allow-private-network"] = "true"
        return response

    def apply(self, exchange: Answered, response: Response) -> None:
        """Let the page at `Origin` read the response, if it may. The gateway's policy replaces the origin's."""
        exposed = response.headers.pop(EXPOSED_BESIDE, "")
        if self._stays_out:
            return
        request, headers = exchange.request, response.headers
        preflight = request.method == "OPTIONS" and is_preflight(request)
        if not preflight:
            _take_off(headers)  # of what was stored before the list was set
        if not self._any:
            add_vary(headers, "origin")
        if self._allow(request, headers) and not preflight:
            headers["access-control-expose-headers"] = f"{self._exposed}, {exposed}" if exposed else self._exposed

    def _allow(self, request: Request, headers: dict[str, str]) -> bool:
        """`*` is said to everybody: a copy that a browser made without `Origin` must serve one with it."""
        if self._any:
            headers["access-control-allow-origin"] = ALL
            return True
        origin = request.headers.get("origin")
        if origin is None or origin not in self._origins:
            return False
        headers["access-control-allow-origin"] = origin
        headers["access-control-allow-credentials"] = "true"
        return True


def settle_cors(headers: dict[str, str], owner: Owner | None) -> None:
    """Make an origin's response, given by its fields, one that may be stored for every site that asks."""
    if owner == "gateway":
        exposed = _exposed(headers.get("access-control-expose-headers", ""))
        _take_off(headers)
        if headers.get(TIMING) != "*":
            headers.pop(TIMING, None)
        if exposed:
            headers[EXPOSED_BESIDE] = ", ".join(exposed)
    elif owner == "origin" or (not NAMING_A_SITE.isdisjoint(headers) and _names_a_site(headers)):
        add_vary(headers, "origin")


def _names_a_site(headers: Mapping[str, str]) -> bool:
    """Whether what an origin says of sites that may read its response is about one of them."""
    return headers.get("access-control-allow-origin", "*") != "*" or headers.get(TIMING, "*") != "*"


def _take_off(headers: dict[str, str]) -> None:
    for name in [name for name in headers if name.startswith(FIELDS)]:
        del headers[name]


def _exposed(value: str) -> list[str]:
    return [] if len(value) > RESPONSE_FIELDS["access-control-expose-headers"].characters else _names(value)


def _names(value: str) -> list[str]:
    """The field names in a list, each once; what is none is dropped."""
    names = (member.lower() for member in split_list(value) if _NAME.fullmatch(member))
    return [*dict.fromkeys(names)][:MOST_EXPOSED]


def add_vary(headers: dict[str, str], name: str) -> None:
    """Add a field name to `Vary` (RFC 9110 section 12.5.5) unless it is there."""
    present = headers.get("vary", "")
    if present != "*" and not _is_named(name, present):
        headers["vary"] = f"{present}, {name}" if present else name


def _is_named(name: str, vary: str) -> bool:
    """Whether the field is known to name `name`; one that is too long to be read is not, and may name it twice."""
    if len(vary) > RESPONSE_FIELDS["vary"].characters:
        return False
    return name in {item.strip().lower() for item in vary.split(",")}
