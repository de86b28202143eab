"""Purging by generations: what an order means, what it kills, and when."""

import asyncio
import json
from typing import Any

import pytest

from caching.purges import EPOCH, SECONDS_KNOWN, Purges, everything, prefix_scope, scopes_of, tag_scope, url_scope
from core.messages import Request
from core.ports import StoreFailed
from core.problems import Problem
from endpoints.purging import purge
from tests.unit.caching.cache_house import CacheHouse
from tests.unit.in_memory import NOW, Clock, MemoryStore, World, run

URL = "https://a.example/api/users/7?x=1"


def purges_of(world: World) -> Purges:
    assert world.store is not None
    return Purges(world.store, world.clock, 0.25)


def store_of(world: World) -> MemoryStore:
    assert world.store is not None
    return world.store


@pytest.mark.parametrize(
    ("scope", "dies"),
    [
        (everything(), True),
        (url_scope(URL), True),
        (url_scope("https://a.example/api/users/7"), False),
        (prefix_scope("a.example", "/"), True),
        (prefix_scope("a.example", "/api"), True),
        (prefix_scope("a.example", "/api/users/7/"), True),
        (prefix_scope("a.example", "/api/us"), False),
        (prefix_scope("b.example", "/api"), False),
        (tag_scope("USERS"), True),
        (tag_scope("others"), False),
    ],
)
def test_a_purge_kills_what_it_covers(scope: str, dies: bool) -> None:
    world = World()
    here, elsewhere = purges_of(world), purges_of(world)
    before = int(world.clock() * 1000)
    world.clock.now += 1
    generation = run(here.purge([scope]))
    for isolate in (here, elsewhere):
        assert run(isolate.is_dead(before, URL, ["users"])) is dies
        assert not run(isolate.is_dead(generation + 1, URL, ["users"]))


def test_what_was_asked_for_before_the_purge_is_dead_even_if_it_came_later() -> None:
    world = World()
    purges = purges_of(world)
    asked_for = int(world.clock() * 1000)
    run(purges.purge([everything()]))
    assert run(purges.is_dead(asked_for, URL, []))


def test_nothing_purged_costs_one_read_every_few_seconds() -> None:
    world = World()
    purges, store = purges_of(world), store_of(world)
    assert not run(purges.is_dead(1, URL, ["users"]))
    store.failing.add("get")
    assert purges.knows_epoch()
    assert not run(purges.is_dead(1, URL, ["users"]))
    world.clock.now += SECONDS_KNOWN
    assert not purges.knows_epoch()
    with pytest.raises(StoreFailed):
        run(purges.is_dead(1, URL, []))


def test_a_purge_elsewhere_shows_within_seconds() -> None:
    world = World()
    here, elsewhere = purges_of(world), purges_of(world)
    assert not run(here.is_dead(1, URL, []))
    run(elsewhere.purge([everything()]))
    assert not run(here.is_dead(1, URL, []))
    world.clock.now += SECONDS_KNOWN
    assert run(here.is_dead(1, URL, []))


def test_an_old_value_of_the_store_does_not_undo_a_purge_of_this_isolate() -> None:
    world = World()
    purges = purges_of(world)
    run(purges.purge([everything()]))
    store_of(world).values.clear()
    world.clock.now += SECONDS_KNOWN
    assert run(purges.is_dead(1, URL, []))


