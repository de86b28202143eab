"""The cache policy: pure functions of (request, stored response, now), after RFC 9111 as a shared cache.

What may be stored, what may be reused and how, and what an origin's failure permits. No I/O, no clock, no keys: those
are `caching/store.py` and `cache.py`. Everything here that depends on a route is compiled once, in `CachePolicy`.

Reading order: storing (section 3), reuse (section 4), stale (section 4.2.4, RFC 5861), HEAD (section 4.3.5).
Never put a rule here that depends on who asks, beyond `PresentedRequest`: keys keep callers apart, rules do not.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, Literal

from caching.freshness import HEURISTICALLY_CACHEABLE, current_age, explicit_lifetime, freshness_lifetime
from caching.settings import CacheSettings
from caching.status import Forwarded
from caching.stored_response import StoredResponse, storable_cookies, storable_headers
from core.records import field, record, replace
from fields.directives import RequestDirectives, ResponseDirectives, request_directives
from fields.entity_tags import ORIGIN_CONDITIONS, validation_conditions

SERVED_METHODS: Final = frozenset({"GET", "HEAD"})
"""Methods that a stored response to GET may answer."""

UNDERSTOOD: Final = frozenset(
    {
        *(200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308),
        *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426),
        *(500, 501, 502, 503, 504, 505),
    }
)
"""Statuses whose caching requirements are met here (RFC 9110 section 15), for `must-understand`."""

UNSTORABLE: Final[Mapping[int, str]] = {
    206: "a part: RFC 9111 section 3.3",
    226: "a difference to what one client has: RFC 3229 section 10.4.1",
    304: "what one client has: RFC 9110 section 15.4.5",
    408: "one client was too slow: RFC 9110 section 15.5.9",
    412: "one client's precondition: RFC 9110 section 15.5.13",
    413: "one client sent too much: RFC 9110 section 15.5.14",
    416: "one client's range: RFC 9110 section 15.5.17",
    417: "one client's expectation: RFC 9110 section 15.5.18",
    421: "one connection: RFC 9110 section 15.5.20",
    425: "one client's early data: RFC 8470 section 5.2",
    428: "must not be stored: RFC 6585 section 3",
    429: "must not be stored: RFC 6585 section 4",
    431: "must not be stored: RFC 6585 section 5",
    511: "must not be stored: RFC 6585 section 6",
}
"""Statuses of final responses that may answer nobody else, whatever stands beside them: those whose specifications
forbid it, and those that say what became of one request. Where an origin puts `max-age` on everything, one
`Range: bytes=9999-` would otherwise make the next visitor's answer a 416."""

STORABLE: Final = frozenset(range(200, 600)).difference(UNSTORABLE)

ORIGIN_ERRORS: Final = frozenset({500, 502, 503, 504})
"""Responses that `stale-if-error` may replace (RFC 5861 section 4)."""

REPLACING_STATUSES: Final = STORABLE & {*range(200, 400), 404, 410}
"""Statuses that say what a URL holds now. Other errors say what became of one request."""

REFUSED_FOR_THE_REQUEST: Final = frozenset({"method", "request-no-store", "authorization", "personal"})
"""Refusals to store that say nothing of a response stored earlier."""

MOST_VARY_FIELDS: Final = 16
LONGEST_VARY: Final = 400
"""Characters of their names together: the store has to keep them in a kilobyte."""

SHORTEST_STORAGE: Final = 60
LONGEST_STORAGE: Final = 366 * 86_400
"""Seconds. The store keeps nothing for less than a minute."""

DISCONNECTED_WINDOW: Final = SHORTEST_STORAGE
"""Seconds for which a stale response may answer while the origin cannot be reached at all, if nothing forbids it (RFC
9111 section 4.2.4). No longer than the store keeps everything anyway; `stale-if-error` permits more."""

VALIDATION_WINDOW: Final = 3600
"""Seconds for which a stale response is kept because a 304 could make it fresh again."""


class Action(Enum):
    SERVE = "serve"
    SERVE_AND_REFRESH = "serve and refresh"
    FORWARD = "forward"
    REFUSE = "refuse"
    """Answer 504: the client wanted a stored response or nothing (RFC 9111 section 5.2.1.7)."""


@record
class PresentedRequest:
    """What of a request the policy looks at.

    `PresentedRequest("GET", {"cache-control": "max-age=0"})` is anonymous; its response may be shared with everybody.
    """

    method: str
    headers: Mapping[str, str]
    authorized: bool = False
    """Whether it came with credentials of any kind (RFC 9111 section 3.5)."""
    partition: Literal["none", "role", "user"] = "none"
    """Among whom its response will be shared."""

    @property
    def is_personal(self) -> bool:
        """Whether it came with anything that may make its response one person's. Nobody guesses a lifetime for that."""
        return self.authorized or "cookie" in self.headers


