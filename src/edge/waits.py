"""What Python waits for: a promise of JavaScript's. Who waits how is written in `driving.py`."""

import asyncio
import itertools
from collections.abc import Callable, Generator
from typing import Any, ClassVar, Protocol

from core.records import record


@record
class Slot:
    """Three functions of JavaScript, bound to a number: they call those of `Promised` with it."""

    number: int
    kept: Any
    broken: Any
    late: Any


class Listening(Protocol):
    """What is needed of JavaScript."""

    def make_slot(self, number: int) -> Slot:
        """The functions that are bound to `number`."""
        ...

    def listen(self, promise: Any, slot: Slot) -> None:
        """`promise.then(slot.kept, slot.broken)`."""
        ...


class Promised:
    """A promise of JavaScript's, to be awaited once: by a drive, or by a task of asyncio's, to which it is a future.

    Pyodide makes none for it, and of one that was given up nothing stays.
    """

    javascript: ClassVar[Listening]
    waiting: ClassVar[dict[int, "Promised"]] = {}
    """Those that have not settled, by the number of their slot."""
    free: ClassVar[list[Slot]] = []
    numbers: ClassVar = itertools.count()

    __slots__ = ("_asyncio_future_blocking", "_error", "_slot", "_value", "done", "wake")

    def __init__(self, promise: Any) -> None:
        slot = self.free.pop() if self.free else self.javascript.make_slot(next(self.numbers))
        self._slot: Slot | None = slot
        self._value: Any = None
        self._error: BaseException | None = None
        self._asyncio_future_blocking = False
        self.done = False
        self.wake: Callable[[], object] | None = None
        """What is called once it has settled: the drive that waits for it."""
        self.waiting[slot.number] = self
        self.javascript.listen(promise, slot)

    def __await__(self) -> Generator["Promised", None, Any]:
        if not self.done:
            self._asyncio_future_blocking = True
            yield self
        if self._slot is not None:
            self.free.append(self._slot)  # not before: until here a timer may still hold its function
            self._slot = None
        return self.result()

    @property
    def late(self) -> Any:
        """For a timer: called before the promise has settled, it raises TimeoutError where that is awaited."""
        assert self._slot is not None, "it is over"
        return self._slot.late

    def give_up(self, cause: BaseException) -> bool:
        """Raise `cause` where it is awaited, in the loop's next turn. False when it has settled already."""
        if self.done:
            return False
        self._is_given_up(cause)
        if self.wake is not None:
            asyncio.get_running_loop().call_soon(self.wake)
        return True

    def _is_given_up(self, cause: BaseException) -> None:
        assert self._slot is not None, "that of one that has not settled is taken"
        del self.waiting[self._slot.number]
        self._slot = None
        self._error, self.done = cause, True

    # --- called by JavaScript -----------------------------------------------------------------------------------------

    @classmethod
    def kept(cls, number: int, value: Any = None) -> None:
        if (promised := cls.waiting.pop(number, None)) is not None:
            promised._value, promised.done = value, True
            if promised.wake is not None:
                promised.wake()

    @classmethod
    def broken(cls, number: int, error: BaseException) -> None:
        if (promised := cls.waiting.pop(number, None)) is not None:
            promised._error, promised.done = error, True
            if promised.wake is not None:
                promised.wake()

    @classmethod
    def is_late(cls, number: int) -> None:
        if (promised := cls.waiting.get(number)) is not None:
            promised._is_given_up(TimeoutError())
            if promised.wake is not None:
                promised.wake()

    # --- what asyncio's tasks ask of a future -------------------------------------------------------------------------

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def add_done_callback(self, callback: Callable[["Promised"], object], *, context: Any = None) -> None:
        loop = asyncio.get_running_loop()
        self.wake = lambda: loop.call_soon(callback, self, context=context)

    def cancel(self, msg: object = None) -> bool:
        return self.give_up(asyncio.CancelledError(*([] if msg is None else [msg])))
