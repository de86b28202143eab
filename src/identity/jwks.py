"""Key sets of issuers: where a set is had from, how long it is believed, what happens when it cannot be had.

Theory of operation. A remote set is looked for in three tiers: this isolate, the key-value store, the provider.

    fresh        10 minutes, or what the provider's Cache-Control says   used as it is
    stale        until 7 days after it was fetched                       used while the provider cannot be had
    unknown kid                                                          fetched again: 5 times, and once per 30 s
    failure                                                              not tried again for 30 s

One request can never await another's work on this runtime, so there is no lock and no shared task: requests that come
at once to an empty isolate each fetch for themselves, and only finished values are left behind for others. Where one
fetch must do for many (an unknown `kid`, which anybody can make up), the others look at the finished value again with
timers of their own.

A `kid` is unknown for certain only when the set was fetched after its token came, or moments before. Where the bucket
of fetches is empty, nobody can say, and the answer is that keys cannot be had now: made-up kids that empty it delay a
rotation by seconds and never make the new key's tokens invalid.

How a provider is asked is `providers.py`'s, which keys of a set are usable `publickeys.py`'s.
"""

import asyncio
import json
from collections.abc import Callable, Collection
from hashlib import sha256
from math import ceil, inf
from typing import Any, Final, Protocol

from core import strictjson
from core.lengths import STORED
from core.ports import Background, Platform, StoreFailed
from core.records import record
from identity.providers import FETCH_TIMEOUT, LONGEST_FRESH, Provider, ProviderFailed
from identity.publickeys import KeySet, PublicKey
from identity.settings import IssuerSettings

USABLE: Final = 7 * 86_400
"""Seconds after the fetch in which a stale set may stand in for a provider that cannot be had."""
COOLDOWN: Final = 30.0
"""Seconds after a failure in which the provider is not asked again."""
SEARCHES: Final = 5
"""Fetches for unknown `kid`s in a row, per issuer and isolate."""
SEARCH_EVERY: Final = 30.0
"""Seconds after which there is one more."""
JUST_SEARCHED: Final = 2.0
"""Seconds for which a fetch for one unknown `kid` answers for all others."""
REFRESH_AHEAD: Final = 330.0
"""Seconds of freshness with which the cron trigger, which comes every 5 minutes, lets a set be."""

STORE_TIMEOUT: Final = 1.0
WRITE_INTERVAL: Final = 1.0
"""Seconds between two writes of the same keys: Workers KV takes one write per second and key."""
SEARCH_LIMIT: Final = FETCH_TIMEOUT + 1
"""Seconds after which a search that has not ended belongs to a request that is no more."""
POLL: Final = 0.05
"""Seconds between two looks at another request's search."""


class KeysUnavailable(Exception):
    """No usable key set is known and none can be had. `retry_after` in whole seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(1, ceil(retry_after))
        super().__init__(f"retry after {self.retry_after} s")


class UnknownKey(Exception):
    """The key set is known and holds no key for the token."""


class KeySource(Protocol):
    """Where an issuer's keys come from."""

    recheck_at: float
    """Time from which on a verified token must not be believed without asking again."""
    version: int
    """Counts the sets of keys that were believed so far."""

    async def find(self, algorithm: str, kid: str | None, background: Background) -> tuple[PublicKey, ...]:
        """The keys that fit a token's header, one at least. Raises UnknownKey, KeysUnavailable."""
        ...

    async def refresh(self) -> None:
        """Fetch anew what would soon be stale. Raises nothing; failures are logged."""
        ...


def key_source(
    issuer: IssuerSettings, platform: Platform, on_change: Callable[[KeySource], None], algorithms: Collection[str] = ()
) -> KeySource:
    """The source of an issuer that has public keys. `on_change` is told when the keys believed become others.

    `algorithms` are those of all entries that share it, where it is not this one's alone.
    """
    served = algorithms or issuer.algorithms
    if issuer.jwks is not None:
        return InlineKeys(KeySet.read(issuer.jwks, served))
    return RemoteKeys(issuer, platform, on_change, served)


