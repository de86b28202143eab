"""Flags: held here at once, elsewhere soon, read behind the backs of requests, in force while the store fails."""

import asyncio
from typing import Any

import pytest

from core.flags import (
    ASLEEP_SECONDS,
    CHANGED,
    LOOK_SECONDS,
    MOST,
    PREFIX,
    RELISTED_SECONDS,
    SETTLING_SECONDS,
    WAIT_SECONDS,
    Flags,
)
from core.ports import Listing, StoreFailed
from tests.unit.in_memory import NOW, MemoryStore, World, run

LATER = NOW + 100_000


class CountedStore(MemoryStore):
    """Counts what it is asked, and may never answer."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self.asked: list[str] = []
        self.hangs = False

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        self.asked.append("get")
        if self.hangs:
            await asyncio.Event().wait()
        return await super().get_text(key, timeout=timeout)

    async def list(self, prefix: str, *, timeout: float, pages: int) -> Listing:
        self.asked.append("list")
        return await super().list(prefix, timeout=timeout, pages=pages)


class Isolate:
    """One isolate's flags of the kind `closed`, and what it believes of them."""

    def __init__(self, world: World, store: MemoryStore | None) -> None:
        self.world = world
        self.flags = Flags(store, world.clock, world.write_log)
        self.told: dict[str, Any] = {}
        self.times_told = 0
        self.flags.tell("closed", self._hear)

    def _hear(self, said: Any) -> None:
        self.told, self.times_told = dict(said), self.times_told + 1

    def look(self, *, waits: bool = False, after: float = 0.0) -> dict[str, Any]:
        """What is believed while a request is answered `after` seconds; then what it left behind is done."""
        self.world.clock.now += after

        async def ask() -> dict[str, Any]:
            await self.flags.look(self.world.background, waits=waits)
            believed = self.told
            await self.world.settle()
            return believed

        believed: dict[str, Any] = run(ask())
        return believed

    def raised(self, name: str, until: float = LATER, **said: Any) -> None:
        run(self.flags.raised("closed", name, {"until": until, **said}))

    def lowered(self, name: str) -> bool:
        return bool(run(self.flags.lowered("closed", name)))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def store(world: World) -> CountedStore:
    return CountedStore(world)


def test_a_flag_holds_here_at_once_and_elsewhere_at_the_next_look(world: World, store: CountedStore) -> None:
    here, there = Isolate(world, store), Isolate(world, store)
    there.look()
    here.raised("a", why="so")
    assert here.told == {"a": {"until": LATER, "why": "so"}}
    assert there.look(after=LOOK_SECONDS - 1) == {} == there.told, "not before ten seconds are over"
    assert there.look(after=1) == {}, "the request that looks does not wait"
    assert there.told == here.told
    assert here.lowered("a")
    assert here.told == {}
    there.look(after=LOOK_SECONDS)
    assert (there.told, there.lowered("a")) == ({}, False)


def test_two_put_up_at_one_moment_both_hold(world: World, store: CountedStore) -> None:
    one, other, third = (Isolate(world, store) for _ in range(3))
    one.raised("a")
    other.raised("b")
    third.look()
    assert set(third.told) == {"a", "b"}


def test_what_an_isolate_changed_itself_holds_against_a_listing_that_lags(world: World, store: CountedStore) -> None:
    isolate = Isolate(world, store)
    isolate.raised("a")
    before = dict(store.values)
    isolate.raised("b")
    isolate.lowered("a")
    store.values = before  # as the store may show it for a while
    isolate.look()
    isolate.look(after=SETTLING_SECONDS - 1)
    assert set(isolate.told) == {"b"}
    isolate.look(after=RELISTED_SECONDS)
    assert set(isolate.told) == {"a"}, "what nobody can see for so long is not so"


def test_where_nothing_was_ever_put_up_a_look_is_one_read(world: World, store: CountedStore) -> None:
    isolate = Isolate(world, store)
    for _ in range(5):
        isolate.look(after=LOOK_SECONDS)
        isolate.look(after=1)
    assert (store.asked, isolate.times_told) == (["get"] * 5, 0)


def test_flags_are_listed_while_a_change_settles_and_now_and_then(world: World, store: CountedStore) -> None:
    Isolate(world, store).raised("a")
    isolate = Isolate(world, store)
    for _ in range(100):
        isolate.look(after=LOOK_SECONDS)
    often, seldom = SETTLING_SECONDS / LOOK_SECONDS, 100 * LOOK_SECONDS / RELISTED_SECONDS
    assert often <= store.asked.count("list") <= often + seldom + 1
    assert isolate.times_told == 1


