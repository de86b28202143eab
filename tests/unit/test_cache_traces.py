"""Where callers are kept apart, nothing that one of them can see depends on what the others did."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Request, Response
from identity.principals import Principal
from tests.unit.caching.cache_house import CacheHouse, page
from tests.unit.in_memory import MemoryStore

ANNA = Principal("https://id.example", "anna", ("editor",))
BERT = Principal("https://id.example", "bert", ("reader",))

Step = Callable[[CacheHouse], Any]

ANNAS: dict[str, Step] = {
    "a visit": lambda house: house.get("/secret", caller=ANNA),
    "a visit in another language": lambda house: house.get("/secret", {"accept-language": "pt"}, caller=ANNA),
    "a visit around the cache": lambda house: house.get("/secret", {"cache-control": "no-cache"}, caller=ANNA),
    "a head": lambda house: house.get("/secret", method="HEAD", caller=ANNA),
    "a range": lambda house: house.get("/secret", {"range": "bytes=0-1"}, caller=ANNA),
    "some seconds": lambda house: house.later(3),
    "an hour": lambda house: house.later(3600),
    "a restart": lambda house: house.restart(),
}


class Watched(MemoryStore):
    """A store that remembers what it was asked, without the names."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.operations: list[str] = []

    def _check(self, operation: str) -> None:
        self.operations.append(operation)
        super()._check(operation)


def answer(request: Request) -> Response:
    """Varies on more for the one than for the other."""
    vary = "accept-language, x-a" if request.headers["x-user-id"] == "anna" else "accept-language"
    return page("hello", cache_control="max-age=60, stale-while-revalidate=60", etag='"v1"', vary=vary)


def seen_by_bert(annas: list[str], partition: str) -> list[tuple[str, list[str]]]:
    """Cache-Status of his visits, and what the store was asked while he waited, after what Anna did."""
    house = CacheHouse(answer, partition=partition)
    store = Watched(house.world.clock)
    house.world.store = store
    house.restart()
    for step in annas:
        ANNAS[step](house)
    house.get("/other", caller=BERT)
    seen = []
    for headers in ({"cache-control": "only-if-cached"}, {}, {}, {"accept-language": "pt"}, {"if-none-match": '"v1"'}):
        store.operations.clear()
        try:
            response = house.get("/secret", headers, caller=BERT, settle=False)
            status = response.headers["cache-status"]
        except Exception as refusal:
            status = str(getattr(refusal, "headers", refusal))
        asked = list(store.operations)
        seen.append((status, asked))
        house.settle()
    return seen


@pytest.mark.parametrize("partition", ["user", "role"])
@given(annas=st.lists(st.sampled_from(sorted(ANNAS)), max_size=4))
def test_nothing_shows_that_somebody_else_was_there(partition: str, annas: list[str]) -> None:
    assert seen_by_bert(annas, partition) == seen_by_bert([], partition)


def test_two_visitors_of_two_places_see_nothing_of_each_other() -> None:
    house = CacheHouse(lambda request: page("hello", cache_control="max-age=60"), vary_on_locale=True)
    house.get(vouched={"x-geo-country": "PT"})
    response = house.get(vouched={"x-geo-country": "ES"})
    assert "fwd=uri-miss" in response.headers["cache-status"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_origin_takes_back_from_one_stays_with_the_other(method: str) -> None:
    """Anna's next answer may not be stored, or shows that hers is outdated; Bert's entry must not go with it."""
    house = CacheHouse(lambda request: page(cache_control="max-age=60", etag='"v1"'), partition="user")
    for caller in (ANNA, BERT):
        house.get(caller=caller)
    house.answer, before = lambda request: page(cache_control="no-store", etag='"v2"'), house.answer
    house.later(1)
    house.get(headers={"cache-control": "no-cache"}, method=method, caller=ANNA)
    house.answer = before
    assert "fwd=uri-miss" in house.get(caller=ANNA).headers["cache-status"]
    house.later(1)
    assert "gatehouse; hit" in house.get(caller=BERT).headers["cache-status"]
    house.restart()
    assert "gatehouse; hit" in house.get(caller=BERT).headers["cache-status"]
