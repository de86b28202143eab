"""The settings: pydantic models of what `wrangler.toml` and the secrets hold, and what each model alone can check.

Models reject unknown keys: a misspelt `rolse` must not become a route without roles. What takes more than one model to
check, such as a route that needs an issuer, is `configuration.py`'s, which also reads them.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from browsers.web_origins import origin_fault
from configuration.route_spelling import method_fault, path_fault
from core.budget import HELD_BYTES
from core.paths import normalise_path
from core.problems import Problem
from forwarding.header_rules import pass_fault, withhold_fault
from identity.issuer_spelling import claim_path_fault, issuer_fault, key_set_fault, role_fault
from identity.token_fields import NOT_FOR_TOKENS

HS_KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Shortest key per algorithm: the output of its hash (RFC 7518 section 3.2)."""

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")

COMMON_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})

PLAIN_HOST = re.compile(r"([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:]+\])(?::[1-9][0-9]*)?")
"""Host and port that a URL parser leaves as they are, letter case apart: nothing internationalised, nothing escaped."""
NUMERIC_HOST = re.compile(r"(?:\A|\.)(?:[0-9]+|0[Xx][0-9A-Fa-f]*)\.?\Z")
"""A host that a URL parser takes for an IPv4 address (URL standard, "ends in a number checker"): `127.1`, `0x7f.1`."""

KIB, MIB = 1024, 1024 * 1024

PLACEHOLDER = re.compile(r"[{}<>]")
"""`{tenantid}`, `${TENANT}`, `<your-domain>`: characters that no URL holds (RFC 3986 section 2)."""

ACCESS_TEAM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 section 5.6.2."""
VISIBLE = re.compile(r"[\x21-\x7E]+")
"""The characters of a URL and more; `urlsplit` drops or keeps the others without a word."""
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")
"""RFC 6749 section 3.3; it is quoted as it is in a challenge."""

Algorithm = Literal[
    "HS256", "HS384", "HS512",
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
]  # fmt: skip


def _https_url(value: str) -> str:
    """An absolute https URL without user information or fragment; http only for loopback."""
    if not VISIBLE.fullmatch(value):
        raise ValueError("must be visible ASCII: percent-encode the path, write the host as in DNS (xn--…)")
    parts = urlsplit(value)
    if parts.scheme == "http" and (parts.hostname or "") in LOOPBACK:
        pass
    elif parts.scheme != "https":
        raise ValueError("must be an https:// URL (http:// only for loopback hosts)")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must name a host and carry no user information or fragment")
    if parts.port == 0:
        raise ValueError("port 0 is not an address")
    return value


def _origin_url(value: str) -> str:
    """An https URL that a URL parser leaves as it is: what is signed for an origin is what is sent to it."""
    parts = urlsplit(_https_url(value))
    host = PLAIN_HOST.fullmatch(parts.netloc)
    if host is None:
        raise ValueError(
            "must name its host in plain ASCII (xn--… for other letters), and a port without leading zeros"
        )
    if NUMERIC_HOST.search(host[1]) and not _is_ipv4(host[1]):
        raise ValueError("must name its host, or give the four decimal numbers of its IPv4 address")
    if parts.query:
        raise ValueError("must not carry a query")
    path = parts.path.rstrip("/")
    try:
        normal = normalise_path(path or "/").rstrip("/")
    except Problem as problem:
        raise ValueError(f"must have a normalised, percent-encoded path; {problem.detail}") from None
    if normal != path:
        raise ValueError(f"must have a normalised, percent-encoded path; write {normal!r}")
    return value.rstrip("/")


def _is_ipv4(host: str) -> bool:
    """Whether `host` is four decimal numbers, none of them spelt with zeros before it."""
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def _scope_token(value: str) -> str:
    if not SCOPE_TOKEN.fullmatch(value):
        raise ValueError("must be visible ASCII without spaces, quotes or backslashes (RFC 6749 section 3.3)")
    return value


HttpsUrl = Annotated[str, AfterValidator(_https_url)]
ScopeToken = Annotated[str, AfterValidator(_scope_token)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class QuerySettings(Model):
    """How the query takes part in the cache key."""

    ignore: tuple[str, ...] = ()
    """Parameter names left out of the key and of what origins see; a trailing `*` matches any ending: `utm_*`."""
    sort: bool = False
    """Whether the order of parameters is insignificant; origins then see them sorted."""


class CacheSettings(Model):
    """How one route's responses are cached (RFC 9111). Without it, the origin's `Cache-Control` alone decides."""

    partition: Literal["none", "role", "user"] = "none"
    """Whose responses are shared: everybody's, those of one role, or those of one user with the same roles."""
    vary_on_locale: bool = False
    """Whether the visitor's country, region, currency and language are part of the key."""
    query: QuerySettings = QuerySettings()
    """How the query takes part in the cache key."""
    default_ttl: int | None = Field(None, ge=0, le=31_536_000)
    """Seconds of freshness for responses that say nothing themselves, of status 200, 203, 204, 301 or 308."""
    override_ttl: int | None = Field(None, ge=0, le=31_536_000)
    """Seconds of freshness whatever the response says; `no-store` and `private` still forbid storing."""
    statuses: tuple[Annotated[int, Field(ge=200, le=599)], ...] | None = None
    """Only these status codes are stored."""
    ignore_client_cache_control: bool = False
    """Whether request directives such as `no-cache` are ignored, which protects origins."""
    heuristic: bool = False
    """Whether responses with `Last-Modified` and no lifetime are fresh for a tenth of their age, a day at most; never
    those to requests with cookies or a token."""
    set_cookie: Literal["bypass", "keep", "strip"] = "bypass"
    """What a `Set-Cookie` means where responses are shared: `bypass` stores nothing, `keep` stores it with the cookie
    if it states its lifetime, `strip` stores it without. With `partition = "user"`, a cookie is stored for its user."""
    max_size: int = Field(2 * MIB, ge=0, le=25 * MIB)
    """Longest content stored, in bytes. KV's own limit is 25 MiB."""


