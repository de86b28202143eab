"""What the `path` of a route matches: itself, a subtree, or any segment where it has a `{name}`.

    /api/users            itself alone
    /api/users/*          the bare prefix `/api/users` and everything below it, never `/api/usersearch`
    /api/users/{id}       one segment more, whatever it is, and no slash at its end
    /api/users/{id}/*     that, and everything below it

Patterns and paths are compared in the form of `core.paths.comparable_path`. What stands in a place with a name is
forwarded as it came; it is decoded once, and only to be compared.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from configuration.settings import RouteSettings
from core.paths import comparable_path
from core.records import record

ANY_SEGMENT: Final = "[^/]+"


@record
class Pattern:
    """All routes of one path pattern, by method."""

    pattern: str
    """As the configuration writes it."""
    expression: str
    """The same as a regular expression, for a path as `paths.comparable_path` gives it."""
    places: Mapping[str, int]
    """The names, and which segment each is, counted from 1."""
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
        return cls(path, *_expression(path), by_method, host)

    @property
    def label(self) -> str:
        """What stands for its requests in logs: a word with few values."""
        return self.host + self.pattern

    def parameters(self, path: str) -> Mapping[str, str]:
        """What stands in the named places of a normalised path that matches, decoded once."""
        segments = path.split("/")
        return {name: unquote(segments[place]) for name, place in self.places.items()}


def first_of(patterns: Sequence[Pattern]) -> Callable[[str], re.Match[str] | None]:
    """Matches a path, as `paths.comparable_path` gives it, if one of the patterns does: `lastindex` counts, from 1, to
    the first that does."""
    text = "|".join(f"{pattern.expression}()" for pattern in patterns)
    return re.compile(text or "(?!)", re.DOTALL).fullmatch


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


def _expression(path: str) -> tuple[str, dict[str, int]]:
    bare, tree = comparable_path(path.removesuffix("/*")), path.endswith("/*")
    segments = bare.split("/")
    text = "/".join(ANY_SEGMENT if segment.startswith("{") else re.escape(segment) for segment in segments)
    places = {segment[1:-1]: place for place, segment in enumerate(segments) if segment.startswith("{")}
    if not bare and tree:
        return "/.*", places
    return (f"{text}(?:/.*)?" if tree else text), places
