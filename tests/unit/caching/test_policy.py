"""The cache policy: (request, stored response, now) -> decision, rule by rule of RFC 9111 and RFC 5861."""

from typing import Any, Literal

import pytest

from caching.policy import LONGEST_STORAGE, Action, CachePolicy, Decision, PresentedRequest, Storing, head_agrees
from caching.settings import CacheSettings
from caching.stored_response import StoredResponse
from fields.dates import format_http_date

NOW = 1_800_000_000.0
GET = PresentedRequest("GET", {})


def get(**headers: str) -> PresentedRequest:
    return PresentedRequest("GET", {name.replace("_", "-"): value for name, value in headers.items()})


def asking(directives: str) -> PresentedRequest:
    return get(cache_control=directives)


def response(control: str = "max-age=60", age: float = 0.0, **headers: str) -> StoredResponse:
    """A 200 that came `age` seconds before NOW."""
    then = NOW - age
    fields = {"date": format_http_date(then), **({"cache-control": control} if control else {})}
    return StoredResponse(200, {**fields, **{name.replace("_", "-"): v for name, v in headers.items()}}, then, then)


def policy(**settings: Any) -> CachePolicy:
    return CachePolicy(CacheSettings(**settings))


def reuse(request: PresentedRequest, stored: StoredResponse | None, **settings: Any) -> Decision:
    return policy(**settings).reuse(request, stored, NOW)


def storing(
    control: str | None = "max-age=60",
    request: PresentedRequest = GET,
    status: int = 200,
    cookies: tuple[str, ...] = (),
    settings: dict[str, Any] | None = None,
    **headers: str,
) -> Storing:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if control is not None:
        fields["cache-control"] = control
    return policy(**settings or {}).storing(request, status, fields, cookies, request_time=NOW, response_time=NOW)


# --- reuse ------------------------------------------------------------------------------------------------------------

ETAG: dict[str, Any] = {"etag": '"v1"'}
VALIDATE = {"if-none-match": '"v1"'}
SERVE, FORWARD, REFUSE, REFRESH = Action.SERVE, Action.FORWARD, Action.REFUSE, Action.SERVE_AND_REFRESH

REUSE: list[tuple[str, str, float, str, Action, str | None]] = [
    # what it is about, request's Cache-Control, age, response's Cache-Control -> action, fwd
    ("fresh", "", 59.9, "max-age=60", SERVE, None),
    ("fresh is less than the lifetime", "", 60, "max-age=60", FORWARD, "stale"),
    ("never fresh", "", 0, "max-age=0", FORWARD, "stale"),
    ("a shared lifetime", "", 50, "max-age=0, s-maxage=60", SERVE, None),
    ("unknown directives", "nothing-to-see-here", 59, "max-age=60, foo", SERVE, None),
    ("no-cache of the response", "", 0, "max-age=60, no-cache", FORWARD, "stale"),
    ("no-cache about a field", "", 0, 'max-age=60, no-cache="x-a"', SERVE, None),
    ("no-cache of the client", "no-cache", 0, "max-age=60", FORWARD, "request"),
    ("no-store of the client is about the response to come", "no-store", 0, "max-age=60", SERVE, None),
    ("max-age of the client, young enough", "max-age=30", 30, "max-age=60", SERVE, None),
    ("max-age of the client, too old", "max-age=30", 31, "max-age=60", FORWARD, "request"),
    ("max-age=0 of the client", "max-age=0", 1, "max-age=60", FORWARD, "request"),
    ("min-fresh, long enough", "min-fresh=30", 30, "max-age=60", SERVE, None),
    ("min-fresh, too short", "min-fresh=30", 31, "max-age=60", FORWARD, "request"),
    ("max-stale, any", "max-stale", 10_000, "max-age=60", SERVE, None),
    ("max-stale, within", "max-stale=10", 70, "max-age=60", SERVE, None),
    ("max-stale, beyond", "max-stale=10", 71, "max-age=60", FORWARD, "stale"),
    ("max-stale against must-revalidate", "max-stale", 70, "max-age=60, must-revalidate", FORWARD, "stale"),
    ("max-stale against proxy-revalidate", "max-stale", 70, "max-age=60, proxy-revalidate", FORWARD, "stale"),
    ("max-stale against s-maxage", "max-stale", 70, "s-maxage=60", FORWARD, "stale"),
    ("max-stale against no-cache", "max-stale", 0, "max-age=60, no-cache", FORWARD, "stale"),
    ("max-stale does not excuse max-age", "max-stale, max-age=30", 40, "max-age=60", FORWARD, "request"),
    ("only-if-cached, fresh", "only-if-cached", 59, "max-age=60", SERVE, None),
    ("only-if-cached, stale", "only-if-cached", 60, "max-age=60", REFUSE, "stale"),
    ("only-if-cached with no-cache", "only-if-cached, no-cache", 0, "max-age=60", REFUSE, "request"),
    ("only-if-cached, no refresh", "only-if-cached", 61, "max-age=60, stale-while-revalidate=9", REFUSE, "stale"),
    ("while revalidating, within", "", 69, "max-age=60, stale-while-revalidate=9", REFRESH, None),
    ("while revalidating, beyond", "", 69.1, "max-age=60, stale-while-revalidate=9", FORWARD, "stale"),
    ("while revalidating, asked for", "", 65, "s-maxage=60, stale-while-revalidate=9", REFRESH, None),
    ("must-revalidate", "", 65, "max-age=60, stale-while-revalidate=9, must-revalidate", FORWARD, "stale"),
    ("proxy-revalidate", "", 65, "max-age=60, stale-while-revalidate=9, proxy-revalidate", FORWARD, "stale"),
    ("no-cache and revalidating", "", 65, "max-age=60, stale-while-revalidate=9, no-cache", FORWARD, "stale"),
    ("the client wants it young", "max-age=5", 65, "max-age=60, stale-while-revalidate=9", FORWARD, "request"),
    ("the client wants it fresh", "min-fresh=1", 65, "max-age=60, stale-while-revalidate=9", FORWARD, "request"),
    ("must-revalidate of a fresh one", "", 59, "max-age=60, must-revalidate", SERVE, None),
]  # fmt: skip


