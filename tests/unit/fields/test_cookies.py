"""Cookies are pairs, however a client spells them and over however many fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.cookies import comparable_cookies, cookie_pairs, cookie_value, one_field, without_cookie
from places.preferences import from_cookie
from tests.unit.caching.cache_house import CacheHouse, content_of, page, status_of


@pytest.mark.parametrize(
    ("cookie", "pairs"),
    [
        ("a=1; b=2", ["a=1", "b=2"]),
        ("a=1;b=2;", ["a=1", "b=2"]),
        (" ; a=1 ;\tb=2; ;", ["a=1", "b=2"]),
        ("a=1, b=2; c=3", ["a=1", "b=2", "c=3"]),
        ("a=1, 2", ["a=1, 2"]),
        ("a=1,b=2", ["a=1,b=2"]),
        ('a={"b": 1, "c": 2}', ['a={"b": 1, "c": 2}']),
        ("a", ["a"]),
        ("", []),
    ],
)
def test_a_field_is_a_list_of_pairs(cookie: str, pairs: list[str]) -> None:
    assert cookie_pairs(cookie) == pairs


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a=1; b=2", "b=2;a=1"),
        ("a=1; b=2", "b=2, a=1"),
        ("a=1; b=2", "a=1 ;; b=2;"),
        ("a=1; a=2; b=3", "b=3; a=1; a=2"),
    ],
)
def test_fields_of_the_same_cookies_compare_equal(left: str, right: str) -> None:
    assert comparable_cookies(left) == comparable_cookies(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a=1, 2", "a=1,2"),
        ("a=1; a=2", "a=2; a=1"),
        ("a.b=1; a_b=2", "a_b=2; a.b=1"),
        ("a=1; a[x]=2", "a[x]=2; a=1"),
        ("a=1; %61=2", "%61=2; a=1"),
        ("a=1; a =2", "a =2; a=1"),
        ("a=1", "A=1"),
        ("a=1", 'a="1"'),
        ("a", "a="),
    ],
)
def test_fields_that_some_server_tells_apart_do_not(left: str, right: str) -> None:
    assert comparable_cookies(left) != comparable_cookies(right)


@given(st.text(alphabet='ab=;, "[._%61\t'))
def test_what_compares_equal_stays_so(cookie: str) -> None:
    once = comparable_cookies(cookie)
    assert comparable_cookies(once) == once
    assert cookie_pairs(one_field(cookie)) == cookie_pairs(cookie)


@pytest.mark.parametrize(
    ("cookie", "left"),
    [
        ("a=1; T=tok; b=2", "a=1; b=2"),
        ("a=1, T=tok, b=2", "a=1; b=2"),
        ("T =tok", ""),
        ("T=tok;T=tok2", ""),
        ("a=1;  XT=tok", "a=1;  XT=tok"),
        ("a=T=tok", "a=T=tok"),
    ],
)
def test_a_cookie_is_taken_out_wherever_it_stands(cookie: str, left: str) -> None:
    assert without_cookie(cookie, "T") == left


def test_a_cookie_is_found_wherever_it_stands() -> None:
    for cookie in ("T=x", "a=1; T=x; T=y", "a=1, T=x", "a=1;T = x"):
        assert cookie_value(cookie, "T") == "x"
    assert cookie_value("XT=x; T", "T") is None


def test_preferences_are_read_from_any_field() -> None:
    assert from_cookie("a=1, gatehouse_locale=currency=CAD").currency == "CAD"


def test_variants_by_cookie_are_told_apart_by_pairs() -> None:
    house = CacheHouse(
        lambda request: page(request.headers.get("cookie", "-"), cache_control="max-age=60", vary="Cookie")
    )
    assert content_of(house.get("/", {"cookie": "a=1, b=2"})) == "a=1; b=2", "as one field, as the key counts it"
    for cookie in ("b=2;a=1", "a=1; b=2", "b=2, a=1"):
        assert status_of(house.get("/", {"cookie": cookie})).startswith("hit")
    assert content_of(house.get("/", {"cookie": "a=1,b=2"})) == "a=1,b=2"
