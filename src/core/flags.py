"""Flags: what operators tell every isolate while it runs, kept in the key-value store.

    flags1:revoked:5f0c…         a credential that is taken back         `identity/revocations.py`
    flags1:maintenance:91ab…     routes that are closed for a while      `configuration/maintenance.py`
    flags1                       the moment of the last change to any of them

One entry a flag, so that two put up at one moment both hold. What a flag says is its entry's metadata, so that one
listing brings them all, and `until` is both what ends it and when the store forgets it.

An isolate asks for the moment of the last change every ten seconds at most, and lists the flags when that is another
one. The store shows a change after up to a minute, and not everywhere in the order in which things were written: so it
goes on listing for two minutes after a change, and lists now and then in any case. Where no flag was ever put up, all
this is one read in ten seconds.

No request waits for that, with one exception. An isolate that starts, or wakes after a minute without a request, knows
nothing of what was taken back or closed meanwhile; a request of which it matters who makes it, or that may change
something, then waits, a quarter of a second at most. Where the store does not answer, what was known last stays in
force, and for an isolate that starts that is nothing: an outage of the store must not become one of everything behind
the gateway.
"""

import asyncio
from collections.abc import Callable, Mapping
from math import ceil, inf
from typing import Any, Final

from core.ports import Background, Clock, KeyValueStore, Log, StoreFailed

CHANGED: Final = "flags1"
"""The key under which the moment of the last change is: milliseconds since 1970, and read as any text."""
PREFIX: Final = CHANGED + ":"

LOOK_SECONDS: Final = 10.0
"""Between two looks of one isolate."""
ASLEEP_SECONDS: Final = 60.0
"""Without a look for so long, an isolate cannot say what is in force: as long as the store takes to show a change."""
SETTLING_SECONDS: Final = 120.0
"""After a change: until then a listing may lack what was written, or hold what was deleted."""
RELISTED_SECONDS: Final = 600.0
"""Flags are listed again after so long, whatever is known of changes."""

WAIT_SECONDS: Final = 0.25
"""The longest that a request waits; a read from a store that is well takes less."""
POLL_SECONDS: Final = 0.01
TIMEOUT: Final = 2.0
"""Seconds for one answer of the store."""
READ_SECONDS: Final = 30.0
"""A read that has not ended by then never will: its request was cancelled."""
AGAIN_SECONDS: Final = 1.1
"""Until a key may be written again: the store takes one write a second of each."""

PAGES: Final = 10
"""Of a listing, a thousand keys each."""
MOST: Final = 10_000
"""Flags: what ten pages hold."""
LONGEST_SECONDS: Final = 366 * 86_400
"""That a flag can be up."""
SHORTEST_STORAGE: Final = 60
"""Seconds; the store keeps nothing for less."""
METADATA_BYTES: Final = 1024
"""What the store takes, as JSON."""

Said = Mapping[str, Any]
"""What a flag says: JSON-like, with `until`, the seconds since 1970 at which it ends."""

Listener = Callable[[Mapping[str, Said]], None]
"""Is told all flags of one kind, by id, whenever they change; when one ends it sees by itself."""


