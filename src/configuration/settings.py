"""The settings as a whole: each wing's models, composed, and what takes more than one of them to check in one place.

A model stands beside what it configures (`identity/settings.py`, `caching/settings.py` and so on); what takes more than
one setting to check, such as a route that needs an issuer, is `loading.py`'s, which also reads them.
"""

from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from browsers.settings import CorsSettings
from caching.settings import USUAL, CacheSettings
from configuration.route_spelling import host_fault, method_fault, path_fault
from core.budget import HELD_BYTES
from core.model import MIB, Model
from core.model_schema import reader
from fields.names import TOKEN
from forwarding.settings import ForwardingSettings, SseSettings, WebsocketSettings
from identity.settings import AccessSettings, IdentitySettings
from operations.settings import LimitedSettings, SummarySettings
from places.settings import LocaleSettings
from policing.settings import PolicedSettings, PoliciesSettings
from sites.settings import SiteSettings

COMMON_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class MatchSettings(Model):
    """Which requests a route takes."""

    path: str
    """`/api/users` matches itself alone; `/api/users/*` the subtree and the bare prefix; `/*` everything. `{name}` is
    any one segment: `/api/users/{id}`, `/api/users/{id}/*`."""
    host: str | None = None
    """`api.example.com`, or `*.tenants.example.com` for any one label there; without it, any host. A host's own routes
    come before those of its wildcard, and both before those of any host."""
    methods: tuple[str, ...] = COMMON_METHODS
    """Method names, case-sensitive (RFC 9110 section 9.1). HEAD is allowed wherever GET is."""
    encoded_slashes: Literal["refuse", "keep"] = "refuse"
    """What becomes of `%2F` in a path: 400, or, with `keep`, part of its segment, as where ids are URLs. It is
    forwarded as it came and separates nothing."""

    @field_validator("path")
    @classmethod
    def _path_is_literal(cls, value: str) -> str:
        if fault := path_fault(value):
            raise ValueError(fault)
        return value

    @field_validator("host")
    @classmethod
    def _host_is_a_name(cls, value: str | None) -> str | None:
        if value is not None and (fault := host_fault(value)):
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


class RouteSettings(PolicedSettings, LimitedSettings, ForwardingSettings, AccessSettings, MatchSettings):
    """One route: which requests it takes, whom it lets in, and where they go."""

    cache: CacheSettings | bool = True
    """`false` never stores; `true` follows the origin's headers; an object says more."""
    locale: SiteSettings | None = None
    """A site in several languages: every reader is led to the pages in theirs."""
    log_sample: float = Field(1.0, ge=0, le=1)
    """Share of successful requests that are logged; failures always are."""
    openapi: str | None = None
    """Path of a static asset that describes the origin (OpenAPI 3.1), as in `/openapi/users.json`: `/openapi.json` and
    `/docs` then tell what the route leads to. Everybody can read it."""

    @field_validator("openapi")
    @classmethod
    def _openapi_is_an_asset(cls, value: str | None) -> str | None:
        if value is not None and (path_fault(value) or "*" in value or not value.endswith(".json")):
            raise ValueError("must be the path of a static asset, as in '/openapi/users.json'")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.strip_prefix and not (self.path.removesuffix("/*") + "/").startswith(self.strip_prefix + "/"):
            raise ValueError(f"strip_prefix {self.strip_prefix!r} is not a leading part of path {self.path!r}")
        if "{" in self.strip_prefix:
            raise ValueError("strip_prefix cannot hold a path parameter; strip what is before it")
        for name in self.match:
            if f"/{{{name}}}/" not in self.path + "/":
                raise ValueError(f"match names {name!r}, which path {self.path!r} does not have as '{{{name}}}'")
        if isinstance(self.cache, CacheSettings) and self.cache.partition != "none" and self.auth == "none":
            raise ValueError("cache.partition needs auth = 'required' or 'optional'")
        if self.residency and self.cache and "cache" in self.model_fields_set:
            raise ValueError("cache needs residency = false: the store it writes to has no region")
        for name, lasting in (("websocket", self.websocket), ("sse", self.sse)):
            if isinstance(lasting, WebsocketSettings | SseSettings) and lasting.ends_with_token and self.auth == "none":
                raise ValueError(f"{name}.ends_with_token needs auth = 'required' or 'optional'")
        if self.forward_expiry and self.auth == "none":
            raise ValueError("forward_expiry needs auth = 'required' or 'optional'")
        if self.locale and not self.path.endswith("/*"):
            raise ValueError(f"locale needs a path that ends in '/*', as in {self.path.rstrip('/') + '/*'!r}")
        return self

    @property
    def cache_settings(self) -> CacheSettings | None:
        """The cache settings in force, or None when the route never stores."""
        if self.residency:
            return None
        if isinstance(self.cache, CacheSettings):
            return self.cache
        return USUAL if self.cache else None


class RoutesSettings(Model):
    """The route table."""

    routes: tuple[RouteSettings, ...] = ()
    """The routes. The first path that matches decides; what none matches is 404."""


class Settings(PoliciesSettings, CorsSettings, LocaleSettings, IdentitySettings, RoutesSettings):
    """Everything the gateway is told. Field names are those of `wrangler.toml`, in lower case."""

    summary: SummarySettings = SummarySettings.model_construct()
    """When the hourly summary should wake somebody up."""
    held_bytes: int = Field(HELD_BYTES, ge=MIB, le=64 * MIB)
    """Bytes of content that an isolate holds at one time: to sign it, to cut ranges out of it, and on its way into the
    store. An upload beyond that is 503 `busy`. An isolate has 128 MB for everything."""
    environment: str = "production"
    """Name of the deployment, in the hourly summary and in what its webhook is told."""

    @property
    def compared_claims(self) -> frozenset[str | tuple[str, ...]]:
        return frozenset(claim for route in self.routes for claim in route.match.values()) - {"sub"}


read_settings: Final = reader(Settings)
"""The settings of values by their names. Raises ValidationError."""