@pytest.mark.parametrize(("about", "asked", "age", "said", "action", "fwd"), REUSE, ids=[row[0] for row in REUSE])
def test_reuse(about: str, asked: str, age: float, said: str, action: Action, fwd: str | None) -> None:
    decision = reuse(asking(asked) if asked else GET, response(said, age, **ETAG))
    assert (decision.action, decision.fwd) == (action, fwd)
    assert decision.conditions == (VALIDATE if action is FORWARD else {})


def test_age_and_ttl_are_those_of_now() -> None:
    decision = reuse(GET, response("max-age=60", 20.5))
    assert (decision.age, decision.ttl) == (20.5, 39)
    assert reuse(GET, response("max-age=60, stale-while-revalidate=99", 70.5)).ttl == -10


def test_pragma_counts_without_cache_control_only() -> None:
    assert reuse(get(pragma="no-cache"), response()).fwd == "request"
    assert reuse(get(pragma="no-cache", cache_control="foo"), response()).action is SERVE


def test_a_route_may_ignore_what_clients_ask() -> None:
    for directives in ("no-cache", "max-age=0", "min-fresh=999", "no-store, no-cache"):
        assert reuse(asking(directives), response(), ignore_client_cache_control=True).action is SERVE
    assert reuse(get(pragma="no-cache"), response(), ignore_client_cache_control=True).action is SERVE
    assert reuse(asking("max-stale"), response(age=61), ignore_client_cache_control=True).action is FORWARD
    assert storing(request=asking("no-store"), settings={"ignore_client_cache_control": True}).stored is not None


def test_nothing_stored_is_a_miss() -> None:
    assert reuse(GET, None) == Decision(FORWARD, fwd="miss")
    assert reuse(asking("only-if-cached"), None) == Decision(REFUSE, fwd="miss")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH", "get"])
def test_other_methods_are_never_answered_from_the_cache(method: str) -> None:
    assert reuse(PresentedRequest(method, {}), response()) == Decision(FORWARD, fwd="method")


def test_head_is_answered_like_get() -> None:
    assert reuse(PresentedRequest("HEAD", {}), response()).action is SERVE


def test_conditions_for_origins_only_go_to_the_origin_untouched() -> None:
    for name in ("if-match", "if-unmodified-since"):
        decision = reuse(PresentedRequest("GET", {name: '"v1"'}), response(**ETAG))
        assert (decision.action, decision.fwd, decision.conditions) == (FORWARD, "bypass", {})


def test_a_stale_response_without_validators_cannot_be_validated() -> None:
    assert reuse(GET, response(age=61)).conditions == {}


def test_a_client_that_wants_nothing_stored_gets_no_validation() -> None:
    assert reuse(asking("no-store"), response(age=61, **ETAG)).conditions == {}


def test_an_overriding_lifetime_is_stronger_than_what_the_response_says() -> None:
    assert reuse(GET, response("max-age=0, no-cache", 59), override_ttl=60).action is SERVE
    assert reuse(GET, response("max-age=600", 60), override_ttl=60).action is FORWARD