def test_a_flag_ends_by_itself(world: World, store: CountedStore) -> None:
    isolate = Isolate(world, store)
    isolate.raised("a", until=NOW + 90)
    isolate.raised("b", until=NOW + 10)
    assert store.values[f"{PREFIX}closed:b"][2] == NOW + 60, "the store keeps nothing for less"
    isolate.look(after=LOOK_SECONDS)
    assert set(isolate.told) == {"a"}
    isolate.look(after=RELISTED_SECONDS)
    assert isolate.told == {}


@pytest.mark.parametrize("operation", ["get", "list"])
def test_a_store_that_fails_leaves_the_last_known_flags_in_force(
    world: World, store: CountedStore, operation: str
) -> None:
    isolate = Isolate(world, store)
    isolate.raised("a")
    isolate.look()
    store.values.clear()
    store.failing = {operation}
    isolate.look(after=RELISTED_SECONDS, waits=True)
    assert set(isolate.told) == {"a"}
    assert world.log[-1] == {"event": "store_failed", "during": "flags", "error": f"{operation} failed"}
    store.failing = set()
    isolate.look(after=RELISTED_SECONDS)
    assert isolate.told == {}


def test_an_isolate_that_wakes_asks_before_it_answers_whom_it_matters_to(world: World, store: CountedStore) -> None:
    Isolate(world, store).raised("a")
    assert set(Isolate(world, store).look(waits=True)) == {"a"}
    assert Isolate(world, store).look(waits=False) == {}
    awake = Isolate(world, store)
    awake.look(waits=True)
    awake.look()
    Isolate(world, store).raised("b")
    assert set(awake.look(waits=True, after=ASLEEP_SECONDS - 1)) == {"a"}
    Isolate(world, store).raised("c")
    assert set(awake.look(waits=True, after=ASLEEP_SECONDS)) == {"a", "b", "c"}


def test_no_request_waits_for_a_store_that_does_not_answer(world: World, store: CountedStore) -> None:
    """A quarter of a second at the most, where the isolate starts: the one that asks, and those beside it."""
    store.hangs = True
    isolate = Isolate(world, store)

    async def crowd() -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(*(isolate.flags.look(world.background, waits=True) for _ in range(20)))
        took = loop.time() - begun
        for work in world._work:
            work.close()
        world._work.clear()
        return took

    assert run(crowd()) >= WAIT_SECONDS * 0.9
    assert store.asked == ["get"], "one asks, and goes on asking behind their backs"


def test_a_request_that_is_cancelled_while_it_asks_leaves_nobody_waiting(world: World, store: CountedStore) -> None:
    Isolate(world, store).raised("a")
    store.hangs = True
    isolate = Isolate(world, store)

    async def gone() -> None:
        task = asyncio.ensure_future(isolate.flags.look(world.background, waits=True))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(gone())
    store.hangs = False
    assert set(isolate.look(waits=True)) == {"a"}


def test_the_moment_of_a_change_is_written_again_where_somebody_wrote_it_in_this_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Limited(MemoryStore):
        refusals = 1

        async def put(self, key: str, value: Any, **options: Any) -> None:
            if key == CHANGED and self.refusals:
                self.refusals -= 1
                raise StoreFailed("429 Too Many Requests")
            await super().put(key, value, **options)

    monkeypatch.setattr("core.flags.AGAIN_SECONDS", 0)
    store = Limited(world.clock)
    Isolate(world, store).raised("a")
    other = Isolate(world, store)
    other.look()
    assert set(other.told) == {"a"}
    store.refusals = 2
    with pytest.raises(StoreFailed):
        Isolate(world, store).raised("b")


def test_what_is_not_ours_in_the_store_is_no_flag(world: World, store: CountedStore) -> None:
    isolate = Isolate(world, store)
    isolate.raised("a")
    wrong: dict[str, dict[str, Any]] = {"b": {}, "c": {"until": "soon"}, "d": {"until": NOW - 1}}
    for name, said in wrong.items():
        run(store.put(f"{PREFIX}closed:{name}", "", metadata=said))
    run(store.put(f"{PREFIX}other:e", "", metadata={"until": LATER}))
    isolate.look()
    assert set(isolate.told) == {"a"}


def test_more_than_can_be_listed_is_said(world: World, store: CountedStore) -> None:
    isolate = Isolate(world, store)
    for number in range(MOST + 1):
        store.values[f"{PREFIX}closed:{number}"] = (b"", {"until": LATER}, None)
    run(store.put(CHANGED, "1"))
    isolate.look()
    assert isolate.flags.is_full
    assert {"event": "flags_cut", "read": MOST} in world.log


def test_without_a_store_there_are_none_and_nobody_asks(world: World) -> None:
    isolate = Isolate(world, None)
    assert isolate.flags.due > NOW * 2
    assert isolate.look(waits=True) == {}
    with pytest.raises(StoreFailed, match="CACHE"):
        isolate.raised("a")
