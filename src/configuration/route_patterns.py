"""What the `path` of a route matches: itself, a subtree, or any segment where it has a `{name}`.

    /api/users            itself alone
    /api/users/*          the bare prefix `/api/users` and everything below it, never `/api/usersearch`
    /api/users/{id}       one segment more, whatever it is, and no slash at its end
    /api/users/{id}/*     that, and everything below it

Patterns and paths are compared in the form of `core.paths.comparable_path`. What stands in a place with a name is
forwarded as it came; it is decoded once, and only to be compared.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from configuration.settings import RouteSettings
from core.paths import comparable_path

ANY_SEGMENT: Final = "[^/]+"


@dataclass(frozen=True, slots=True)
class Pattern:
    """All routes of one path pattern, by method."""

    pattern: str
    """As the configuration writes it."""
    exact: str
    prefix: str | None
    by_method: dict[str, RouteSettings]
    host: str = ""
    """Of which host; empty for any."""

    @classmethod
    def of(cls, path: str, routes: Iterable[RouteSettings]) -> "Pattern":
        """The pattern of routes that have the same host and the same `path`."""
        by_method: dict[str, RouteSettings] = {}
        host = ""
        for route in routes:
            host = route.host or ""
            for method in route.methods:
                by_method.setdefault(method, route)
        bare, tree = comparable_path(path.removesuffix("/*")), path.endswith("/*")
        exact, prefix = (bare or "/", bare + "/") if tree else (bare, None)
        if not parameters_of(path):
            return Pattern(path, exact, prefix, by_method, host)
        return ParameterPattern(path, exact, prefix, by_method, host, *_compiled(bare, tree=tree))

    @property
    def label(self) -> str:
        """What stands for its requests in logs: a word with few values."""
        return self.host + self.pattern

    def matches(self, path: str) -> bool:
        """Whether a path, as `paths.comparable_path` gives it, is one of this pattern's."""
        return path == self.exact or (self.prefix is not None and path.startswith(self.prefix))

    def parameters(self, path: str) -> Mapping[str, str]:
        """What stands in the named places of a normalised path that matches, decoded once."""
        return {}


@dataclass(frozen=True, slots=True)
class ParameterPattern(Pattern):
    """A pattern with named places."""

    compiled: re.Pattern[str] = re.compile("")
    places: Mapping[str, int] = field(default_factory=dict)
    """The names, and which segment each is, counted from 1."""

    def matches(self, path: str) -> bool:
        return self.compiled.fullmatch(path) is not None

    def parameters(self, path: str) -> Mapping[str, str]:
        segments = path.split("/")
        return {name: unquote(segments[place]) for name, place in self.places.items()}


def parameters_of(path: str) -> list[str]:
    """The names in a route's `path`: `/tenants/{tenant}/users/{id}` has `["tenant", "id"]`."""
    return [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]


def covers(wide: str, narrow: str) -> bool:
    """Whether the pattern `wide` matches every path that `narrow` matches.

    covers("/users/{id}", "/users/me") and covers("/users/*", "/users/{id}/*")
    """
    above, below = _segments(wide), _segments(narrow)
    if wide.endswith("/*"):
        below = below[: len(above)]
    elif narrow.endswith("/*"):
        return False
    return len(above) == len(below) and all(map(_takes, above, below))


def _takes(wide: str, narrow: str) -> bool:
    return wide == narrow or (wide.startswith("{") and narrow != "")


def _segments(path: str) -> list[str]:
    return comparable_path(path.removesuffix("/*")).split("/")[1:]


def _compiled(bare: str, *, tree: bool) -> tuple[re.Pattern[str], dict[str, int]]:
    segments = bare.split("/")
    text = "/".join(ANY_SEGMENT if segment.startswith("{") else re.escape(segment) for segment in segments)
    places = {segment[1:-1]: place for place, segment in enumerate(segments) if segment.startswith("{")}
    return re.compile(f"{text}(?:/.*)?" if tree else text), places
