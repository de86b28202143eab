"""The policy against an oracle: RFC 9111 written down plainly, over what generated messages mean, not over their text.

The oracle knows nothing of the policy's code or parsers. Messages are drawn as lists of directives and as numbers of
seconds; the policy sees them as header fields. Both must agree on what may be stored, and on what may answer a request
without asking the origin.
"""

from dataclasses import dataclass
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from caching.policy import Action, CachePolicy, PresentedRequest
from caching.settings import CacheSettings
from caching.stored_response import StoredResponse
from fields.dates import format_http_date

CAME = 1_800_000_000
"""When the response came."""

Directive = tuple[str, int | str | None]
"""Name and argument; "bad" is an argument that nobody can read."""


@dataclass(frozen=True)
class Case:
    status: int
    said: list[Directive]
    targeted: list[Directive] | None
    expires: int | Literal["bad"] | None
    date: int
    modified: int | None
    etag: bool
    age: int
    vary: str | None
    cookie: bool
    method: str
    asked: list[Directive] | None
    authorized: bool
    partition: Literal["none", "role", "user"]
    visited: bool
    """Whether the request has a `Cookie`."""
    later: int
    """Seconds between the response's arrival and the next request."""


# --- the oracle -------------------------------------------------------------------------------------------------------

HEURISTIC = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}


def in_force(case: Case) -> list[Directive]:
    """RFC 9213 section 2.2; a Dictionary keeps the last of equal keys, and an empty one does not count."""
    return list(dict(case.targeted).items()) if case.targeted else case.said


def has(directives: list[Directive], name: str) -> bool:
    return any(found == name for found, _ in directives)


def seconds(directives: list[Directive], name: str) -> int | None:
    """The first of equal directives; an unreadable lifetime is none at all."""
    for found, argument in directives:
        if found == name:
            return argument if isinstance(argument, int) else 0
    return None


def stated_lifetime(case: Case) -> int | None:
    said = in_force(case)
    for name in ("s-maxage", "max-age"):
        if has(said, name):
            return seconds(said, name)
    if case.targeted or case.expires is None:
        return None
    return 0 if case.expires == "bad" else max(0, case.expires - case.date)


def lifetime(case: Case) -> int:
    stated = stated_lifetime(case)
    if stated is not None:
        return stated
    if case.status not in HEURISTIC and not has(in_force(case), "public"):
        return 0
    if case.modified is None or case.modified >= case.date or case.visited or case.authorized:
        return 0
    return min((case.date - case.modified) // 10, 86_400)


def age(case: Case) -> int:
    return max(max(0, -case.date), case.age) + case.later


def may_be_stored(case: Case) -> bool:
    said = in_force(case)
    if case.method != "GET" or case.status in (206, 304, 429):
        return False
    if case.asked is not None and has(case.asked, "no-store"):
        return False
    if has(said, "no-store") or has(said, "private"):
        return False
    if case.vary == "*":
        return False
    shared = case.partition == "none"
    marked = has(said, "public") or has(said, "must-revalidate") or has(said, "s-maxage")
    if case.authorized and shared and not marked:
        return False
    if case.cookie and (stated_lifetime(case) is None or (case.authorized and case.partition != "user")):
        return False
    return stated_lifetime(case) is not None or has(said, "public") or case.status in HEURISTIC


def may_answer(case: Case) -> bool:
    """Whether the stored response may be used without a word from the origin (sections 4 and 5.2, RFC 5861)."""
    said, asked = in_force(case), case.asked or []
    if case.method not in ("GET", "HEAD") or has(said, "no-cache") or has(asked, "no-cache"):
        return False
    limit = seconds(asked, "max-age")
    if limit is not None and age(case) > limit:
        return False
    left = lifetime(case) - age(case)
    wanted = seconds(asked, "min-fresh")
    if wanted is not None and left < wanted:
        return False
    if left > 0:
        return True
    if has(said, "must-revalidate") or has(said, "proxy-revalidate"):
        return False
    meanwhile = seconds(said, "stale-while-revalidate") or 0
    if meanwhile > 0 and -left <= meanwhile and not has(asked, "only-if-cached"):
        return True
    tolerated = seconds(asked, "max-stale")
    return tolerated is not None and -left <= tolerated and not has(said, "s-maxage")


# --- what is drawn ----------------------------------------------------------------------------------------------------

SECONDS = st.sampled_from([0, 1, 5, 30, 60, 61, 3600])
RESPONSE_FLAGS = ["no-store", "no-cache", "private", "public", "must-revalidate", "proxy-revalidate", "foo"]
RESPONSE_SECONDS = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"]


def directives(
    flags: list[str], timed: list[str], arguments: st.SearchStrategy[int | str]
) -> st.SearchStrategy[list[Directive]]:
    flag = st.tuples(st.sampled_from(flags), st.none())
    with_seconds = st.tuples(st.sampled_from(timed), arguments)
    return st.lists(st.one_of(with_seconds, with_seconds, flag), max_size=4)


CASES = st.builds(
    Case,
    status=st.sampled_from([200, 200, 200, 203, 206, 301, 302, 404, 429, 500]),
    said=directives(RESPONSE_FLAGS, RESPONSE_SECONDS, st.one_of(SECONDS, SECONDS, st.just("bad"))),
    targeted=st.one_of(st.none(), st.none(), directives(RESPONSE_FLAGS, RESPONSE_SECONDS, SECONDS)),
    expires=st.one_of(st.none(), st.just("bad"), st.integers(-100, 100)),
    date=st.integers(-70, 5),
    modified=st.one_of(st.none(), st.integers(-100_000, 10)),
    etag=st.booleans(),
    age=SECONDS,
    vary=st.sampled_from([None, "*", "accept"]),
    cookie=st.booleans(),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]),
    asked=st.one_of(
        st.none(),
        directives(["no-cache", "no-store", "only-if-cached", "foo"], ["max-age", "min-fresh", "max-stale"], SECONDS),
    ),
    authorized=st.booleans(),
    visited=st.booleans(),
    partition=st.sampled_from(["none", "none", "role", "user"]),
    later=st.integers(0, 130),
)  # fmt: skip


