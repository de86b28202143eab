"""Where one route's requests go, and how, as `wrangler.toml` says it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from browsers.settings import RouteCorsSettings
from core.addresses import origin_url
from core.model import MIB, Model
from core.paths import normalise_path
from core.problems import Problem
from fields.names import TOKEN
from fields.settings import HandshakeSettings
from forwarding.dressing import end_fields, request_field_fault, response_field_fault
from forwarding.geography import GeographySettings
from forwarding.header_rules import pass_fault, withhold_fault

LONGEST_SOCKET = 7 * 86_400
"""Seconds. What lives longer is better made anew: both sides have been replaced meanwhile."""


class GraphqlSettings(Model):
    """What one GraphQL operation may ask for on a route; more is refused before it is signed, sent or looked up."""

    max_depth: int = Field(8, ge=1, le=100)
    """Fields within fields, fragments counted where they are spread."""
    max_aliases: int = Field(15, ge=0, le=10_000)
    """Fields under another name, as often as fragments repeat them."""
    max_tokens: int = Field(1_000, ge=1, le=20_000)
    """Tokens of the whole document; comments and commas are none."""
    introspection: bool = False
    """Whether the schema may be asked for (`__schema`, `__type`, `_service`); such a document may be deeper."""


def _origin_url(value: str) -> str:
    if value.startswith("binding:"):
        if not value.removeprefix("binding:").isidentifier():
            raise ValueError("must name a binding, as in 'binding:USERS'")
        return value
    return origin_url(value)


OWN_ANSWER: Final = frozenset({"content-type", "cache-control", "location", "retry-after"})
"""Fields that only who answers may set."""

OriginUrl = Annotated[str, AfterValidator(_origin_url)]


class OriginSettings(GeographySettings):
    """One of a route's origins, and whom it is meant for."""

    url: OriginUrl
    """`https://host[/prefix]`, or `binding:NAME` for a service binding."""
    name: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    """What logs and `Server-Timing` call it; otherwise its geography, or its number."""
    weight: int = Field(1, ge=0, le=1_000)
    """Its share of the callers whom it could take with others. 0 drains it: nobody is sent there."""
    backup: bool = False
    """Whether it is asked only when the others are not well."""
    default: bool = False
    """Whether it takes visitors whom no other names, or whose place is not known, beside those whom it names. An origin
    without geography does so anyway."""
    health: str | None = Field(None, pattern=r"^/")
    """A path that answers 200 to 399 while it is well, asked by the cron trigger: `/healthz`."""

    @field_validator("health")
    @classmethod
    def _health_is_a_path(cls, value: str | None) -> str | None:
        try:
            if value is not None and normalise_path(value) != value:
                raise ValueError(f"must be a normalised, percent-encoded path; write {normalise_path(value)!r}")
        except Problem as problem:
            raise ValueError(f"must be a normalised, percent-encoded path; {problem.detail}") from None
        return value

    @property
    def takes_anybody(self) -> bool:
        return self.default or not self.names_somebody


class MirrorSettings(GeographySettings):
    """Where copies of a route's requests without content go; nobody waits for them."""

    url: OriginUrl
    """`https://host[/prefix]`, or `binding:NAME` for a service binding."""
    share: float = Field(1.0, gt=0, le=1)
    """Share of the requests that are copied."""
    identity: bool = False
    """Whether the copies say who the caller is: `x-user-*`, cookies, and a token that is forwarded."""


class WebsocketSettings(Model):
    """What ends a WebSocket of a route whatever its two sides do."""

    idle_s: int | None = Field(None, ge=1, le=86_400)
    """Seconds without a message either way, then 1001 `idle`; a quarter of that later at the latest."""
    lifetime_s: int | None = Field(None, ge=1, le=LONGEST_SOCKET)
    """Seconds from the handshake on, then 1001 `lifetime`."""
    ends_with_token: bool = False
    """Whether it ends when the caller's token does (`exp`), with 4401 `token_expired`."""

    @property
    def says_something(self) -> bool:
        return self.idle_s is not None or self.lifetime_s is not None or self.ends_with_token


