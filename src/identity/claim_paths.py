"""Where a claim is, and whether it is what it should be. Pure.

    role                                            a member of the token
    realm_access.roles                              a member of a member
    https://hasura.io/jwt/claims.x-hasura-role      a member of one whose own name has dots
    ["realm_access", "roles"]                       exactly these names, whatever is in them

A path in one text is split at its dots, and at each level the longest name that is there wins: namespaced claims are
URLs. There is no way back from a name that was found, so a token cannot answer for a path in two ways.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Claims = Mapping[str, Any]


class ClaimPath:
    """One path, taken apart once."""

    def __init__(self, path: str | Sequence[str]) -> None:
        self._alone = path if isinstance(path, str) and "." not in path else None
        self._levels = _levels(path) if isinstance(path, str) else [[(name, at + 1)] for at, name in enumerate(path)]

    def find(self, claims: Claims) -> Any:
        """The value, or None where there is none."""
        if self._alone is not None:
            return claims.get(self._alone)
        value: Any = claims
        level = 0
        while level < len(self._levels):
            if not isinstance(value, dict):
                return None
            for name, following in self._levels[level]:
                if name in value:
                    value, level = value[name], following
                    break
            else:
                return None
        return value


def _levels(path: str) -> list[list[tuple[str, int]]]:
    """For each part of the path, the names that may begin there, the longest first, and the part that follows each."""
    parts = path.split(".")
    return [[(".".join(parts[start:end]), end) for end in range(len(parts), start, -1)] for start in range(len(parts))]


class Condition:
    """What the claims of a token must say: for each path, one of its values."""

    def __init__(self, required: Mapping[str, Sequence[Any]]) -> None:
        self._required = [(ClaimPath(path), frozenset(map(_told_apart, values))) for path, values in required.items()]

    def holds(self, claims: Claims) -> bool:
        return all(_is_one_of(path.find(claims), values) for path, values in self._required)


def _is_one_of(value: Any, values: frozenset[tuple[str, Any]]) -> bool:
    """Whether the claim, or one item of a claim that is a list, is one of `values`."""
    items = value if isinstance(value, list) else (value,)
    return any(_told_apart(item) in values for item in items if isinstance(item, str | bool | int | float))


def _told_apart(value: Any) -> tuple[str, Any]:
    """A value and its JSON type: in Python, `True == 1`."""
    if isinstance(value, bool):
        return "boolean", value
    return ("string" if isinstance(value, str) else "number"), value
