"""What the cache manager keeps things on: a port with two implementations, of which the embedded one is here.

The other is Redis (`redis_shelf.py`); the same cases hold both to what `Shelf` says.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

Millis = int
"""Milliseconds."""

BATCH = 200
"""Keys that are looked for or removed at a time."""


class ShelfUnavailable(Exception):
    """It is not there, too slow, or does not take it. Whether something was done is unknown."""


class Shelf(Protocol):
    """Bytes by key, for a while. Everything raises ShelfUnavailable."""

    def get(self, *keys: str) -> list[bytes | None]:
        """The values of all keys, as of one moment."""

    def set(self, key: str, value: bytes, ttl: Millis) -> None: ...

    def add(self, key: str, value: bytes, ttl: Millis) -> bool:
        """Set it where nothing is; gives whether it was set."""

    def remove(self, keys: Sequence[str]) -> int:
        """Gives how many of them were there."""

    def remove_if(self, key: str, value: bytes) -> bool:
        """Remove it if this is its value; gives whether it was."""

    def scan(self, pattern: str) -> Iterator[list[str]]:
        """The keys that match, in batches: `*` is any text, `?` any character. Never all keys at once."""


class Process:
    """Implements `Shelf` in this process: the least recently used goes when there are too many.

    `changed` gives something that is another one after somebody wrote what is kept here: then all is forgotten. So can
    several processes have a shelf each, over one database.
    """

    def __init__(
        self,
        *,
        most: int = 1000,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._most = most
        self._clock = clock
        self._changed = changed
        self._seen = changed()
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._lock = threading.RLock()

    def get(self, *keys: str) -> list[bytes | None]:
        with self._lock:
            self._renew()
            return [self._get(key) for key in keys]

    def set(self, key: str, value: bytes, ttl: Millis) -> None:
        with self._lock:
            self._renew()
            self._kept[key] = (value, self._clock() + ttl / 1000)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def add(self, key: str, value: bytes, ttl: Millis) -> bool:
        with self._lock:
            self._renew()
            if self._get(key) is not None:
                return False
            self.set(key, value, ttl)
            return True

    def remove(self, keys: Sequence[str]) -> int:
        with self._lock:
            return sum(self._kept.pop(key, None) is not None for key in keys)

    def remove_if(self, key: str, value: bytes) -> bool:
        with self._lock:
            return self._get(key) == value and self.remove([key]) == 1

    def scan(self, pattern: str) -> Iterator[list[str]]:
        with self._lock:
            matches = matching(pattern)
            found = [key for key in self._kept if matches(key)]
        yield from batches(found)

    def _get(self, key: str) -> bytes | None:
        value, until = self._kept.get(key, (None, 0.0))
        if value is not None and until <= self._clock():
            del self._kept[key]
            return None
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def _renew(self) -> None:
        seen = self._changed()
        if seen != self._seen:
            self._seen = seen
            self._kept.clear()


def matching(pattern: str) -> Callable[[str], bool]:
    """Whether a key matches a pattern of `*` and `?`; every other character stands for itself."""
    wild = {"*": ".*", "?": "."}
    compiled = re.compile("".join(wild.get(character, re.escape(character)) for character in pattern), re.DOTALL)
    return lambda key: compiled.fullmatch(key) is not None


def batches(keys: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def changes_of(file: Path) -> Callable[[], bytes]:
    """The change counter of an SQLite file, which every transaction that writes counts up (file format, section 1.3.7);
    empty while there is no file."""

    def counter() -> bytes:
        try:
            with file.open("rb") as opened:
                return opened.read(28)[24:]
        except OSError:
            return b""

    return counter