class Bucket:
    """So many tries at once, and one more every so many seconds.

    It is the time at which the bucket will be full again (the generic cell rate algorithm); nothing has to be ticked.
    """

    def __init__(self, size: int, refill: float) -> None:
        self._depth, self._refill = size * refill, refill
        self._full_at = -inf

    def wait(self, now: float) -> float:
        """Seconds until there is a try; 0 when there is one."""
        return max(0.0, self._full_at + self._refill - self._depth - now)

    def take(self, now: float) -> None:
        """Use up a try. Ask `wait` first."""
        self._full_at = max(self._full_at, now) + self._refill


class InlineKeys:
    """The keys of an issuer whose `jwks` is written in the configuration."""

    def __init__(self, keys: KeySet) -> None:
        self.recheck_at = inf
        self.version = 0
        self._keys = keys

    async def find(self, algorithm: str, kid: str | None, background: Background) -> tuple[PublicKey, ...]:
        keys = self._keys.select(algorithm, kid)
        if not keys:
            raise UnknownKey
        return keys

    async def refresh(self) -> None:
        return None


@record
class Snapshot:
    """A key set as it was fetched. Times in seconds since 1970."""

    document: Any
    """The JWK Set as the provider sent it: parsed JSON."""
    keys: KeySet
    fetched: float
    fresh_until: float

    def usable(self, now: float) -> bool:
        return now < self.fetched + USABLE

    def dump(self) -> str:
        """The value kept in the key-value store."""
        record = {"fetched": self.fetched, "fresh_until": self.fresh_until, "jwks": self.document}
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, text: str, algorithms: Collection[str], now: float) -> "Snapshot":
        """Read what `dump` wrote. Raises ValueError for anything else, and for what is too old or of the future."""
        if len(text) > STORED.characters:
            raise ValueError("too long")
        record = strictjson.loads(text.encode("utf-8"))
        if not isinstance(record, dict):
            raise ValueError("not an object")
        fetched, fresh_until = record.get("fetched"), record.get("fresh_until")
        if not isinstance(fetched, int | float) or not isinstance(fresh_until, int | float):
            raise ValueError("no dates")
        document = record.get("jwks")
        snapshot = cls(document, KeySet.read(document, algorithms), fetched, fresh_until)
        # In this order: a date of a thousand digits is out of range before anything is added to it as a float.
        if not snapshot.usable(now) or fetched > now + COOLDOWN or fresh_until > fetched + LONGEST_FRESH:
            raise ValueError("dates out of range")
        return snapshot


