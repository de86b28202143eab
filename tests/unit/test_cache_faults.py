"""A store that fails, is slow or holds something else than was stored: a miss and a log line, never an error."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import ANY

import pytest

from cache import HttpCache
from core.budget import Budget
from core.messages import Arrived
from core.ports import KeyValueStore, StoredValue, StoreFailed
from tests.unit.caching.cache_house import CacheHouse, content_of, page, status_of
from tests.unit.in_memory import BytesBody, MemoryStore


def corrupted(content: bytes) -> CacheHouse:
    """A new isolate over a store whose one response has another content than was stored."""
    house = CacheHouse()
    house.get()
    ((name, (_, metadata, expires)),) = house.store.values.items()
    house.store.values[name] = (content, metadata, expires)
    house.restart()
    return house


@pytest.mark.parametrize("operation", ["get", "put"])
def test_a_failing_store_is_a_miss_and_a_log_line(operation: str) -> None:
    house = CacheHouse()
    house.store.failing.add(operation)
    assert content_of(house.get()) == "hello"
    house.restart()
    assert content_of(house.get()) == "hello"
    assert len(house.asked) == 2
    assert {line["event"] for line in house.world.log} <= {"cache_read_failed", "cache_write_failed"}
    assert house.world.log


def test_a_failing_delete_is_a_log_line() -> None:
    house = CacheHouse()
    house.get()
    house.store.failing.add("delete")
    assert house.get(method="POST").status == 200
    assert house.world.log[-1]["event"] == "cache_write_failed"


def test_a_slow_store_is_given_a_quarter_of_a_second() -> None:
    house = CacheHouse()

    class SlowStore(MemoryStore):
        async def get(self, key: str, *, timeout: float) -> StoredValue | None:
            raise StoreFailed(f"no answer within {timeout * 1000:.0f} ms")

    house.cache = house.isolate(SlowStore(house.world.clock))
    assert status_of(house.get()) == "fwd=miss; stored"
    assert house.world.log[0]["reason"] == "no answer within 250 ms"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kind": "response"},
        {"kind": "response", "s": "200", "h": {}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {"a": 1}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": [], "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": [None], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": [], "q": 0.5, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": [], "q": 0, "r": 0, "n": "1"},
        {"kind": "response", "s": 9999, "h": {}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 304, "h": {}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {"a b": "c"}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {'a"': "c"}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {"": "c"}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {"a": "b\r\nc: d"}, "c": [], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": ["a=1\0"], "q": 0, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": [], "q": -1, "r": 0, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": [], "q": 0, "r": 10**400, "n": 1},
        {"kind": "response", "s": 200, "h": {}, "c": [], "q": 0, "r": 0, "n": -1},
        {"kind": "response", "head": "nowhere"},
        {"kind": "index"},
        {"kind": "index", "f": [1], "since": 0, "x": 0},
        {"kind": "index", "f": "accept", "since": 0, "x": 0},
        {"status": 200, "headers": {}},
    ],
)
def test_an_unreadable_or_older_value_is_a_miss_and_is_replaced(metadata: Mapping[str, Any]) -> None:
    house = CacheHouse()
    house.get()
    (name,) = house.store.values
    house.store.values[name] = (b"?", metadata, None)
    house.restart()
    response = house.get()
    assert (status_of(response), content_of(response)) == ("fwd=miss; stored", "hello")
    assert house.world.log[-1]["event"] == "cache_read_failed"
    house.restart()
    assert status_of(house.get()) == "hit; ttl=60"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"s": 200}', "[" * 100_000], ids=range(5))
def test_an_unreadable_head_is_a_miss(text: str) -> None:
    house = CacheHouse(lambda request: page(cache_control="max-age=60", x_long="x" * 2000))
    house.get()
    for name, (content, metadata, expires) in house.store.values.items():
        if b"x-long" in content:
            house.store.values[name] = (text.encode(), metadata, expires)
    house.restart()
    assert status_of(house.get()) == "fwd=miss; stored"


@pytest.mark.parametrize("content", [b"", b"hell", b"hello, hello"], ids=["empty", "shorter", "longer"])
def test_a_content_that_is_not_as_long_as_it_was_is_forgotten(content: bytes) -> None:
    house = corrupted(content)
    house.get()
    assert house.world.log[-1]["event"] == "cache_read_failed"
    response = house.get()
    assert (status_of(response), content_of(response)) == ("fwd=uri-miss; stored", "hello")


@pytest.mark.parametrize("content", [b"", b"hell", b"hello, hello"], ids=["empty", "shorter", "longer"])
def test_no_part_of_such_a_content_is_served(content: bytes) -> None:
    house = corrupted(content)
    response = house.get("/", {"range": "bytes=0-1"})
    assert (status_of(response), content_of(response)) == ("fwd=miss; stored", "hello")
    assert house.world.log[0]["event"] == "cache_read_failed"


def test_a_range_of_a_content_that_breaks_off_is_a_miss_and_a_log_line() -> None:
    class BrokenBody(BytesBody):
        async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
            raise OSError("the stream broke off")

    class BrokenStore(MemoryStore):
        async def get(self, key: str, *, timeout: float) -> StoredValue | None:
            found = await super().get(key, timeout=timeout)
            return found and StoredValue(found.metadata, BrokenBody(b""))

    house = CacheHouse(lambda request: page("x" * 70_000, cache_control="max-age=60"))
    house.get()
    store = BrokenStore(house.world.clock)
    store.values = dict(house.store.values)
    house.cache = house.isolate(store)
    response = house.get("/", {"range": "bytes=0-1"})
    assert status_of(response) == "fwd=miss; stored"
    assert house.world.log[0] == {"event": "cache_read_failed", "key": ANY, "reason": "the stream broke off"}


# --- an isolate that holds as much content as it may ----------------------------------------------


class FullHouse(CacheHouse):
    """`budget` is the isolate's; whoever else holds content takes of it."""

    def isolate(self, store: KeyValueStore | None = None) -> HttpCache:
        self.budget = Budget(100_000)
        log, clock = self.world.write_log, self.world.clock
        return HttpCache(store or self.store, clock, log, lambda url: self.settings, self.budget)


