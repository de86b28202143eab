"""Cache keys, Cache-Status and invalidation: who shares with whom, what is said about it, and what ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.invalidation import invalidated_urls
from caching.keys import cache_key, counted_query, counted_url, digest, normalised_field, path_prefixes
from caching.settings import CacheSettings, QuerySettings
from caching.status import CacheStatus
from identity.principals import Principal

URL = "https://a.example/users?b=2&a=1&utm_source=x&a=0"


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        (QuerySettings(), "b=2&a=1&utm_source=x&a=0"),
        (QuerySettings(sort=True), "a=1&a=0&b=2&utm_source=x"),
        (QuerySettings(ignore=("utm_*",)), "b=2&a=1&a=0"),
        (QuerySettings(ignore=("utm_*", "a"), sort=True), "b=2"),
        (QuerySettings(ignore=("u",)), "b=2&a=1&utm_source=x&a=0"),
    ],
)
def test_the_query_counts_as_the_route_says(query: QuerySettings, counted: str) -> None:
    assert counted_url(URL, query) == f"https://a.example/users?{counted}"


@pytest.mark.parametrize(
    "pair",
    ["utm_x=1;callback=evil", "utm_x;callback=evil", ";utm_x=1", "utm_x=1;", "UTM_x=1", "xutm_x=1", "utm=1", "a=utm_x"],
)
def test_a_pair_that_may_be_read_as_more_than_an_ignored_one_counts(pair: str) -> None:
    assert counted_query(f"{pair}&a=1", QuerySettings(ignore=("utm_*",))) == f"{pair}&a=1"


@pytest.mark.parametrize(
    "pair", ["utm_x", "utm%5Fx=1", "%75tm_x=1", "utm_x%26callback=evil", "utm_x=1%3Bcallback=evil", "utm_+x=1"]
)
def test_an_ignored_pair_is_left_out_however_it_is_spelt(pair: str) -> None:
    assert counted_query(f"{pair}&a=1&{pair}", QuerySettings(ignore=("utm_*",))) == "a=1"


@given(st.text(alphabet="ab_utm=&;%5F+"), st.booleans())
def test_what_counts_counts_the_same_again(query: str, sort: bool) -> None:
    settings = QuerySettings(ignore=("utm_*", "a"), sort=sort)
    once = counted_query(query, settings)
    assert counted_query(once, settings) == once


def test_an_empty_query_is_none() -> None:
    assert counted_url("https://a.example/?", QuerySettings()) == "https://a.example/"
    assert counted_url("https://a.example/?utm_a=1", QuerySettings(ignore=("utm_*",))) == "https://a.example/"
    assert counted_url("https://a.example/?utm%5Fa=1", QuerySettings(ignore=("utm_*",))) == "https://a.example/"


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("foo", "1,2", " 1 , 2\t"),
        ("foo", "1, 2", "1,2,"),
        ("accept-language", "en, de", "de,EN"),
        ("accept-language", "en;q=1.0, de;q=0.50", "de ; Q=0.5 , en"),
        ("accept-language", "en;q=1.000", "en"),
        ("accept-encoding", "gzip, br", "BR,gzip"),
    ],
)
def test_fields_that_mean_the_same_select_the_same_variant(name: str, left: str, right: str) -> None:
    assert normalised_field(name, left) == normalised_field(name, right)


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("foo", None, ""),
        ("foo", "1,2", "2,1"),
        ("foo", "a", "A"),
        ("foo", '"1,2"', '"1, 2"'),
        ("foo", "1 2", "12"),
        ("accept-language", "en;q=0.5", "en"),
        ("accept-language", "en;q=0", "en"),
        ("accept-language", "en", "de"),
        ("accept-encoding", None, ""),
    ],
)
def test_fields_that_mean_something_else_do_not(name: str, left: str | None, right: str | None) -> None:
    assert normalised_field(name, left) != normalised_field(name, right)


ANNA = Principal("https://id.example", "anna", ("editor", "reader"))
BERT = Principal("https://id.example", "bert", ("reader", "editor"))
OTHER_ANNA = Principal("https://other.example", "anna", ("editor", "reader"))


def key(partition: str = "none", caller: Principal | None = None, **settings: bool) -> str:
    chosen = CacheSettings.model_validate({"partition": partition, **settings})
    return cache_key(chosen, URL, {"x-geo-country": "PT"}, caller).variant((), {})


def test_a_partition_by_user_keeps_issuer_and_subject_apart() -> None:
    assert len({key("user", caller) for caller in (None, ANNA, BERT, OTHER_ANNA)}) == 4


def test_a_partition_by_user_keeps_one_users_roles_apart() -> None:
    """A viewer's token of the same subject does not get what was made for the admin."""
    tokens = [Principal("https://id.example", "anna", roles) for roles in ((), ("viewer",), ("admin",), ("admin", "x"))]
    assert len({key("user", caller) for caller in tokens}) == 4


def test_a_partition_by_user_keeps_apart_by_whatever_the_origin_is_told() -> None:
    settings = CacheSettings(partition="user")
    said: list[dict[str, str]] = [{}, {"x-user-tenant": "a"}, {"x-user-tenant": "b"}, {"x-user-plan": "a"}]
    keys = {cache_key(settings, URL, {}, ANNA, told).variant((), {}) for told in said}
    assert len(keys) == 4