class SlowStore(MemoryStore):
    """Answers with what it held when it was asked, once it is told to."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.go = asyncio.Event()

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        found = await super().get_text(key, timeout=timeout)
        await self.go.wait()
        return found


def test_a_read_that_began_before_a_purge_does_not_undo_it() -> None:
    world = World()
    store = SlowStore(world.clock)
    purges = Purges(store, world.clock, 0.25)
    born = int(world.clock() * 1000)

    async def race() -> bool:
        asked = asyncio.ensure_future(purges.is_dead(born, URL, []))
        await asyncio.sleep(0)
        await purges.purge([everything()])
        store.go.set()
        await asked
        return await purges.is_dead(born, URL, [])

    assert run(race())
    assert not purges.is_younger(born)


class PatchyStore(SlowStore):
    """Fails at once for everything but the epoch and the tags of a response."""

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        if key != EPOCH and not key.startswith(tag_scope("")[:8]):
            raise StoreFailed("get failed")
        return await super().get_text(key, timeout=timeout)


def test_no_read_outlasts_the_request_when_another_fails() -> None:
    """The platform forgets what an answered request waits for."""
    world = World()
    store = PatchyStore(world.clock)
    born = int(world.clock() * 1000)
    purges = Purges(store, world.clock, 0.25)

    async def look() -> bool:
        await purges.purge([tag_scope("others")])
        asked = asyncio.ensure_future(purges.is_dead(born, URL, ["users"]))
        for _ in range(5):
            await asyncio.sleep(0)
        ended_early = asked.done()
        store.go.set()
        with pytest.raises(StoreFailed):
            await asked
        return ended_early

    assert not run(look())


@pytest.mark.parametrize("text", ["soon", "-1", "9" * 5000], ids=["word", "negative", "endless"])
def test_a_generation_that_is_no_number_is_a_failure_of_the_store(text: str) -> None:
    world = World()
    run(store_of(world).put(EPOCH, text))
    with pytest.raises(StoreFailed):
        run(purges_of(world).epoch())


def test_a_response_belongs_to_its_url_its_paths_its_tags_and_everything() -> None:
    assert set(scopes_of(URL, ["a"])) == {
        everything(),
        url_scope(URL),
        *(prefix_scope("a.example", path) for path in ("/", "/api", "/api/users", "/api/users/7")),
        tag_scope("a"),
    }


ORDERED_AT = Request("POST", "https", "a.example", "/_gatehouse/purge")


def order(**wanted: Any) -> dict[str, object]:
    answer: dict[str, object] = run(
        purge(json.dumps(wanted).encode(), ORDERED_AT, CacheHouse(query={"sort": True}).cache)
    )
    return answer


def test_an_order_is_answered_as_it_was_understood() -> None:
    assert order(urls=["/b?y=1&x=2", "https://B.example/%61"], prefixes=["/api/"], tags=["t"]) == {
        "urls": ["https://a.example/b?x=2&y=1", "https://b.example/a"],
        "prefixes": ["a.example/api/"],
        "tags": ["t"],
        "everything": False,
        "generation": int(NOW * 1000),
    }


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "body"),
        ({"url": ["/a"]}, "url"),
        ({"urls": "/a"}, "urls"),
        ({"urls": [1]}, "urls.0"),
        ({"urls": ["a"]}, "urls.0"),
        ({"urls": ["//a.example/"]}, "urls.0"),
        ({"urls": ["https://[/a"]}, "urls.0"),
        ({"urls": ["/a#b"]}, "urls.0"),
        ({"urls": ["https://bücher.example/a"]}, "urls.0"),
        ({"u" * 9000: 1}, "u" * 64),
        ({"urls": ["/a"] * 101}, "urls"),
        ({"prefixes": ["/a?b"]}, "prefixes.0"),
        ({"prefixes": ["/a" * 17]}, "prefixes.0"),
        ({"tags": ["a,b"]}, "tags.0"),
        ({"everything": "yes"}, "everything"),
    ],
)
def test_an_order_that_is_none_is_refused(wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as refusal:
        order(**wanted)
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_purge")
    assert refusal.value.members["field"] == field


def test_an_ambiguous_path_is_refused_as_in_a_request() -> None:
    with pytest.raises(Problem) as refusal:
        order(urls=["/a%2Fb"])
    assert refusal.value.status == 400


def test_a_purge_that_the_store_does_not_take_is_to_be_repeated() -> None:
    house = CacheHouse()
    house.store.failing.add("put")
    with pytest.raises(Problem) as refusal:
        run(purge(b'{"everything": true}', ORDERED_AT, house.cache))
    assert (refusal.value.status, refusal.value.code) == (503, "store_unavailable")
