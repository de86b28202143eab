"""What is kept of late, in two halves: bounded in number, at a constant price for each.

What is new goes into the younger half, and so does what is found in the older. Once the younger is full it becomes the
older, and what was in the older is forgotten at once. So a crowd that nobody asks for again passes through, and what is
asked for in between stays.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")


class Halves(Generic[Name, Value]):
    """At most twice `half` values, none of which is None."""

    def __init__(self, half: int) -> None:
        self._half = half
        self._young: dict[Name, Value] = {}
        self._old: dict[Name, Value] = {}

    def get(self, name: Name) -> Value | None:
        value = self._young.get(name)
        if value is None and (value := self._old.get(name)) is not None:
            self.put(name, value)
        return value

    def put(self, name: Name, value: Value) -> None:
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[name] = value

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())
