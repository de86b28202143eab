"""The cache in front of an origin: look up, answer, or forward and learn from the response (RFC 9111).

One call, `HttpCache.answer`, stands where the gateway would else send the request. What may be done is decided by
`cache.py`; where responses are is known to `cache_store.py`; this file puts the two in order:

    look up ── fresh ───────────────────────────────> answer from it
            ├─ stale, may be served meanwhile ──────> answer from it, refresh in the background
            ├─ not usable, but can be validated ────> forward with our preconditions
            │      304 ──> update it, answer from it           200 ──> store it, pass it on
            │      5xx or no answer, and it may be used stale ──> answer from it
            └─ nothing ─────────────────────────────> forward as it came, store it, pass it on
    a condition for origins only ───────────────────> forward as it came, pass it on: nothing stored, nothing updated
    unsafe method ──────────────────────────────────> forward; what it changed is forgotten

Storing never delays a client: the content is teed, and written when the response has gone.
"""

from collections.abc import Callable
from typing import Final

from caching.freshness import current_age
from caching.invalidation import SAFE_METHODS, invalidated_urls
from caching.keys import NO_FIELDS, CacheKey, Caller, cache_key, counted_query
from caching.lookups import NOTHING, Content, Entry, Index, Lookup, discard
from caching.memory import MemoryTier
from caching.onward import Onward, Reply, Selecting, validating
from caching.policy import (
    ORIGIN_ERRORS,
    SERVED_METHODS,
    Action,
    CachePolicy,
    Decision,
    PresentedRequest,
    Storing,
    head_agrees,
)
from caching.purges import DEEPEST_PREFIX, everything, prefix_scope, tag_scope, url_scope
from caching.repeats import Repeats
from caching.replies import finished, not_cached, reply
from caching.settings import USUAL, CacheSettings
from caching.status import CacheStatus
from caching.store import CacheStore
from caching.stored_answer import not_modified
from caching.stored_response import StoredResponse, freshened, is_validated_by, told_by_head
from core.budget import Budget, OverBudget, read_within
from core.messages import ContentTooLarge, Request, Response, cancel, content_length
from core.ports import Background, Clock, KeyValueStore, Log
from core.problems import ORIGIN_FAILURES, Problem
from core.records import record, replace
from fields.dates import format_http_date
from fields.entity_tags import is_not_modified, validation_conditions

__all__ = [
    "DEEPEST_PREFIX",
    "SAFE_METHODS",
    "CachePolicy",
    "CacheSettings",
    "HttpCache",
    "counted_query",
    "everything",
    "prefix_scope",
    "tag_scope",
    "url_scope",
]

REFRESH_SECONDS: Final = 10.0
"""For how long this isolate believes that a background refresh is under way."""
MOST_REFRESHES: Final = 1024

KEY_SHOWN: Final = 16
"""Characters of a key that `Cache-Status` shows: enough to see whether two requests share one."""

CHANGES_OUR_MIND: Final = frozenset({"no-store", "private", "vary"})
"""Refusals that mean that a response may not stay although its validation says that it still holds."""


@record(frozen=False)
class _Call:
    """One request at the cache, with everything that does not change while it is answered."""

    policy: CachePolicy
    request: Request
    """The client's."""
    onward: Onward
    background: Background
    presented: PresentedRequest
    key: CacheKey
    selecting: Selecting
    found: Lookup


