"""Where paths lead, remembered: the way from a path to its route is gone once.

A path is brought into its normal form, compared with every endpoint and route, and with what other servers might read
in it. Most paths are those of a moment ago, and lead where they led then:

    remembered are paths that a route takes, in their normal form, by kind of host, method and path
    no refusal is: whoever tries paths that lead nowhere takes nobody's place, and learns nothing of anybody's
    what a request has beside them is not looked at here, and neither is it on the long way

A path is remembered by its digest: it may hold what opens something, and texts that all hash alike can be prepared
(`core/lengths.py`), digests of which cannot. What a name leads to is the route of a configuration that does not change.
"""

from hashlib import sha256
from typing import Final

from configuration.route_patterns import Pattern
from configuration.settings import RouteSettings
from core.halves import Halves
from core.records import record

HALF: Final = 512
"""Paths in each half, some 150 bytes each."""


@record
class Lead:
    """What a request comes to by its host, method and path."""

    pattern: Pattern
    label: str
    """The pattern's."""
    route: RouteSettings
    is_open: bool
    """Whether nobody is asked who they are."""
    is_gated: bool
    """Whether it matters from where the request comes."""
    is_read: bool
    """Whether what is asked for is looked at before it is done: an answer of the gateway's own in an origin's place, a
    document of GraphQL, a site's page."""
    is_cached: bool
    is_dressed: bool
    """Whether the route says something of the fields of answers."""

    @classmethod
    def to(cls, pattern: Pattern, route: RouteSettings) -> "Lead":
        return cls(
            pattern,
            pattern.label,
            route,
            is_open=route.auth == "none",
            is_gated=route.allow is not None or route.deny is not None,
            is_read=any(one is not None for one in (route.redirect, route.respond, route.graphql, route.locale)),
            is_cached=route.cache_settings is not None,
            is_dressed=bool(route.dressing or route.security_headers),
        )


class Leads(Halves[bytes, Lead]):
    """Those that one isolate remembers, each under its `name_of`."""

    def __init__(self, half: int = HALF) -> None:
        super().__init__(half)


def name_of(host: str, method: str, path: str) -> bytes:
    """The name of a path: neither a kind of host nor a method has a space in it."""
    return sha256(f"{host} {method} {path}".encode("utf-8", "surrogatepass")).digest()
