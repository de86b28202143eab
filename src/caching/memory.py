"""The in-isolate tier: a few finished values, for a few seconds, in front of the key-value store.

An isolate serves many requests at once and none may wait for another's work, so only finished values are kept: no
promises, no streams. Bounded in bytes; what was used longest ago goes first.
"""

from collections import OrderedDict
from typing import Final, Generic, TypeVar

from core.records import record

MEMORY_SIZE: Final = 8 * 1024 * 1024
"""Bytes of all entries together."""
MEMORY_ENTRY_SIZE: Final = 64 * 1024
"""Bytes of the longest content kept."""
MEMORY_SECONDS: Final = 5.0
"""Seconds before the key-value store is asked again, which may know of changes made elsewhere."""

Value = TypeVar("Value")


@record
class _Kept(Generic[Value]):
    value: Value
    size: int
    until: float


class MemoryTier(Generic[Value]):
    """A least-recently-used table with a deadline on every entry. Sizes in bytes, times in seconds since 1970."""

    def __init__(self, size: int = MEMORY_SIZE, entry_size: int = MEMORY_ENTRY_SIZE, seconds: float = MEMORY_SECONDS):
        self._size = size
        self.entry_size = entry_size
        self._seconds = seconds
        self._entries: OrderedDict[str, _Kept[Value]] = OrderedDict()
        self._used = 0

    def get(self, key: str, now: float) -> Value | None:
        kept = self._entries.get(key)
        if kept is None:
            return None
        if now >= kept.until:
            self.discard(key)
            return None
        self._entries.move_to_end(key)
        return kept.value

    def put(self, key: str, value: Value, size: int, now: float, beside: int = 0) -> None:
        """Keep `value`, unless its content is longer than one may be; what was kept under `key` goes in any case.

        `size` is that of the content; `beside` is what is kept with it and counts towards the whole alone.
        """
        self.discard(key)
        whole = size + beside
        if size > self.entry_size or whole > self._size:
            return
        self._entries[key] = _Kept(value, whole, now + self._seconds)
        self._used += whole
        while self._used > self._size:
            self._used -= self._entries.popitem(last=False)[1].size

    def discard(self, key: str) -> None:
        kept = self._entries.pop(key, None)
        if kept is not None:
            self._used -= kept.size

    def __len__(self) -> int:
        return len(self._entries)
