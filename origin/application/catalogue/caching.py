"""The cache manager: models on a shelf, for a while, by families.

    manager.load(Entry("product-team", "product:team", Product), fetch)     kept, or fetched once for everybody

- **Families.** Every entry belongs to one, and carries the family's generation, a random word that stands under a key
  of its own. Taking that key away drops the whole family in one write, which a full Redis takes as well; and whoever
  read the database before that and stores afterwards stores under a generation that is not used any more.
- **Stampedes.** Whoever finds nothing fresh takes a lock (`SET NX PX`) and asks the database; meanwhile the others are
  given what is stale, and where there is nothing, they wait for it.
- **Failure.** A shelf that is down, slow, full or holds rubbish is a metric and a log line, never an error: the
  database is asked. After a failure the shelf is left alone for `LEFT_ALONE`.

Values are JSON of a model, with the version of the models: another version's is nothing.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from application.catalogue.shelf import Millis, Shelf, ShelfUnavailable

NAMESPACE = "catalogue"
MODELS = 1
"""The version of what is kept: count it up when `products.py` changes what its models mean."""

FRESH_FOR: Millis = 60_000
STALE_FOR: Millis = 600_000
"""After it was fresh; given to those who do not get the lock, and to everybody while the database fails."""
JITTER = 0.1
"""Up to so much less, so that what was stored together does not end together."""
GENERATION_FOR: Millis = 3_600_000

LOCKED_FOR: Millis = 5_000
"""A fetch takes less, or is that of somebody who is gone."""
WAITS_FOR: Millis = 3_000
LOOKS_EVERY = 0.02
"""Seconds, and up to as much again."""

LEFT_ALONE = 1.0
"""Seconds."""

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

Told = Callable[[str, str], None]
"""Hears what happened, as the name of a metric, and the reason for people, or ""."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[M]):
    """Where something is kept: its family, its key in it, its type."""

    family: str
    key: str
    model: type[M]


@dataclass(frozen=True, slots=True)
class Found(Generic[M]):
    """What is kept of an entry, if anything, and the generation under which something is to be stored."""

    generation: str
    value: M | None = None
    fresh: bool = False