class Flags:
    """The flags as one isolate knows them."""

    def __init__(self, store: KeyValueStore | None, clock: Clock, log: Log) -> None:
        self.due = inf if store is None else -inf
        """The time from which on `look` is to be called: one comparison is all that a request pays in between."""
        self._store, self._clock, self._log = store, clock, log
        self._held: dict[str, Said] = {}
        self._own: dict[str, tuple[Said | None, float]] = {}
        """What this isolate changed itself and when: it holds here at once, and until listings can be believed."""
        self._listeners: list[tuple[str, Listener]] = []
        self._changed: str | None = None
        self._changed_at = self._listed_at = self._asked_at = self._begun_at = -inf
        self._reading = False

    def now(self) -> float:
        """The time, by which flags end."""
        return self._clock()

    def tell(self, kind: str, listener: Listener) -> None:
        """From now on tell `listener` of the flags of one kind."""
        self._listeners.append((kind, listener))

    async def look(self, background: Background, *, waits: bool) -> None:
        """See what has changed: behind the back of a request, or, where that `waits`, before it if this isolate woke.

        A read is what one request does; the others wait for it no longer than they would for their own.
        """
        now = self._clock()
        if self._store is None or now < self.due:
            return
        wakes = waits and now >= self._asked_at + ASLEEP_SECONDS
        if not self._reading or now >= self._begun_at + READ_SECONDS:
            self._reading, self._begun_at = True, now
            if now < self._asked_at + ASLEEP_SECONDS:
                self.due = now + LOOK_SECONDS
            if not wakes or not await self._reads_in_time(self._store, now):
                background(self._read(self._store, now))
        elif wakes:
            await self._ends()

    async def raised(self, kind: str, name: str, said: Said) -> None:
        """Put up a flag, which holds here from now on and elsewhere soon. Raises StoreFailed; repeating is harmless."""
        store = self._connected()
        lasts = max(SHORTEST_STORAGE, ceil(said["until"] - self._clock()))
        await store.put(f"{PREFIX}{kind}:{name}", "", expires_in=lasts, metadata=said)
        await self._has_changed(store, kind, name, said)

    async def lowered(self, kind: str, name: str) -> bool:
        """Take a flag down; whether there was one. Raises StoreFailed; repeating is harmless."""
        store, key = self._connected(), f"{PREFIX}{kind}:{name}"
        own = self._own.get(key)
        known = self._held.get(key) if own is None else own[0]
        if known is None and await store.get_text(key, timeout=TIMEOUT) is None:
            return False
        await store.delete(key)
        await self._has_changed(store, kind, name, None)
        return True

    async def listed(self, kind: str) -> Mapping[str, Said]:
        """The flags of one kind that are up, by id, as the store shows them at this moment. Raises StoreFailed."""
        self._adopt(await self._list(self._connected()))
        return self._of(kind)

    @property
    def is_full(self) -> bool:
        """Whether one more could not be listed."""
        return len(self._held) >= MOST

    # --- reading ------------------------------------------------------------------------------------------------------

    async def _reads_in_time(self, store: KeyValueStore, begun: float) -> bool:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._read(store, begun)
        except TimeoutError:
            self._reading = True  # it goes on without this request
            return False
        return True

    async def _ends(self) -> None:
        """Wait for the read that another request began."""
        for _ in range(ceil(WAIT_SECONDS / POLL_SECONDS)):
            if not self._reading:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _read(self, store: KeyValueStore, begun: float) -> None:
        """What a look does. Only a read that came to an end counts: of one that is cancelled the next takes over."""
        try:
            changed = await store.get_text(CHANGED, timeout=TIMEOUT)
            if self._lists(changed):
                found = await self._list(store)
                if begun == self._begun_at:
                    self._changed = changed
                    self._adopt(found)
        except StoreFailed as error:
            self._log("store_failed", during="flags", error=str(error))
        finally:
            if begun == self._begun_at:
                self._reading = False
        if begun == self._begun_at:
            self._asked_at = self._clock()
            self.due = begun + LOOK_SECONDS

    def _lists(self, changed: str | None) -> bool:
        """Whether flags are to be listed, now that the moment of the last change is known."""
        now = self._clock()
        if changed != self._changed:
            self._changed_at = now
        if changed is None and not self._held:
            return False
        return now < self._changed_at + SETTLING_SECONDS or now >= self._listed_at + RELISTED_SECONDS

    async def _list(self, store: KeyValueStore) -> Mapping[str, Said]:
        listing = await store.list(PREFIX, timeout=TIMEOUT, pages=PAGES)
        self._listed_at = self._clock()
        if not listing.is_whole:
            self._log("flags_cut", read=len(listing.metadata))
        return listing.metadata

    # --- what is in force ---------------------------------------------------------------------------------------------

    def _adopt(self, found: Mapping[str, Said]) -> None:
        """Believe a listing, but for what this isolate knows better, and tell who listens of what is another."""
        now = self._clock()
        self._own = {key: own for key, own in self._own.items() if now < own[1] + SETTLING_SECONDS}
        up = {key: said for key, said in found.items() if key not in self._own}
        up |= {key: said for key, (said, _) in self._own.items() if said is not None}
        held = {key: said for key, said in up.items() if ends_at(said) > now}
        if held != self._held:
            self._held = held
            for kind, listener in self._listeners:
                listener(self._of(kind))

    def _of(self, kind: str) -> dict[str, Said]:
        start = f"{PREFIX}{kind}:"
        return {key.removeprefix(start): said for key, said in self._held.items() if key.startswith(start)}

    async def _has_changed(self, store: KeyValueStore, kind: str, name: str, said: Said | None) -> None:
        """Let it hold here, and have the others list. Somebody else may have written the same key in this second."""
        now = self._clock()
        self._own[f"{PREFIX}{kind}:{name}"] = (said, now)
        self._adopt(self._held)
        moment = str(ceil(now * 1000))
        try:
            await store.put(CHANGED, moment)
        except StoreFailed:
            await asyncio.sleep(AGAIN_SECONDS)
            await store.put(CHANGED, moment)

    def _connected(self) -> KeyValueStore:
        if self._store is None:
            raise StoreFailed("no namespace is bound as CACHE")
        return self._store


def ends_at(said: Said) -> float:
    """When a flag ends; what does not say so has ended."""
    until = said.get("until")
    return until if isinstance(until, int | float) else -inf
