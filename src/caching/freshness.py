"""Age and freshness lifetime of a stored response, as a shared cache reckons them (RFC 9111 section 4.2).

All times and spans are in seconds; "now" is always an argument.
"""

from typing import Final, Literal

from caching.settings import CacheSettings
from caching.stored_response import StoredResponse
from core.lengths import RESPONSE_FIELDS
from core.records import record
from fields.dates import parse_first_http_date, parse_http_date
from fields.directives import DELTA_MAX, parse_delta
from fields.lists import split_list

HEURISTICALLY_CACHEABLE: Final = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
"""Statuses that may be stored without anybody saying so (RFC 9110 section 15.1); 206 is never stored here."""

ASSUMED_FRESH: Final = frozenset({200, 203, 204, 301, 308})
"""Statuses that `default_ttl` is for: what is there, and where it is now for good. What is not there today, or
goes wrong, may be otherwise in a moment."""

HEURISTIC_SHARE: Final = 0.1
HEURISTIC_MAX: Final = 86_400
"""A tenth of the time since `Last-Modified`, a day at most (RFC 9111 section 4.2.2)."""

Source = Literal["override", "s-maxage", "max-age", "expires", "default", "heuristic", "none"]


@record
class Lifetime:
    """For how many seconds after its generation a response is fresh, and who says so."""

    seconds: int
    source: Source

    @property
    def explicit(self) -> bool:
        """Whether the response says it itself (RFC 9111 section 4.2.1)."""
        return self.source in ("s-maxage", "max-age", "expires")


def current_age(stored: StoredResponse, now: float) -> float:
    """Seconds since the response was generated or validated at its origin (RFC 9111 section 4.2.3).

    `Date` has whole seconds, so the apparent age is counted in these: a cut-off fraction is not age.
    """
    apparent_age = max(0, int(stored.response_time) - stored.date)
    response_delay = max(0.0, stored.response_time - stored.request_time)
    corrected_age = received_age(stored.headers.get("age", "")) + response_delay
    resident_time = max(0.0, now - stored.response_time)
    return max(apparent_age, corrected_age) + resident_time


def received_age(field: str) -> int:
    """The `Age` that came with a response: of several the first counts, and no age if that is invalid (section 5.1).

    One that is too long to be read is as old as can be.
    """
    if len(field) > RESPONSE_FIELDS["age"].characters:
        return DELTA_MAX
    members = split_list(field)
    return (parse_delta(members[0]) or 0) if members else 0


def age_field(age: float) -> str:
    """The value of an `Age` field we send."""
    return str(min(int(age), DELTA_MAX))


def freshness_lifetime(stored: StoredResponse, settings: CacheSettings) -> Lifetime:
    """The first of these that says anything: the route's `override_ttl`, the response, the route, a heuristic."""
    if settings.override_ttl is not None:
        return Lifetime(settings.override_ttl, "override")
    return explicit_lifetime(stored) or _assumed_lifetime(stored, settings)


def explicit_lifetime(stored: StoredResponse) -> Lifetime | None:
    """The lifetime a response states (RFC 9111 section 4.2.1), from a targeted field alone if it has one (RFC 9213)."""
    directives = stored.directives
    if directives.s_maxage is not None:
        return Lifetime(directives.s_maxage, "s-maxage")
    if directives.max_age is not None:
        return Lifetime(directives.max_age, "max-age")
    if directives.targeted or "expires" not in stored.headers:
        return None
    expires = parse_first_http_date(stored.headers["expires"], stored.response_time)
    return Lifetime(0 if expires is None else min(max(0, expires - stored.date), DELTA_MAX), "expires")


def _assumed_lifetime(stored: StoredResponse, settings: CacheSettings) -> Lifetime:
    """The lifetime of a response that states none; `Pragma: no-cache` without `Cache-Control` forbids assuming one."""
    pragma = stored.headers.get("pragma", "")
    refused = "cache-control" not in stored.headers and (
        len(pragma) > RESPONSE_FIELDS["pragma"].characters or "no-cache" in pragma.lower()
    )
    if refused:
        return Lifetime(0, "none")
    if settings.default_ttl is not None and stored.status in ASSUMED_FRESH:
        return Lifetime(settings.default_ttl, "default")
    if stored.status not in (settings.statuses or HEURISTICALLY_CACHEABLE) and not stored.directives.public:
        return Lifetime(0, "none")
    modified = parse_http_date(stored.headers.get("last-modified", ""), stored.response_time)
    if not settings.heuristic or modified is None or modified >= stored.date:
        return Lifetime(0, "none")
    return Lifetime(min(int((stored.date - modified) * HEURISTIC_SHARE), HEURISTIC_MAX), "heuristic")