class HttpCache:
    """The cache of one isolate.

        cache = HttpCache(platform.store, platform.clock, platform.log, settings_of)
        response = await cache.answer(policy, request, forwarding, background, principal)

    `settings_of` gives the cache settings of the route that GETs an absolute URL, for invalidation and purges: the
    URL in a `Location` may belong to another route than the request.
    """

    def __init__(
        self,
        store: KeyValueStore,
        clock: Clock,
        log: Log,
        settings_of: Callable[[str], CacheSettings | None],
        budget: Budget | None = None,
    ) -> None:
        self._budget = Budget() if budget is None else budget
        self._clock = clock
        self._log = log
        self._settings_of = settings_of
        self._memory: MemoryTier[Entry | Index] = MemoryTier()
        self._store = CacheStore(store, clock, log, self._memory, self._budget)
        self._repeats = Repeats(self._store, clock)
        self._refreshing: MemoryTier[bool] = MemoryTier(MOST_REFRESHES, 1, REFRESH_SECONDS)

    async def answer(
        self,
        policy: CachePolicy,
        request: Request,
        onward: Onward,
        background: Background,
        caller: Caller | None = None,
    ) -> Response:
        """The response to a client's `request`, from the cache or from the origin.

        Raises Problem: those of `onward.send`, and 504 `not_cached` for `only-if-cached`.
        """
        call = _call(policy, request, onward, background, caller)
        if request.method not in SERVED_METHODS:
            return finished(await self.pass_by(request, onward, background), CacheStatus(fwd="method"))
        recalled = self._store.recall(call.key, call.selecting)
        call.found = recalled or await self._found(call)
        entry = call.found.entry
        decision = policy.reuse(call.presented, entry.stored if entry else None, self._clock())
        if decision.action is Action.REFUSE:
            await _release(entry)
            raise not_cached(_status(call, decision))
        if entry is None or decision.action is Action.FORWARD:
            return await self._forward(call, decision)
        if decision.action is Action.SERVE_AND_REFRESH:
            self._refresh_later(call, entry.stored)
        if recalled is not None and policy.repeats:
            self._repeats.remember(policy, request, caller, call.key, recalled, decision)
        status = CacheStatus(hit=True, ttl=decision.ttl, detail=decision.detail)
        return await reply(call.presented, entry.stored, entry.content, status, decision.age)

    def repeated(self, policy: CachePolicy, request: Request, caller: Caller | None) -> Response | None:
        """What `answer` would give if it is a hit of a moment ago over again; else None. Nothing need be prepared."""
        return self._repeats.answer(policy, request, caller) if policy.repeats else None

    async def _found(self, call: _Call) -> Lookup:
        found = await self._store.find(call.key, call.selecting, call.background)
        if "range" not in call.request.headers or call.request.method != "GET":
            return found
        return await self._store.held(call.key, call.selecting, found)

    async def pass_by(self, request: Request, onward: Onward, background: Background) -> Response:
        """The origin's response to a request whose own route caches nothing.

        What an unsafe method changed is forgotten all the same (RFC 9111 section 4.4): it may be another route's.
        """
        response = await onward.send(onward.request)
        if request.method in SAFE_METHODS:
            return response
        for url in invalidated_urls(request.method, request.url, response.status, response.headers):
            settings = self._settings_of(url)
            if settings is not None:
                self._forget(background, cache_key(settings, url).root)
        return response

    async def purge(self, scopes: list[str]) -> int:
        """Make everything in `scopes` (see `purges.py`) dead. Gives the new generation; raises StoreFailed."""
        return await self._store.purges.purge(scopes)

    def counted_url(self, url: str) -> str:
        """An absolute URL as its key counts it."""
        return cache_key(self._settings_of(url) or USUAL, url).url

    # --- forwarding ---------------------------------------------------------------------------------------------------

    async def _forward(self, call: _Call, decision: Decision) -> Response:
        """Ask the origin. Nobody reads a stored content once that has failed."""
        try:
            return await self._exchanged(call, decision)
        except Problem:
            await _release(call.found.entry)
            raise

    async def _exchanged(self, call: _Call, decision: Decision) -> Response:
        """The exchange, with our own preconditions if there is something to validate."""
        outgoing = call.onward.request
        if decision.conditions:
            outgoing = validating(outgoing, decision.conditions)
        try:
            answered = await self._ask(call, outgoing)
        except Problem as problem:
            stale = await self._stale_instead(call, decision, None) if problem.code in ORIGIN_FAILURES else None
            if stale is None:
                raise
            return stale
        response = answered.response
        if decision.conditions and response.status == 304 and not call.onward.stands_in:
            return await self._validated(call, decision, answered)
        if response.status in ORIGIN_ERRORS:
            stale = await self._stale_instead(call, decision, response.status)
            if stale is not None:
                await cancel(response.body)
                return stale
        return await self._fetched(call, decision, answered)

    async def _ask(self, call: _Call, outgoing: Request) -> Reply:
        request_time = self._clock()
        response = await call.onward.send(outgoing)
        response_time = self._clock()
        response.headers.setdefault("date", format_http_date(response_time))  # RFC 9110 section 6.6.1
        return Reply(response, request_time, response_time)

    async def _stale_instead(self, call: _Call, decision: Decision, fwd_status: int | None) -> Response | None:
        """The stored response in place of a failure, if anything permits it."""
        entry, now = call.found.entry, self._clock()
        if entry is None or decision.fwd == "bypass":
            return None
        permission = call.policy.permission_on_error(call.presented, entry.stored, now, disconnected=fwd_status is None)
        if permission is None:
            return None
        status = replace(_status(call, decision), fwd_status=fwd_status, ttl=decision.ttl, detail=permission)
        return await reply(call.presented, entry.stored, entry.content, status, current_age(entry.stored, now))

    async def _validated(self, call: _Call, decision: Decision, answered: Reply) -> Response:
        """A 304 to our own preconditions: the stored response holds, and its fields are those of the 304."""
        entry, validation = call.found.entry, answered.response
        assert entry is not None, "there was something to validate"
        await cancel(validation.body)
        if not is_validated_by(entry.stored, validation.headers):
            return await self._fetched(call, decision, await self._ask(call, call.onward.request))
        stored = _freshened(call.request.method, entry.stored, answered)
        storing = self._storing_again(call, stored)
        sent = kept = entry.content
        status = replace(_status(call, decision), fwd_status=304)
        if storing.stored is not None and call.policy.is_worth_writing(entry.stored, stored):
            if not isinstance(entry.content, bytes):
                sent, kept = entry.content.tee()
            self._save_later(call, storing.stored, kept, storing.keep)
            status = replace(status, stored=True)
        if storing.refusal is not None:
            status = status.with_detail(storing.refusal)
        response = await reply(call.presented, stored, sent, status, None)
        response.cookies = [*validation.cookies] or response.cookies
        return response

    async def _fetched(self, call: _Call, decision: Decision, answered: Reply) -> Response:
        """A response of the origin on its way to the client, and into the store."""
        response = answered.response
        status = _status(call, decision)
        if decision.fwd == "bypass" or call.onward.stands_in:  # another region's origin replaces nothing
            await _release(call.found.entry)
            return finished(response, status)
        if decision.conditions:
            status = replace(status, fwd_status=response.status)
        unchanged = bool(response.status == 200 and decision.conditions) and is_not_modified(
            call.request.headers, response.headers, answered.response_time
        )
        if call.request.method == "HEAD":
            await self._learn_from_head(call, answered)
            return finished(not_modified(response) if unchanged else response, status)
        await _release(call.found.entry)
        storing = self._storing(call, answered)
        if storing.stored is None:
            self._outdate(call, response.status, storing.refusal)
            return finished(response, status.with_detail(storing.refusal or "not-stored"))
        name = self._store.name(call.key, call.selecting, call.found.index, storing.stored)
        status = replace(status, stored=True, key=name[:KEY_SHOWN])
        kept = response.body
        if unchanged:
            response = not_modified(response)
        elif kept is not None and not isinstance(kept, bytes | str):
            response.body, kept = kept.tee()
        content = kept.encode() if isinstance(kept, str) else kept or b""
        self._save_later(call, storing.stored, content, storing.keep)
        return finished(response, status)

    # --- storing ------------------------------------------------------------------------------------------------------

    def _storing(self, call: _Call, answered: Reply) -> Storing:
        response = answered.response
        storing = call.policy.storing(
            call.presented,
            response.status,
            response.headers,
            response.cookies,
            request_time=answered.request_time,
            response_time=answered.response_time,
        )
        length = content_length(response.headers)
        if storing.stored is None:
            return storing
        if length is not None and length > call.policy.settings.max_size:
            return Storing(refusal="too-large")
        if response.body is None and length:
            return Storing(refusal="no-content")
        if self._is_read_to_store(length) and not self._budget.has_room(length or self._memory.entry_size):
            return Storing(refusal="budget")
        return replace(storing, stored=replace(storing.stored, length=length))

    def _storing_again(self, call: _Call, stored: StoredResponse) -> Storing:
        """Whether a response stays stored after its validation; a new `no-store` or `private` drops it."""
        storing = call.policy.storing_again(replace(call.presented, method="GET"), stored)
        if storing.refusal in CHANGES_OUR_MIND:
            self._forget(call.background, call.key.home)
        return storing

    def _save_later(self, call: _Call, stored: StoredResponse, content: Content, keep: int) -> None:
        call.background(self._save(call, stored, content, keep))

    async def _save(self, call: _Call, stored: StoredResponse, content: Content, keep: int) -> None:
        """Store a response; on a content that fails, ends early or grows too long, nothing is stored."""
        most = call.policy.settings.max_size
        try:
            with self._budget.share() as share:
                if not isinstance(content, bytes) and self._is_read_to_store(stored.length):
                    content = await read_within(share, content, stored.length, most)
                if isinstance(content, bytes):
                    if len(content) > most:
                        raise ContentTooLarge(f"more than {most} bytes")
                    if stored.length not in (None, len(content)):
                        return
                    stored = replace(stored, length=len(content))
                await self._store.save(call.key, call.selecting, call.found, stored, content, keep)
        except ContentTooLarge:
            self._outdate(call, stored.status, "too-large")
        except OverBudget:
            self._outdate(call, stored.status, "budget")
        except Exception as error:  # a stream fails with the platform's own exceptions, unknown here
            self._log("cache_write_failed", key=call.key.root, reason=str(error))

    def _is_read_to_store(self, length: int | None) -> bool:
        """Whether a content passes through Python on its way into the store: to be measured, or kept in memory."""
        return length is None or length <= self._memory.entry_size

    def _outdate(self, call: _Call, status: int, refusal: str | None) -> None:
        """Forget the response stored earlier if a new one has taken its place without being stored itself."""
        if call.found.entry is not None and call.policy.replaces(status, refusal):
            self._forget(call.background, call.key.home)

    async def _learn_from_head(self, call: _Call, answered: Reply) -> None:
        """A 200 to HEAD updates a stored response to GET, or shows that it is outdated (RFC 9111 section 4.3.5)."""
        entry, response = call.found.entry, answered.response
        agrees = head_agrees(entry.stored, response.headers) if entry and response.status == 200 else None
        if entry is None or not agrees:
            await _release(entry)
            if agrees is False:
                self._forget(call.background, call.key.home)
            return
        stored = _freshened(call.request.method, entry.stored, answered)
        storing = self._storing_again(call, stored)
        if storing.stored is not None and call.policy.is_worth_writing(entry.stored, stored):
            self._save_later(call, storing.stored, entry.content, storing.keep)
        else:
            await _release(entry)

    def _forget(self, background: Background, name: str) -> None:
        """Forget everything of a URL, given its root, or all that callers who are kept apart have there, their home."""
        self._store.mark_changed(name)
        background(self._store.forget(name))

    # --- refreshing ---------------------------------------------------------------------------------------------------

    def _refresh_later(self, call: _Call, stored: StoredResponse) -> None:
        """Refresh a stale response behind the client's back, once at a time. A HEAD brings no content to store."""
        name = call.key.variant(stored.vary, call.selecting)
        now = self._clock()
        if call.request.method == "GET" and self._refreshing.get(name, now) is None:
            self._refreshing.put(name, True, 1, now)
            call.background(self._refresh(call, stored, name))

    async def _refresh(self, call: _Call, stored: StoredResponse, name: str) -> None:
        outgoing = validating(call.onward.request, validation_conditions(stored.headers))
        try:
            answered = await self._ask(call, replace(outgoing, client=None))  # it has been answered, and may go
            await self._refreshed(call, stored, answered)
        except Problem as problem:
            self._log("cache_refresh_failed", key=call.key.root, reason=problem.code)
        finally:
            self._refreshing.discard(name)

    async def _refreshed(self, call: _Call, stored: StoredResponse, answered: Reply) -> None:
        response = answered.response
        if response.status == 304 or call.onward.stands_in:
            await cancel(response.body)
            current = (await self._store.find(call.key, call.selecting, call.background)).entry
            if current is None or call.onward.stands_in or not is_validated_by(current.stored, response.headers):
                await _release(current)
                return
            updated = _freshened(call.request.method, current.stored, answered)
            storing = self._storing_again(call, updated)
            if storing.stored is not None:
                await self._save(call, storing.stored, current.content, storing.keep)
            return
        storing = self._storing(call, answered)
        if storing.stored is None or response.status in ORIGIN_ERRORS:
            await cancel(response.body)
            self._outdate(call, response.status, storing.refusal)
            return
        content = response.body.encode() if isinstance(response.body, str) else response.body or b""
        await self._save(call, storing.stored, content, storing.keep)


