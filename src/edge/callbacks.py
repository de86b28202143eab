"""Functions of JavaScript that call Python, made without a proxy for each: one of an isolate, bound to a number.

What lives long (a socket, a stream) is many objects of JavaScript that call back. A proxy for each would have to be
destroyed with it, and keep what it calls until then. A number keeps nothing: what it stands for is in a dictionary of
Python's, and one that is not there any more is nobody's.
"""

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_proxy


class Callbacks:
    """Make it inside a request: the snapshot of an isolate can hold no proxy.

    to = Callbacks(heard)
    to(7, "message")(event)     # in JavaScript: calls heard(7, "message", event)
    """

    __slots__ = ("_bind",)

    def __init__(self, called: Callable[..., None]) -> None:
        call = js.Function.prototype.call.bind(create_proxy(called))
        self._bind = js.Function.prototype.bind.bind(call)

    def __call__(self, number: int, word: str) -> Any:
        return self._bind(None, None, number, word)
