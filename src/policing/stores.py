"""What policies keep between requests: Workers KV under a prefix of each policy's own, texts by their key.

KV is read from near and written from afar: for up to a minute, elsewhere may still see what was there before. It is for
what may be a little old, never for counting.
"""

from typing import Final, Protocol

from core.patterns import rare
from core.ports import KeyValueStore, StoreFailed

TIMEOUT: Final = 1.0
"""Seconds for a look-up."""
KEY: Final = rare(r"[!-~]{1,256}")
LONGEST_VALUE: Final = 65_536
"""Characters."""
SHORTEST_LIFE: Final = 60
"""Seconds, as KV has it."""


class Store(Protocol):
    """`call.store`. Every method raises StoreFailed when KV does not answer, ValueError for what it cannot keep."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, *, expires_in: int | None = None) -> None:
        """Keep `value`; it disappears after `expires_in` seconds (at least 60)."""
        ...

    async def delete(self, key: str) -> None: ...


class PolicyStore:
    """`Store` over the namespace that is bound as `CACHE`."""

    def __init__(self, store: KeyValueStore | None, policy: str) -> None:
        self._store = store
        self._prefix = f"policy/{policy}/"

    async def get(self, key: str) -> str | None:
        return await self._bound().get_text(self._prefix + _usable(key), timeout=TIMEOUT)

    async def put(self, key: str, value: str, *, expires_in: int | None = None) -> None:
        _require_keepable(value, expires_in)
        await self._bound().put(self._prefix + _usable(key), value, expires_in=expires_in)

    async def delete(self, key: str) -> None:
        await self._bound().delete(self._prefix + _usable(key))

    def _bound(self) -> KeyValueStore:
        if self._store is None:
            raise StoreFailed("the Worker has no KV namespace that is bound as CACHE")
        return self._store


class MemoryStore:
    """`Store` in memory, for a test. Nothing expires."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.values.get(_usable(key))

    async def put(self, key: str, value: str, *, expires_in: int | None = None) -> None:
        _require_keepable(value, expires_in)
        self.values[_usable(key)] = value

    async def delete(self, key: str) -> None:
        self.values.pop(_usable(key), None)


def _usable(key: object) -> str:
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise ValueError("a key is 1 to 256 characters of visible ASCII")
    return key


def _require_keepable(value: object, expires_in: object) -> None:
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        raise ValueError(f"what is kept is text of up to {LONGEST_VALUE} characters")
    if expires_in is not None and (not isinstance(expires_in, int) or expires_in < SHORTEST_LIFE):
        raise ValueError(f"expires_in is a whole number of seconds, at least {SHORTEST_LIFE}")
