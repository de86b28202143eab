"""Header fields in a policy's hands: read by any letter case, changed where that is a policy's to do.

What may not be changed raises ValueError at the line that tries, with the reason. The tables are `origin.py`'s, whose
wing says what passes to an origin and back.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from typing import Final

from origin import amendable_request, amendable_response, removable_request

MOST_FIELDS: Final = 64
"""That one request or answer may be given by policies."""
LONGEST_VALUE: Final = 8192
"""Characters."""

Changes = dict[str, str | None]
"""By lower-case name: the new value, None for a field that is taken away."""


class _Fields(MutableMapping[str, str]):
    """Fields of a message, and over them what has been changed."""

    def __init__(self, fields: Mapping[str, str], hidden: Collection[str] = ()) -> None:
        self._fields = fields
        self._hidden = hidden
        self.changes: Changes = {}

    def __getitem__(self, name: str) -> str:
        name = name.lower()
        value = self.changes[name] if name in self.changes else self._seen(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self._fields if name not in self._hidden and name not in self.changes)
        yield from (name for name, value in self.changes.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(self)})"

    def _seen(self, name: str) -> str | None:
        return None if name in self._hidden else self._fields.get(name)

    def _change(self, name: str, value: str | None) -> None:
        self.changes[name] = value
        if len(self.changes) > MOST_FIELDS:
            raise ValueError(f"policies may change {MOST_FIELDS} fields of a message")


class RequestFields(_Fields):
    """What the client sent. A change reaches the origin, in place of every spelling of the name, and is part of the
    cache's key."""

    def __setitem__(self, name: str, value: str) -> None:
        _refuse(name, value, amendable_request, self._hidden)
        self._change(name.lower(), value)

    def __delitem__(self, name: str) -> None:
        _refuse(name, "", lambda name, _: removable_request(name), self._hidden)
        if name not in self:
            raise KeyError(name)
        self._change(name.lower(), None)


class ResponseFields(_Fields):
    """What an answer says."""

    def __setitem__(self, name: str, value: str) -> None:
        _refuse(name, value, amendable_response)
        self._change(name.lower(), value)

    def __delitem__(self, name: str) -> None:
        _refuse(name, "", amendable_response)
        if name not in self:
            raise KeyError(name)
        self._change(name.lower(), None)

    def take_away(self, names: Collection[str]) -> None:
        """Fields that are no longer so, of an answer whose content has been replaced."""
        for name in names:
            if name in self:
                self.changes[name] = None


def _refuse(
    name: object, value: object, fault_of: Callable[[str, str], str | None], hidden: Collection[str] = ()
) -> None:
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError("a field's name and value are text")
    if len(value) > LONGEST_VALUE:
        raise ValueError(f"{name!r} has a value of more than {LONGEST_VALUE} characters")
    if name.lower() in hidden:
        raise ValueError(f"{name!r} carries a token, which is the gateway's alone")
    if fault := fault_of(name, value):
        raise ValueError(f"{name!r} {fault}")