# --- stale on error ---------------------------------------------------------------------------------------------------

ON_ERROR: list[tuple[str, str, float, bool, str | None]] = [
    # request's Cache-Control, response's, age, no answer at all -> permission
    ("", "max-age=60, stale-if-error=30", 90, False, "stale-if-error"),
    ("", "max-age=60, stale-if-error=30", 90, True, "stale-if-error"),
    ("", "max-age=60, stale-if-error=30", 91, False, None),
    ("", "max-age=60", 61, False, None),
    ("", "max-age=60", 61, True, "disconnected"),
    ("", "max-age=60", 120, True, "disconnected"),
    ("", "max-age=60", 121, True, None),
    ("", "s-maxage=60", 61, True, None),
    ("", "s-maxage=60, stale-if-error=30", 61, True, "stale-if-error"),
    ("", "max-age=60, stale-if-error=30, must-revalidate", 61, True, None),
    ("", "max-age=60, stale-if-error=30, proxy-revalidate", 61, True, None),
    ("", "max-age=60, stale-if-error=30, no-cache", 61, True, None),
    ("", "max-age=60, no-cache", 1, True, None),
    ("no-cache", "max-age=60, stale-if-error=30", 1, True, None),
    ("stale-if-error=30", "max-age=60", 90, False, "stale-if-error"),
    ("stale-if-error=30", "max-age=60", 91, False, None),
    ("stale-if-error=30", "s-maxage=60", 61, False, None),
    ("max-age=0", "max-age=60", 30, True, "disconnected"),
]


@pytest.mark.parametrize(("asked", "said", "age", "disconnected", "permission"), ON_ERROR)
def test_stale_on_error_by_permission_only(
    asked: str, said: str, age: float, disconnected: bool, permission: str | None
) -> None:
    request = asking(asked) if asked else GET
    stored = response(said, age)
    assert policy().permission_on_error(request, stored, NOW, disconnected=disconnected) == permission


# --- storing ----------------------------------------------------------------------------------------------------------

PARTITIONS: tuple[Literal["user", "role"], ...] = ("user", "role")
AUTHORIZED = PresentedRequest("GET", {"authorization": "Bearer x"}, authorized=True)


@pytest.mark.parametrize(
    ("control", "refusal"),
    [
        ("max-age=60", None),
        ("s-maxage=60", None),
        ("public, max-age=60", None),
        ("no-store", "no-store"),
        ("max-age=60, no-store", "no-store"),
        ("private, max-age=60", "private"),
        ('private="x-a", max-age=60', None),
        ("private, s-maxage=60, public", "private"),
        ("no-cache", "no-freshness"),
        ("max-age=0", "no-freshness"),
        ("max-age=0, stale-while-revalidate=5", None),
        ("max-age=0, stale-if-error=5", None),
        (None, "no-freshness"),
        ("must-understand, no-store, max-age=60", None),
        ("must-understand, max-age=60", None),
    ],
)
def test_storing_a_response(control: str | None, refusal: str | None) -> None:
    assert storing(control).refusal == refusal
    assert (storing(control).stored is None) == (refusal is not None)


def test_a_response_with_a_validator_is_stored_for_validation() -> None:
    for control in ("no-cache", "max-age=0", "foo"):
        assert storing(control, etag='"v1"').stored is not None
        assert storing(control, last_modified=format_http_date(NOW)).stored is not None
    assert storing(None, etag='"v1"', expires="0").stored is not None


def test_a_validator_on_a_response_that_says_nothing_of_caching_is_no_reason_to_store_it() -> None:
    assert storing(None, etag='"v1"').refusal == "no-freshness"


@pytest.mark.parametrize(
    ("old", "new", "later", "worth"),
    [
        ({"cache-control": "max-age=5"}, {"cache-control": "max-age=5"}, 10, True),
        ({"cache-control": "no-cache"}, {"cache-control": "no-cache"}, 10, False),
        ({"cache-control": "no-cache", "age": "5"}, {"cache-control": "no-cache"}, 10, False),
        ({"cache-control": "no-cache, max-age=5"}, {"cache-control": "no-cache, max-age=5"}, 10, False),
        ({"cache-control": "no-cache"}, {"cache-control": "no-cache", "x-a": "1"}, 10, True),
        ({"cache-control": "no-cache"}, {"cache-control": "no-cache"}, 1801, True),
    ],
)
def test_a_validation_that_changes_nothing_is_not_written(
    old: dict[str, str], new: dict[str, str], later: float, worth: bool
) -> None:
    before = StoredResponse(200, {**old, "date": format_http_date(NOW)}, NOW, NOW)
    after = StoredResponse(200, {**new, "date": format_http_date(NOW + later)}, NOW + later, NOW + later)
    assert policy().is_worth_writing(before, after) is worth


