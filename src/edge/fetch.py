"""`ports.Fetch` over the platform's `fetch`: a deadline, a client that hangs up, content counted as it flows."""

import itertools
from collections.abc import Callable
from typing import Any, ClassVar, Final

import js
from pyodide.ffi import JsException, create_proxy

from core.jsontext import quoted, text_object
from core.messages import ContentTooLarge, Request, Response
from core.ports import ClientGone, FetchFailed, FetchTimeout
from edge.bodies import JsBody, js_content
from edge.bridge import bridge
from edge.lifetimes import Client, carried_out, nothing
from edge.messages import read_response
from edge.promises import asking, raw, worked
from edge.waits import Promised

PIECE: Final = 64 * 1024
"""Bytes read at once of content that is counted as it flows: what it costs is the calls, not the bytes."""


class EdgeFetch:
    """`ports.Fetch` over the platform's `fetch`, or over that of a service binding."""

    def __init__(self, js_fetch: Any, fetcher: Any = None) -> None:
        self._fetch = asking(js_fetch, fetcher)

    async def __call__(self, request: Request, *, timeout: float, max_body: int | None = None) -> Response:
        to, exchange = bridge(), _Exchange(f"no response within {timeout:g} s")
        timer = to.set_timeout(exchange.give_up, round(timeout * 1000))
        client = _client_of(request)
        if client is not None:
            client.signal.onabort = exchange.give_up
        try:
            counted = _counted_body(request, max_body, exchange)
            exchange.answer = self._fetch(request.url, self._options(request, counted, exchange))
            js_response = await exchange.answer
        except JsException as error:
            raise exchange.cause or FetchFailed(error.message) from None
        finally:
            to.clear_timeout(timer)
            exchange.is_over()
        if exchange.cause is not None:
            raise exchange.cause
        return read_response(js_response)

    def _options(self, request: Request, counted: "_CountedBody | None", exchange: "_Exchange") -> Any:
        """The second argument of `fetch`: what is text in one crossing, what is an object in one each."""
        options = bridge().parse(
            f'{{"method":{quoted(request.method)},"headers":{text_object(request.headers)},'
            '"redirect":"manual","encodeResponseBody":"manual"}'
        )
        options.signal = exchange.controller.signal
        if request.body is not None:
            options.body = counted.stream if counted else js_content(request.body)
        return options


class _Exchange:
    """One call of `fetch` under way, and what ends it before its response.

    Its signal is aborted then, which rejects the promise of `fetch`; but when that happens in the very moment that the
    response arrives, workerd never settles it. So what waits for the promise is told by us, and not by that.
    """

    under_way: ClassVar[dict[int, "_Exchange"]] = {}
    """Those that JavaScript may end, by number: a number is all that its functions hold of one."""
    numbers: ClassVar = itertools.count()

    __slots__ = ("_number", "_too_late", "answer", "cause", "controller", "give_up")

    def __init__(self, too_late: str) -> None:
        to = bridge()
        self.controller = to.abort_controller()
        self.answer: Promised | None = None
        """The response, once it has been asked for."""
        self.cause: Exception | None = None
        """What ended it, if anything did."""
        self._too_late = too_late
        self._number = next(self.numbers)
        self.under_way[self._number] = self
        self.give_up = _to_give_up()(None, None, self._number)
        """For JavaScript: called with nothing by a timer, with an event by the signal of a client that is gone."""

    def is_over(self) -> None:
        """Nothing of JavaScript's ends it any more; whoever counts its content still may."""
        del self.under_way[self._number]

    def end(self, cause: Exception) -> None:
        """Raise `cause` where the response is waited for, and let the origin know that nobody waits."""
        self.cause = self.cause or cause
        self.controller.abort()
        if self.answer is not None:
            self.answer.give_up(self.cause)

    @classmethod
    def given_up(cls, number: int, event: Any = None) -> None:
        """What `give_up` calls."""
        exchange = cls.under_way.get(number)
        if exchange is not None:
            gone = ClientGone("it hung up while the origin was asked")
            exchange.end(FetchTimeout(exchange._too_late) if event is None else gone)


def _client_of(request: Request) -> Client | None:
    """None for a request of our own."""
    client = request.client
    assert client is None or isinstance(client, Client), "nobody but this file makes one"
    return client


class _CountedBody:
    """Content of unknown length, counted as it flows.

    When it is longer than `limit` bytes, or when its sender hangs up, the whole exchange is aborted: ending the stream
    alone would end the request properly, and the origin would act on half of it.
    """

    def __init__(self, body: JsBody, limit: int, exchange: _Exchange, client: Client | None) -> None:
        self._limit = limit
        self._exchange = exchange
        self._broken_off = False
        pipe = js.IdentityTransformStream.new()
        self.stream = pipe.readable
        reader = body.stream.getReader(bridge().to_object({"mode": "byob"}))
        copying = self._copy(reader, pipe.writable.getWriter())
        carried_out(copying, nothing, None if client is None else client.context)

    async def _copy(self, reader: Any, writer: Any) -> None:
        read, write = asking(reader.read, reader), raw(writer.write, writer)
        size, buffer = 0, js.Uint8Array.new(PIECE)
        while (chunk := await self._next(read, buffer)) is not None:
            size += chunk.byteLength
            if size > self._limit:
                self._abort(ContentTooLarge(f"more than {self._limit} bytes"))
            if self._broken_off or not await worked(write(chunk)):  # an origin may answer without reading to the end
                await worked(raw(reader.cancel, reader)("not wanted"))
                return
            buffer = js.Uint8Array.new(chunk.buffer)
        if not self._broken_off:
            await worked(raw(writer.close, writer)())

    async def _next(self, read: Callable[[Any], Promised], buffer: Any) -> Any:
        """The next piece, in `buffer`'s memory; None at the end."""
        try:
            step = await read(buffer)
        except JsException as error:
            self._abort(ClientGone(f"the content broke off: {error.message}"))
            return None
        return None if step.done else step.value

    def _abort(self, cause: Exception) -> None:
        self._broken_off = True
        self._exchange.end(cause)


def _counted_body(request: Request, limit: int | None, exchange: _Exchange) -> _CountedBody | None:
    """None when nothing needs counting: the platform holds content to an announced length, and the core has seen it."""
    if limit is None or not isinstance(request.body, JsBody) or "content-length" in request.headers:
        return None
    return _CountedBody(request.body, limit, exchange, _client_of(request))


_bind_given_up: Any = None


def _to_give_up() -> Any:
    """`_to_give_up()(None, None, number)()` is `_Exchange.given_up(number)`; one proxy for all of an isolate."""
    global _bind_given_up
    if _bind_given_up is None:
        call_given_up = js.Function.prototype.call.bind(create_proxy(_Exchange.given_up))
        _bind_given_up = js.Function.prototype.bind.bind(call_given_up)
    return _bind_given_up
