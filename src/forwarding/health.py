"""Origins that a health check found down, for all isolates: the cron trigger asks them and marks them in the store.

One key holds the marks. An isolate reads it behind a request's back, twice a minute at most, so no request waits for
it; a mark that is not renewed expires, so origins come back should the trigger stop. What an isolate finds out itself
is the breaker's.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from core.lengths import STORED
from core.ports import Background, Clock, KeyValueStore, Log, StoreFailed

KEY: Final = "health1"

LOOK_SECONDS: Final = 30.0
"""Between two looks of one isolate at the marks. The store itself shows a write after up to a minute."""

MARKED_SECONDS: Final = 900
"""A mark outlasts two checks that did not come about; the trigger fires every five minutes."""

TIMEOUT: Final = 5.0
"""Seconds for the store, and for one check."""

TRIES: Final = 2
"""An origin is down when it fails so often in a row."""

Check = Callable[[], Awaitable[bool]]
"""Asks one origin whether it is well. Never raises."""


class Health:
    """The marks of one isolate."""

    def __init__(self, checks: Mapping[str, Check], store: KeyValueStore | None, clock: Clock, log: Log) -> None:
        self._checks = dict(checks)
        self.is_checked = bool(checks)
        """Whether any origin is."""
        self._store, self._clock, self._log = store, clock, log
        self._down: frozenset[str] = frozenset()
        self._looked_at = 0.0

    def is_well(self, url: str) -> bool:
        """Whether the origin at `url` is not known to be down."""
        return url not in self._down

    def look(self, background: Background) -> None:
        """See behind the back of a request what has been marked meanwhile."""
        if not self._checks or self._store is None:
            return
        now = self._clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            background(self._read(self._store))

    async def check(self) -> None:
        """What the cron trigger does: ask every origin, and mark those that are down. Raises StoreFailed."""
        if not self._checks:
            return
        down = {url for url, check in self._checks.items() if not await self._is_well(check)}
        self._tell(down)
        before, self._down = self._down, frozenset(down)
        if self._store is not None and (down or before or await self._marks(self._store)):
            await self._store.put(KEY, json.dumps(sorted(down)), expires_in=MARKED_SECONDS)

    def _tell(self, down: set[str]) -> None:
        for url in sorted(down - self._down):
            self._log("origin_down", origin=url)
        for url in sorted(self._down - down):
            self._log("origin_up", origin=url)

    async def _is_well(self, check: Check) -> bool:
        for _ in range(TRIES):
            if await check():
                return True
        return False

    async def _read(self, store: KeyValueStore) -> None:
        try:
            self._down = frozenset(await self._marks(store))
        except StoreFailed as error:
            self._log("store_failed", during="health", error=str(error))

    async def _marks(self, store: KeyValueStore) -> list[str]:
        text = await store.get_text(KEY, timeout=TIMEOUT)
        if text is None or len(text) > STORED.characters:
            return []
        try:
            marks = json.loads(text)
        except ValueError:
            return []
        return [url for url in marks if url in self._checks] if isinstance(marks, list) else []
