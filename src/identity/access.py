"""Who is let in by one set of access settings and refused by another: the one place that compares them.

Pure. A setting that is added to `AccessSettings` takes part without a word here: lists are taken for "any one of these
is enough" unless the table says otherwise, no value for no condition, and two values that differ for two conditions.
"""

from functools import lru_cache
from typing import Any, Final

from identity.settings import AccessSettings

LEVELS: Final = ("none", "optional", "required")
"""`auth`, each admitting fewer than the one before it: `optional` refuses bad tokens, `required` missing ones, too."""

ADMITS_THE_SAME: Final = frozenset({"websocket_token", "forward_authorization", "match_except_roles"})
"""Settings that narrow nothing: how a token may travel, and who is excepted from `match`, which counts with it."""

ALL_NEEDED: Final = frozenset({"all_scopes"})
"""Lists of which every item is asked for."""


def refuses_some(other: AccessSettings, admitting: AccessSettings) -> bool:
    """Whether `other` refuses some caller whom `admitting` lets in."""
    return _refuses_some(_compared(other), _compared(admitting))


def _compared(access: AccessSettings) -> tuple[tuple[str, Any], ...]:
    fields = AccessSettings.model_fields
    condition = (frozenset(access.match.items()), frozenset(access.match_except_roles))
    owned = frozenset({condition}) if access.match else None
    others = (name for name in fields if name not in ADMITS_THE_SAME and name != "match")
    return (("match", owned), *((name, getattr(access, name)) for name in others))


@lru_cache(256)
def _refuses_some(other: tuple[tuple[str, Any], ...], admitting: tuple[tuple[str, Any], ...]) -> bool:
    """Remembered: a table of a hundred routes has a handful of accesses, compared ten thousand times."""
    return any(_narrows(name, one, two) for (name, one), (_, two) in zip(other, admitting, strict=True))


def _narrows(name: str, other: Any, admitting: Any) -> bool:
    """Whether the value `other` of one setting keeps somebody out whom the value `admitting` does not."""
    if name == "auth":
        return LEVELS.index(other) > LEVELS.index(admitting)
    if name in ALL_NEEDED:
        return not set(other) <= set(admitting)
    if isinstance(other, tuple) and isinstance(admitting, tuple):
        return bool(other) and not (admitting and set(admitting) <= set(other))
    return bool(other) and bool(other != admitting)
