"""Promises of JavaScript's, as they are: how functions that return them are called, and who listens when they settle.

Called the ordinary way, a function that returns a promise gives Python a future of Pyodide's event loop, made at once,
whether anybody awaits it or not, and kept for as long as the promise does not settle.
"""

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy

from edge.bridge import bridge
from edge.waits import Promised, Slot

try:
    from _pyodide import jsbind

    unconverted: Any = jsbind.js2py_default
except (ImportError, AttributeError):  # experimental, says Pyodide: `tests/worker/test_contracts.py` tells when it goes
    unconverted = None


def asking(method: Any, owner: Any = None) -> Callable[..., Promised]:
    """`asking(kv.get, kv)(key)` is `kv.get(key)`, to be awaited. Call it inside a request."""
    ask = raw(method, owner)
    return lambda *arguments: Promised(ask(*arguments))


def raw(method: Any, owner: Any = None) -> Callable[..., Any]:
    """`method` of `owner`, whose promise Python gets as it is."""
    return by_array(method, owner) if unconverted is None else by_signature(method)


def by_signature(method: Any) -> Callable[..., Any]:
    """With a signature that tells Pyodide to convert the result to nothing else. It costs no crossing."""
    bound: Callable[..., Any] = method.bind_sig(_promise)
    return bound


def _promise(*arguments: Any) -> Any:
    """The signature."""


_promise.__annotations__["return"] = unconverted


def by_array(method: Any, owner: Any = None) -> Callable[..., Any]:
    """Without one: JavaScript puts the promise into an array, and what Python takes out of that is not converted.

    Four crossings more for a call; nothing else changes.
    """
    to = bridge()
    apply = to.bind_apply(method, owner)

    def call(*arguments: Any) -> Any:
        return to.array_from(to.array_of(to.array_of(*arguments)), apply)[0]

    return call


async def worked(promise: Any) -> bool:
    """Whether `promise`, as it is, was kept."""
    try:
        await Promised(promise)
    except JsException:
        return False
    return True


class Listener:
    """`waits.Listening` over JavaScript's functions, which the first promise of an isolate makes."""

    def make_slot(self, number: int) -> Slot:
        its = _functions()
        return Slot(
            number,
            its.bind_kept(None, None, number),
            its.bind_broken(None, None, number),
            its.bind_late(None, None, number),
        )

    def listen(self, promise: Any, slot: Slot) -> None:
        _functions().then(promise, slot.kept, slot.broken)


Promised.javascript = Listener()


class _Functions:
    """Functions of JavaScript, and three of Python's that are given away for good."""

    def __init__(self) -> None:
        call, bind = js.Function.prototype.call, js.Function.prototype.bind
        self.bind_kept, self.bind_broken, self.bind_late = (
            bind.bind(call.bind(create_proxy(function))) for function in (Promised.kept, _broken, Promised.is_late)
        )
        """`bind_kept(None, None, number)(value)` is `Promised.kept(number, value)`."""
        self.then = raw(call.bind(js.Reflect.get(js.Promise.prototype, "then")))
        """`then(promise, kept, broken)` is `promise.then(kept, broken)`."""


_made: _Functions | None = None


def _functions() -> _Functions:
    global _made
    if _made is None:
        _made = _Functions()
    return _made


def _broken(number: int, reason: Any = None) -> None:
    """A promise may be rejected with anything; what is no error is told by one."""
    Promised.broken(number, reason if isinstance(reason, BaseException) else js.Error.new(str(reason)))
