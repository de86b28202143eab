"""Where stored responses are: a few seconds in the isolate, else in the key-value store (Workers KV).

One response is one value: its content, with status, fields and times as the value's metadata, so that freshness is
read without touching the content. A typical hit costs one read.

    cache2:<root>           GET of a URL whose responses depend on nothing else: the response itself.
                            Otherwise an index: which request fields select a variant, and since when.
    cache2:<variant>        a response selected by Vary
    cache2:<home>           what the root is to everybody else, to one user, role or locale. The root itself is then a
                            mark: an index without fields, which says since when responses of this URL count
    cache2:<head>           status and fields of a response whose metadata would exceed KV's 1,024 bytes

An index names every field that a response of this URL was seen to vary on. A variant born before its index, or before
its mark, is dead, so deleting the root forgets all variants and partitions of a URL. In a home, nothing depends on what
other callers did: mark and home are read together, from the same place, whether or not somebody else left a mark.

Whatever is missing, unreadable or of an older format
is a miss; whatever fails is a miss and a log line. Nothing in this file raises for the store's sake.

KV shows a change elsewhere after up to 60 seconds. In this isolate it holds at once: `_changed` remembers it.
"""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from typing import Any, Final

from caching.encoding import (
    Unreadable,
    decoded_index,
    decoded_response,
    encoded_index,
    encoded_response,
    parsed_head,
)
from caching.keys import CacheKey, SelectingFields, digest
from caching.lookups import Content, Entry, Index, Lookup, discard
from caching.memory import MemoryTier
from caching.policy import LONGEST_STORAGE, SHORTEST_STORAGE, varies_too_much
from caching.purges import Purges, moment
from caching.stored_response import StoredResponse
from core.budget import Budget, OverBudget, Share, read_within
from core.messages import Body, ContentTooLarge
from core.ports import Background, Clock, KeyValueStore, Log, StoredValue, StoreFailed
from core.together import together

PREFIX: Final = "cache2:"
"""Says which format the values have. A new format gets a new prefix; old values expire unread."""

READ_TIMEOUT: Final = 0.25
"""Seconds for one read of the store; then it is a miss."""

METADATA_SIZE: Final = 1000
"""Bytes of metadata used, of the 1,024 that KV takes."""

ENTRY_SIZE: Final = 1024
"""Bytes of a response in memory beside its content and the text of its fields: about what its objects take. Without
them, eight megabytes of empty responses would be more than an isolate has."""

MOST_LONG: Final = 256
"""Responses with a content too long for memory whose metadata an isolate knows."""

MOST_CHANGED: Final = 4096
INDEX_SLACK: Final = 86_400
"""Seconds an index outlives the response it was written for, so that it is not written anew with every variant."""