@pytest.mark.parametrize(
    "status", [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 599]
)
def test_any_final_status_is_stored_with_an_explicit_lifetime(status: int) -> None:
    assert storing(status=status).stored is not None


@pytest.mark.parametrize("status", [100, 101, 199, 206, 304, 600, 999])
def test_partial_interim_and_impossible_statuses_are_never_stored(status: int) -> None:
    assert storing(status=status).refusal == "status"


@pytest.mark.parametrize("status", [226, 304, 408, 412, 413, 416, 417, 421, 425])
def test_what_one_clients_precondition_or_range_came_to_is_never_stored(status: int) -> None:
    for control in ("public, max-age=60", "must-understand, max-age=60"):
        assert storing(control, status=status).refusal == "status"
    assert storing(status=status, settings={"statuses": (status,), "override_ttl": 60}).refusal == "status"


@pytest.mark.parametrize("status", [428, 429, 431, 511])
def test_a_status_whose_specification_forbids_it_is_never_stored(status: int) -> None:
    """RFC 6585 sections 3 to 6, whatever origin and route say."""
    for control in ("public, max-age=60", "s-maxage=60", "must-understand, max-age=60"):
        assert storing(control, status=status).refusal == "status"
    assert storing(status=status, settings={"statuses": (status,), "override_ttl": 60}).refusal == "status"


def test_a_status_nobody_understands_is_not_stored_if_it_must_be_understood() -> None:
    assert storing("must-understand, max-age=60", status=299).refusal == "status"
    assert storing("must-understand, no-store, max-age=60", status=299).refusal == "no-store"


@pytest.mark.parametrize("status", [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
def test_unmarked_responses_are_stored_by_heuristic_for_known_statuses(status: int) -> None:
    modified = format_http_date(NOW - 9000)
    assert storing(None, status=status, last_modified=modified, settings={"heuristic": True}).stored is not None
    assert storing(None, status=status, last_modified=modified).refusal == "no-freshness"


@pytest.mark.parametrize("status", [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599])
def test_unmarked_responses_of_other_statuses_are_not_stored(status: int) -> None:
    modified = format_http_date(NOW - 9000)
    assert storing(None, status=status, last_modified=modified).refusal == "not-cacheable"
    assert storing("public", status=status, last_modified=modified, settings={"heuristic": True}).stored is not None
    assert storing(None, status=status, settings={"override_ttl": 60}).refusal == "not-cacheable"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "OPTIONS"])
def test_only_responses_to_get_are_stored(method: str) -> None:
    assert storing("public, max-age=60", PresentedRequest(method, {})).refusal == "method"


def test_a_client_may_forbid_storing() -> None:
    assert storing(request=asking("no-store")).refusal == "request-no-store"


def test_vary_on_everything_is_not_stored() -> None:
    for vary in ("*", "accept, *", "*,*"):
        assert storing(vary=vary).refusal == "vary"
    assert storing(vary=", ".join(f"x-{n}" for n in range(17))).refusal == "vary"
    assert storing(vary="x" * 400).stored is not None
    assert storing(vary="x" * 401).refusal == "vary"
    assert storing(vary="é").refusal == "vary"
    assert storing(vary="Accept, X-A").stored is not None


@pytest.mark.parametrize(
    ("control", "shared"),
    [
        ("max-age=60", False),
        ("public, max-age=60", True),
        ("must-revalidate, max-age=60", True),
        ("s-maxage=60", True),
        ("proxy-revalidate, max-age=60", False),
        ("private, s-maxage=60", False),
    ],
)
def test_a_response_to_an_authorized_request_is_shared_only_when_marked(control: str, shared: bool) -> None:
    assert (storing(control, AUTHORIZED).stored is not None) == shared
    assert (storing(None, AUTHORIZED, cdn_cache_control=control).stored is not None) == shared


def test_a_partition_keeps_callers_apart_and_so_permits_storing() -> None:
    for partition in PARTITIONS:
        request = PresentedRequest("GET", {}, authorized=True, partition=partition)
        assert storing("max-age=60", request).stored is not None
        assert storing("private", request).refusal == "private"


def test_an_authorized_response_is_not_shared_by_a_routes_own_lifetime() -> None:
    assert storing("max-age=60", AUTHORIZED, settings={"override_ttl": 60}).refusal == "authorization"


