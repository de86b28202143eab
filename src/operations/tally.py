"""How an hour went: counted in every isolate, gathered in the key-value store, summed up by the cron trigger.

An isolate writes its own counts at most once a minute, as the metadata of one key per hour, so that one listing brings
them all. What an isolate counted in its last minute may be lost with it, and the store shows a write elsewhere after
up to a minute: the summary is an estimate, good enough to wake somebody up, not to send an invoice.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from auth import REVOKED
from core.messages import Body, Response
from core.ports import KeyValueStore, Listing, Log, StoredValue, StoreFailed
from core.records import record
from operations.telemetry import Exchange

PREFIX: Final = "tally1:"
HOUR: Final = 3600
FLUSH_SECONDS: Final = 60.0
KEEP_SECONDS: Final = 26 * HOUR
PAGES: Final = 100
"""Of one hour's listing, a thousand isolates each: beyond that a summary is of those."""

PRICES: Final[Mapping[str, float]] = {
    "requests": 0.30,
    "cpu_ms": 0.02,
    "kv_reads": 0.50,
    "kv_writes": 5.00,
}
"""US dollars per million on the Workers Paid plan, beyond what the plan includes (Cloudflare's price list, 2026-11).
Deletes and listings cost as much as writes and are counted among them."""

CPU_MS: Final = 1.0
"""Milliseconds of CPU assumed per request: the clock stands still while a Worker computes, so it cannot know."""


@record(frozen=False)
class Counts:
    """What is counted."""

    requests: int = 0
    errors: int = 0
    """Answers with a status of 500 or above, but for those of a route that is closed for maintenance."""
    lookups: int = 0
    """Requests that asked the cache."""
    hits: int = 0
    """Those that it answered."""
    kv_reads: int = 0
    kv_writes: int = 0
    revoked: int = 0
    """Answers to tokens that were taken back."""
    claims_unfound: int = 0
    """Answers to callers whose token has nothing at a path that its entry of ISSUERS names."""

    def add(self, other: Mapping[str, Any]) -> None:
        """Add counts read from the store; what is no count is left alone."""
        for name, counted in self.by_name().items():
            value = other.get(name)
            if isinstance(value, int):
                setattr(self, name, counted + value)

    def by_name(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__match_args__}

    def summary(self) -> dict[str, Any]:
        """The fields of the hourly log line: counts, shares, and estimated cost in US dollars."""
        return {
            **self.by_name(),
            "error_rate": round(self.errors / self.requests, 4) if self.requests else 0.0,
            "hit_ratio": round(self.hits / self.lookups, 4) if self.lookups else None,
            "estimated_usd": round(self.estimated_usd(), 6),
        }

    def estimated_usd(self) -> float:
        amounts = {
            "requests": self.requests,
            "cpu_ms": self.requests * CPU_MS,
            "kv_reads": self.kv_reads,
            "kv_writes": self.kv_writes,
        }
        return sum(PRICES[name] * amount / 1_000_000 for name, amount in amounts.items())


NOTHING_DUE: Final[Mapping[str, Counts]] = MappingProxyType({})


class Tally:
    """The counts of one isolate in the current hour."""

    def __init__(self, isolate: str, now: float, planned: str) -> None:
        """`planned` is the code of a problem that is no failure, whatever its status."""
        self.counts = Counts()
        self._planned = planned
        self._isolate = isolate
        self._turns_from(now)

    def count(self, exchange: Exchange, response: Response, now: float) -> Mapping[str, Counts]:
        """Count one answer. Gives what is now due to be written; usually nothing."""
        due = self._turn(now) if now >= self._turns_at else NOTHING_DUE
        counts = self.counts
        counts.requests += 1
        if response.status >= 400:
            counts.errors += response.status >= 500 and exchange.code != self._planned
            counts.revoked += exchange.reason == REVOKED
        if "cache-status" in response.headers:
            counts.lookups += 1
            counts.hits += "; hit" in response.headers["cache-status"].rpartition(",")[2]
        if exchange.principal is not None and exchange.principal.unfound:
            counts.claims_unfound += 1
        return due

    def _turn(self, now: float) -> dict[str, Counts]:
        """The counts to write: those of the hour that has ended, or, once a minute, those so far."""
        hour = self._hour
        due = {tally_key(hour, self._isolate): self.counts}
        self._turns_from(now)
        if self._hour != hour:
            self.counts = Counts()
        return due

    def _turns_from(self, now: float) -> None:
        self._hour = int(now // HOUR)
        self._turns_at = min(now + FLUSH_SECONDS, (self._hour + 1) * HOUR)


def tally_key(hour: int, isolate: str = "") -> str:
    """The key of one isolate's counts, or what all keys of that hour begin with. `hour` is hours since 1970."""
    return f"{PREFIX}{hour}:{isolate}"


async def gathered(store: KeyValueStore, hour: int, timeout: float) -> Counts:
    """The counts of all isolates in an hour. Raises StoreFailed."""
    total = Counts()
    for metadata in (await store.list(tally_key(hour), timeout=timeout, pages=PAGES)).metadata.values():
        total.add(metadata)
    return total


async def write_counts(store: KeyValueStore, due: Mapping[str, Counts], log: Log) -> None:
    """Write what `Tally.count` found to be due. Never raises."""
    try:
        for key, counts in due.items():
            await store.put(key, "", expires_in=KEEP_SECONDS, metadata=counts.by_name())
    except StoreFailed as error:
        log("store_failed", during="tally", error=str(error))


class CountedStore:
    """A `ports.KeyValueStore` that counts what it is asked for."""

    def __init__(self, store: KeyValueStore, tally: Tally) -> None:
        self._store = store
        self._tally = tally

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        self._tally.counts.kv_reads += 1
        return await self._store.get_text(key, timeout=timeout)

    async def get(self, key: str, *, timeout: float) -> StoredValue | None:
        self._tally.counts.kv_reads += 1
        return await self._store.get(key, timeout=timeout)

    async def put(
        self,
        key: str,
        value: Body | bytes | str,
        *,
        expires_in: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._tally.counts.kv_writes += 1
        await self._store.put(key, value, expires_in=expires_in, metadata=metadata)

    async def delete(self, key: str) -> None:
        self._tally.counts.kv_writes += 1
        await self._store.delete(key)

    async def list(self, prefix: str, *, timeout: float, pages: int) -> Listing:
        self._tally.counts.kv_writes += 1
        return await self._store.list(prefix, timeout=timeout, pages=pages)
