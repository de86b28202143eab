"""How one route's responses are cached, as `wrangler.toml` says it."""

from typing import Annotated, Final, Literal

from pydantic import Field

from core.model import MIB, Model


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
    query: QuerySettings = QuerySettings.model_construct()
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


USUAL: Final = CacheSettings.model_construct()
"""Of a route that says no more than that it is cached."""
