"""The request on its way to the origin: what the client sent, minus what it may not say, plus what we vouch for.

Pure. Every field of the client passes `header_rules` first; identity, locale, address and trace are then set from
values the gateway found out itself, so no spelling, no duplicate and no `Connection` option of a client can put,
change or remove one of them.

    x-user-id           the token's id claim                 x-geo-country    PT
    x-user-role         its roles: `user,editor`             x-geo-region     11 (ISO 3166-2, without the country)
    x-user-issuer       its issuer, if it names one          x-geo-currency   EUR
    x-user-…            claims that its entry forwards
    x-user-token-expires    `exp`, where a route asks
    x-request-id        ours, or the client's if valid       x-geo-language   pt-PT
    traceparent, tracestate                                  x-forwarded-for, -proto, -host, -prefix; forwarded; via

For authors of origins: values of `x-user-*` and `x-geo-*` are visible ASCII. Everything else is percent-encoded
UTF-8, and so are `%` and `,`: `urllib.parse.unquote` gives back what the token said; split roles at "," first. A claim
that holds CR, LF or NUL never gets here: such a request is refused with 400 `unusable_claim`.
"""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol, Self
from urllib.parse import urlsplit

from browsers.settings import Owner
from core.event_stream import asks_for_events
from core.found import Found
from core.messages import Request
from core.problems import Problem
from core.records import field, record
from fields.cookies import cookie_value, one_field, without_cookie
from fields.handshake import is_websocket, protocols_for_origin
from fields.names import canonical
from fields.tracing import Trace
from forwarding.header_rules import ACCESS_COOKIE, CREDENTIALS, RouteFields, Rule, pass_fault, passing, to_origin
from forwarding.settings import ForwardingSettings
from forwarding.signing import identity_value

VIA = "1.1 gatehouse"
"""Protocol and pseudonym of this hop (RFC 9110 section 7.6.3)."""

DEFAULT_PORTS = {"http": ":80", "https": ":443"}

Hop = tuple[str, str, str]
"""The scheme and host that a client has asked, and the path that an origin does not see."""

HOPS_REMEMBERED = 256
LONGEST_HOST = 260
"""Characters: a name of DNS has 253, a port six more."""

BODILESS = frozenset({"GET", "HEAD"})
"""Methods whose content has no meaning (RFC 9110 section 9.3.1) and that the platform does not send."""

CONTENT_FIELDS = frozenset({"content-length", "content-type", "content-encoding"})

ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")
"""An IPv4 or IPv6 address, as the platform writes it."""

NOT_ASCII = re.compile(r"[^\x00-\x7F]+")
"""In runs: one call for each character would take a second where a field has 30,000 of them."""

UNSENT_IN_QUERY = re.compile(r"[^!$-&(-;=?-~]")
QUERY_ESCAPES = {code: f"%{code:02X}" for code in (*range(0x21), *b"\"#'<>", 0x7F)}
"""What a WHATWG URL parser escapes in the query of an https URL. Done here, so that what is signed is what is sent."""


spelt = lru_cache(1024)(identity_value)
"""A claim or a part of the locale as a header field value. They repeat, and spelling one costs ten look-ups."""