class SseSettings(Model):
    """What a stream of server-sent events (`text/event-stream`) is given on its way."""

    heartbeat_s: int = Field(15, ge=1, le=3600)
    """Seconds of silence after which a comment is sent, between two events only."""
    ends_with_token: bool = False
    """Whether it ends when the caller's token does (`exp`)."""


class RedirectSettings(Model):
    """Where callers are sent."""

    to: str
    """`https://host/path`, or a path of this gateway. With `/*` at its end, what follows the route's own `/*`, and the
    query, are kept."""
    status: Literal[301, 302, 303, 307, 308] = 308
    """308 and 307 keep the method; 301 and 308 are kept by browsers for good."""

    @field_validator("to")
    @classmethod
    def _to_is_an_address(cls, value: str) -> str:
        bare = value.removesuffix("/*") or "/"
        if value.startswith("/"):
            try:
                normal = normalise_path(bare)
            except Problem as problem:
                raise ValueError(f"must be a normalised, percent-encoded path; {problem.detail}") from None
            if normal != bare:
                raise ValueError(f"must be a normalised, percent-encoded path; write {normal!r}")
        else:
            origin_url(bare)
        return value


class RespondSettings(Model):
    """What the gateway answers itself."""

    status: int = Field(200, ge=200, le=599)
    """Of the answer."""
    body: str = Field("", max_length=65_536)
    """Its content, as text."""
    headers: Mapping[str, str] = {}
    """`content-type` among them; text by default."""

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        for name, value in self.headers.items():
            fault = None if name.lower() in OWN_ANSWER else response_field_fault(name, value)
            if fault:
                raise ValueError(f"headers: {name!r} {fault}")
        if self.body and self.status in (204, 205, 304):
            raise ValueError(f"{self.status} has no content: leave out body")
        return self


