"""A drive takes a coroutine from wait to wait, and to the coroutine it is a task of asyncio's."""

import asyncio
import contextvars
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import driving
from edge.driving import AFTER, ENDED, FOR_A_PROMISE, FOR_THE_LOOP, READY, Drive
from edge.waits import Promised, Slot


class Promise:
    """A promise of JavaScript's, and how it settles."""

    def __init__(self) -> None:
        self.slot: Slot | None = None

    def keep(self, value: object = None) -> None:
        assert self.slot is not None
        self.slot.kept(value)

    def break_(self, error: BaseException) -> None:
        assert self.slot is not None
        self.slot.broken(error)

    def is_late(self) -> None:
        assert self.slot is not None
        self.slot.late()


class Javascript:
    def make_slot(self, number: int) -> Slot:
        return Slot(number, *(partial(call, number) for call in (Promised.kept, Promised.broken, Promised.is_late)))

    def listen(self, promise: Promise, slot: Slot) -> None:
        promise.slot = slot


@pytest.fixture(autouse=True)
def _javascript(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Promised, "javascript", Javascript(), raising=False)
    monkeypatch.setattr(Promised, "free", [])
    monkeypatch.setattr(Promised, "waiting", {})
    yield
    assert not Drive.under_way


def on_the_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        async def main() -> None:
            await test()

        asyncio.run(main())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


async def turns(number: int = 6) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def started(work: Coroutine[Any, Any, Any]) -> Drive:
    drive = Drive(work)
    drive.start()
    return drive


async def value_of(promise: Promise) -> Any:
    return await Promised(promise)


# --- promises ---------------------------------------------------------------------------------------------------------


@on_the_loop
async def test_what_never_waits_is_done_in_its_first_step() -> None:
    async def work() -> str:
        return "done"

    drive = Drive(work())
    assert drive.state == READY
    assert drive.start()
    assert (drive.state, drive.result(), Drive.under_way) == (ENDED, "done", set())


@on_the_loop
async def test_a_promise_that_is_kept_takes_the_next_step_in_the_call_that_says_so() -> None:
    first, second, ends = Promise(), Promise(), []

    async def work() -> list[Any]:
        return [await Promised(first), await Promised(second)]

    drive = started(work())
    drive.ended = lambda: ends.append(drive.result())
    assert drive.state == FOR_A_PROMISE
    first.keep(1)
    assert ends == []
    second.keep(2)
    assert ends == [[1, 2]]


@on_the_loop
async def test_a_promise_that_is_broken_raises_where_it_is_awaited() -> None:
    promise = Promise()

    async def work() -> str:
        try:
            await Promised(promise)
        except ValueError as error:
            return str(error)
        return "not reached"

    drive = started(work())
    promise.break_(ValueError("broken"))
    assert drive.result() == "broken"


@on_the_loop
async def test_a_promise_that_is_given_up_is_forgotten_and_its_slot_thrown_away() -> None:
    given_up, late = Promise(), Promise()
    promised = Promised(given_up)

    async def work() -> str:
        with suppress(LookupError):
            await promised
        try:
            await Promised(late)
        except TimeoutError:
            return "went on"
        return "not reached"

    drive = started(work())
    assert promised.give_up(LookupError())
    assert not promised.give_up(KeyError())
    assert drive.state == FOR_A_PROMISE, "it takes no step within the step of another"
    await turns()
    late.is_late()
    assert drive.result() == "went on"
    given_up.keep("too late")
    late.break_(ValueError("too late"))
    late.is_late()
    assert (drive.result(), Promised.free, Promised.waiting) == ("went on", [], {})


@on_the_loop
async def test_a_slot_is_used_again_once_its_promise_has_settled_and_not_before_its_timer_is_cleared() -> None:
    first, second, third = Promise(), Promise(), Promise()

    async def work() -> None:
        promised = Promised(first)
        await promised
        await Promised(second)

    drive = started(work())
    await_in_a_task = asyncio.create_task(value_of(third))
    await turns()
    first.keep()
    assert second.slot == first.slot
    third.keep("there")
    assert third.slot not in Promised.free, "the task has not gone on yet; its timer is still set"
    assert await await_in_a_task == "there"
    assert third.slot in Promised.free
    second.keep()
    assert drive.state == ENDED