def test_cookies_that_a_route_keeps_are_stored_with_an_explicit_lifetime_only() -> None:
    cookie = ("a=1",)
    keeping: dict[str, Any] = {"set_cookie": "keep"}
    stored = storing("max-age=60", cookies=cookie, settings=keeping).stored
    assert stored is not None
    assert stored.cookies == cookie
    for settings in ({"heuristic": True}, {"default_ttl": 60}, {"override_ttl": 60}):
        modified = format_http_date(NOW - 9000)
        refused = storing(None, cookies=cookie, last_modified=modified, settings={**keeping, **settings})
        assert refused.refusal == "set-cookie"


def test_a_cookie_made_for_a_user_reaches_nobody_else() -> None:
    cookie = ("session=1",)
    by_role = PresentedRequest("GET", {}, authorized=True, partition="role")
    by_user = PresentedRequest("GET", {}, authorized=True, partition="user")
    for settings in ({}, {"set_cookie": "keep"}):
        assert storing("public, max-age=60", AUTHORIZED, cookies=cookie, settings=settings).refusal == "set-cookie"
        assert storing("max-age=60", by_role, cookies=cookie, settings=settings).refusal == "set-cookie"
        assert storing("max-age=60", by_user, cookies=cookie, settings=settings).stored is not None


def test_named_fields_are_not_stored() -> None:
    stored = storing(
        'max-age=60, private="set-cookie, x-a", no-cache=X-B', cookies=("a=1",), x_a="1", x_b="2", x_c="3"
    ).stored
    assert stored is not None
    assert stored.cookies == ()
    assert {"x-a", "x-b"}.isdisjoint(stored.headers)
    assert stored.headers["x-c"] == "3"


def test_a_targeted_field_replaces_cache_control() -> None:
    assert storing("no-store", cdn_cache_control="max-age=60").stored is not None
    assert storing("max-age=60", cdn_cache_control="no-store").refusal == "no-store"
    assert storing("max-age=60", cdn_cache_control="private").refusal == "private"
    assert storing("no-store", cdn_cache_control='max-age="60"').refusal == "no-store"


def test_a_route_may_name_the_statuses_it_stores() -> None:
    settings = {"statuses": (200, 500), "default_ttl": 60}
    assert storing(None, settings=settings).stored is not None
    assert storing(status=500, settings=settings).stored is not None
    assert storing(status=404, settings=settings).refusal == "status"


def test_no_route_setting_stores_what_is_forbidden() -> None:
    settings = {"override_ttl": 60, "default_ttl": 60, "statuses": (200,)}
    assert storing("no-store", settings=settings).refusal == "no-store"
    assert storing("private", settings=settings).refusal == "private"


@pytest.mark.parametrize(
    ("control", "headers", "keep"),
    [
        ("max-age=300", {}, 360),
        ("max-age=300", {"age": "100"}, 260),
        ("max-age=300, stale-while-revalidate=400", {}, 700),
        ("max-age=300, stale-while-revalidate=400, stale-if-error=900", {}, 1200),
        ("max-age=300", {"etag": '"v1"'}, 3900),
        ("max-age=99999999999", {}, LONGEST_STORAGE),
    ],
)
def test_storage_covers_freshness_and_every_window(control: str, headers: dict[str, Any], keep: int) -> None:
    assert storing(control, date=format_http_date(NOW), **headers).keep == keep


@pytest.mark.parametrize(
    ("head", "agrees"),
    [
        ({}, None),
        ({"x-new": "1", "cache-control": "max-age=5"}, None),
        ({"etag": '"v1"', "content-length": "10", "x-new": "1"}, True),
        ({"last-modified": "then"}, True),
        ({"content-length": "10"}, None),
        ({"content-length": "11"}, False),
        ({"etag": '"v2"'}, False),
        ({"etag": '"v1"', "content-length": "11"}, False),
        ({"last-modified": "later"}, False),
    ],
)
def test_a_head_shows_whether_a_stored_response_is_outdated(head: dict[str, str], agrees: bool | None) -> None:
    stored = StoredResponse(200, {"etag": '"v1"', "content-length": "10", "last-modified": "then"}, NOW, NOW)
    assert head_agrees(stored, head) is agrees


def test_a_head_is_measured_by_the_length_that_was_counted() -> None:
    counted = StoredResponse(200, {}, NOW, NOW, length=10)
    assert [head_agrees(counted, {"content-length": length}) for length in ("10", "11")] == [None, False]
    assert head_agrees(StoredResponse(200, {}, NOW, NOW), {"content-length": "10"}) is None
    assert head_agrees(counted, {"etag": '"v1"', "content-length": "10"}) is False, "it had no validator"