class ForwardingSettings(RouteCorsSettings, HandshakeSettings):
    """One route's origin and what it is sent."""

    origin: OriginUrl | None = None
    """`https://host[/prefix]`, or `binding:NAME` for a service binding; short for one entry of `origins`."""
    origins: tuple[OriginSettings, ...] = ()
    """Several origins, by the visitor's geography and by weight."""
    residency: bool = False
    """Whether geography is binding: a visitor whom some origin names is never sent to another, but answered 503
    `no_origin_in_region` while those are not well. Nothing of the route is cached."""
    mirror: MirrorSettings | None = None
    """Copies of requests for another origin, whose answers are thrown away."""
    redirect: RedirectSettings | None = None
    """Where callers are sent, in place of an origin."""
    respond: RespondSettings | None = None
    """What the gateway answers itself, in place of an origin."""
    set_request_headers: Mapping[str, str] = {}
    """Fields that the origin gets with every request, in place of the client's; never identity, credentials or what is
    for one connection."""
    set_response_headers: Mapping[str, str] = {}
    """Fields that every answer gets on its way out; they are not stored."""
    security_headers: bool = False
    """Whether an origin's answers get `X-Content-Type-Options`, `Referrer-Policy`, `Strict-Transport-Security` and
    `X-Frame-Options` where they do not say otherwise."""
    deprecated: date | None = None
    """The day on which the route ends, UTC: every answer says `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""
    strip_prefix: str = ""
    """Leading path taken off before forwarding: `/api` turns `/api/users` into `/users`."""
    websocket: WebsocketSettings | bool = True
    """Whether WebSocket handshakes are passed on; with `false` one is an ordinary request. An object says what ends a
    socket; without one, it is the platform's alone."""
    sse: SseSettings | None = None
    """Heartbeats and an end for server-sent events: `{ heartbeat_s = 15 }`, or `{}` for the defaults."""
    timeout_ms: int = Field(10_000, ge=1, le=300_000)
    """Milliseconds for the whole exchange up to the response's header section, all tries together."""
    retries: int = Field(2, ge=0, le=5)
    """Further tries after a failure, of idempotent methods without content only, all within `timeout_ms`."""
    sign: Literal["sigv4", "hmac"] | None = None
    """How the origin knows the gateway: AWS Signature Version 4, or an HMAC over the whole request."""
    aws_region: str | None = None
    """Only for `sigv4`; read from the origin's host name otherwise."""
    aws_service: Literal["lambda", "execute-api"] | None = None
    """Only for `sigv4`; read from the origin's host name otherwise."""
    max_body: int = Field(6 * MIB, ge=0, le=500 * MIB)
    """Longest request content, in bytes. Lambda's own limit is 6 MiB."""
    graphql: GraphqlSettings | None = None
    """Bounds of GraphQL operations: `{ max_depth = 8 }`, or `{}` for the defaults. Content is then JSON of at most
    256 KiB."""
    forward_expiry: bool = False
    """Whether the origin is told when the caller's token ends, in `x-user-token-expires`: seconds since 1970. In
    WebSocket handshakes it always is."""
    withhold: tuple[str, ...] = ()
    """Further fields of clients that do not reach the origin: `cookie`, `x-legacy-*`."""
    pass_: tuple[str, ...] = Field((), alias="pass")
    """Fields that do, although other proxies' are withheld (`x-real-ip`, `remote-user`): a client can say anything in
    them. Never identity, locale, `x-forwarded-*` or what is for one connection."""

    @field_validator("withhold", "pass_")
    @classmethod
    def _fields_are_the_clients(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        fault_of = pass_fault if info.field_name == "pass_" else withhold_fault
        for name in value:
            if not TOKEN.fullmatch(name) or "*" in name[:-1] or name == "*":
                raise ValueError(f"{name!r} is not a header field name")
            if fault := fault_of(name):
                raise ValueError(f"{name!r} {fault}")
        return tuple(name.lower() for name in value)

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        goals = [self.origin, self.origins or None, self.redirect, self.respond]
        if (given := len(goals) - goals.count(None)) != 1:
            raise ValueError(
                "must have one of origin, origins, redirect and respond" if given else "origin: must be written"
            )
        if self.cors == "origin" and not self.every_origin:
            raise ValueError("cors = 'origin' needs an origin, which answers preflights")
        urls = [origin.url for origin in self.origins]
        for url in urls:
            if urls.count(url) > 1:
                raise ValueError(f"origins has {url!r} twice; write one entry with the geography of both")
        if self.origins and not any(origin.weight for origin in self.origins):
            raise ValueError("origins are all drained: give one a weight")
        if self.residency and not any(origin.names_somebody for origin in self.origins):
            raise ValueError("residency needs origins with countries, continents or eu")
        if self.residency and self.mirror is not None and not self.mirror.names_somebody:
            raise ValueError(
                "mirror needs a geography where residency is binding: only visitors whom it names are copied"
            )
        return self

    @property
    def every_origin(self) -> tuple[OriginSettings, ...]:
        """The origins, however they are written."""
        return self.origins or (() if self.origin is None else (OriginSettings.model_construct(url=self.origin),))

    @field_validator("set_request_headers", "set_response_headers")
    @classmethod
    def _fields_may_be_set(cls, value: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        fault_of = request_field_fault if info.field_name == "set_request_headers" else response_field_fault
        for name, text in value.items():
            if fault := fault_of(name, text):
                raise ValueError(f"{name!r} {fault}")
        return {name.lower(): text for name, text in value.items()}

    @property
    def dressing(self) -> dict[str, str]:
        """The fields that every answer gets."""
        return {**self.set_response_headers, **(end_fields(self.deprecated) if self.deprecated else {})}

    @model_validator(mode="after")
    def _can_be_forwarded_so(self) -> Self:
        if self.websocket_token and self.websocket is False:
            raise ValueError("websocket_token needs websocket = true")
        if self.sign != "sigv4" and (self.aws_region or self.aws_service):
            raise ValueError("aws_region and aws_service need sign = 'sigv4'")
        return self