@on_the_loop
async def test_a_promise_that_settled_before_it_is_awaited_is_not_waited_for() -> None:
    promise, other = Promise(), Promise()

    async def work() -> Any:
        promised = Promised(promise)
        await Promised(other)
        return await promised

    drive = started(work())
    promise.keep("there")
    other.keep()
    assert drive.result() == "there"


# --- asyncio ----------------------------------------------------------------------------------------------------------


@on_the_loop
async def test_what_is_asyncios_is_left_to_its_loop_in_the_same_coroutine() -> None:
    promises = [Promise() for _ in range(4)]

    async def work() -> list[Any]:
        seen: list[Any] = [await Promised(promises[0])]
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        seen += await asyncio.gather(value_of(promises[1]), value_of(promises[2]))
        async with asyncio.TaskGroup() as group:
            child = group.create_task(value_of(promises[3]))
        async with asyncio.timeout(5):
            return [*seen, child.result()]

    drive = started(work())
    for number, promise in enumerate(promises):
        while promise.slot is None:
            await asyncio.sleep(0)
        promise.keep(number)
    while drive.state != ENDED:
        assert drive.state == FOR_THE_LOOP
        await asyncio.sleep(0)
    assert drive.result() == [0, 1, 2, 3]


@on_the_loop
async def test_a_timeout_of_asyncios_ends_a_wait_for_a_promise_that_never_settles() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.001):
                await Promised(Promise())
        except TimeoutError:
            return "late"
        return "not reached"

    drive = started(work())
    while drive.state != ENDED:
        await asyncio.sleep(0.001)
    assert (drive.result(), drive.cancelling(), Promised.waiting) == ("late", 0, {})


@on_the_loop
async def test_each_drive_is_the_current_task_of_its_own_steps_and_has_a_context_of_its_own() -> None:
    name, seen = contextvars.ContextVar[str]("name"), []
    promises = [Promise(), Promise()]

    async def work(number: int) -> None:
        name.set(f"drive {number}")
        current = asyncio.current_task()
        if number == 0:
            started(work(1))
        assert asyncio.current_task() is current
        await Promised(promises[number])
        assert asyncio.current_task() is current
        seen.append(name.get())

    outer = asyncio.current_task()
    started(work(0))
    assert asyncio.current_task() is outer
    promises[1].keep()
    promises[0].keep()
    assert seen == ["drive 1", "drive 0"]
    assert name.get("nobody") == "nobody"


@on_the_loop
async def test_what_is_neither_a_promise_nor_asyncios_cannot_be_awaited() -> None:
    class Stranger:
        def __await__(self) -> Generator[str, None, None]:
            yield "a stranger"

    async def work() -> None:
        await Stranger()

    drive = started(work())
    await turns()
    with pytest.raises(RuntimeError, match="nothing of asyncio's"):
        drive.result()


# --- faults and cancellation ------------------------------------------------------------------------------------------


@on_the_loop
async def test_what_is_raised_at_any_step_keeps_its_traceback() -> None:
    for fails_at in range(4):
        promises = [Promise() for _ in range(3)]

        async def work(step: int, promises: list[Promise]) -> None:
            for number, promise in enumerate(promises):
                fail(number, step)
                await Promised(promise)
            fail(len(promises), step)

        def fail(number: int, step: int) -> None:
            if number == step:
                raise BaseException("injected")  # of whatever kind

        ends: list[str] = []
        drive = Drive(work(fails_at, promises))
        drive.ended = lambda ends=ends: ends.append("ended")
        drive.start()
        for promise in promises[:fails_at]:
            promise.keep()
        with pytest.raises(BaseException, match="injected") as caught:
            drive.result()
        assert "in fail" in "".join(traceback.format_exception(caught.value))
        assert ends == ["ended"]