class Identity(Protocol):
    """A verified caller; `auth.Principal` is one."""

    @property
    def issuer(self) -> str | None: ...
    @property
    def id(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def told(self) -> tuple[tuple[str, tuple[str, ...]], ...]: ...
    @property
    def expires(self) -> float: ...


class Place(Protocol):
    """Where the visitor is; `geo.Locale` is one."""

    @property
    def country(self) -> str: ...
    @property
    def region_code(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def language(self) -> str: ...


@record
class Vouched:
    """What the gateway itself says about a request."""

    request_id: str
    trace: Trace
    principal: Identity | None = None
    locale: Place | None = None


@record
class Target:
    """Where one route's requests go; compiled once per isolate.

    `origin = "https://api.example:443/v1"` with `strip_prefix = "/api"` sends `/api/users` to
    `https://api.example/v1/users`. The host never comes from a request. A service binding has no host of its own,
    so it sees `https://<name>.internal`.
    """

    scheme: str
    host: str
    """Lower case, without the scheme's default port."""
    prefix: str
    """Leading path at the origin, without a slash at its end."""
    stripped: str
    """Leading path of the gateway that the origin does not see."""
    binding: str | None = None
    forward_credentials: bool = False
    token_fields: frozenset[str] = CREDENTIALS
    """Fields that carry a token or a key for the gateway: `CREDENTIALS`, and those the settings name."""
    keys: re.Pattern[str] | None = None
    """How API keys look, which no origin gets to see, whatever else of these fields it gets."""
    websocket: bool = True
    websocket_token: bool = False
    events: bool = False
    """Whether streams of events are given heartbeats, which takes that they come in no content coding."""
    cors: Owner | None = None
    """Who says which sites may read a response; nobody in particular where it is not configured."""
    route_fields: RouteFields | None = None
    """What the route says otherwise about a client's fields."""
    set_fields: Mapping[str, str] = field(default_factory=dict)
    """Fields that the route sets, in place of the client's in every spelling."""
    reaches: Rule = field(init=False, repr=False, compare=False)
    """Which of a client's fields the origin gets to see."""
    depth: int = field(init=False, repr=False, compare=False)
    """How many slashes stand before what is left of a path once it is stripped, and one more."""

    def __post_init__(self) -> None:
        rule = to_origin if self.route_fields is None else self.route_fields.rule(to_origin)
        withheld = self.withheld
        object.__setattr__(self, "depth", self.stripped.count("/") + 1)
        object.__setattr__(self, "reaches", lambda name: name not in withheld and rule(name))

    @property
    def withheld(self) -> frozenset[str]:
        """Fields of credentials that are for the gateway alone."""
        return frozenset() if self.forward_credentials else self.token_fields

    @classmethod
    def of(
        cls,
        route: ForwardingSettings,
        token_fields: frozenset[str] = frozenset(),
        *,
        cors: Owner | None = None,
        keys: re.Pattern[str] | None = None,
        url: str | None = None,
    ) -> Self:
        """Of a route's first origin, or of the one at `url`."""
        scheme, host, prefix, binding = _address(url or route.every_origin[0].url)
        return cls(
            scheme,
            host,
            prefix,
            route.strip_prefix.rstrip("/"),
            binding,
            route.forward_authorization,
            CREDENTIALS | token_fields,
            keys,
            route.websocket is not False,
            route.websocket_token,
            route.sse is not None,
            cors,
            RouteFields.of(
                [*route.withhold, *route.set_request_headers],
                [*route.pass_, *_forwarded_tokens(route, token_fields)],
                token_fields,
            ),
            route.set_request_headers,
        )

    def path(self, path: str) -> str:
        """The path at the origin of a normalised path at the gateway.

        Segments are counted, not compared: the route has matched, and `%3A` and `:` match alike.
        """
        if self.stripped:
            left = path.split("/", self.depth)[self.depth :]
            path = "/" + left[0] if left else ""
        return (self.prefix + path) or "/"


def _forwarded_tokens(route: ForwardingSettings, token_fields: frozenset[str]) -> list[str]:
    """The fields of tokens that pass, whatever their names are like."""
    return [name for name in token_fields if not pass_fault(name)] if route.forward_authorization else []


def vouched_fields(vouched: Vouched) -> dict[str, str]:
    """What the gateway says about a request, as fields for the origin.

    Raises Problem 400 `unusable_claim` when a claim cannot be a header field value.
    """
    said = {} if vouched.principal is None else identity_fields(vouched.principal)
    known = (
        {}
        if (place := vouched.locale) is None
        else _locale_fields(place.country, place.region_code, place.currency, place.language)
    )
    return {**vouched.trace.headers, "x-request-id": vouched.request_id, **said, **known}


def forwarded_request(
    request: Request, target: Target, vouched: Mapping[str, str], amended: Mapping[str, str | None] | None = None
) -> Request:
    """`request` as the origin gets it, with what policies have `amended` and the `vouched_fields`. The body is the same
    stream, not yet read."""
    headers = _client_fields(request, target)
    if target.set_fields:
        headers.update(target.set_fields)
    if amended:
        headers = _amended(headers, amended)
    headers.update(vouched)
    _add_proxy_fields(headers, request, target)
    if not "".join(headers.values()).isascii():
        headers = {name: value if value.isascii() else _in_ascii(value) for name, value in headers.items()}
    body = request.body
    if body is not None and (request.method in BODILESS or request.headers.get("content-length") == "0"):
        body = None
    if body is None and not CONTENT_FIELDS.isdisjoint(headers):
        headers = {name: value for name, value in headers.items() if name not in CONTENT_FIELDS}
    return Request(
        request.method,
        target.scheme,
        target.host,
        target.path(request.path),
        request.query and wire_query(request.query),
        headers,
        request.cf,
        body,
        request.client,
    )


def presented_credentials(headers: Mapping[str, str], target: Target) -> dict[str, str]:
    """The credentials of a client by the field they came in, whether or not they are forwarded: a token in any field
    that carries one, and that of Cloudflare Access in its cookie."""
    found = {name: headers[name] for name in target.token_fields if name in headers}
    cookie = headers.get("cookie")
    if cookie is not None and (token := cookie_value(cookie, ACCESS_COOKIE)) is not None:
        found["cookie"] = f"{ACCESS_COOKIE}={token}"
    return found


def with_taken(found: Mapping[str, str], taken: Mapping[str, tuple[str | None, ...]]) -> dict[str, str]:
    """The same with the tokens that were taken out of cookies and query, as if each had come in a cookie."""
    cookies = [f"{place}={value}" for place, values in sorted(taken.items()) for value in values]
    return {**found, "cookie": "; ".join([*([found["cookie"]] if "cookie" in found else []), *cookies])}


def wire_query(query: str) -> str:
    """`query` byte for byte, but for the characters that no URL parser sends as they are: `'` becomes `%27`."""
    if not UNSENT_IN_QUERY.search(query):
        return query
    return _in_ascii(query.translate(QUERY_ESCAPES))


def _in_ascii(value: str) -> str:
    """A client's field value with percent-encoded UTF-8 in place of what is not ASCII: platforms read that in different
    ways, and Cloudflare's warns of it on its console, with the value."""
    return NOT_ASCII.sub(lambda run: "%" + run[0].encode("utf-8", "replace").hex("%").upper(), value)


def client_address(request: Request) -> str | None:
    """The visitor's IP address, from the field that Cloudflare's edge sets and no client can.

    Under `wrangler dev` a client may set it; what is no address is ignored there, too.
    """
    address = request.headers.get("cf-connecting-ip")
    return address if address is not None and ADDRESS.fullmatch(address) else None


def _client_fields(request: Request, target: Target) -> dict[str, str]:
    """The client's fields that may pass."""
    fields = passing(request.headers, target.reaches)
    if "cookie" in fields:
        cookie = one_field(fields["cookie"])
        if target.withheld:
            cookie = without_cookie(cookie, ACCESS_COOKIE)
        fields.update(cookie=cookie) if cookie else fields.pop("cookie")
    if target.websocket_token and "sec-websocket-protocol" in fields:
        _take_out_tokens(request, fields)
    if target.keys is not None:
        _take_out_keys(target, target.keys, fields)
    if target.websocket and is_websocket(request):
        fields["upgrade"] = "websocket"  # hop-by-hop, and this hop upgrades as well
    if target.events and asks_for_events(fields):
        fields["accept-encoding"] = "identity"
    return fields


def _amended(fields: Mapping[str, str], amended: Mapping[str, str | None]) -> dict[str, str]:
    """`fields` with others in place of theirs, in every spelling."""
    replaced = frozenset(map(canonical, amended))
    kept = {name: value for name, value in fields.items() if canonical(name) not in replaced}
    return kept | {name: value for name, value in amended.items() if value is not None}


def _take_out_tokens(request: Request, fields: dict[str, str]) -> None:
    """Of the subprotocols; also where the request is no handshake and none of them is asked for."""
    protocols = protocols_for_origin(request)
    if protocols:
        fields["sec-websocket-protocol"] = protocols
    else:
        fields.pop("sec-websocket-protocol", None)


def _take_out_keys(target: Target, keys: re.Pattern[str], fields: dict[str, str]) -> None:
    """Of every field in which credentials come, whatever the route forwards of those."""
    for name in (*target.token_fields, "sec-websocket-protocol"):
        if name in fields and keys.search(fields[name]):
            del fields[name]


def identity_fields(principal: Identity) -> Mapping[str, str]:
    """Everything that the origin is told about a caller. It keeps one user's cached answers apart, so whatever comes to
    be said of a caller is said here. Raises Problem 400 `unusable_claim`."""
    if not principal.id:
        raise ValueError("a principal without an id is nobody, and must not be forwarded as somebody")
    try:
        return _identity_fields(principal.id, principal.roles, principal.issuer, principal.told)
    except ValueError:
        raise Problem(
            400,
            "unusable_claim",
            "A claim of the token holds a line break, a NUL or broken Unicode and cannot be forwarded.",
        ) from None


@lru_cache(1024)
def _identity_fields(
    id: str, roles: tuple[str, ...], issuer: str | None, told: tuple[tuple[str, tuple[str, ...]], ...]
) -> Mapping[str, str]:
    """They repeat, as callers do. Raises ValueError."""
    fields = {"x-user-id": spelt(id), "x-user-role": ",".join(map(spelt, roles)), "x-user-issuer": spelt(issuer or "")}
    for name, texts in told:
        fields[name] = ",".join(map(spelt, texts))
    return {name: value for name, value in fields.items() if value}


def token_end(principal: Identity | None) -> float | None:
    """When the caller's token ends, in seconds since 1970; None where nothing says so."""
    return principal.expires if principal is not None and 0 < principal.expires < math.inf else None


def expiry_field(principal: Identity | None) -> dict[str, str]:
    """When the caller's token ends, for an origin. It says nothing of who that is: no part of `identity_fields`."""
    end = token_end(principal)
    return {} if end is None else {"x-user-token-expires": str(int(end))}


@lru_cache(1024)
def _locale_fields(country: str, region: str, currency: str, language: str) -> Mapping[str, str]:
    """They repeat, as visitors do."""
    fields = {"x-geo-country": country, "x-geo-region": region, "x-geo-currency": currency, "x-geo-language": language}
    return {name: spelt(value) for name, value in fields.items() if value}


def _add_proxy_fields(fields: dict[str, str], request: Request, target: Target) -> None:
    """`X-Forwarded-*`, `Forwarded` (RFC 7239) and `Via`, about this hop alone: nobody before it can be believed."""
    always = _HOP[request.scheme, request.host, target.stripped]
    fields.update(always)
    address = client_address(request)
    if address is not None:
        fields["x-forwarded-for"] = address
        node = f'"[{address}]"' if ":" in address else address
        fields["forwarded"] = f"for={node};{always['forwarded']}"
    before = request.headers.get("via")
    if before:  # hops before us are kept: it is for finding loops, not for trust
        fields["via"] = f"{before}, {VIA}"


def _hop_fields(hop: Hop) -> Mapping[str, str]:
    scheme, host, stripped = hop
    fields = {"x-forwarded-proto": scheme, "x-forwarded-host": host, "forwarded": f'host="{host}";proto={scheme}'}
    return {**fields, **({"x-forwarded-prefix": stripped} if stripped else {}), "via": VIA}


_HOP: Found[Hop, Mapping[str, str]] = Found(_hop_fields, HOPS_REMEMBERED, lambda hop: len(hop[1]) <= LONGEST_HOST)
"""What they say of every visitor of a host."""


def _address(origin: str) -> tuple[str, str, str, str | None]:
    """Scheme, host, leading path and binding of a route's `origin`."""
    if origin.startswith("binding:"):
        binding = origin.removeprefix("binding:")
        return "https", f"{binding.lower().replace('_', '-')}.internal", "", binding
    parts = urlsplit(origin)
    host = parts.netloc.lower().removesuffix(DEFAULT_PORTS[parts.scheme])
    return parts.scheme, host, parts.path.rstrip("/"), None
