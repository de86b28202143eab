"""Purging by generation numbers: a stored response is dead once anything it belongs to was purged after it was born.

Nothing is searched for or deleted. A purge writes the present moment (milliseconds since 1970) as the new generation
of each scope it names: everything, a URL, a path prefix, a tag. A response carries its own birth: the moment its
request was sent, so that one that was under way during the purge is dead, too.

Reading every scope's generation for every hit would cost many reads. So each purge also raises one number, the
epoch: whatever was born after the last purge of any kind is alive, and the epoch is read every few seconds at most.
Only what is older looks at its scopes one by one. Blind writes of a clock need no read-modify-write, so purges
made at the same moment in two places cannot lose each other.

A purge holds in this isolate at once, elsewhere when the key-value store shows it: within about 60 seconds.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final
from urllib.parse import urlsplit

from caching.keys import digest, path_prefixes
from caching.policy import LONGEST_STORAGE
from core.ports import Clock, KeyValueStore, StoreFailed
from core.together import together

PREFIX: Final = "purge1:"
EPOCH: Final = PREFIX + "epoch"

SECONDS_KNOWN: Final = 5.0
"""Seconds before a generation is read again."""
UNKNOWN: Final = (0, float("-inf"))
"""The generation of what was never purged, and when that was read: never."""
MOST_KNOWN: Final = 4096
"""Generations remembered in the isolate."""
LONGEST_MOMENT: Final = 16
"""Digits; Python refuses to read a number of thousands."""
DEEPEST_PREFIX: Final = 16
"""Segments of the longest path that can be purged as a prefix."""


def everything() -> str:
    return PREFIX + "everything"


def url_scope(url: str) -> str:
    return PREFIX + "u:" + digest(url)


def prefix_scope(host: str, path: str) -> str:
    """`/api` covers `/api` and everything below it, on one host."""
    return PREFIX + "p:" + digest(host, path.rstrip("/") or "/")


def tag_scope(tag: str) -> str:
    """A `Cache-Tag`, in any case."""
    return PREFIX + "t:" + digest(tag.lower())


def scopes_of(url: str, tags: Iterable[str]) -> list[str]:
    """Every scope that a stored response of `url` (as its key counts it) belongs to."""
    host = urlsplit(url).netloc.lower()
    prefixes = [prefix_scope(host, path) for path in path_prefixes(url, DEEPEST_PREFIX)]
    return [everything(), url_scope(url), *prefixes, *(tag_scope(tag) for tag in tags)]


def moment(now: float) -> int:
    """The first whole millisecond that is not before `now`: nothing asked for until now is born after it."""
    return ceil(now * 1000)


class Purges:
    """The generations, as this isolate knows them. Raises StoreFailed when it has to ask and gets no answer."""

    def __init__(self, store: KeyValueStore, clock: Clock, timeout: float) -> None:
        self._store = store
        self._clock = clock
        self._timeout = timeout
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def knows_epoch(self) -> bool:
        """Whether the epoch need not be read now."""
        return self._clock() - self._known.get(EPOCH, UNKNOWN)[1] < SECONDS_KNOWN

    def is_younger(self, born: int) -> bool:
        """Whether a response born at that moment is younger than every purge, as far as this isolate knows."""
        return born > self._known.get(EPOCH, UNKNOWN)[0]

    async def epoch(self) -> int:
        """The moment of the last purge of any kind; 0 if there was none."""
        return await self._generation(EPOCH)

    async def is_dead(self, born: int, url: str, tags: Sequence[str]) -> bool:
        """Whether a response born at that moment was purged since. Both in milliseconds since 1970."""
        if born > await self.epoch():
            return False
        generations = await together(*(self._generation(scope) for scope in scopes_of(url, tags)))
        return born <= max(generations)

    async def purge(self, scopes: Iterable[str]) -> int:
        """Make everything in `scopes` dead; gives the new generation. Raises StoreFailed; repeating it is harmless."""
        generation = moment(self._clock())
        await together(*(self._raise(scope, generation) for scope in scopes))
        await self._raise(EPOCH, generation)  # last: who sees it shall find the scopes raised
        return generation

    async def _raise(self, scope: str, generation: int) -> None:
        self._remember(scope, generation, self._clock())
        await self._store.put(scope, str(generation), expires_in=LONGEST_STORAGE)

    async def _generation(self, scope: str) -> int:
        now = self._clock()
        known, read_at = self._known.get(scope, UNKNOWN)
        if now - read_at < SECONDS_KNOWN:
            return known
        text = await self._store.get_text(scope, timeout=self._timeout) or "0"
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_MOMENT):
            raise StoreFailed(f"{scope} is not a generation")
        raised, _ = self._known.get(scope, UNKNOWN)  # by a purge while the store was asked, which it may not have seen
        generation = max(raised, int(text))
        self._remember(scope, generation, now)
        return generation

    def _remember(self, scope: str, generation: int, now: float) -> None:
        self._known.pop(scope, None)
        self._known[scope] = (generation, now)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
