"""`ports.Sockets`: a WebSocket to an origin and one to a client, joined under terms.

No message passes through Python. JavaScript hands each from one socket to the other by functions that it has itself:
`Object.assign(target, event)` sets `target.data` to what `event.data` is, and the setter of `target.data` is `send` of
the other socket. Python hears of the end of each side, and four times in the span that a socket may be idle looks at a
`Set` that each message puts the same mark into.

    joined ── a side's Close ──> closing: the other is told ── its Close ──> over: the first is told
       │                            └───────── 10 s without it ──────────> over
       └── a side is gone, or the terms' end ──> over: both are told

Both are accepted half-open, so a close is answered when the other side has answered it, and with its code. Once it is
over nothing passes, whether or not anybody answers.
"""

import itertools
from typing import Any, ClassVar, Final

import js
from pyodide.ffi import JsException

from core.sockets import IDLE, LOST, Close, Side, SocketTerms, told
from edge.bridge import bridge
from edge.callbacks import Callbacks

LOOKS: Final = 4
"""In the span that a socket may be idle: it is closed no later than a quarter of that after its end."""

CLOSING: Final = 10.0
"""Seconds that one side has to answer a close of the other."""

MARK: Final = 1


OTHER: Final[dict[Side, Side]] = {"client": "origin", "origin": "client"}


class EdgeSockets:
    """`ports.Sockets` over `WebSocketPair`."""

    def __call__(self, websocket: Any, terms: SocketTerms) -> Any:
        public, inner = js.WebSocketPair.new().object_values()
        Joined({"client": inner, "origin": websocket}, terms)
        return public


class Joined:
    """Two sockets whose messages go to each other."""

    open: ClassVar[dict[int, "Joined"]] = {}
    """By number: a number is all that JavaScript's functions hold of one."""
    numbers: ClassVar = itertools.count()
    callbacks: ClassVar[Callbacks | None] = None

    __slots__ = ("_closing", "_listeners", "_number", "_passed", "_quiet", "_sides", "_terms", "_timers")

    def __init__(self, sides: dict[Side, Any], terms: SocketTerms) -> None:
        self._sides = sides
        self._terms = terms
        self._closing: tuple[Side, Close] | None = None
        """The side that has closed first, and what the other was told of it."""
        self._passed = js.Set.new()
        """Holds `MARK` when a message has passed since the last look."""
        self._quiet = 0
        """Looks in a row that found nothing passed."""
        self._number = next(self.numbers)
        self._listeners: list[tuple[Any, Any]] = []
        self._timers: dict[str, Any] = {}
        self.open[self._number] = self
        self._join()

    def _join(self) -> None:
        for side, socket in self._sides.items():
            socket.binaryType = "arraybuffer"  # a Blob would have to be read before it could be sent
            socket.accept(bridge().to_object({"allowHalfOpen": True}))
            self._listen(socket, _sender(self._sides[OTHER[side]]))
            for event in ("close", "error"):
                socket.addEventListener(event, self._calling(side))
        self._after(self._terms.ends_in, "end")
        if self._terms.idle is not None:
            for socket in self._sides.values():
                self._listen(socket, js.Set.prototype.add.bind(self._passed, MARK))
            self._after(self._terms.idle / LOOKS, "look")

    def _calling(self, word: str) -> Any:
        """A function of JavaScript that says `word` to this one, by its number."""
        if Joined.callbacks is None:
            Joined.callbacks = Callbacks(Joined.heard)
        return Joined.callbacks(self._number, word)

    def _listen(self, socket: Any, listener: Any) -> None:
        socket.addEventListener("message", listener)
        self._listeners.append((socket, listener))

    def _after(self, seconds: float, word: str) -> None:
        self._timers[word] = bridge().set_timeout(self._calling(word), round(seconds * 1000))

    @classmethod
    def heard(cls, number: int, word: str, event: Any = None) -> None:
        """What JavaScript calls."""
        joined = cls.open.get(number)
        if joined is None:
            return
        match word:
            case "client" | "origin":
                joined._closed(word, event)
            case "look":
                joined._look()
            case "end":
                joined._end(joined._terms.ends_as)
            case "unanswered":
                joined._unanswered()

    def _look(self) -> None:
        assert self._terms.idle is not None, "looked at for that alone"
        self._quiet = 0 if self._passed.delete(MARK) else self._quiet + 1
        if self._quiet >= LOOKS:
            self._end(IDLE)
        else:
            self._after(self._terms.idle / LOOKS, "look")

    def _closed(self, side: Side, event: Any) -> None:
        """One side has closed, answered the other's close, or is gone."""
        close = told(side, event.code, event.reason) if event.type == "close" else LOST[side]
        if self._closing is None and close is not LOST[side]:
            self._closing = side, close
            _close(self._sides[OTHER[side]], close)
            self._after(CLOSING, "unanswered")
        elif self._closing is None or self._closing[0] != side:
            self._end(close)

    def _unanswered(self) -> None:
        assert self._closing is not None, "waited for since then"
        self._end(self._closing[1])

    def _end(self, close: Close) -> None:
        """Nothing passes any more, and nothing is heard of either side."""
        for socket, listener in self._listeners:
            socket.removeEventListener("message", listener)
        for timer in self._timers.values():
            bridge().clear_timeout(timer)
        for socket in self._sides.values():
            _close(socket, close)
        del self.open[self._number]


def _sender(socket: Any) -> Any:
    """A listener that sends the data of each message on `socket`."""
    target, setter = js.Object.new(), js.Object.new()
    setter.set = socket.send.bind(socket)
    js.Object.defineProperty(target, "data", setter)
    return js.Object.assign.bind(js.Object, target)


def _close(socket: Any, close: Close) -> None:
    try:
        socket.close() if close.code is None else socket.close(close.code, close.reason)
    except JsException:  # it has closed meanwhile
        return