class RemoteKeys:
    """The keys of an issuer with `jwks_url` or `discovery`. One per issuer and isolate."""

    def __init__(
        self,
        issuer: IssuerSettings,
        platform: Platform,
        on_change: Callable[[KeySource], None],
        algorithms: Collection[str] = (),
    ) -> None:
        self.recheck_at = -inf
        self.version = 0
        self._platform = platform
        self._clock = platform.clock
        self._algorithms = frozenset(algorithms or issuer.algorithms)
        self._provider = Provider(issuer, platform.fetch, self._algorithms)
        self._store_key = f"jwks:{sha256(self._provider.name.encode()).hexdigest()[:32]}"
        self._on_change = on_change
        self._held: Snapshot | None = None
        self._stored: Snapshot | None = None
        self._failed_until = -inf
        self._searches = Bucket(SEARCHES, SEARCH_EVERY)
        self._found_at = -inf
        self._searched_at = -inf
        self._searching = False

    async def find(self, algorithm: str, kid: str | None, background: Background) -> tuple[PublicKey, ...]:
        started = self._clock()
        held = await self._current(started, background)
        keys = held.keys.select(algorithm, kid)
        if not keys and not self._is_up_to_date(held, started):
            held = await self._search(held, background)
            keys = held.keys.select(algorithm, kid)
        if keys:
            return keys
        if self._is_up_to_date(held, started):
            raise UnknownKey
        now = self._clock()
        raise KeysUnavailable(max(self._failed_until - now, self._searches.wait(now)))

    def _is_up_to_date(self, held: Snapshot, started: float) -> bool:
        """Whether a key that `held` lacks was not there when the request came, which was at `started`."""
        return held.fetched >= started or started < self._found_at + JUST_SEARCHED

    async def refresh(self) -> None:
        stored = await self._from_store()
        if stored is not None and stored.fresh_until > self._clock() + REFRESH_AHEAD:
            return
        snapshot = await self._from_provider()
        if snapshot is not None:
            await self._to_store(snapshot)

    async def _current(self, now: float, background: Background) -> Snapshot:
        """The set to work with. Raises KeysUnavailable."""
        held = self._held
        if held is None or not held.usable(now):
            return await self._renew(background)
        if now < self.recheck_at:
            return held
        self.recheck_at = now + FETCH_TIMEOUT  # meanwhile the others go on with what is held
        return await self._renew(background)

    async def _renew(self, background: Background) -> Snapshot:
        """A fresh set from the store or the provider, else the last known good."""
        stored = await self._from_store()
        if stored is not None:
            self._adopt(stored)
        held = self._held
        if held is not None and self._clock() < held.fresh_until:
            return held
        if self._clock() >= self._failed_until:
            fetched = await self._from_provider()
            if fetched is not None:
                background(self._to_store(fetched))
                return fetched
        held, now = self._held, self._clock()
        if held is None or not held.usable(now):
            raise KeysUnavailable(self._failed_until - now)
        self.recheck_at = max(held.fresh_until, self._failed_until)
        return held

    async def _search(self, seen: Snapshot, background: Background) -> Snapshot:
        """Look for a key that `seen` lacks: in another request's newer set, else at the provider."""
        while self._searching:
            if not await self._ends(self._searched_at):  # its request was cancelled: take over
                self._searching, self._searched_at = False, -inf
        now = self._clock()
        if self._held is not seen or now < self._failed_until or self._searches.wait(now) > 0:
            return self._held or seen
        self._searches.take(now)
        self._searching, self._searched_at = True, now
        try:
            fetched = await self._from_provider()
        finally:
            if self._searched_at == now:
                self._searching = False
        if fetched is None:
            return seen
        self._found_at = fetched.fetched
        background(self._to_store(fetched))
        return fetched

    async def _ends(self, awaited: float) -> bool:
        """Wait for the end of the search that began at `awaited`; whether it came before the limit."""
        for _ in range(ceil(SEARCH_LIMIT / POLL)):
            if not self._searching or self._searched_at != awaited:
                return True
            if self._clock() > awaited + SEARCH_LIMIT:
                return False
            await asyncio.sleep(POLL)
        return False

    def _adopt(self, snapshot: Snapshot) -> None:
        """Believe `snapshot` from now on, unless what is held is as new."""
        if self._held is not None and snapshot.fetched <= self._held.fetched:
            return
        changed = self._held is None or not self._held.keys.same_keys(snapshot.keys)
        self._held = snapshot
        self.recheck_at = snapshot.fresh_until
        if changed:
            self.version += 1
            self._on_change(self)
            self._log_faults(snapshot.keys)

    def _log_faults(self, keys: KeySet) -> None:
        for fault in keys.faults:
            self._platform.log("jwks_key_skipped", source=self._provider.name, error=fault)
        if not keys.keys:
            self._platform.log("jwks_empty", source=self._provider.name)

    async def _from_provider(self) -> Snapshot | None:
        """Fetch a set and believe it; None after a failure, which is remembered."""
        try:
            document, keys, fresh_for = await self._provider.fetch()
        except ProviderFailed as error:
            self._failed_until = self._clock() + COOLDOWN
            self._platform.log("jwks_fetch_failed", source=self._provider.name, error=str(error))
            return None
        self._failed_until = -inf
        now = self._clock()
        snapshot = Snapshot(document, keys, now, now + fresh_for)
        self._adopt(snapshot)
        return snapshot

    async def _from_store(self) -> Snapshot | None:
        store = self._platform.store
        if store is None:
            return None
        try:
            text = await store.get_text(self._store_key, timeout=STORE_TIMEOUT)
            return None if text is None else Snapshot.load(text, self._algorithms, self._clock())
        except (StoreFailed, ValueError) as error:
            self._platform.log("jwks_store_read_failed", source=self._provider.name, error=str(error))
            return None

    async def _to_store(self, snapshot: Snapshot) -> None:
        store, last = self._platform.store, self._stored
        if store is None:
            return
        if last is not None and snapshot.fetched < last.fetched + WRITE_INTERVAL and snapshot.keys.same_keys(last.keys):
            return
        self._stored = snapshot
        try:
            await store.put(self._store_key, snapshot.dump(), expires_in=USABLE)
        except StoreFailed as error:
            self._platform.log("jwks_store_write_failed", source=self._provider.name, error=str(error))