NO_CONDITIONS: Final[Mapping[str, str]] = {}


@record
class Decision:
    """How one request is to be answered.

    A fresh response of 20 seconds' age: Decision(Action.SERVE, age=20.0, ttl=40)
    Stale, and the origin may say that it still holds:
        Decision(Action.FORWARD, fwd="stale", conditions={"if-none-match": '"v1"'}, age=70.0, ttl=-10)
    """

    action: Action
    fwd: Forwarded | None = None
    conditions: Mapping[str, str] = field(default=NO_CONDITIONS)
    """Preconditions that replace the client's own on the forwarded request. Empty: forward what the client sent."""
    age: float = 0.0
    ttl: int | None = None
    """Seconds of freshness left, negative when stale; None without a stored response."""
    detail: str | None = None


@record
class Storing:
    """Whether a response may be stored: the response as it is to be stored, or the word that says why not."""

    stored: StoredResponse | None = None
    refusal: str | None = None
    keep: int = 0
    """Seconds to hold it: freshness, and every window in which it is of use when stale."""


@record
class _Candidate:
    """A response about to be stored, with everything that the rules of storing ask about."""

    request: PresentedRequest
    asked: RequestDirectives
    response: StoredResponse
    said: ResponseDirectives
    settings: CacheSettings
    offered_cookies: bool
    only_guessed: bool
    """Whether it would be fresh for as long as one may guess, had it not answered somebody in person."""


