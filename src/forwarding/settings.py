"""Where one route's requests go, and how, as `wrangler.toml` says it."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from core.addresses import origin_url
from core.model import MIB, Model
from fields.names import TOKEN
from fields.settings import HandshakeSettings
from forwarding.header_rules import pass_fault, withhold_fault


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


class ForwardingSettings(HandshakeSettings):
    """One route's origin and what it is sent."""

    origin: str
    """`https://host[/prefix]`, or `binding:NAME` for a service binding."""
    strip_prefix: str = ""
    """Leading path taken off before forwarding: `/api` turns `/api/users` into `/users`."""
    websocket: bool = True
    """Whether WebSocket handshakes are passed on; with `false` one is an ordinary request."""
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
    forward_authorization: bool = False
    """Whether the origin gets the client's `Authorization` as well; by default it never sees a token."""
    withhold: tuple[str, ...] = ()
    """Further fields of clients that do not reach the origin: `cookie`, `x-legacy-*`."""
    pass_: tuple[str, ...] = Field((), alias="pass")
    """Fields that do, although other proxies' are withheld (`x-real-ip`, `remote-user`): a client can say anything in
    them. Never identity, locale, `x-forwarded-*` or what is for one connection."""

    @field_validator("origin")
    @classmethod
    def _origin_is_fixed(cls, value: str) -> str:
        if value.startswith("binding:"):
            if not value.removeprefix("binding:").isidentifier():
                raise ValueError("must name a binding, as in 'binding:USERS'")
            return value
        return origin_url(value)

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
    def _can_be_forwarded_so(self) -> Self:
        if self.websocket_token and not self.websocket:
            raise ValueError("websocket_token needs websocket = true")
        if self.sign != "sigv4" and (self.aws_region or self.aws_service):
            raise ValueError("aws_region and aws_service need sign = 'sigv4'")
        return self