@given(st.lists(st.text()), st.lists(st.text()))
def test_two_lists_of_roles_never_share_a_key(left: list[str], right: list[str]) -> None:
    keys = {key("user", Principal("i", "anna", tuple(roles))) for roles in (left, right)}
    assert len(keys) == (1 if left == right else 2)


def test_a_partition_by_role_is_shared_by_those_who_have_the_same_roles_of_one_issuer() -> None:
    assert key("role", ANNA) == key("role", BERT)
    assert (
        len({key("role", caller) for caller in (None, ANNA, OTHER_ANNA, Principal(ANNA.issuer, "c", ("reader",)))}) == 4
    )


def test_without_a_partition_everybody_shares() -> None:
    assert key("none", ANNA) == key("none")


def test_a_locale_is_part_of_the_key_when_the_route_says_so() -> None:
    settings = CacheSettings(vary_on_locale=True)
    keys = {cache_key(settings, URL, {"x-geo-country": country}).variant((), {}) for country in ("PT", "ES")}
    assert len(keys) == 2


def test_every_partition_of_a_url_has_the_same_root() -> None:
    roots = {
        cache_key(CacheSettings(partition=partition), URL, {}, caller).root
        for partition in ("none", "user", "role")
        for caller in (None, ANNA, BERT)
    }
    assert len(roots) == 1


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_parts_never_share_a_digest(left: list[str], right: list[str]) -> None:
    assert (digest(*left) == digest(*right)) == (left == right)


@given(st.text(), st.text())
def test_two_users_never_share_a_key(left: str, right: str) -> None:
    settings = CacheSettings(partition="user")
    keys = {cache_key(settings, URL, {}, Principal(None, name)).variant((), {}) for name in (left, right)}
    assert len(keys) == len({left, right})


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_normalisation_is_settled_after_once(value: str) -> None:
    for name in ("foo", "accept-language"):
        once = normalised_field(name, value)
        assert normalised_field(name, once) == once


def test_prefixes_of_a_path() -> None:
    assert path_prefixes("https://a.example/a/b/c?d", 2) == ["/", "/a", "/a/b"]
    assert path_prefixes("https://a.example/", 2) == ["/"]


# --- Cache-Status (RFC 9211) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (CacheStatus(hit=True, ttl=55), "gatehouse; hit; ttl=55"),
        (CacheStatus(hit=True, ttl=-5, detail="max-stale"), "gatehouse; hit; ttl=-5; detail=max-stale"),
        (CacheStatus(fwd="uri-miss", stored=True, key="k"), 'gatehouse; fwd=uri-miss; stored; key="k"'),
        (CacheStatus(fwd="stale", fwd_status=304, stored=True), "gatehouse; fwd=stale; fwd-status=304; stored"),
        (CacheStatus(fwd="miss").with_detail("no-store"), "gatehouse; fwd=miss; detail=no-store"),
    ],
)
def test_cache_status_says_what_happened(status: CacheStatus, text: str) -> None:
    assert str(status) == text


def test_members_of_caches_before_us_stay_in_front() -> None:
    assert CacheStatus(fwd="miss").appended_to("Upstream; hit") == "Upstream; hit, gatehouse; fwd=miss"
    assert CacheStatus(fwd="miss").appended_to(None) == "gatehouse; fwd=miss"


# --- invalidation (RFC 9111 section 4.4) ------------------------------------------------------------------------------

TARGET = "https://a.example/users?x=1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "NEVER-HEARD-OF", "get"])
@pytest.mark.parametrize("status", [200, 201, 204, 301, 303])
def test_an_unsafe_method_that_succeeds_makes_its_target_outdated(method: str, status: int) -> None:
    assert invalidated_urls(method, TARGET, status, {}) == [TARGET]


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_error_changes_nothing(status: int) -> None:
    assert invalidated_urls("POST", TARGET, status, {"location": "/b"}) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"])
def test_a_safe_method_changes_nothing(method: str) -> None:
    assert invalidated_urls(method, TARGET, 200, {"location": "/b"}) == []


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("/b", "https://a.example/b"),
        ("b?c", "https://a.example/b?c"),
        ("?y=2", "https://a.example/users?y=2"),
        ("https://a.example/b#part", "https://a.example/b"),
        ("https://a.example:443/b", "https://a.example/b"),
        ("HTTPS://A.example/b", "https://a.example/b"),
        ("//a.example/b", "https://a.example/b"),
        ("https://b.example/b", None),
        ("http://a.example/b", None),
        ("https://a.example:8443/b", None),
        ("https://a.example:99999999/b", None),
        ("https://[/b", None),
        ("https://a.example", "https://a.example/"),
        ("/%62", "https://a.example/b"),
        ("/a/../b", "https://a.example/b"),
        ("/a%2Fb", None),
        ("mailto:a@example", None),
    ],
)
def test_what_the_response_points_to_is_outdated_on_the_same_origin_only(reference: str, url: str | None) -> None:
    for name in ("location", "content-location"):
        assert invalidated_urls("POST", TARGET, 201, {name: reference}) == [TARGET, *([url] if url else [])]


@given(st.text())
def test_no_reference_raises(reference: str) -> None:
    invalidated_urls("POST", TARGET, 200, {"location": reference})
