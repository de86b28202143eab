"""How long a request lives: its client, what outlives it, and what is brought to its end when it is gone."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

from edge.bridge import bridge

Result = TypeVar("Result")


class Client:
    """The client of one request, as far as the platform knows of it: `Request.client`."""

    __slots__ = ("_context", "_request")

    def __init__(self, js_request: Any, context: Any) -> None:
        self._request = js_request
        self._context = context

    @property
    def signal(self) -> Any:
        """The `AbortSignal` that says when it has hung up."""
        return self._request.signal

    def is_outlived_by(self, work: Any) -> None:
        """Let `work`, a task or a promise, come to its end even if the client hangs up."""
        self._context.waitUntil(work)


class ToItsEnd(Generic[Result]):
    """Awaits the handling of a request, which goes on to its end when the client hangs up.

    The platform cancels a request whose client is gone: no promise of it ever settles any more. JavaScript collects
    what waits for such a promise; Python cannot, and would keep the whole handling for ever. So as soon as the handling
    waits for anything, the platform is told to wait for it, too. One that never waits costs nothing.
    """

    def __init__(self, handling: Coroutine[Any, Any, Result], client: Client) -> None:
        self._handling = handling
        self._client = client

    def __await__(self) -> Generator[Any, Any, Result]:
        steps = self._handling.__await__()
        try:
            awaited = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        ended = bridge().with_resolvers()
        self._client.is_outlived_by(ended.promise)
        try:
            while True:
                try:
                    yield awaited
                except BaseException as error:  # what was awaited has failed: the handling's own affair
                    awaited = steps.throw(error)
                else:
                    awaited = next(steps)
        except StopIteration as end:
            result = end.value
            return result
        finally:
            ended.resolve()


def background(context: Any) -> Callable[[Coroutine[Any, Any, None]], None]:
    """`ports.Background` over one request's `waitUntil`."""

    def defer(work: Coroutine[Any, Any, None]) -> None:
        context.waitUntil(work)

    return defer
