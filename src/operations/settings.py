"""Rate limits and the hourly summary, as `wrangler.toml` says them."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from core.addresses import HttpsUrl
from core.model import Model


class RoleLimitSettings(Model):
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


class RateLimitSettings(RoleLimitSettings):
    """The rate limit of a route: a binding, and others for callers with a role."""

    by_role: Mapping[str, RoleLimitSettings] = {}
    """Limits of callers with a role, in place of the route's; of several roles the first that is named here counts."""


class LimitedSettings(Model):
    """How often one route may be asked."""

    rate_limit: RateLimitSettings | None = None
    """A rate-limit binding: its name, or an object with its figures."""
    on_failure: Literal["open", "closed"] = "closed"
    """What a missing or failing rate-limit binding means: let through, or refuse."""

    @field_validator("rate_limit", mode="before")
    @classmethod
    def _rate_limit_may_be_a_name(cls, value: Any) -> Any:
        return {"binding": value} if isinstance(value, str) else value


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