class CacheManager:
    """Keeps models on a shelf. `get` to `drop` are the shelf's words and raise ShelfUnavailable; `load` never does."""

    def __init__(
        self,
        shelf: Shelf,
        told: Told = lambda _name, _reason: None,
        *,
        namespace: str = NAMESPACE,
        version: int = MODELS,
        now: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
        waits_for: Millis = WAITS_FOR,
        locked_for: Millis = LOCKED_FOR,
    ) -> None:
        """`now` is in seconds since 1970: several processes read what one has written."""
        self._shelf = shelf
        self._told = told
        self._namespace = namespace
        self._version = version
        self._now = now
        self._wait = wait
        self._waits_for = waits_for
        self._locked_for = locked_for
        self._back_at = 0.0
        self._failing = threading.Lock()

    # --- what is kept ---

    def get(self, entry: Entry[M]) -> Found[M]:
        """What is kept, and under which generation; a family that has none is given one."""
        generation, kept = self._shelf.get(self._generation(entry.family), self._key(entry))
        if generation is None:
            return Found(self._begin(entry.family))
        return self._read(entry, generation.decode(), kept)

    def set(self, entry: Entry[M], value: M, generation: str, ttl: Millis = FRESH_FOR) -> None:
        """Keep `value`: for `ttl` it is fresh, and stale for a while afterwards."""
        fresh_for = ttl * (1 - random.uniform(0, JITTER))
        envelope = {
            "version": self._version,
            "generation": generation,
            "fresh_until": self._now() + fresh_for / 1000,
            "value": value.model_dump(mode="json"),
        }
        self._shelf.set(self._key(entry), json.dumps(envelope).encode(), int(fresh_for) + STALE_FOR)

    def delete(self, entry: Entry[M]) -> bool:
        """Gives whether something was kept."""
        return self._shelf.remove([self._key(entry)]) == 1

    def invalidate_pattern(self, pattern: str) -> int:
        """Forget the entries whose key matches (`*`, `?`); gives how many. For a family there is `drop`."""
        return sum(self._shelf.remove(keys) for keys in self._shelf.scan(f"{self._namespace}:entry:{pattern}"))

    def drop(self, *families: str) -> None:
        """Forget all entries of these families, whoever is about to store one included."""
        self._shelf.remove([self._generation(family) for family in families])

    # --- kept, or fetched ---

    def load(self, entry: Entry[M], fetch: Callable[[], M], ttl: Millis = FRESH_FOR) -> M:
        """What is kept if it is fresh, else what `fetch` gives, which is then kept. Raises what `fetch` raises."""
        if self._now() < self._back_at:
            self._told("CacheLeftAlone", "")
            return fetch()
        try:
            found = self.get(entry)
            if found.value is not None and found.fresh:
                self._told("CacheHit", "")
                return found.value
            ours = self._try_lock(entry)
        except ShelfUnavailable as error:
            self._unavailable(error)
            return fetch()
        if ours is not None:
            return self._fetched(entry, fetch, ttl, found, ours)
        if found.value is not None:
            self._told("CacheStale", "")
            return found.value
        return self._waited(entry, fetch, ttl)

    def _fetched(self, entry: Entry[M], fetch: Callable[[], M], ttl: Millis, found: Found[M], ours: bytes) -> M:
        """Ask the database on everybody's behalf, unless somebody did between our look and our lock."""
        try:
            again = self._quietly(lambda: self.get(entry)) or found
            if again.value is not None and again.fresh:
                self._told("CacheHit", "")
                return again.value
            self._told("CacheMiss", "")
            try:
                value = fetch()
            except Exception:
                if again.value is None:
                    raise
                self._told("CacheStale", "")
                return again.value
            self._quietly(lambda: self.set(entry, value, again.generation, ttl))
            return value
        finally:
            self._quietly(lambda: self._shelf.remove_if(self._lock(entry), ours))

    def _waited(self, entry: Entry[M], fetch: Callable[[], M], ttl: Millis) -> M:
        """Somebody else is asking; if nothing comes of it, so do we."""
        until = self._now() + self._waits_for / 1000
        try:
            while self._now() < until:
                self._wait(LOOKS_EVERY + random.uniform(0, LOOKS_EVERY))
                found = self.get(entry)
                if found.value is not None:
                    self._told("CacheHit", "")
                    return found.value
                if ours := self._try_lock(entry):
                    return self._fetched(entry, fetch, ttl, found, ours)
        except ShelfUnavailable as error:
            self._unavailable(error)
        return fetch()

    # --- keys and forms ---

    def _key(self, entry: Entry[Any]) -> str:
        return f"{self._namespace}:entry:{entry.key}"

    def _generation(self, family: str) -> str:
        return f"{self._namespace}:generation:{family}"

    def _lock(self, entry: Entry[Any]) -> str:
        return f"{self._namespace}:lock:{entry.key}"

    def _begin(self, family: str) -> str:
        """A generation for a family that has none: ours, or that of whoever was faster."""
        word = uuid4().hex
        if self._shelf.add(self._generation(family), word.encode(), GENERATION_FOR):
            return word
        (theirs,) = self._shelf.get(self._generation(family))
        return theirs.decode() if theirs is not None else word

    def _read(self, entry: Entry[M], generation: str, kept: bytes | None) -> Found[M]:
        if kept is None:
            return Found(generation)
        try:
            envelope = json.loads(kept)
            if (envelope["version"], envelope["generation"]) != (self._version, generation):
                return Found(generation)
            value = entry.model.model_validate(envelope["value"])
            return Found(generation, value, self._now() < float(envelope["fresh_until"]))
        except (ValueError, TypeError, KeyError, ValidationError, RecursionError) as error:
            self._told("CacheUnreadable", f"{entry.key}: {type(error).__name__}")
            return Found(generation)

    def _try_lock(self, entry: Entry[Any]) -> bytes | None:
        """The lock's value, ours alone, or None where somebody else has it."""
        word = uuid4().hex.encode()
        return word if self._shelf.add(self._lock(entry), word, self._locked_for) else None

    # --- failure ---

    def _quietly(self, asked: Callable[[], T]) -> T | None:
        """What the shelf answers, or None where it does not."""
        try:
            return asked()
        except ShelfUnavailable as error:
            self._unavailable(error)
            return None

    def _unavailable(self, error: ShelfUnavailable) -> None:
        with self._failing:
            self._back_at = self._now() + LEFT_ALONE
        self._told("CacheUnavailable", str(error))