class RateLimitSettings(Model):
    """A rate-limit binding, with the figures its `[[ratelimits]]` entry has in `wrangler.toml`.

    The Worker cannot read them from the binding, and a client wants to know: they make `RateLimit-Policy` and
    `Retry-After`.
    """

    binding: str
    """Its name in `wrangler.toml`."""
    limit: int | None = Field(None, ge=1)
    """Requests per period."""
    period: Literal[10, 60] = 60
    """Seconds; the platform knows these two."""


class AccessSettings(Model):
    """Whom a route or an endpoint of the gateway lets in."""

    auth: Literal["required", "optional", "none"] = "required"
    """Whether a token must be there; with `optional` none is fine and a bad one is still refused."""
    roles: tuple[str, ...] = ()
    """Any one of these roles is enough."""
    scopes: tuple[ScopeToken, ...] = ()
    """Any one of these scopes is enough."""
    issuers: tuple[str, ...] | None = Field(None, min_length=1)
    """Whose tokens count: each the `name` of an entry of `ISSUERS`, or an exact `issuer`; without it, everyone's."""
    websocket_token: bool = False
    """Whether a WebSocket handshake may carry its token in `Sec-WebSocket-Protocol: bearer, <token>`."""

    @field_validator("roles")
    @classmethod
    def _somebody_may_have_it(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for role in value:
            if fault := role_fault(role):
                raise ValueError(fault)
        return value


class RouteSettings(AccessSettings):
    """One route: which requests it takes, whom it lets in, and where they go."""

    path: str
    """`/api/users` matches itself alone; `/api/users/*` the subtree and the bare prefix; `/*` everything."""
    methods: tuple[str, ...] = COMMON_METHODS
    """Method names, case-sensitive (RFC 9110 section 9.1). HEAD is allowed wherever GET is."""
    origin: str
    """`https://host[/prefix]`, or `binding:NAME` for a service binding."""
    strip_prefix: str = ""
    """Leading path taken off before forwarding: `/api` turns `/api/users` into `/users`."""
    websocket: bool = True
    """Whether WebSocket handshakes are passed on; with `false` one is an ordinary request."""
    cache: CacheSettings | bool = True
    """`false` never stores; `true` follows the origin's headers; an object says more."""
    timeout_ms: int = Field(10_000, ge=1, le=300_000)
    """Milliseconds for the whole exchange up to the response's header section, all tries together."""
    retries: int = Field(2, ge=0, le=5)
    """Further tries after a failure, of idempotent methods without content only, all within `timeout_ms`."""
    rate_limit: RateLimitSettings | None = None
    """A rate-limit binding: its name, or an object with its figures."""
    on_failure: Literal["open", "closed"] = "closed"
    """What a missing or failing rate-limit binding means: let through, or refuse."""
    sign: Literal["sigv4", "hmac"] | None = None
    """How the origin knows the gateway: AWS Signature Version 4, or an HMAC over the whole request."""
    aws_region: str | None = None
    """Only for `sigv4`; read from the origin's host name otherwise."""
    aws_service: Literal["lambda", "execute-api"] | None = None
    """Only for `sigv4`; read from the origin's host name otherwise."""
    max_body: int = Field(6 * MIB, ge=0, le=500 * MIB)
    """Longest request content, in bytes. Lambda's own limit is 6 MiB."""
    forward_authorization: bool = False
    """Whether the origin gets the client's `Authorization` as well; by default it never sees a token."""
    withhold: tuple[str, ...] = ()
    """Further fields of clients that do not reach the origin: `cookie`, `x-legacy-*`."""
    pass_: tuple[str, ...] = Field((), alias="pass")
    """Fields that do, although other proxies' are withheld (`x-real-ip`, `remote-user`): a client can say anything in
    them. Never identity, locale, `x-forwarded-*` or what is for one connection."""
    log_sample: float = Field(1.0, ge=0, le=1)
    """Share of successful requests that are logged; failures always are."""

    @field_validator("rate_limit", mode="before")
    @classmethod
    def _rate_limit_may_be_a_name(cls, value: Any) -> Any:
        return {"binding": value} if isinstance(value, str) else value

    @field_validator("path")
    @classmethod
    def _path_is_literal(cls, value: str) -> str:
        if fault := path_fault(value):
            raise ValueError(fault)
        return value

    @field_validator("methods")
    @classmethod
    def _methods_are_tokens(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for method in value:
            if not TOKEN.fullmatch(method):
                raise ValueError(f"{method!r} is not a method name (RFC 9110 section 9.1)")
            if fault := method_fault(method):
                raise ValueError(fault)
        if not value:
            raise ValueError("must name at least one method")
        return (*value, "HEAD") if "GET" in value and "HEAD" not in value else value

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

    @field_validator("origin")
    @classmethod
    def _origin_is_fixed(cls, value: str) -> str:
        if value.startswith("binding:"):
            if not value.removeprefix("binding:").isidentifier():
                raise ValueError("must name a binding, as in 'binding:USERS'")
            return value
        return _origin_url(value)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.strip_prefix and not (self.path.removesuffix("/*") + "/").startswith(self.strip_prefix + "/"):
            raise ValueError(f"strip_prefix {self.strip_prefix!r} is not a leading part of path {self.path!r}")
        if self.auth == "none" and (self.roles or self.scopes or self.issuers):
            raise ValueError("roles, scopes and issuers need auth = 'required' or 'optional'")
        if self.websocket_token and not self.websocket:
            raise ValueError("websocket_token needs websocket = true")
        if self.sign != "sigv4" and (self.aws_region or self.aws_service):
            raise ValueError("aws_region and aws_service need sign = 'sigv4'")
        if isinstance(self.cache, CacheSettings) and self.cache.partition != "none" and self.auth == "none":
            raise ValueError("cache.partition needs auth = 'required' or 'optional'")
        return self

    @property
    def cache_settings(self) -> CacheSettings | None:
        """The cache settings in force, or None when the route never stores."""
        if isinstance(self.cache, CacheSettings):
            return self.cache
        return CacheSettings() if self.cache else None


class IssuerSettings(Model):
    """One token issuer: its name, its keys, and how its claims are read."""

    name: str | None = Field(None, min_length=1)
    """What `issuers` of a route may call this entry by; a word of your own, given once."""
    issuer: str | None = Field(None, min_length=1)
    """Exact `iss`. At most one entry may leave it out; that one takes only tokens without `iss`."""
    audience: tuple[str, ...]
    """Any one of these must be in `aud`. `[]` must be written to mean that no audience is checked."""
    algorithms: tuple[Algorithm, ...] = Field(min_length=1)
    """The only signature algorithms accepted; HS algorithms and public-key algorithms cannot be mixed."""
    jwks_url: HttpsUrl | None = None
    """Where the issuer's JWK Set is; redirects are refused."""
    jwks: dict[str, Any] | None = None
    """An inline JWK Set (RFC 7517 section 5)."""
    secret: str | None = None
    """Name of the secret that holds the HMAC key, as UTF-8 text."""
    discovery: bool = False
    """Find `jwks_url` at `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0)."""
    header: str = "authorization"
    """Field that carries the token: bare in any field but `Authorization`."""
    role_claim: str = Field("role", min_length=1)
    """Dotted path to a string, which is one role, or to a list of them: `realm_access.roles`."""
    role_separator: Literal[" ", ","] | None = None
    """What separates roles where the issuer writes several into one string; without it, a string is one role."""
    id_claim: str = Field("sub", min_length=1)
    """Dotted path to the claim that becomes `x-user-id`; must be a non-empty string in every token."""
    typ: tuple[str, ...] = ()
    """Accepted `typ` header values, case-insensitive, `application/` left off; empty accepts any."""
    leeway: int = Field(60, ge=0, le=300)
    """Seconds of clock difference allowed for `exp`, `nbf` and `iat`."""
    max_lifetime: int | None = Field(None, ge=1)
    """Longest `exp` - `iat` in seconds; tokens then need an `iat`."""
    preset: Literal["cloudflare-access"] | None = None
    """Fills in issuer, keys, algorithm and header of Cloudflare Access; needs `team`."""
    team: str | None = None
    """Cloudflare Access team name: the part before `.cloudflareaccess.com`."""

    @model_validator(mode="before")
    @classmethod
    def _expand_preset(cls, value: Any) -> Any:
        """Cloudflare Access: issuer, keys, algorithm and header follow from the team name."""
        if not isinstance(value, Mapping) or value.get("preset") != "cloudflare-access":
            return value
        team = value.get("team")
        if not isinstance(team, str) or not ACCESS_TEAM.fullmatch(team):
            raise ValueError("preset 'cloudflare-access' needs team = '<name before .cloudflareaccess.com>'")
        base = f"https://{team}.cloudflareaccess.com"
        return {
            "issuer": base,
            "jwks_url": f"{base}/cdn-cgi/access/certs",
            "algorithms": ["RS256"],
            "header": "cf-access-jwt-assertion",
            **value,
        }

    @field_validator("typ", mode="before")
    @classmethod
    def _typ_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("audience", mode="before")
    @classmethod
    def _audience_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("header")
    @classmethod
    def _header_can_carry_a_token(cls, value: str) -> str:
        name = value.lower()
        if not TOKEN.fullmatch(value):
            raise ValueError("must be a header field name")
        if name in NOT_FOR_TOKENS:
            raise ValueError(f"no token is read from {name!r}: {NOT_FOR_TOKENS[name]}")
        return name

    @field_validator("issuer", "audience", "jwks_url", "name")
    @classmethod
    def _has_no_placeholder(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        """`{tenantid}` of a provider's documentation is no part of any token: nothing would ever match."""
        for text in (value,) if isinstance(value, str) else value or ():
            if text != text.strip():
                raise ValueError(f"{text!r} has white space around it, which no token has")
            if PLACEHOLDER.search(text):
                raise ValueError(
                    f"{text!r} has a placeholder; write what stands in your tokens, and an entry for each tenant"
                )
        return value

    @field_validator("issuer", "jwks_url", "role_claim", "id_claim")
    @classmethod
    def _is_written_as_here(cls, value: str | None, info: ValidationInfo) -> str | None:
        fault_of = {"issuer": issuer_fault, "jwks_url": key_set_fault}.get(info.field_name or "", claim_path_fault)
        if value is not None and (fault := fault_of(value)):
            raise ValueError(f"{value!r} {fault}")
        return value

    @model_validator(mode="after")
    def _has_one_key_source(self) -> Self:
        sources = [self.jwks_url is not None, self.jwks is not None, self.secret is not None, self.discovery]
        if sum(sources) != 1:
            raise ValueError("needs exactly one of jwks_url, jwks, secret, discovery")
        symmetric = [name in HS_KEY_BYTES for name in self.algorithms]
        if any(symmetric) and not all(symmetric):
            raise ValueError("HS algorithms cannot be mixed with public-key algorithms in one issuer")
        if all(symmetric) != (self.secret is not None):
            raise ValueError("HS algorithms need 'secret', and all others need a key set (RFC 8725 section 3.1)")
        if self.team is not None and self.preset is None:
            raise ValueError("'team' needs preset = 'cloudflare-access'")
        if self.discovery and self.issuer is None:
            raise ValueError("discovery needs 'issuer'")
        if self.discovery and self.issuer is not None:
            _https_url(self.issuer)
        return self

    @property
    def references(self) -> frozenset[str]:
        """What `issuers` of a route may call this entry by; `""` is the one whose tokens have no `iss`."""
        return frozenset({self.issuer or ""} if self.name is None else {self.issuer or "", self.name})


class SummarySettings(Model):
    """The thresholds of the hourly summary, and whom to tell when one is crossed."""

    webhook: HttpsUrl | None = None
    """Gets the summary as JSON by POST. Often a secret: then set `SUMMARY` as one."""
    error_rate: float | None = Field(None, ge=0, le=1)
    """Share of answers with a status of 500 or above."""
    hit_ratio: float | None = Field(None, ge=0, le=1)
    """Share of cache look-ups that should be hits at least."""
    usd: float | None = Field(None, ge=0)
    """Estimated cost of the hour in US dollars."""
    min_requests: int = Field(100, ge=1)
    """An hour with fewer requests says nothing about shares."""


class Settings(Model):
    """Everything the gateway is told. Field names are those of `wrangler.toml`, in lower case."""

    routes: tuple[RouteSettings, ...] = ()
    """The routes. The first path that matches decides; what none matches is 404."""
    issuers: tuple[IssuerSettings, ...] = ()
    """The token issuers, chosen by exact `iss` before anything is verified."""
    operator_issuers: tuple[str, ...] | None = Field(None, min_length=1)
    """Whose roles count at the gateway's own endpoints that change something (`/_gatehouse/purge`): names as in
    `issuers` of a route. Without it, the issuer of the first entry."""
    realm: str = Field("gatehouse", pattern=r"^[\x20\x21\x23-\x5B\x5D-\x7E]+$")
    """`realm` of every challenge (RFC 9110 section 11.5)."""
    default_country: str = Field("US", pattern=r"^[A-Z]{2}$")
    """ISO 3166-1 code for visitors whose country is not known (XX, Tor)."""
    default_language: str = "en-US"
    """BCP 47 tag for when no rule finds a language."""
    default_currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code for when no rule finds a currency."""
    supported_languages: tuple[str, ...] = ()
    """The answer is then always one of these BCP 47 tags; empty allows every language."""
    supported_currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ()
    """The answer is then always one of these ISO 4217 codes; empty allows every currency in use."""
    cors_origins: tuple[str, ...] = ()
    """Exact origins (`https://app.example`), or `*` for every origin without credentials. Where it is set, the gateway
    alone says who may read: an origin's `Access-Control-*` is taken off. Where it is not, CORS is the origins' own."""
    summary: SummarySettings = SummarySettings()
    """When the hourly summary should wake somebody up."""
    held_bytes: int = Field(HELD_BYTES, ge=MIB, le=64 * MIB)
    """Bytes of content that an isolate holds at one time: to sign it, to cut ranges out of it, and on its way into the
    store. An upload beyond that is 503 `busy`. An isolate has 128 MB for everything."""
    environment: str = "production"
    """Name of the deployment, in the hourly summary and in what its webhook is told."""
    secrets: Mapping[str, str] = Field(default_factory=dict, repr=False, exclude=True)
    """Values of the secrets that the other settings name."""

    @property
    def operators(self) -> tuple[str, ...]:
        """Whose roles count at the endpoints that change something. With no issuer, nobody has a role at all."""
        first = self.issuers[0].issuer if self.issuers else None
        return self.operator_issuers or (first or "",)

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_serialised(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if entry != "*" and (fault := origin_fault(entry)):
                raise ValueError(f"{entry!r} never matches: {fault}")
        if "*" in value and len(value) > 1:
            raise ValueError("'*' cannot be combined with named origins")
        return value
