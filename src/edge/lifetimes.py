"""How long work lives: a request's to its answer, and what outlives it, when its client is gone.

The platform cancels a request whose client is gone: no promise of it ever settles any more. JavaScript collects what
waits for such a promise; Python cannot, and would keep all of it for ever. So as soon as work waits for anything, the
platform is told to wait for its end. Work that never waits costs nothing.
"""

import traceback
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import js

from edge.bridge import bridge
from edge.driving import Drive
from edge.promises import asking

Result = TypeVar("Result")


class Client:
    """The client of one request, as far as the platform knows of it: `Request.client`."""

    __slots__ = ("_request", "context")

    def __init__(self, js_request: Any, context: Any) -> None:
        self._request = js_request
        self.context = context
        """The platform's `ExecutionContext` of the request."""

    @property
    def signal(self) -> Any:
        """The `AbortSignal` that says when it has hung up."""
        return self._request.signal


def carried_out(work: Coroutine[Any, Any, Result], make: Callable[[Result], Any], context: Any) -> Any:
    """What `make` makes of the result of `work`: itself if that never waits, else a promise of it.

    The promise is rejected with what `work` or `make` raised. With a `context` the platform waits for it, whether the
    client does or not.
    """
    drive = Drive(work)
    if drive.start():
        return make(drive.result())
    to = bridge()
    ending = to.with_resolvers()
    promise = ending.promise
    if context is not None:
        context.waitUntil(promise)

    def ended() -> None:
        try:
            ending.resolve(make(drive.result()))
        except BaseException as error:  # whoever waits for the promise is to know, whatever it is
            ending.reject(to.error("".join(traceback.format_exception(error))))

    drive.ended = ended
    return promise


def nothing(_: None) -> None:
    """For `carried_out`, of work of which nothing comes."""


def background(context: Any) -> Callable[[Coroutine[Any, Any, None]], None]:
    """`ports.Background` over one request's `waitUntil`. The work begins once the request waits, or is answered."""

    def defer(work: Coroutine[Any, Any, None]) -> None:
        carried_out(_later(work), nothing, context)

    return defer


async def _later(work: Coroutine[Any, Any, None]) -> None:
    await asking(js.Promise.resolve, js.Promise)()
    await work