class CachePolicy:
    """The policy of one route.

    policy = CachePolicy(CacheSettings(default_ttl=30))
    policy.reuse(PresentedRequest("GET", {}), stored, now)
    """

    def __init__(self, settings: CacheSettings, *, repeats: bool = False) -> None:
        """`repeats`: URL and caller alone tell what is stored for whom, so that a hit may be remembered by them."""
        self.settings = settings
        self.repeats = repeats and not settings.vary_on_locale
        self._without_guesses = settings.model_copy(update={"heuristic": False})

    def storing(
        self,
        request: PresentedRequest,
        status: int,
        headers: Mapping[str, str],
        cookies: Sequence[str] = (),
        *,
        request_time: float,
        response_time: float,
    ) -> Storing:
        """Whether the response to `request` may be stored. Times in seconds since 1970."""
        response = StoredResponse(
            status,
            storable_headers(headers, response_time),
            request_time,
            response_time,
            storable_cookies(headers, cookies),
        )
        return self.storing_again(request, response)

    def storing_again(self, request: PresentedRequest, response: StoredResponse) -> Storing:
        """The same for a stored response that a validation has just updated."""
        if self.settings.set_cookie == "strip" and response.cookies:
            response = replace(response, cookies=())
        candidate = _Candidate(
            request,
            self._asked(request),
            response,
            response.directives,
            self._settings_for(request),
            bool(response.cookies),
            request.is_personal and freshness_lifetime(response, self.settings).source == "heuristic",
        )
        for refusal, refuses in REFUSALS:
            if refuses(candidate):
                return Storing(refusal=refusal)
        return Storing(response, keep=self._keep(response))

    def reuse(self, request: PresentedRequest, stored: StoredResponse | None, now: float) -> Decision:
        """How to answer `request`, given the stored response that its URI and `Vary` select, if there is one.

        `fwd` is "miss" without one; the store knows whether that was a uri-miss or a vary-miss.
        """
        if request.method not in SERVED_METHODS:
            return Decision(Action.FORWARD, fwd="method")
        if not ORIGIN_CONDITIONS.isdisjoint(request.headers):
            return Decision(Action.FORWARD, fwd="bypass", detail="origin-condition")
        asked = self._asked(request)
        if stored is None:
            return Decision(Action.REFUSE if asked.only_if_cached else Action.FORWARD, fwd="miss")
        age = current_age(stored, now)
        lifetime = freshness_lifetime(stored, self._settings_for(request)).seconds
        said, ttl = stored.directives, int(lifetime - age) if lifetime >= age else -int(age - lifetime)
        objection = self._objection(asked, said, age, lifetime)
        if objection is None:
            return Decision(Action.SERVE, age=age, ttl=ttl, detail="max-stale" if age >= lifetime else None)
        if asked.only_if_cached:
            return Decision(Action.REFUSE, fwd=objection, age=age, ttl=ttl)
        if objection == "stale" and self._may_serve_while_revalidating(said, age - lifetime):
            return Decision(Action.SERVE_AND_REFRESH, age=age, ttl=ttl, detail="stale-while-revalidate")
        conditions = {} if asked.no_store else validation_conditions(stored.headers)
        return Decision(Action.FORWARD, objection, conditions, age, ttl)

    def is_worth_writing(self, old: StoredResponse, new: StoredResponse) -> bool:
        """Whether a validated response is to be written again, which costs a write of all its content.

        One that needs validation every time gains nothing by it, unless its fields changed or its storage runs out.
        """
        gains = freshness_lifetime(new, self.settings).seconds > 0 and not self._must_validate(new.directives)
        passing = {"date": "", "age": ""}
        changed = {**old.headers, **passing} != {**new.headers, **passing}
        return gains or changed or new.response_time - old.response_time > VALIDATION_WINDOW / 2

    def replaces(self, status: int, refusal: str | None) -> bool:
        """Whether a response that is not stored, for `refusal`, makes the one stored earlier outdated all the same.

        It is what the URL holds now (RFC 9111 section 4.3.3). Without this, a response that was to be served stale
        for a day would be, whatever its origin says meanwhile.
        """
        return status in REPLACING_STATUSES and refusal not in REFUSED_FOR_THE_REQUEST

    def permission_on_error(
        self, request: PresentedRequest, stored: StoredResponse, now: float, *, disconnected: bool
    ) -> str | None:
        """By what right a stored response may answer instead of an origin's failure, or None if it may not.

        `disconnected`: no response came at all (RFC 9111 section 4.2.4); else it was one of ORIGIN_ERRORS.
        """
        asked, said = self._asked(request), stored.directives
        if asked.no_cache or self._must_validate(said) or said.must_revalidate or said.proxy_revalidate:
            return None
        staleness = current_age(stored, now) - freshness_lifetime(stored, self._settings_for(request)).seconds
        if staleness <= said.stale_if_error and said.stale_if_error:
            return "stale-if-error"
        if said.s_maxage is not None:
            return None
        if staleness <= asked.stale_if_error and asked.stale_if_error:
            return "stale-if-error"
        return "disconnected" if disconnected and staleness <= DISCONNECTED_WINDOW else None

    def _settings_for(self, request: PresentedRequest) -> CacheSettings:
        return self._without_guesses if request.is_personal else self.settings

    def _asked(self, request: PresentedRequest) -> RequestDirectives:
        if self.settings.ignore_client_cache_control:
            return RequestDirectives()
        return request_directives(request.headers)

    def _objection(
        self, asked: RequestDirectives, said: ResponseDirectives, age: float, lifetime: int
    ) -> Literal["request", "stale"] | None:
        """Whose wish keeps the stored response from being used as it is: the client's, the origin's, or nobody's.

        Fresh is `lifetime > age` (RFC 9111 section 4.2); `max-age` and `min-fresh` are the client's own measure.
        """
        if asked.no_cache:
            return "request"
        if self._must_validate(said):
            return "stale"
        if asked.max_age is not None and age > asked.max_age:
            return "request"
        if asked.min_fresh is not None and lifetime - age < asked.min_fresh:
            return "request"
        if lifetime > age or self._client_takes_stale(asked, said, age - lifetime):
            return None
        return "stale"

    def _must_validate(self, said: ResponseDirectives) -> bool:
        """`no-cache` on the whole response. A route's own `override_ttl` is stronger."""
        return said.no_cache and self.settings.override_ttl is None

    def _client_takes_stale(self, asked: RequestDirectives, said: ResponseDirectives, staleness: float) -> bool:
        forbidden = said.must_revalidate or said.proxy_revalidate or said.s_maxage is not None
        return not forbidden and asked.max_stale is not None and staleness <= asked.max_stale

    def _may_serve_while_revalidating(self, said: ResponseDirectives, staleness: float) -> bool:
        """RFC 5861 section 3. An explicit `stale-while-revalidate` beside `s-maxage` modifies what the latter implies
        (RFC 9111 section 5.2.3); what is forbidden in so many words stays forbidden."""
        forbidden = self._must_validate(said) or said.must_revalidate or said.proxy_revalidate
        return not forbidden and 0 <= staleness <= said.stale_while_revalidate != 0

    def _keep(self, response: StoredResponse) -> int:
        said = response.directives
        lifetime = freshness_lifetime(response, self.settings).seconds
        remaining = lifetime - current_age(response, response.response_time)
        validation = VALIDATION_WINDOW if validation_conditions(response.headers) else 0
        windows = max(said.stale_while_revalidate, said.stale_if_error, DISCONNECTED_WINDOW, validation)
        return int(min(max(remaining, 0) + windows, LONGEST_STORAGE))