def written(found: list[Directive]) -> str:
    return ", ".join(name if argument is None else f"{name}={argument}" for name, argument in found)


def headers_of(case: Case) -> dict[str, str]:
    fields = {"date": format_http_date(CAME + case.date), "age": str(case.age)}
    if case.said:
        fields["cache-control"] = written(case.said)
    if case.targeted is not None:
        fields["cdn-cache-control"] = written(case.targeted)
    if case.expires is not None:
        fields["expires"] = "0" if case.expires == "bad" else format_http_date(CAME + case.expires)
    if case.modified is not None:
        fields["last-modified"] = format_http_date(CAME + case.modified)
    if case.etag:
        fields["etag"] = '"v1"'
    if case.vary is not None:
        fields["vary"] = case.vary
    return fields


def request_of(case: Case) -> PresentedRequest:
    asked = {} if case.asked is None else {"cache-control": written(case.asked)}
    if case.visited:
        asked["cookie"] = "a=1"
    return PresentedRequest(case.method, asked, case.authorized, case.partition)


POLICY = CachePolicy(CacheSettings(heuristic=True, set_cookie="keep"))
"""With everything that the RFC leaves to a cache."""
STRICT = CachePolicy(CacheSettings())


@settings(max_examples=300)
@given(CASES)
def test_what_is_stored_may_be_stored(case: Case) -> None:
    cookies = ["a=1"] if case.cookie else []
    storing = POLICY.storing(
        request_of(case), case.status, headers_of(case), cookies, request_time=CAME, response_time=CAME
    )
    if storing.stored is not None:
        assert may_be_stored(case)
    elif storing.refusal not in ("no-freshness", "personal"):  # allowed, but it could never answer anything
        assert not may_be_stored(case)


@settings(max_examples=300)
@given(CASES)
def test_by_default_less_is_stored_than_may_be(case: Case) -> None:
    """No cookie but for its user, no lifetime that nobody stated."""
    cookies = ["a=1"] if case.cookie else []
    stored = STRICT.storing(
        request_of(case), case.status, headers_of(case), cookies, request_time=CAME, response_time=CAME
    ).stored
    if stored is not None:
        assert may_be_stored(case)
        assert not case.cookie or case.partition == "user"
        assert stated_lifetime(case) is not None or case.said or case.targeted


@settings(max_examples=300)
@given(CASES)
def test_what_answers_may_answer_and_what_may_answer_does(case: Case) -> None:
    stored = StoredResponse(case.status, headers_of(case), CAME, CAME)
    decision = POLICY.reuse(request_of(case), stored, CAME + case.later)
    answers = decision.action in (Action.SERVE, Action.SERVE_AND_REFRESH)
    assert answers == may_answer(case)
    if decision.action is Action.SERVE_AND_REFRESH:
        assert lifetime(case) <= age(case)
    if decision.action is Action.REFUSE:
        assert has(case.asked or [], "only-if-cached")


@settings(max_examples=200)
@given(CASES, st.booleans())
def test_nothing_stale_answers_a_failure_without_permission(case: Case, disconnected: bool) -> None:
    stored = StoredResponse(case.status, headers_of(case), CAME, CAME)
    permission = POLICY.permission_on_error(request_of(case), stored, CAME + case.later, disconnected=disconnected)
    said, staleness = in_force(case), age(case) - lifetime(case)
    if permission is None:
        return
    assert not any(has(said, name) for name in ("no-cache", "must-revalidate", "proxy-revalidate"))
    assert not has(case.asked or [], "no-cache")
    if permission == "disconnected":
        assert disconnected
        assert staleness <= 60
        assert not has(said, "s-maxage")
    else:
        assert staleness <= (seconds(said, "stale-if-error") or 0)


FIELDS = st.dictionaries(
    st.sampled_from([
        "cache-control", "cdn-cache-control", "expires", "date", "age", "vary", "etag", "last-modified", "pragma",
        "if-none-match", "if-modified-since", "range", "if-range", "connection", "content-length", "authorization",
    ]),
    st.one_of(
        st.text(alphabet=st.characters(max_codepoint=255), max_size=30),
        st.sampled_from(["max-age=60", "*", '"v1"', "bytes=0-1", "no-cache", "0", format_http_date(CAME)]),
    ),
)  # fmt: skip


@settings(max_examples=150)
@given(FIELDS, FIELDS, st.integers(100, 999), st.sampled_from(["GET", "HEAD", "POST", ""]), st.floats(-1e9, 1e9))
def test_no_header_fields_raise(
    request: dict[str, str], response: dict[str, str], status: int, method: str, later: float
) -> None:
    presented = PresentedRequest(method, request)
    storing = POLICY.storing(presented, status, response, request_time=CAME, response_time=CAME)
    stored = storing.stored or StoredResponse(status, response, CAME, CAME)
    POLICY.reuse(presented, stored, CAME + later)
    POLICY.permission_on_error(presented, stored, CAME + later, disconnected=True)
