"""Whom a route lets in, and whose tokens count, as `wrangler.toml` says it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.addresses import HttpsUrl, https_url
from core.model import Model, SecretsSettings
from fields.settings import HandshakeSettings
from identity.carriers import Carrier, carrier, header_carrier
from identity.issuer_spelling import claim_path_fault, issuer_fault, key_set_fault, role_fault, told_field_fault
from identity.jose import ASYMMETRIC, HS_KEY_BYTES, Algorithm
from identity.key_format import shaped_like
from identity.key_settings import ApiKeySettings
from identity.tenants import ANY, PLACEHOLDER, pattern_fault
from identity.tokens import MAX_LENGTH, USUAL_LENGTH
from identity.visitors import VisitorRule

__all__ = [
    "ASYMMETRIC",
    "HS_KEY_BYTES",
    "KEY_ISSUER",
    "AccessSettings",
    "ApiKeySettings",
    "IdentitySettings",
    "IssuerSettings",
]

KEY_ISSUER = "api-key"
"""The issuer of every API key's caller, and what a route's `issuers` call all keys by."""

UNFILLED = re.compile(r"[{}<>]")
"""`{tenant}`, `${TENANT}`, `<your-domain>`: characters that no URL holds (RFC 3986 section 2)."""

SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")
"""RFC 6749 section 3.3; it is quoted as it is in a challenge."""

ClaimValue = StrictBool | StrictInt | StrictFloat | StrictStr
Conditions = dict[str, tuple[ClaimValue, ...]]
"""Claim path -> values; any one of them will do."""


def _scope_token(value: str) -> str:
    if not SCOPE_TOKEN.fullmatch(value):
        raise ValueError("must be visible ASCII without spaces, quotes or backslashes (RFC 6749 section 3.3)")
    return value


def _claim_path(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if not value or "" in value if isinstance(value, tuple) else not value:
        raise ValueError("must not be empty, nor hold an empty name")
    if isinstance(value, str) and (fault := claim_path_fault(value)):
        raise ValueError(f"{value!r} {fault}")
    return value


ScopeToken = Annotated[str, AfterValidator(_scope_token)]
ClaimPathSetting = Annotated[str | tuple[str, ...], AfterValidator(_claim_path)]
"""Where a claim is: see `claim_paths.py`."""


class AccessSettings(HandshakeSettings):
    """Whom a route or an endpoint of the gateway lets in."""

    auth: Literal["required", "optional", "none"] = "required"
    """Whether a token must be there; with `optional` none is fine and a bad one is still refused."""
    roles: tuple[str, ...] = ()
    """Any one of these roles is enough."""
    scopes: tuple[ScopeToken, ...] = ()
    """Any one of these scopes is enough."""
    all_scopes: tuple[ScopeToken, ...] = ()
    """Every one of these scopes is needed."""
    credentials: tuple[Literal["token", "key"], ...] = Field(("token", "key"), min_length=1)
    """What a caller may show: a token of `ISSUERS`, a key of `API_KEYS`, or either, where both are configured."""
    issuers: tuple[str, ...] | None = Field(None, min_length=1)
    """Whose tokens count: each the `name` of an entry of `ISSUERS`, or an exact `issuer` with all its entries; without
    it, everyone's. All API keys together are `api-key`."""
    audience: tuple[str, ...] = ()
    """Any one of these must be in `aud`, beside what the token's entry of `ISSUERS` asks for. API keys have none."""

    @model_validator(mode="before")
    @classmethod
    def _keys_alone_are_an_issuer(cls, value: Any) -> Any:
        """`credentials = ["key"]` is `issuers = ["api-key"]`, which what is remembered of a token is held against."""
        if isinstance(value, Mapping) and value.get("credentials") in (["key"], ("key",)) and not value.get("issuers"):
            return {**value, "issuers": (KEY_ISSUER,)}
        return value

    @field_validator("audience", mode="before")
    @classmethod
    def _audience_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    allow: VisitorRule | None = None
    """From where alone a route may be asked: `{ countries = ["DE"], addresses = ["203.0.113.0/24"] }`; others are told
    403 `not_here`, before anybody says who they are."""
    deny: VisitorRule | None = None
    """From where it may not be asked, even by whom `allow` names."""
    match: Mapping[str, ClaimPathSetting] = {}
    """Path parameters that must be the caller's own: with `{ id = "sub" }` the `{id}` of the path must be the id that
    is forwarded as `x-user-id`, with `{ org = "org_id" }` what the verified token has at that claim path, or one item
    of a list there; anything else is 403 `not_yours`."""
    match_except_roles: tuple[str, ...] = ()
    """Callers with one of these roles may ask for anybody's."""

    @field_validator("roles", "match_except_roles")
    @classmethod
    def _somebody_may_have_it(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for role in value:
            if fault := role_fault(role):
                raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _takes_what_it_trusts(self) -> Self:
        if self.auth == "none" and "credentials" in self.model_fields_set:
            raise ValueError("credentials need auth = 'required' or 'optional'")
        trusts_keys = self.issuers is not None and KEY_ISSUER in self.issuers
        if trusts_keys and "key" not in self.credentials:
            raise ValueError(f"issuers names {KEY_ISSUER!r}, and credentials takes no keys; add 'key' or leave it out")
        if self.issuers is None or "credentials" not in self.model_fields_set:
            return self
        if "key" in self.credentials and not trusts_keys:
            raise ValueError(f"credentials takes keys, and issuers does not name them; add {KEY_ISSUER!r} to issuers")
        if "token" in self.credentials and trusts_keys and len({*self.issuers}) == 1:
            raise ValueError("credentials takes tokens, and issuers names nobody's; add theirs, or take 'token' out")
        return self

    @model_validator(mode="after")
    def _somebody_is_asked(self) -> Self:
        if self.auth == "none" and (self.roles or self.scopes or self.issuers):
            raise ValueError("roles, scopes and issuers need auth = 'required' or 'optional'")
        if self.auth == "none" and (self.audience or self.all_scopes):
            raise ValueError("audience and all_scopes need auth = 'required' or 'optional'")
        if self.match and self.auth != "required":
            raise ValueError("match needs auth = 'required': nobody in particular owns nothing")
        if self.match_except_roles and not self.match:
            raise ValueError("match_except_roles needs match")
        return self


class IssuerSettings(Model):
    """One entry of trust: whose tokens it takes, by which keys, on which conditions, how their claims are read."""

    name: str | None = Field(None, min_length=1)
    """What `issuers` of a route may call this entry by; a word of your own, given once."""
    issuer: str | None = Field(None, min_length=1)
    """Exact `iss`; several entries may have the same. Without it, the entry takes only tokens without `iss`. A segment
    `{tenantid}` of its path stands for one of `tenants`."""
    tenants: tuple[str, ...] = ()
    """Who may stand in place of `{tenantid}`, or `["*"]` for anybody; the token must say the same in `tid`."""
    audience: tuple[str, ...]
    """Any one of these must be in `aud`. `[]` must be written to mean that no audience is checked."""
    require: Conditions = Field(default_factory=dict)
    """Claim path -> value, or list of values of which one is enough: `{ token_use = "access" }`. A claim that is a list
    is enough with one."""
    algorithms: tuple[Algorithm, ...] = Field(min_length=1)
    """The only signature algorithms accepted; HS algorithms and public-key algorithms cannot be mixed. `EdDSA` and
    `Ed25519` are one."""
    jwks_url: HttpsUrl | None = None
    """Where the issuer's JWK Set is; redirects are refused."""
    jwks: dict[str, Any] | None = None
    """An inline JWK Set (RFC 7517 section 5)."""
    secret: tuple[str, ...] | None = Field(None, min_length=1)
    """Name of the secret that holds the HMAC key, or several names while one is exchanged for another."""
    secret_encoding: Literal["utf-8", "base64", "base64url", "hex"] = "utf-8"
    """How the text of the secret means bytes."""
    discovery: bool = False
    """Find `jwks_url` at `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0), with `common` in
    the place of `{tenantid}`."""
    from_: tuple[str, ...] = Field((), alias="from")
    """How its tokens come, in any of these ways: `authorization`, `header:<field>`, `cookie:<name>`, and, for what can
    send no fields, `query:<name>`. Without it, `authorization`, or what `header` or the preset says."""
    header: str = "authorization"
    """Field that carries the token, bare in any field but `Authorization`: another spelling of `from`."""
    role_claim: ClaimPathSetting = "role"
    """Where the roles are: a dotted path such as `realm_access.roles`, in which the longest name that is there wins at
    each level, or a list of exact names. A string is one role, a list holds several, an object has one by each name."""
    role_separator: Literal[" ", ","] | None = None
    """What separates roles where the issuer writes several into one string; without it, a string is one role."""
    id_claim: tuple[str | tuple[str, ...], ...] = Field(("sub",), min_length=1)
    """Path of the claim that becomes `x-user-id`, or several, of which the first that is not empty wins: a string, or
    an integer as its decimal text."""
    scope_claim: ClaimPathSetting | None = None
    """Where scopes are beside `scope` and `scp`: Auth0's `permissions`."""
    anonymous: Conditions = Field(default_factory=dict)
    """As `require`: tokens for which this holds are verified, and then count as no token: `{ role = "anon" }`."""
    forward_claims: dict[str, str] = Field(default_factory=dict)
    """Claim path -> field under `x-user-` by which origins are told: `{ email = "x-user-email" }`."""
    typ: tuple[str, ...] = ()
    """Accepted `typ` header values, case-insensitive, `application/` left off; empty accepts any."""
    leeway: int = Field(60, ge=0, le=300)
    """Seconds of clock difference allowed for `exp`, `nbf` and `iat`."""
    max_lifetime: int | None = Field(None, ge=1)
    """Longest `exp` - `iat` in seconds; tokens then need an `iat`."""
    max_token_bytes: int = Field(USUAL_LENGTH, ge=1024, le=MAX_LENGTH)
    """Longest token, in characters; those that carry hundreds of groups need more."""
    preset: str | None = None
    """The provider whose issuer, keys and claims are [filled in](#presets); what the entry says itself comes first."""

    @field_validator("typ", "audience", "secret", "tenants", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("id_claim", mode="before")
    @classmethod
    def _one_path_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("id_claim")
    @classmethod
    def _are_paths(cls, value: tuple[str | tuple[str, ...], ...]) -> tuple[str | tuple[str, ...], ...]:
        return tuple(map(_claim_path, value))

    @field_validator("require", "anonymous", mode="before")
    @classmethod
    def _one_value_is_a_list(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {path: one if isinstance(one, list | tuple) else (one,) for path, one in value.items()}

    @field_validator("require", "anonymous")
    @classmethod
    def _can_be_met(cls, value: Conditions) -> Conditions:
        for path, values in value.items():
            _claim_path(path)
            if not values:
                raise ValueError(f"{path!r} must have at least one value: no token meets an empty list")
        return value

    @field_validator("header")
    @classmethod
    def _header_can_carry_a_token(cls, value: str) -> str:
        return header_carrier(value).name

    @field_validator("from_", mode="before")
    @classmethod
    def _one_carrier_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("from_")
    @classmethod
    def _are_carriers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("must have at least one item")
        for text in value:
            carrier(text)
        return value

    @model_validator(mode="after")
    def _says_once_how_tokens_come(self) -> Self:
        if self.from_ and "header" in self.model_fields_set:
            raise ValueError("'header' is another spelling of 'from'; write 'from' alone")
        return self

    @field_validator("issuer", "audience", "jwks_url", "name", "tenants")
    @classmethod
    def _is_filled_in(cls, value: str | tuple[str, ...] | None, info: ValidationInfo) -> str | tuple[str, ...] | None:
        """`{tenant}` of a provider's documentation is no part of any token: nothing would ever match."""
        for text in (value,) if isinstance(value, str) else value or ():
            if text != text.strip():
                raise ValueError(f"{text!r} has white space around it, which no token has")
            if UNFILLED.search(text.replace(PLACEHOLDER, "") if info.field_name == "issuer" else text):
                raise ValueError(
                    f"{text!r} has a placeholder; write what stands in your tokens, and an entry for each tenant, or "
                    f"{PLACEHOLDER} in the path of 'issuer' with 'tenants'"
                )
        return value

    @field_validator("forward_claims")
    @classmethod
    def _can_be_told(cls, value: dict[str, str]) -> dict[str, str]:
        for path, name in value.items():
            _claim_path(path)
            if fault := told_field_fault(name):
                raise ValueError(f"{name!r} {fault}")
        if len({*value.values()}) != len(value):
            raise ValueError("must name a field once")
        return value

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _is_written_as_here(cls, value: str | None, info: ValidationInfo) -> str | None:
        fault_of = issuer_fault if info.field_name == "issuer" else key_set_fault
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
            raise ValueError(
                "HS algorithms cannot be mixed with public-key algorithms in one entry; write another with this issuer"
            )
        if all(symmetric) != (self.secret is not None):
            raise ValueError("HS algorithms need 'secret', and all others need a key set (RFC 8725 section 3.1)")
        if self.secret is None and self.secret_encoding != "utf-8":
            raise ValueError("'secret_encoding' needs 'secret'")
        return self

    @model_validator(mode="after")
    def _names_its_issuer(self) -> Self:
        if fault := pattern_fault(self.issuer, self.tenants):
            raise ValueError(fault)
        if self.discovery and self.issuer is None:
            raise ValueError("discovery needs 'issuer'")
        if self.discovery and self.issuer is not None:
            https_url(self.issuer)
        return self

    @property
    def has_several_tenants(self) -> bool:
        """Whether the ids of its callers mean something only with their tenant."""
        return len(self.tenants) > 1 or ANY in self.tenants

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """How its tokens come."""
        return tuple(map(carrier, self.from_)) or (header_carrier(self.header),)

    @property
    def token_fields(self) -> frozenset[str]:
        """The fields in which they come."""
        return frozenset(one.name for one in self.carriers if one.is_field)

    @property
    def references(self) -> frozenset[str]:
        """What `issuers` of a route may call this entry by; `""` is the one whose tokens have no `iss`."""
        return frozenset({self.issuer or ""} if self.name is None else {self.issuer or "", self.name})


class IdentitySettings(SecretsSettings):
    """Everything about who callers are."""

    issuers: tuple[IssuerSettings, ...] = ()
    """Whose tokens are believed, entry by entry. Those that have the token's exact `iss` are asked in this order, and
    the first that takes it says who the caller is."""
    operator_issuers: tuple[str, ...] | None = Field(None, min_length=1)
    """Whose roles count at the gateway's own endpoints that change something (`/_gatehouse/purge`,
    `/_gatehouse/revocations`): names as in `issuers` of a route. Without it, the first entry's alone."""
    maintenance_roles: tuple[str, ...] = ("admin",)
    """Who passes while a route is [closed for maintenance](operations.md#maintenance): callers with one of these roles,
    of an issuer as for `OPERATOR_ISSUERS`. `[]` lets nobody pass."""
    api_keys: ApiKeySettings | None = None
    """Keys of machines: `{ from = ["header:x-api-key", "authorization"], prefix = "gh" }`; without it, none counts."""
    resource_metadata: bool = True
    """Whether `/.well-known/oauth-protected-resource` says whose tokens a path takes (RFC 9728), and challenges name
    it."""
    realm: str = Field("gatehouse", pattern=r"^[\x20\x21\x23-\x5B\x5D-\x7E]+$")
    """`realm` of every challenge (RFC 9110 section 11.5)."""

    @field_validator("maintenance_roles")
    @classmethod
    def _somebody_may_have_the_role(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for role in value:
            if fault := role_fault(role):
                raise ValueError(fault)
        return value

    _places: tuple[int, ...] = PrivateAttr(())

    @property
    def operators(self) -> tuple[str, ...]:
        """Whose roles count at the endpoints that change something. With no issuer, nobody has a role at all."""
        return self.operator_issuers or (entry_path(0),)

    @property
    def compared_claims(self) -> frozenset[str | tuple[str, ...]]:
        """The claims, beside the id, that routes compare with their paths (`match`)."""
        return frozenset()

    @property
    def credential_fields(self) -> frozenset[str]:
        """The fields in which tokens and keys come."""
        own = (one.name for one in self.key_ways)
        return frozenset(own).union(*(entry.token_fields for entry in self.issuers))

    @property
    def key_shape(self) -> re.Pattern[str] | None:
        """How API keys look, wherever one stands; None where there are none."""
        return shaped_like(self.api_keys.prefix) if self.api_keys else None

    @property
    def key_ways(self) -> tuple[Carrier, ...]:
        """How API keys come; none where there are none."""
        return self.api_keys.carriers if self.api_keys else ()

    def entries(self) -> Iterator[tuple[str, IssuerSettings]]:
        """Every entry, presets filled in, by its path: those of one preset have one."""
        for index, entry in enumerate(self.issuers):
            yield entry_path(self._places[index] if self._places else index), entry

    def placed(self, places: Sequence[int]) -> Self:
        """These settings, told the place in ISSUERS that each entry is from, where a preset stands for several."""
        self._places = tuple(places)
        return self


def entry_path(place: int) -> str:
    """`ISSUERS[0]`: what an entry is called by its place, where others may share its `issuer` and it has no name."""
    return f"ISSUERS[{place}]"