class CacheStore:
    """The stored responses of one isolate and its key-value store."""

    def __init__(
        self, store: KeyValueStore, clock: Clock, log: Log, memory: MemoryTier[Entry | Index], budget: Budget
    ) -> None:
        self._budget = budget
        self._store = store
        self._clock = clock
        self._log = log
        self.memory = memory
        self._long: MemoryTier[tuple[Mapping[str, Any], StoredResponse]] = MemoryTier(MOST_LONG, 1)
        self.purges = Purges(store, clock, READ_TIMEOUT)
        self._changed: OrderedDict[str, int] = OrderedDict()

    async def find(self, key: CacheKey, selecting: SelectingFields, background: Background) -> Lookup:
        """The stored response for `key` and the request fields `selecting`. Never raises."""
        try:
            return await self._find(key, selecting, background)
        except (StoreFailed, Unreadable) as error:
            self._log("cache_read_failed", key=key.root, reason=str(error))
            return Lookup(miss="miss")

    def recall(self, key: CacheKey, selecting: SelectingFields) -> Lookup | None:
        """What `find` would find, if that is in memory and alive without any doubt; else None: ask `find`."""
        if not self.purges.knows_epoch():
            return None
        now = self._clock()
        home = entry = self.memory.get(key.home, now)
        if isinstance(home, Index):
            entry = self.memory.get(key.variant(home.fields, selecting), now)
        mark = self.memory.get(key.root, now) if key.apart else None
        missed = _missed(key, home, mark)
        if missed is None or not isinstance(entry, Entry) or not _counts(entry, missed):
            return None
        if self._is_changed(key, entry.stored) or not self.purges.is_younger(entry.stored.born):
            return None
        return Lookup(entry, missed.index, missed.miss, missed.mark)

    def has_still(self, home: str, root: str, entry: Entry, mark: Index | None) -> bool:
        """Whether `recall` would find what it has found at these names before: `entry`, and its mark if it has one."""
        now = self._clock()
        if not self.purges.knows_epoch() or self.memory.get(home, now) is not entry:
            return False
        if mark is not None and self.memory.get(root, now) is not mark:
            return False
        return not self._has_changed(root, home, entry.stored) and self.purges.is_younger(entry.stored.born)

    async def save(
        self,
        key: CacheKey,
        selecting: SelectingFields,
        found: Lookup,
        stored: StoredResponse,
        content: Content,
        keep: int,
    ) -> None:
        """Store a response for `keep` seconds. `found` is what the look-up before found. Never raises StoreFailed."""
        if self._is_changed(key, stored):
            await discard(content)
            return
        name = self.name(key, selecting, found.index, stored)
        now = self._clock()
        if isinstance(content, bytes):
            self._remember(name, Entry(stored, content), now)
        else:
            self.memory.discard(name)
        try:
            await self._write(name, stored, content, keep)
            if name != key.home:
                await self._write_index(
                    key.home, found.index, _varied(found.index, stored), stored.born, int(now) + keep
                )
            if key.apart:
                await self._write_index(key.root, found.mark, frozenset(), stored.born, int(now) + keep)
        except StoreFailed as error:
            self._log("cache_write_failed", key=name, reason=str(error))

    async def held(self, key: CacheKey, selecting: SelectingFields, found: Lookup) -> Lookup:
        """`found` with its content in hand, since a part can only be cut out of the whole; a miss if it cannot be read.

        A content of unknown length stays a stream: no part of it is served. While too much is held, it is a miss, too,
        and the origin cuts the part.
        """
        entry = found.entry
        if entry is None or isinstance(entry.content, bytes) or entry.stored.length is None:
            return found
        name = self.name(key, selecting, found.index, entry.stored)
        share = self._budget.share()
        content = await self._whole(name, entry.stored, entry.content, share)
        if content is None:
            return Lookup(None, found.index, "miss", found.mark)
        return Lookup(Entry(entry.stored, content, share), found.index, found.miss, found.mark)

    def name(self, key: CacheKey, selecting: SelectingFields, index: Index | None, stored: StoredResponse) -> str:
        """The name under which a response is stored."""
        fields = _varied(index, stored)
        return key.variant(fields, selecting) if fields else key.home

    async def forget(self, name: str) -> None:
        """Forget every response at a root, or at a home, in the key-value store. For this isolate, `mark_changed` did.

        Reads cost a tenth of deletes, and most URLs that are written to were never stored.
        """
        try:
            found = await self._store.get(PREFIX + name, timeout=READ_TIMEOUT)
            if found is not None:
                await found.body.cancel()
                await self._store.delete(PREFIX + name)
        except StoreFailed as error:
            self._log("cache_write_failed", key=name, reason=str(error))

    def mark_changed(self, name: str) -> None:
        """From now on, nothing at this root, or home, that was asked for earlier is used or stored in this isolate."""
        self.memory.discard(name)
        self._changed.pop(name, None)
        self._changed[name] = moment(self._clock())
        if len(self._changed) > MOST_CHANGED:
            self._changed.popitem(last=False)

    def _is_changed(self, key: CacheKey, stored: StoredResponse) -> bool:
        return self._has_changed(key.root, key.home, stored)

    def _has_changed(self, root: str, home: str, stored: StoredResponse) -> bool:
        return stored.born <= max(self._changed.get(root, -1), self._changed.get(home, -1))

    # --- reading ------------------------------------------------------------------------------------------------------

    async def _find(self, key: CacheKey, selecting: SelectingFields, background: Background) -> Lookup:
        home, mark = await self._heads(key, background)
        entry = home
        missed = _missed(key, home, mark)
        if missed is not None and isinstance(home, Index):
            entry = await self._read(key.variant(home.fields, selecting), background)
        if not isinstance(entry, Entry):
            return missed or Lookup()
        if missed is None or not _counts(entry, missed):
            await discard(entry.content)
            return missed or Lookup()
        return await self._alive(key, entry, missed)

    async def _heads(self, key: CacheKey, background: Background) -> tuple[Entry | Index | None, Entry | Index | None]:
        """Home and mark, and beside them the epoch, which `_alive` will ask for.

        A mark that others left in memory is not looked at by somebody whose home is not there: they would be answered
        sooner for it.
        """
        work: list[Awaitable[Any]] = [self._read(key.home, background)]
        if key.apart:
            known = self.memory.get(key.home, self._clock()) is not None
            work.append(self._read(key.root, background) if known else self._stored(key.root, background))
        if not self.purges.knows_epoch():
            work.append(self.purges.epoch())
        if len(work) == 1:
            return await work[0], None
        found = await together(*work)
        mark = found[1] if key.apart else None
        if isinstance(mark, Entry):  # stored before the route kept callers apart
            await discard(mark.content)
        return found[0], mark

    async def _alive(self, key: CacheKey, entry: Entry, missed: Lookup) -> Lookup:
        """The look-up that found `entry`, or `missed` if it was purged or its URL has changed since."""
        stored = entry.stored
        if self._is_changed(key, stored) or await self.purges.is_dead(stored.born, key.url, stored.tags):
            await discard(entry.content)
            return missed
        return Lookup(entry, missed.index, missed.miss, missed.mark)

    async def _read(self, name: str, background: Background) -> Entry | Index | None:
        """A value from memory or the store. Raises StoreFailed, Unreadable."""
        kept = self.memory.get(name, self._clock())
        return kept if kept is not None else await self._stored(name, background)

    async def _stored(self, name: str, background: Background) -> Entry | Index | None:
        """A value from the store. Raises StoreFailed, Unreadable."""
        now = self._clock()
        value = await self._store.get(PREFIX + name, timeout=READ_TIMEOUT)
        if value is None:
            return None
        try:
            found = await self._decoded(name, value)
        except (StoreFailed, Unreadable):
            await value.body.cancel()
            raise
        if isinstance(found, Index):
            await value.body.cancel()
            self.memory.put(name, found, METADATA_SIZE, now)
            return found
        return self._shared_with_memory(name, found, background)

    def _shared_with_memory(self, name: str, entry: Entry, background: Background) -> Entry:
        """A short content is copied into memory behind the client's back, never before it is sent."""
        if isinstance(entry.content, bytes) or self._is_long(entry.stored):
            return entry
        sent, kept = entry.content.tee()
        background(self._keep_copy(name, entry.stored, kept))
        return Entry(entry.stored, sent)

    async def _keep_copy(self, name: str, stored: StoredResponse, body: Body) -> None:
        with self._budget.share() as share:
            content = await self._whole(name, stored, body, share)
            if content is not None:
                self._remember(name, Entry(stored, content), self._clock())

    async def _whole(self, name: str, stored: StoredResponse, body: Body, share: Share) -> bytes | None:
        """The content of a stored response of known length; None while too much is held. One that is not as long is
        corrupt: it is logged and forgotten, and so is not found again."""
        assert stored.length is not None
        try:
            content = await read_within(share, body, stored.length, stored.length)
        except OverBudget:
            return None
        except ContentTooLarge:
            fault = f"content of more than {stored.length} bytes"
        except Exception as error:  # a stream fails with the platform's own exceptions, unknown here
            self._log("cache_read_failed", key=name, reason=str(error))
            return None
        else:
            if len(content) == stored.length:
                return content
            fault = f"content of {len(content)} bytes instead of {stored.length}"
        self._log("cache_read_failed", key=name, reason=fault)
        await self.forget(name)
        return None

    def _remember(self, name: str, entry: Entry, now: float) -> None:
        """Keep a finished value in memory, unless a newer one is there already."""
        kept = self.memory.get(name, now)
        if isinstance(kept, Entry) and kept.stored.born > entry.stored.born:
            return
        assert isinstance(entry.content, bytes), "a stream belongs to one request"
        fields = sum(len(field) + len(value) for field, value in entry.stored.headers.items())
        self.memory.put(name, entry, len(entry.content), now, beside=fields + ENTRY_SIZE)

    def _is_long(self, stored: StoredResponse) -> bool:
        """Whether the content is too long for memory, or may be."""
        return stored.length is None or stored.length > self.memory.entry_size

    async def _decoded(self, name: str, value: StoredValue) -> Entry | Index:
        if value.metadata.get("kind") == "index":
            return decoded_index(value.metadata)
        return Entry(await self._response(name, value.metadata), value.body)

    async def _response(self, name: str, metadata: Mapping[str, Any]) -> StoredResponse:
        """What metadata says. With a long content it comes anew for every hit, and mostly says what it said before."""
        now = self._clock()
        known = self._long.get(name, now)
        if known is not None and known[0] == metadata:
            return known[1]
        head = metadata.get("head")
        if isinstance(head, str):
            return decoded_response(parsed_head(await self._store.get_text(PREFIX + head, timeout=READ_TIMEOUT) or ""))
        stored = decoded_response(metadata)
        if self._is_long(stored):
            self._long.put(name, (metadata, stored), 1, now)
        return stored

    # --- writing ------------------------------------------------------------------------------------------------------

    async def _write(self, name: str, stored: StoredResponse, content: Content, keep: int) -> None:
        expires_in = max(keep, SHORTEST_STORAGE)
        metadata: dict[str, Any] = encoded_response(stored)
        text = json.dumps(metadata, separators=(",", ":"), ensure_ascii=False)
        if not text.isascii() or len(text) > METADATA_SIZE:
            head = digest(name, str(stored.born))
            await self._store.put(PREFIX + head, text, expires_in=expires_in)
            metadata = {"kind": "response", "head": head}
        await self._store.put(PREFIX + name, content, expires_in=expires_in, metadata=metadata)

    async def _write_index(
        self, root: str, known: Index | None, fields: frozenset[str], born: int, expires: int
    ) -> None:
        """Write the index after its variant, unless what is there says it all and lives long enough."""
        if known is not None and known.fields == fields and known.expires >= expires:
            return
        since = born if known is None else known.since
        now = self._clock()
        expires_in = min(expires - int(now) + INDEX_SLACK, LONGEST_STORAGE)
        index = Index(fields, since, int(now) + expires_in)
        self.memory.put(root, index, METADATA_SIZE, now)
        await self._store.put(PREFIX + root, "index", expires_in=expires_in, metadata=encoded_index(index))


def _missed(key: CacheKey, home: Entry | Index | None, mark: Entry | Index | None) -> Lookup | None:
    """What a look-up has found that finds no entry; None where nothing that is at home counts."""
    known = mark if isinstance(mark, Index) else None
    if key.apart and known is None:
        return None
    if isinstance(home, Index):
        return Lookup(index=home, miss="vary-miss", mark=known)
    return Lookup(mark=known)


def _counts(entry: Entry, found: Lookup) -> bool:
    """Whether an entry was born since its index, and since its mark."""
    return all(index is None or entry.stored.born >= index.since for index in (found.index, found.mark))


def _varied(index: Index | None, stored: StoredResponse) -> frozenset[str]:
    """Every field that the URL was seen to vary on: a variant is told apart by all of them.

    When these become too many, those of the newest response begin a new list, and older variants are misses.
    """
    fields = stored.vary | (index.fields if index else frozenset())
    return stored.vary if varies_too_much(fields) else fields