# --- from values to values --------------------------------------------------------------------------------------------


def _call(
    policy: CachePolicy, request: Request, onward: Onward, background: Background, caller: Caller | None
) -> _Call:
    selecting = Selecting(onward)
    authorized = caller is not None or bool(onward.credentials)
    # Credentials that only the origin reads name nobody whom a key could keep apart.
    partition = "none" if caller is None else policy.settings.partition
    told = onward.told if partition == "user" else NO_FIELDS
    return _Call(
        policy,
        request,
        onward,
        background,
        PresentedRequest(request.method, request.headers, authorized, partition),
        cache_key(policy.settings, request.url, selecting, caller, told, onward.group),
        selecting,
        NOTHING,
    )


def _freshened(method: str, stored: StoredResponse, validation: Reply) -> StoredResponse:
    """The stored response after what the origin answered to a request of that method."""
    response = validation.response
    headers = told_by_head(response.headers) if method == "HEAD" else response.headers
    return freshened(stored, headers, validation.request_time, validation.response_time, response.cookies)


def _status(call: _Call, decision: Decision) -> CacheStatus:
    fwd = call.found.miss if decision.fwd == "miss" else decision.fwd
    return CacheStatus(fwd=fwd, detail=decision.detail)


async def _release(entry: Entry | None) -> None:
    if entry is not None:
        await discard(entry.content)
