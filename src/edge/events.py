"""`ports.EventStreams`: a stream of events to a client, with a comment while its origin is silent and an end.

A `TransformStream` between the origin's stream and the client's. Each piece passes through as it came and at once; of
it, Python looks at the last four bytes, which say whether a comment may follow. A client that hangs up cancels it, and
by that the origin's stream: the platform sees to both, and Python waits for nothing.
"""

import itertools
import time
from typing import Any, ClassVar, Final

import js
from pyodide.ffi import to_js

from core.event_stream import BYTE_ORDER_MARK, HEARTBEAT, TAIL, TOKEN_EXPIRED, EventTerms, is_between_events
from edge.bodies import JsBody
from edge.bridge import bridge
from edge.callbacks import Callbacks

EARLY: Final = 0.05
"""Seconds by which a timer may come before its time, as clocks of different grain have it."""

HOOKS: Final = ("start", "transform", "flush", "cancel")
"""Of a transformer (Streams standard, section 6.1.3)."""


class EdgeEvents:
    """`ports.EventStreams` over `TransformStream`."""

    def __call__(self, body: Any, terms: EventTerms) -> JsBody:
        return JsBody(body.stream.pipeThrough(Watched(terms).through))


class Watched:
    """One stream under way."""

    open: ClassVar[dict[int, "Watched"]] = {}
    """By number: a number is all that JavaScript's functions hold of one."""
    numbers: ClassVar = itertools.count()
    callbacks: ClassVar[Callbacks | None] = None

    __slots__ = ("_controller", "_heard_at", "_number", "_spoken", "_tail", "_terms", "_timers", "through")

    def __init__(self, terms: EventTerms) -> None:
        self._terms = terms
        self._controller: Any = None
        self._tail = b""
        """The last bytes of what the origin has sent."""
        self._heard_at = time.monotonic()
        """When the origin, or in its place this, last said something."""
        self._spoken = False
        """Whether a comment has been sent."""
        self._timers: dict[str, Any] = {}
        self._number = next(self.numbers)
        self.open[self._number] = self
        transformer = js.Object.new()
        for hook in HOOKS:
            setattr(transformer, hook, self._calling(hook))
        self.through = js.TransformStream.new(transformer)
        self._after(terms.heartbeat, "silent")
        if terms.ends_in is not None:
            self._after(terms.ends_in, "end")

    def _calling(self, word: str) -> Any:
        """A function of JavaScript that says `word` to this one, by its number."""
        if Watched.callbacks is None:
            Watched.callbacks = Callbacks(Watched.heard)
        return Watched.callbacks(self._number, word)

    def _after(self, seconds: float, word: str) -> None:
        self._timers[word] = bridge().set_timeout(self._calling(word), round(seconds * 1000))

    @classmethod
    def heard(cls, number: int, word: str, first: Any = None, second: Any = None) -> None:
        """What JavaScript calls."""
        watched = cls.open.get(number)
        if watched is None:
            return
        match word:
            case "start":
                watched._controller = first
            case "transform":
                watched._pass_on(first)
            case "silent":
                watched._speak()
            case "end":
                watched._end()
            case "flush" | "cancel":
                watched._forget()

    def _pass_on(self, piece: Any) -> None:
        if not self._tail and self._spoken:
            piece = _without_mark(piece)
        self._tail = (self._tail + piece.subarray(-TAIL).to_bytes())[-TAIL:]
        self._controller.enqueue(piece)
        self._heard_at = time.monotonic()

    def _speak(self) -> None:
        """A comment, unless an event is unfinished, or the client has yet to take what was sent."""
        left = self._heard_at + self._terms.heartbeat - time.monotonic()
        if left <= EARLY:
            if is_between_events(self._tail) and self._controller.desiredSize >= 0:
                self._controller.enqueue(to_js(HEARTBEAT))
                self._spoken = True
            left = self._terms.heartbeat
        self._after(left, "silent")

    def _end(self) -> None:
        """The client is told that this is all, and the origin that nobody reads on."""
        if is_between_events(self._tail):
            self._controller.enqueue(to_js(TOKEN_EXPIRED))
        self._controller.terminate()
        self._forget()

    def _forget(self) -> None:
        for timer in self._timers.values():
            bridge().clear_timeout(timer)
        del self.open[self._number]


def _without_mark(piece: Any) -> Any:
    """A mark of the byte order says something at the beginning of a stream, and a comment has been there."""
    return piece.subarray(len(BYTE_ORDER_MARK)) if piece.subarray(0, 3).to_bytes() == BYTE_ORDER_MARK else piece
