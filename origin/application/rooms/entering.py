"""Who may enter which room, and whether people talk there: one table, first match in order.

A rule gets the caller, what its pattern matched, and `owner_of`, which says whose an order is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from application.common.caller import Caller

OwnerOf = Callable[[str], str | None]
"""The key of the owner of an order, by the order's id; None where there is no such order."""

Rule = Callable[[Caller, re.Match[str], OwnerOf], bool]


def everybody(caller: Caller, room: re.Match[str], owner_of: OwnerOf) -> bool:
    """Who is signed in; nobody else is connected."""
    return caller.id is not None


def owner_and_admins(caller: Caller, room: re.Match[str], owner_of: OwnerOf) -> bool:
    owner = owner_of(room["order"])
    return owner is not None and (owner == caller.key or caller.is_admin)


def who_has_the_role(caller: Caller, room: re.Match[str], owner_of: OwnerOf) -> bool:
    return caller.id is not None and room["role"] in caller.roles


def nobody(caller: Caller, room: re.Match[str], owner_of: OwnerOf) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """Rooms whose names match `pattern`, whole. `shown` is how the docs name them."""

    shown: str
    pattern: re.Pattern[str]
    may_enter: Rule
    who: str
    talk: bool


KINDS: Final = (
    Kind("general", re.compile(r"general"), everybody, "everybody signed in", True),
    Kind("orders:<id>", re.compile(r"orders:(?P<order>.+)"), owner_and_admins, "the order's owner, and admins", False),
    Kind("role:<role>", re.compile(r"role:(?P<role>.+)"), who_has_the_role, "who has that role", True),
    Kind("every other", re.compile(r".*"), nobody, "nobody", False),
)
"""A room of your own is a row here."""


def may_enter(caller: Caller, room: str, owner_of: OwnerOf) -> bool:
    kind, matched = _kind(room)
    return kind.may_enter(caller, matched, owner_of)


def people_talk(room: str) -> bool:
    return _kind(room)[0].talk


def _kind(room: str) -> tuple[Kind, re.Match[str]]:
    for kind in KINDS:
        if matched := kind.pattern.fullmatch(room):
            return kind, matched
    raise AssertionError("the last row matches every name of a room")


def table() -> str:
    """The rules as a table of Markdown, for docs/rooms.md."""
    rows = ["| room | who may enter | people talk |", "| --- | --- | --- |"]
    rows += [f"| `{kind.shown}` | {kind.who} | {'yes' if kind.talk else 'no'} |" for kind in KINDS]
    return "\n".join(rows)
