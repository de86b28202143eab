"""Hits over again: as the long way answers them, or not at all. `CacheHouse` compares the two at every request of all
tests of the cache; here is which requests are answered so, and which are not."""

import gc
from typing import Any

import pytest

from cache import url_scope
from caching.lookups import Entry
from caching.memory import MEMORY_ENTRY_SIZE, MEMORY_SIZE
from caching.repeats import SAYS_MORE
from core.messages import Request
from identity.principals import Principal
from tests.unit.caching.cache_house import CacheHouse, content_of, page, status_of
from tests.unit.in_memory import run

ANNA, BERT = Principal(None, "anna"), Principal(None, "bert")


def visited(house: CacheHouse, times: int = 2) -> CacheHouse:
    """Stored by the first visit, remembered by the second."""
    for _ in range(times):
        house.get("/a?b=1")
    return house


def test_a_hit_over_again_is_only_older() -> None:
    house = visited(CacheHouse())
    house.later(3)
    response = house.get("/a?b=1", {"cookie": "session=1", "authorization": "Bearer x"})
    assert (house.repeats, status_of(response), response.headers["age"]) == (1, "hit; ttl=57", "3")


@pytest.mark.parametrize("name", sorted(SAYS_MORE))
def test_a_request_that_says_more_goes_the_long_way(name: str) -> None:
    house = visited(CacheHouse())
    house.get("/a?b=1", {name: "1"})
    assert house.repeats == 0


@pytest.mark.parametrize("change", ["another query", "another method", "a write", "a purge", "too old", "forgotten"])
def test_what_is_not_the_same_any_more_goes_the_long_way(change: str) -> None:
    house = visited(CacheHouse(lambda request: page(cache_control="max-age=4")))
    path, method = "/a?b=1", "GET"
    if change == "another query":
        path = "/a?b=2"
    elif change == "another method":
        method = "HEAD"
    elif change == "a write":
        house.get(path, method="POST")
    elif change == "a purge":
        run(house.cache.purge([url_scope("https://a.example/a?b=1")]))
    else:
        house.later(4 if change == "too old" else 5)
    house.get(path, method=method)
    assert house.repeats == 0


@pytest.mark.parametrize(
    ("fields", "settings"),
    [
        ({"cache_control": "max-age=60", "vary": "accept-language"}, {}),
        ({"last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, {}),
        ({"cache_control": "max-age=60"}, {"vary_on_locale": True}),
        ({"cache_control": "max-age=0, stale-while-revalidate=60"}, {}),
    ],
)
def test_what_depends_on_more_is_never_remembered(fields: dict[str, Any], settings: dict[str, Any]) -> None:
    house = visited(CacheHouse(lambda request: page(**fields), **settings), times=4)
    assert house.repeats == 0


def test_nobody_gets_anothers() -> None:
    def told(request: Request) -> str:
        return request.headers.get("x-user-id", "nobody")

    house = CacheHouse(lambda request: page(told(request), cache_control="max-age=60"), partition="user")
    for _ in range(3):
        got = [content_of(house.get(caller=caller)) for caller in (ANNA, BERT, None)]
        assert got == ["anna", "bert", "nobody"]
    assert house.repeats == 3


def test_a_content_that_memory_has_let_go_is_not_kept() -> None:
    house = CacheHouse(lambda request: page("x" * MEMORY_ENTRY_SIZE, cache_control="max-age=60"))
    most = MEMORY_SIZE // MEMORY_ENTRY_SIZE
    for number in range(most + 20):
        house.get(f"/{number}")
        house.get(f"/{number}")
    gc.collect()
    assert sum(isinstance(each, Entry) for each in gc.get_objects()) <= most
