"""How a coroutine is driven: by hand, from one wait to the next.

Pyodide's event loop takes two turns for every promise that Python awaits, each with a callback made for it and a stack
of WebAssembly switched for it. A drive takes the steps of its coroutine itself. Where that awaits a `Promised`,
JavaScript calls back once, when the promise has settled, and the drive takes the next step there and then. Where it
awaits something of asyncio's (a future, a task, a sleep, a gather), asyncio's loop calls back. What never waits is done
in its first step.

**States** are `AFTER`. What is not in that table does not happen: it would be a fault of this file, and is a KeyError.

**Who may call what.** JavaScript: `Promised.kept`, `broken` and `is_late`, from a microtask or a timer; the drive goes
on within that call. The loop: what a future was given as its callback. Python, from wherever it is: `Promised.give_up`
and `Drive.cancel`, which take no step themselves; that is the loop's next turn, so no coroutine runs inside another's.

**What is kept where.** JavaScript holds numbers alone, in functions that are bound to one and used again and again: a
slot. The slot of a promise that was given up is thrown away, since that may settle yet. Python holds
`Promised.waiting`, from a slot's number to what waits, and `Drive.under_way`, the drives that wait. What a coroutine
raised is kept with its traceback until `result` raises it.

**When the client goes**, the platform settles none of its promises any more, and a drive would wait for ever. So who
starts one has the platform wait for its end, too, as soon as it first waits (`lifetimes.py`).

To its coroutine a drive is a task of asyncio's: `asyncio.current_task`, `timeout` and `TaskGroup` work, and each has a
context of its own (`contextvars`). Neither this file nor `waits.py` knows JavaScript: `promises.py` hands it in.
"""

import asyncio
import contextvars
from asyncio.tasks import _enter_task, _leave_task  # documented, for tasks that are not asyncio's own
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, Final

from edge.waits import Promised

READY: Final = "ready"
RUNNING: Final = "running"
FOR_A_PROMISE: Final = "waiting for a promise"
FOR_THE_LOOP: Final = "waiting for the loop"
ENDED: Final = "ended"

GOES_ON: Final = "goes on"
AWAITS_A_PROMISE: Final = "awaits a promise"
AWAITS_THE_LOOP: Final = "awaits something of asyncio's"
RETURNS: Final = "returns or raises"

AFTER: Final[Mapping[tuple[str, str], str]] = {
    (READY, GOES_ON): RUNNING,
    (RUNNING, AWAITS_A_PROMISE): FOR_A_PROMISE,
    (RUNNING, AWAITS_THE_LOOP): FOR_THE_LOOP,
    (RUNNING, RETURNS): ENDED,
    (FOR_A_PROMISE, GOES_ON): RUNNING,
    (FOR_THE_LOOP, GOES_ON): RUNNING,
}
"""(State of a drive, what it does) -> the state after."""


class Drive:
    """One coroutine on its way from `start` to its end; `result` is what came of it."""

    under_way: ClassVar[set["Drive"]] = set()

    __slots__ = ("_awaited", "_cancelled", "_context", "_error", "_loop", "_thrown", "_value", "ended", "state", "work")

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self.work = work
        self.state = READY
        self.ended: Callable[[], object] | None = None
        """What is called at the end of one that has waited."""
        self._context = contextvars.copy_context()
        self._loop = asyncio.get_event_loop()
        self._awaited: Any = None
        self._value: Any = None
        self._error: BaseException | None = None
        self._cancelled = 0
        self._thrown: BaseException | None = None
        """What the next step raises in the coroutine."""

    def start(self) -> bool:
        """Take the first step. Whether that was the last."""
        self._go_on()
        if self.state is ENDED:
            return True
        self.under_way.add(self)
        return False

    def result(self) -> Any:
        """What the coroutine returned. Raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value

    def _go_on(self, _future: object = None) -> None:
        self.state = AFTER[self.state, GOES_ON]
        thrown, self._thrown, self._awaited = self._thrown, None, None
        try:
            awaited = self._step(self.work.send, None) if thrown is None else self._step(self.work.throw, thrown)
        except StopIteration as end:
            self._end(end.value, None)
        except BaseException as error:  # of whatever kind: there is nobody behind a drive to see it
            self._end(None, error)
        else:
            self._wait(awaited)

    def _step(self, step: Callable[[Any], Any], sent: Any) -> Any:
        """One step, in which this drive is asyncio's current task. Another's may be under way: it is put aside."""
        loop = self._loop
        if asyncio._get_running_loop() is not loop:  # Pyodide has one loop, but may call on a stack that knows of none
            asyncio._set_running_loop(loop)
        outer = asyncio.current_task(loop)
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, self)  # type: ignore[arg-type]
        try:
            return self._context.run(step, sent)
        finally:
            _leave_task(loop, self)  # type: ignore[arg-type]
            if outer is not None:
                _enter_task(loop, outer)

    def _wait(self, awaited: Any) -> None:
        if type(awaited) is Promised:
            self.state = AFTER[self.state, AWAITS_A_PROMISE]
            awaited.wake = self._go_on
        else:
            self.state = AFTER[self.state, AWAITS_THE_LOOP]
            if getattr(awaited, "_asyncio_future_blocking", None) is None:
                if awaited is not None:  # as `asyncio.sleep(0)` does
                    self._thrown = RuntimeError(f"it awaits {awaited!r}, which is nothing of asyncio's")
                self._loop.call_soon(self._go_on)
                return
            awaited.add_done_callback(self._go_on)
        awaited._asyncio_future_blocking = False
        self._awaited = awaited
        if self._thrown is not None and awaited.cancel():
            self._thrown = None

    def _end(self, value: Any, error: BaseException | None) -> None:
        self.state = AFTER[self.state, RETURNS]
        self._value, self._error = value, error
        self.under_way.discard(self)
        ended, self.ended = self.ended, None
        if ended is not None:
            ended()

    # --- what asyncio asks of a task ----------------------------------------------------------------------------------

    def get_coro(self) -> Coroutine[Any, Any, Any]:
        return self.work

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return self.state is ENDED

    def cancel(self, msg: object = None) -> bool:
        """Raise CancelledError where it waits; where it runs, at its next wait. False when it has ended."""
        if self.state is ENDED:
            return False
        self._cancelled += 1
        if self._awaited is None or not self._awaited.cancel():
            self._thrown = asyncio.CancelledError()
        return True

    def cancelling(self) -> int:
        return self._cancelled

    def uncancel(self) -> int:
        if self._cancelled > 0:
            self._cancelled -= 1
            if self._cancelled == 0:
                self._thrown = None
        return self._cancelled