SHORT, LONG, UNKNOWN = "x" * 20_000, "x" * 70_000, "y" * 20_000


@pytest.mark.parametrize(
    ("content", "length", "stored"), [(SHORT, True, False), (UNKNOWN, False, False), (LONG, True, True)]
)
def test_what_would_be_held_only_to_be_stored_is_not_stored(content: str, length: bool, stored: bool) -> None:
    """A long content of known length flows into the store; it is never held."""
    fields: dict[str, Any] = {"content_length": str(len(content))} if length else {}
    house = FullHouse(lambda request: page(content, cache_control="max-age=60", **fields))
    with house.budget.share() as others:
        others.announce(90_000)
        response = house.get()
        assert (status_of(response), content_of(response)) == (
            "fwd=uri-miss; stored" if stored else "fwd=uri-miss; detail=budget", content,
        )  # fmt: skip
        assert bool(house.store.values) is stored
        assert house.budget.held == 90_000
    assert status_of(house.get()) == ("hit; ttl=60" if stored else "fwd=uri-miss; stored")
    assert house.budget.held == 0


def test_a_content_that_grows_beyond_the_budget_is_sent_and_not_stored() -> None:
    house = FullHouse(lambda request: page("x" * 80_000, cache_control="max-age=60"))
    with house.budget.share() as others:
        others.announce(30_000)
        assert content_of(house.get()) == "x" * 80_000
        assert (house.store.values, house.budget.held) == ({}, 30_000)


def test_a_range_that_cannot_be_held_is_the_origins_to_cut() -> None:
    house = FullHouse(lambda request: page(LONG, cache_control="max-age=60", content_length=str(len(LONG))))
    house.get()
    house.restart()
    with house.budget.share() as others:
        others.announce(90_000)
        house.answer = lambda request: page("xx", 206, content_range="bytes 0-1/70000")
        response = house.get("/", {"range": "bytes=0-1"})
        assert (response.status, house.asked[-1].headers["range"]) == (206, "bytes=0-1")
        assert house.budget.held == 90_000
    response = house.get("/", {"range": "bytes=0-1"})
    assert (status_of(response)[:4], content_of(response)) == ("hit;", "xx")


def test_what_is_held_for_a_range_goes_with_its_answer() -> None:
    house = FullHouse(lambda request: page(LONG, cache_control="max-age=60", content_length=str(len(LONG))))
    house.get()
    house.restart()
    for _ in range(5):
        assert house.get("/", {"range": "bytes=0-1"}).status == 206
        assert house.budget.held == 0


def test_a_copy_for_memory_is_not_made_beyond_the_budget() -> None:
    house = FullHouse(lambda request: page(SHORT, cache_control="max-age=60", content_length=str(len(SHORT))))
    house.get()
    house.restart()
    with house.budget.share() as others:
        others.announce(90_000)
        for _ in range(2):
            assert content_of(house.get()) == SHORT
        assert len(house.cache._memory) == 0
    assert content_of(house.get()) == SHORT
    assert len(house.cache._memory) == 1
    assert house.budget.held == 0
