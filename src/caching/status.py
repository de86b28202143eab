"""The `Cache-Status` field (RFC 9211): what the cache did with one request, for people reading headers.

Each cache on the way appends its own member, so an upstream cache's members stay in front of ours.
"""

from typing import Final, Literal, Self

from core.records import record, replace

NAME: Final = "gatehouse"

Forwarded = Literal["bypass", "method", "uri-miss", "vary-miss", "miss", "request", "stale", "partial"]
"""Why a request went to the origin (RFC 9211 section 2.2)."""


@record
class CacheStatus:
    """One member of the field.

    str(CacheStatus(hit=True, ttl=55)) == "gatehouse; hit; ttl=55"
    str(CacheStatus(fwd="stale", fwd_status=304, stored=True)) == "gatehouse; fwd=stale; fwd-status=304; stored"
    """

    hit: bool = False
    ttl: int | None = None
    """Seconds of freshness left; negative when stale."""
    fwd: Forwarded | None = None
    fwd_status: int | None = None
    stored: bool = False
    key: str | None = None
    detail: str | None = None
    """A token of ours: why a response was not stored, or by what right a stale one was used."""

    def with_detail(self, detail: str) -> Self:
        return replace(self, detail=detail)

    def __str__(self) -> str:
        if self.hit and self.detail is None:  # almost every hit
            return f"{NAME}; hit" if self.ttl is None else f"{NAME}; hit; ttl={self.ttl}"
        parts = [NAME]
        if self.hit:
            parts.append("hit")
        if self.fwd is not None:
            parts.append(f"fwd={self.fwd}")
        if self.fwd_status is not None:
            parts.append(f"fwd-status={self.fwd_status}")
        if self.ttl is not None:
            parts.append(f"ttl={self.ttl}")
        if self.stored:
            parts.append("stored")
        if self.key is not None:
            parts.append(f'key="{self.key}"')
        if self.detail is not None:
            parts.append(f"detail={self.detail}")
        return "; ".join(parts)

    def appended_to(self, field: str | None) -> str:
        """The field's value after the members of the caches before us."""
        return f"{field}, {self}" if field else str(self)
