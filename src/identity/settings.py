"""Whom a route lets in, and whose tokens count, as `wrangler.toml` says it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from core.addresses import HttpsUrl, https_url
from core.model import Model, SecretsSettings
from fields.names import TOKEN
from fields.settings import HandshakeSettings
from identity.issuer_spelling import claim_path_fault, issuer_fault, key_set_fault, role_fault
from identity.token_fields import NOT_FOR_TOKENS

HS_KEY_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Shortest key per algorithm: the output of its hash (RFC 7518 section 3.2)."""

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")

PLACEHOLDER = re.compile(r"[{}<>]")
"""`{tenantid}`, `${TENANT}`, `<your-domain>`: characters that no URL holds (RFC 3986 section 2)."""

ACCESS_TEAM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")
"""RFC 6749 section 3.3; it is quoted as it is in a challenge."""

Algorithm = Literal[
    "HS256", "HS384", "HS512",
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
]  # fmt: skip


def _scope_token(value: str) -> str:
    if not SCOPE_TOKEN.fullmatch(value):
        raise ValueError("must be visible ASCII without spaces, quotes or backslashes (RFC 6749 section 3.3)")
    return value


ScopeToken = Annotated[str, AfterValidator(_scope_token)]


class AccessSettings(HandshakeSettings):
    """Whom a route or an endpoint of the gateway lets in."""

    model_config = ConfigDict(defer_build=False)

    auth: Literal["required", "optional", "none"] = "required"
    """Whether a token must be there; with `optional` none is fine and a bad one is still refused."""
    roles: tuple[str, ...] = ()
    """Any one of these roles is enough."""
    scopes: tuple[ScopeToken, ...] = ()
    """Any one of these scopes is enough."""
    issuers: tuple[str, ...] | None = Field(None, min_length=1)
    """Whose tokens count: each the `name` of an entry of `ISSUERS`, or an exact `issuer`; without it, everyone's."""

    @field_validator("roles")
    @classmethod
    def _somebody_may_have_it(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for role in value:
            if fault := role_fault(role):
                raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _somebody_is_asked(self) -> Self:
        if self.auth == "none" and (self.roles or self.scopes or self.issuers):
            raise ValueError("roles, scopes and issuers need auth = 'required' or 'optional'")
        return self


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
            https_url(self.issuer)
        return self

    @property
    def references(self) -> frozenset[str]:
        """What `issuers` of a route may call this entry by; `""` is the one whose tokens have no `iss`."""
        return frozenset({self.issuer or ""} if self.name is None else {self.issuer or "", self.name})


class IdentitySettings(SecretsSettings):
    """Everything about who callers are."""

    issuers: tuple[IssuerSettings, ...] = ()
    """The token issuers, chosen by exact `iss` before anything is verified."""
    operator_issuers: tuple[str, ...] | None = Field(None, min_length=1)
    """Whose roles count at the gateway's own endpoints that change something (`/_gatehouse/purge`): names as in
    `issuers` of a route. Without it, the issuer of the first entry."""
    realm: str = Field("gatehouse", pattern=r"^[\x20\x21\x23-\x5B\x5D-\x7E]+$")
    """`realm` of every challenge (RFC 9110 section 11.5)."""

    @property
    def operators(self) -> tuple[str, ...]:
        """Whose roles count at the endpoints that change something. With no issuer, nobody has a role at all."""
        first = self.issuers[0].issuer if self.issuers else None
        return self.operator_issuers or (first or "",)
