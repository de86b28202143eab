"""The route table: which route takes a request. Default deny: what no route names does not exist.

Matching works on the path that `paths.normalise_path` gave and that is also forwarded, so a request cannot mean one
thing here and another at the origin. Letter case and trailing slashes are significant (RFC 3986 section 6.2.2.1). An
encoded delimiter matches like a bare one: origins decode before they route, and `/users%3Aexport` must not slip past a
protected `/users:export`.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from caching.settings import CacheSettings
from configuration.route_patterns import Pattern, first_of
from configuration.settings import RouteSettings
from core.paths import comparable_path
from core.problems import Problem

Handler = TypeVar("Handler")


class RouteTable:
    """Patterns in the order of the configuration; the first that matches a path decides.

    A path that matches a pattern whose routes do not offer the method is 405 and never falls through to a later,
    wider pattern: `POST /admin/x` must not reach a public `/*` because `/admin/*` only lists GET. Routes with the very
    same `path` stand together, so that one path can have a route for each method.
    """

    def __init__(self, routes: Iterable[RouteSettings]) -> None:
        self._take(grouped(routes))

    def _take(self, patterns: tuple[Pattern, ...]) -> None:
        self.patterns = patterns
        self._first = first_of(patterns)

    @classmethod
    def joined(cls, *tables: "RouteTable") -> "RouteTable":
        """One table: the patterns of each in turn. Where two have the same path, the later is never asked."""
        table = cls(())
        patterns: dict[str, Pattern] = {}
        for pattern in (pattern for one in tables for pattern in one.patterns):
            patterns.setdefault(pattern.pattern, pattern)
        table._take(tuple(patterns.values()))
        return table

    def asked(self) -> Iterator[tuple[str, dict[str, RouteSettings]]]:
        """The patterns with the routes of each, by method, in the order in which they are matched."""
        return ((pattern.pattern, pattern.by_method) for pattern in self.patterns)

    def find(self, path: str) -> Pattern | None:
        """The pattern in charge of a normalised path."""
        found = self._first(comparable_path(path))
        return None if found is None else self.patterns[(found.lastindex or 1) - 1]

    def cache_settings_of(self, url: str) -> CacheSettings | None:
        """How responses to `GET url` are cached; None when no route takes it, or its route stores nothing."""
        pattern = self.find(urlsplit(url).path or "/")
        route = pattern.by_method.get("GET") if pattern else None
        return route.cache_settings if route else None


def grouped(routes: Iterable[RouteSettings]) -> tuple[Pattern, ...]:
    """The patterns of routes of one host, each where its path is named first."""
    by_path: dict[str, list[RouteSettings]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    return tuple(Pattern.of(path, group) for path, group in by_path.items())


def choose(by_method: dict[str, Handler], method: str) -> Handler:
    """The handler of `method`. Raises the 405 problem with `Allow` (RFC 9110 section 15.5.6) when there is none."""
    handler = by_method.get(method)
    if handler is None:
        allow = ", ".join(by_method)
        raise Problem(405, "method_not_allowed", f"Use one of: {allow}.", headers={"allow": allow})
    return handler
