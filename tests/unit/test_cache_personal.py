"""What was made for one visitor is not everybody's: cookies that are set, and lifetimes that are only guessed."""

from typing import Any

import pytest

from core.messages import Request, Response
from fields.dates import format_http_date
from identity.principals import Principal
from tests.unit.caching.cache_house import TOKEN_FIELD, CacheHouse, content_of, page, status_of
from tests.unit.in_memory import NOW

ANNA = Principal(None, "anna")
PERSONAL = pytest.mark.parametrize(
    "headers", [{"cookie": "session=anna"}, {"authorization": "Bearer x"}, {TOKEN_FIELD: "x"}]
)


def numbered(control: str) -> CacheHouse:
    """An origin that gives every visitor a session."""
    house = CacheHouse()
    house.answer = lambda request: page(
        str(len(house.asked)), cookies=[f"session={len(house.asked)}"], cache_control=control
    )
    return house


@pytest.mark.parametrize("control", ["public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"])
def test_somebodys_cookie_is_not_for_everybody(control: str) -> None:
    house = numbered(control)
    first, second = house.get(), house.get()
    assert (first.cookies, second.cookies) == (["session=1"], ["session=2"])
    assert status_of(second) == "fwd=uri-miss; detail=set-cookie"


def test_a_cookie_is_stored_for_the_user_whose_key_it_is() -> None:
    house = CacheHouse(lambda request: page(cookies=["session=anna"], cache_control="max-age=60"), partition="user")
    house.get(caller=ANNA)
    hit = house.get(caller=ANNA)
    assert (status_of(hit), hit.cookies) == ("hit; ttl=60", ["session=anna"])
    assert status_of(house.get()) == "fwd=uri-miss; detail=set-cookie", "nobody is no user"


def test_a_route_may_store_without_the_cookie() -> None:
    house = CacheHouse(lambda request: page(cookies=["session=1"], cache_control="max-age=60"), set_cookie="strip")
    assert house.get().cookies == ["session=1"]
    hit = house.get()
    assert (status_of(hit), hit.cookies) == ("hit; ttl=60", [])


@pytest.mark.parametrize("set_cookie", ["bypass", "strip"])
def test_a_cookie_of_a_validation_is_its_visitors_alone(set_cookie: str) -> None:
    def answer(request: Request) -> Response:
        if "if-none-match" in request.headers:
            return Response(304, {"etag": '"v1"', "cache-control": "max-age=60"}, cookies=["session=bert"])
        return page(cache_control="max-age=10", etag='"v1"')

    house = CacheHouse(answer, set_cookie=set_cookie)
    house.get()
    house.later(11)
    assert house.get().cookies == ["session=bert"]
    answered = house.get()
    assert answered.cookies == ([] if set_cookie == "strip" else ["session=bert"])
    assert ("hit" in status_of(answered)) == (set_cookie == "strip")


def guessing(**settings: Any) -> CacheHouse:
    house = CacheHouse(heuristic=True, **settings)
    house.answer = lambda request: page(str(len(house.asked)), last_modified=format_http_date(NOW - 9000))
    return house


def test_nothing_is_guessed_unless_the_route_says_so() -> None:
    house = CacheHouse(lambda request: page(last_modified=format_http_date(NOW - 9000)))
    house.get()
    assert status_of(house.get()) == "fwd=uri-miss; detail=no-freshness"


@PERSONAL
def test_no_lifetime_is_guessed_for_what_may_be_one_persons(headers: dict[str, str]) -> None:
    house = guessing()
    assert status_of(house.get("/", headers)) in ("fwd=uri-miss; detail=personal", "fwd=uri-miss; detail=authorization")
    assert status_of(house.get()) == "fwd=uri-miss; stored"


@PERSONAL
def test_what_was_guessed_answers_nobody_in_person_and_stays_for_the_others(headers: dict[str, str]) -> None:
    house = guessing()
    house.get()
    assert content_of(house.get("/", headers)) == "2"
    assert content_of(house.get()) == "1"


def test_nor_for_a_user_of_a_partition() -> None:
    house = guessing(partition="user")
    assert status_of(house.get(caller=ANNA)) == "fwd=uri-miss; detail=personal"
