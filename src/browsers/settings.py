"""Which sites may read answers, as `wrangler.toml` says it."""

from pydantic import field_validator

from browsers.web_origins import origin_fault
from core.model import Part


class CorsSettings(Part):
    """The allow-list of cross-origin resource sharing."""

    cors_origins: tuple[str, ...] = ()
    """Exact origins (`https://app.example`), or `*` for every origin without credentials. Where it is set, the gateway
    alone says who may read: an origin's `Access-Control-*` is taken off. Where it is not, CORS is the origins' own."""

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_serialised(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if entry != "*" and (fault := origin_fault(entry)):
                raise ValueError(f"{entry!r} never matches: {fault}")
        if "*" in value and len(value) > 1:
            raise ValueError("'*' cannot be combined with named origins")
        return value