@on_the_loop
async def test_a_drive_can_be_cancelled_wherever_it_waits_and_not_after_its_end() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waits: list[Callable[[], Awaitable[Any]]] = [
        lambda: Promised(Promise()),
        lambda: asyncio.sleep(0),
        lambda: asyncio.sleep(60),
        lambda: asyncio.gather(value_of(Promise()), value_of(Promise())),
        lambda: asyncio.shield(never),
    ]
    for wait in waits:

        async def work(wait: Callable[[], Awaitable[Any]] = wait) -> None:
            await wait()
            raise AssertionError("not reached")

        drive = started(work())
        assert drive.cancel()
        await turns()
        with pytest.raises(asyncio.CancelledError):
            drive.result()
        assert not drive.cancel()
    assert Promised.waiting == {}
    never.cancel()


@on_the_loop
async def test_one_that_cancels_itself_ends_at_its_next_wait_unless_it_takes_that_back() -> None:
    async def work(takes_back: bool) -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        if takes_back:
            task.uncancel()
        await asyncio.sleep(0)
        return "went on"

    cancelled, relieved = started(work(False)), started(work(True))
    await turns()
    with pytest.raises(asyncio.CancelledError):
        cancelled.result()
    assert relieved.result() == "went on"


def test_the_table_is_all_there_is() -> None:
    """Every state but the last is left, every state but the first is entered, and nothing leaves the last."""
    states = {value for name, value in vars(driving).items() if name.isupper() and isinstance(value, str)}
    left, entered = {state for state, _ in AFTER}, set(AFTER.values())
    assert left | entered <= states
    assert left == (left | entered) - {ENDED}
    assert entered == (left | entered) - {READY}


# --- held against asyncio's own task ----------------------------------------------------------------------------------

STEPS = ("kept", "broken", "cancelled", "sleep", "gathered", "timed out", "raises")


class Script:
    """A coroutine that does what `steps` say, and whoever settles what it waits for, by futures or by promises."""

    def __init__(self, steps: list[str], promises: bool) -> None:
        self.steps = steps
        self.trace: list[str] = []
        self._promises = promises
        self._settle: Callable[[], object] | None = None
        self.cancel: Callable[[], object] = lambda: None

    async def run(self) -> list[str]:
        for step in self.steps:
            try:
                await self._take(step)
                self.trace.append(f"{step}: went on")
            except (Exception, asyncio.CancelledError) as error:
                self.trace.append(f"{step}: {type(error).__name__} {error}")
                if step == "raises":
                    raise
        return self.trace

    async def _take(self, step: str) -> None:
        if step == "sleep":
            await asyncio.sleep(0)
        elif step == "raises":
            raise KeyError("raised")
        elif step == "gathered":
            await asyncio.gather(asyncio.sleep(0), self._one("kept"))
        elif step == "timed out":
            async with asyncio.timeout(-1):
                await self._one("never")
        else:
            await self._one(step)

    async def _one(self, how: str) -> Any:
        promise = Promise()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        settle = {
            "kept": (lambda: promise.keep(1), lambda: future.set_result(1)),
            "broken": (lambda: promise.break_(ValueError("x")), lambda: future.set_exception(ValueError("x"))),
            "cancelled": (self.cancel, self.cancel),
            "never": (lambda: None, lambda: None),
        }[how]
        self._settle = settle[0 if self._promises else 1]
        return await (Promised(promise) if self._promises else future)

    async def carry_out(self, done: Callable[[], bool]) -> None:
        while not done():
            settle, self._settle = self._settle, None
            if settle is not None:
                settle()
            await asyncio.sleep(0)


def _outcome(result: Callable[[], Any]) -> str:
    try:
        return repr(result())
    except BaseException as error:
        return repr(error)


@given(steps=st.lists(st.sampled_from(STEPS), max_size=6))
@settings(max_examples=60, deadline=None)
def test_whatever_it_awaits_in_whatever_order_it_fares_as_a_task_does(steps: list[str]) -> None:
    Promised.javascript = Javascript()

    async def as_a_task() -> tuple[str, list[str]]:
        script = Script(steps, promises=False)
        task = asyncio.create_task(script.run())
        script.cancel = task.cancel
        await script.carry_out(task.done)
        return _outcome(task.result), script.trace

    async def as_a_drive() -> tuple[str, list[str]]:
        script = Script(steps, promises=True)
        drive = Drive(script.run())
        script.cancel = drive.cancel
        drive.start()
        await script.carry_out(drive.done)
        return _outcome(drive.result), script.trace

    assert asyncio.run(as_a_drive()) == asyncio.run(as_a_task())
