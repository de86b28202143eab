"""Which routes a host has: those of its exact name, then those of a wildcard above it, then those of any host.

    api.example.com                      host = "api.example.com"
    acme.tenants.example.com             host = "*.tenants.example.com": one label, never two
    whatever else                        routes without `host`

The three stand in one table for each kind of host, joined once, so that what holds for a table of paths (the first that
matches decides, and no spelling leads around a stricter route) holds for what a host has. Names are compared without
letter case, port and the dot of a root (RFC 3986 section 3.2.2, RFC 1034 section 3.1).
"""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from caching.settings import CacheSettings
from configuration.leads import Lead
from configuration.readings import Readings
from configuration.route_patterns import Pattern
from configuration.routes import RouteTable, choose
from configuration.settings import RouteSettings
from core.paths import refuse_encoded_slash
from core.records import record
from identity.settings import AccessSettings

ANY: Final = ""
WILDCARD: Final = "*."


@record
class HostRoutes:
    """What one kind of host has."""

    host: str
    """As routes name it; empty for all that none names."""
    table: RouteTable
    readings: Readings

    def lead(self, pattern: Pattern, method: str, path: str) -> Lead:
        """The route of a normalised path that is the pattern's. Raises Problem 405, and 400 `ambiguous_path` where the
        path could be read as another's."""
        route = choose(pattern.by_method, method)
        if route.encoded_slashes != "keep":
            refuse_encoded_slash(path)
        self.readings.require_one_meaning(pattern.pattern, method, path)
        return Lead.to(pattern, route)


class Hosts:
    """The routes of every host, compiled once.

    `read` makes the readings of a table, which may have more than routes in it.
    """

    def __init__(self, routes: Iterable[RouteSettings], read: Callable[[RouteTable], Readings]) -> None:
        by_host: dict[str, list[RouteSettings]] = {ANY: []}
        for route in routes:
            by_host.setdefault(route.host or ANY, []).append(route)
        tables = {host: RouteTable(own) for host, own in by_host.items()}
        none = RouteTable(())
        self._by_host: dict[str, HostRoutes] = {}
        for host, table in tables.items():
            above = none if host.startswith(WILDCARD) else tables.get(_above(host), none)
            whole = RouteTable.joined(table, above, tables[ANY]) if host else table
            self._by_host[host] = HostRoutes(host, whole, read(whole))
        self._others = self._by_host[ANY]
        self._are_named = len(by_host) > 1
        self.keep_slashes = any(
            route.encoded_slashes == "keep" for own in by_host.values() for route in own
        )  # what `normalise_path` has to be told
        """Whether some route takes `%2F` for a part of a segment."""

    def of(self, host: str) -> HostRoutes:
        """The routes of a host, given as in the `Host` field."""
        if not self._are_named:
            return self._others
        name = plain_host(host)
        return self._by_host.get(name) or self._by_host.get(_above(name)) or self._others

    def accesses(self, host: str, path: str) -> list[AccessSettings]:
        """Whom a host's routes let in at a normalised path, by any method; without a path, anywhere."""
        table = self.of(host).table
        patterns = table.patterns if not path else filter(None, [table.find(path)])
        return [access for pattern in patterns for access in pattern.by_method.values()]

    def cache_settings_of(self, url: str) -> CacheSettings | None:
        """How responses to `GET url` are cached; None when no route takes it, or its route stores nothing."""
        return self.of(urlsplit(url).netloc).table.cache_settings_of(url)


def plain_host(host: str) -> str:
    """`API.example.com.:8787` -> `api.example.com`."""
    name = host.rpartition("@")[2].lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    return name.removesuffix(".")


def _above(host: str) -> str:
    """The wildcard that takes a host: `acme.tenants.example.com` -> `*.tenants.example.com`."""
    label, dot, rest = host.partition(".")
    return WILDCARD + rest if label and dot else ANY
