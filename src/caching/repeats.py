"""Hits that come again: answered by what was found for the same URL and caller a moment ago.

Every hit goes a long way: its exchange with an origin is prepared, its key made, what is stored is looked up, the
response's age and lifetime reckoned, the client's directives and conditions weighed. Most hits are those of the last
seconds over again, by requests that say nothing of caches, and come to the same but for the time. They are answered
here, and any other goes the long way, where it gets what it would have got:

    remembered are hits alone: of a GET, fresh, found in the isolate where nothing selects among variants
    they count while the isolate would find the very same entry, and its lifetime is not over
    they are told apart by URL and, where a route keeps callers apart, by caller

A URL is remembered by its digest, since its query may hold what is nobody's business; of a request nothing else is. A
guessed lifetime depends on what a request came with, so none of those is remembered.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from weakref import ref

from caching.freshness import age_field, current_age, freshness_lifetime
from caching.keys import CacheKey, Caller
from caching.lookups import Entry, Index, Lookup
from caching.memory import MemoryTier
from caching.policy import Action, CachePolicy, Decision
from caching.replies import finished
from caching.status import CacheStatus
from caching.store import CacheStore
from core.messages import Request, Response
from core.ports import Clock
from core.records import record
from fields.entity_tags import MODE_FIELDS

SAYS_MORE: Final = MODE_FIELDS | {"cache-control", "pragma", "content-length", "upgrade"}
"""Request fields for which the answer may be another one: those that a cache reads, and those of a content or a socket,
which the way to an origin looks at."""

MOST: Final = 1024
"""Hits that an isolate remembers."""


@record
class Known:
    """A hit, without its content: that is the memory's, which may forget it."""

    home: str
    root: str
    entry: "ref[Entry]"
    mark: Index | None
    age: float
    """Seconds, when the response came."""
    lifetime: int
    """Seconds for which it is fresh."""
    caller: Caller | None
    """Whose it is; None where it is everybody's."""


class Repeats:
    """The hits that one isolate remembers."""

    def __init__(self, store: CacheStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: MemoryTier[Known] = MemoryTier(MOST, 1)

    def answer(self, policy: CachePolicy, request: Request, caller: Caller | None) -> Response | None:
        """The answer to a hit that is known; None where the long way has to be gone."""
        if request.method != "GET" or not _says_nothing(request.headers):
            return None
        now, owner = self._clock(), _owner(policy, caller)
        known = self._known.get(_name(request.url, owner), now)
        if known is None or known.caller is not owner:
            return None
        entry = known.entry()
        if entry is None or not self._store.has_still(known.home, known.root, entry, known.mark):
            return None
        stored, content = entry.stored, entry.content
        age = known.age + max(0.0, now - stored.response_time)
        if age >= known.lifetime or not isinstance(content, bytes):
            return None
        headers = {**stored.headers, "age": age_field(age)}
        status = CacheStatus(hit=True, ttl=int(known.lifetime - age))
        return finished(Response(stored.status, headers, content, [*stored.cookies]), status)

    def remember(
        self,
        policy: CachePolicy,
        request: Request,
        caller: Caller | None,
        key: CacheKey,
        found: Lookup,
        decision: Decision,
    ) -> None:
        """Remember a hit that is about to be answered from memory, if the next one will come to the same."""
        entry, is_fresh = found.entry, decision.action is Action.SERVE and decision.detail is None
        if entry is None or found.index is not None or not is_fresh:
            return
        if request.method != "GET" or not _says_nothing(request.headers):
            return
        lifetime = freshness_lifetime(entry.stored, policy.settings)
        if lifetime.source == "heuristic":
            return
        owner = _owner(policy, caller)
        age = current_age(entry.stored, entry.stored.response_time)
        known = Known(key.home, key.root, ref(entry), found.mark, age, lifetime.seconds, owner)
        self._known.put(_name(request.url, owner), known, 1, self._clock())


def _says_nothing(headers: Mapping[str, str]) -> bool:
    return SAYS_MORE.isdisjoint(headers)


def _owner(policy: CachePolicy, caller: Caller | None) -> Caller | None:
    """Whom the answer is for alone, with all who share it by the route's partition."""
    return None if policy.settings.partition == "none" else caller


def _name(url: str, owner: Caller | None) -> str:
    return sha256(f"{id(owner)} {url}".encode("utf-8", "surrogatepass")).hexdigest()
