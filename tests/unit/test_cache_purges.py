"""Purging by generations: what an order means, what it kills, and when."""

import pytest

from ports import StoreFailed
from problems import Problem
from purge_orders import PurgeOrder, ordered_scopes, read_order
from purges import EPOCH, SECONDS_KNOWN, Purges, everything, prefix_scope, scopes_of, tag_scope, url_scope
from tests.unit.in_memory import MemoryStore, World, run

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


def test_a_generation_that_is_no_number_is_a_failure_of_the_store() -> None:
    world = World()
    run(store_of(world).put(EPOCH, "soon"))
    with pytest.raises(StoreFailed):
        run(purges_of(world).epoch())


def test_a_response_belongs_to_its_url_its_paths_its_tags_and_everything() -> None:
    assert set(scopes_of(URL, ["a"])) == {
        everything(),
        url_scope(URL),
        *(prefix_scope("a.example", path) for path in ("/", "/api", "/api/users", "/api/users/7")),
        tag_scope("a"),
    }


BASE = "https://a.example/_gatehouse/purge"


def test_an_order_is_resolved_against_the_gateway() -> None:
    content = (
        b'{"urls": ["/b?x=1", "https://B.example/%61"], "prefixes": ["/api/*"], "tags": ["t"], "everything": true}'
    )
    assert ordered_scopes(read_order(content), BASE, lambda url: url) == {
        "url https://a.example/b?x=1": url_scope("https://a.example/b?x=1"),
        "url https://b.example/a": url_scope("https://b.example/a"),
        "prefix a.example/api/": prefix_scope("a.example", "/api"),
        "tag t": tag_scope("t"),
        "everything": everything(),
    }


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "content"),
        (b"[]", "content"),
        (b"{}", "content"),
        (b'{"url": ["/a"]}', "url"),
        (b'{"urls": "/a"}', "urls"),
        (b'{"urls": [1]}', "urls.0"),
        (b'{"everything": "yes"}', "everything"),
    ],
)
def test_an_order_that_is_none_is_refused(content: bytes, field: str) -> None:
    with pytest.raises(Problem) as refusal:
        read_order(content)
    assert (refusal.value.status, refusal.value.code) == (400, "invalid_purge")
    assert refusal.value.members["field"] == field


@pytest.mark.parametrize(
    "order",
    [
        PurgeOrder(urls=("/a%2Fb",)),
        PurgeOrder(urls=("mailto:a",)),
        PurgeOrder(urls=("https://[",)),
        PurgeOrder(prefixes=("/a?b",)),
        PurgeOrder(prefixes=("/a" * 17,)),
    ],
)
def test_an_order_that_means_nothing_is_refused(order: PurgeOrder) -> None:
    with pytest.raises(Problem):
        ordered_scopes(order, BASE, lambda url: url)