def head_agrees(stored: StoredResponse, headers: Mapping[str, str]) -> bool | None:
    """Whether a 200 to HEAD is about the stored response, which it then updates; else the latter is outdated (RFC 9111
    section 4.3.5).

    None without a validator that could tell: a length that is the same proves nothing, and whoever asks HEAD every
    minute would keep an old content fresh for everybody.
    """
    length = stored.headers.get("content-length") if stored.length is None else str(stored.length)
    if length is not None and headers.get("content-length", length) != length:
        return False
    told = [headers[name] == stored.headers.get(name) for name in ("etag", "last-modified") if name in headers]
    return all(told) if told else None


def varies_too_much(fields: frozenset[str]) -> bool:
    """Whether these are more request fields than responses of one URL are told apart by."""
    names = "".join(fields)
    return len(fields) > MOST_VARY_FIELDS or len(names) > LONGEST_VARY or not names.isascii()


# --- the rules of storing (RFC 9111 section 3), in the order in which they are named to the reader of Cache-Status ----


def _is_forbidden(candidate: _Candidate) -> bool:
    """`no-store`, unless `must-understand` says that it is for caches that do not know the status (section 5.2.2.3)."""
    said = candidate.said
    return said.no_store and not (said.must_understand and candidate.response.status in UNDERSTOOD)


def _status_is_excluded(candidate: _Candidate) -> bool:
    status, chosen = candidate.response.status, candidate.settings.statuses
    misunderstood = candidate.said.must_understand and status not in UNDERSTOOD
    return status not in STORABLE or misunderstood or (chosen is not None and status not in chosen)


def _belongs_to_one_user(candidate: _Candidate) -> bool:
    """Section 3.5: a response to an authenticated request is shared if it says so, or if keys keep callers apart."""
    if not candidate.request.authorized or candidate.request.partition != "none":
        return False
    said = candidate.said
    return not (said.public or said.must_revalidate or said.s_maxage is not None)


def _sets_a_cookie_for_one(candidate: _Candidate) -> bool:
    """A cookie is stored with a response that states its own lifetime (section 7.3), and only where the key is one
    user's. A route may say that its cookies are everybody's; those made for a user never are."""
    if not candidate.offered_cookies:
        return False
    own, kept = candidate.request.partition == "user", candidate.settings.set_cookie == "keep"
    reaches_others = not own and (candidate.request.authorized or not kept)
    return reaches_others or explicit_lifetime(candidate.response) is None


def _says_nothing(candidate: _Candidate) -> bool:
    """Neither marked as storable nor of a status that may be stored unmarked."""
    known = candidate.settings.statuses or HEURISTICALLY_CACHEABLE
    marked = candidate.said.public or explicit_lifetime(candidate.response) is not None
    return not marked and candidate.response.status not in known


def _is_of_no_use(candidate: _Candidate) -> bool:
    """It could never answer anything: never fresh, and nothing permits or enables its use when stale.

    A validator alone is no reason to store: many servers put one on everything, and every response would be written
    for the sake of 304s that nobody asked for. Where the origin speaks of caching at all, it is one.
    """
    said, response = candidate.said, candidate.response
    speaks = said.field is not None or "expires" in response.headers
    if speaks and validation_conditions(response.headers):
        return False
    if said.no_cache and candidate.settings.override_ttl is None:
        return True
    lifetime = freshness_lifetime(response, candidate.settings).seconds
    windows = max(said.stale_while_revalidate, said.stale_if_error)
    return lifetime + windows <= current_age(response, response.response_time)


REFUSALS: Final[tuple[tuple[str, Callable[[_Candidate], bool]], ...]] = (
    ("method", lambda c: c.request.method != "GET"),
    ("request-no-store", lambda c: c.asked.no_store),
    ("no-store", _is_forbidden),
    ("private", lambda c: c.said.private),
    ("status", _status_is_excluded),
    ("cache-tag", lambda c: c.response.is_tagged_too_much),
    ("vary", lambda c: "*" in c.response.vary or varies_too_much(c.response.vary)),
    ("authorization", _belongs_to_one_user),
    ("set-cookie", _sets_a_cookie_for_one),
    ("not-cacheable", _says_nothing),
    ("personal", lambda c: c.only_guessed and _is_of_no_use(c)),
    ("no-freshness", _is_of_no_use),
)
"""Why a response is not stored, as `detail` names it. Every rule must be passed."""
