"""What a function finds, remembered by what it is asked for: once it is known, without a call.

    fields_of = Found(read, most=512, is_kept=lambda name: len(name) <= 64)
    fields_of["gateway.example"]        # read("gateway.example"), the first time

`lru_cache` would have to be asked of every key beforehand whether it may be kept: here only what is new is asked.
"""

from collections.abc import Callable, Hashable
from itertools import islice
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Found(dict[Key, Value]):
    """At most `most` values of `find`, by keys that `is_kept` lets in; once they are so many, the older half goes."""

    def __init__(self, find: Callable[[Key], Value], most: int, is_kept: Callable[[Key], bool]) -> None:
        super().__init__()
        self._find, self._most, self._is_kept = find, most, is_kept

    def __missing__(self, key: Key) -> Value:
        value = self._find(key)
        if self._is_kept(key):
            if len(self) >= self._most:
                for old in list(islice(self, self._most // 2)):
                    del self[old]
            self[key] = value
        return value
