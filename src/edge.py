"""The platform: the only file that touches `js`, `pyodide` and `workers`.

Turns JavaScript requests into `messages.Request`, answers into JavaScript responses, and implements every protocol of
`ports.py` on workerd. It decides nothing about geo, identity, caching or forwarding.

Every call between Python and JavaScript crosses a bridge at about 2 microseconds, and every JavaScript object held by
Python costs more to let go. So a request is read with one `JSON.stringify` and a response is built from one
`JSON.parse`. JavaScript functions are looked up once per isolate, inside the first request: production takes its
snapshot after import, and a snapshot cannot hold them.
"""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

import js
from pyodide.ffi import JsException, create_proxy, jsnull, to_js
from workers import import_from_javascript

from jsontext import flat_object, quoted, text_object
from messages import Arrived, Body, Content, ContentTooLarge, Request, Response
from ports import (
    Analytics,
    ClientGone,
    ClientTooSlow,
    Fetch,
    FetchFailed,
    FetchTimeout,
    Platform,
    RateLimiter,
    StoredValue,
    StoreFailed,
)

CF_FIELDS: Final = ("country", "region", "regionCode", "city", "timezone", "continent", "isEUCountry")
"""What is read of `request.cf`; the platform's object has some forty fields."""

BODILESS_METHODS: Final = frozenset({"GET", "HEAD"})
BODILESS_STATUSES: Final = frozenset({101, 204, 205, 304})
"""Statuses whose responses have no content (Fetch standard, "null body status")."""

PUBLIC_MEMBERS: Final = ("kty", "crv", "n", "e", "x", "y")
"""The members of a JWK that make up a public key (RFC 7517, RFC 7518 section 6, RFC 8037)."""

SIGNATURES: Final[Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    **{f"RS{n}": ({"name": "RSASSA-PKCS1-v1_5", "hash": f"SHA-{n}"}, {"name": "RSASSA-PKCS1-v1_5"})
       for n in (256, 384, 512)},
    **{f"PS{n}": ({"name": "RSA-PSS", "hash": f"SHA-{n}"}, {"name": "RSA-PSS", "saltLength": n // 8})
       for n in (256, 384, 512)},
    **{f"ES{n}": ({"name": "ECDSA", "namedCurve": curve}, {"name": "ECDSA", "hash": f"SHA-{n}"})
       for n, curve in ((256, "P-256"), (384, "P-384"), (512, "P-521"))},
    "EdDSA": ({"name": "Ed25519"}, {"name": "Ed25519"}),
}  # fmt: skip
"""JWS algorithm (RFC 7518 section 3.1, RFC 8037) -> WebCrypto parameters of `importKey` and of `verify`."""

PIECE: Final = 64 * 1024
"""Bytes read at once of content that is counted as it flows: what it costs is the calls, not the bytes."""

LONGEST_READ: Final = 25.0
"""Seconds for a content that is read to its end. The platform gives work that outlives its client 30 s, and what waits
then is never told: Python would keep it for ever."""

SETTLED: Final = 0.5
"""Seconds after which a `fetch` that was aborted must have been settled."""

IMPORTED_KEYS: Final = 256
"""Most keys kept imported; beyond that the oldest is imported again when it is needed."""

read_json: Final = json.JSONDecoder().raw_decode
"""`json.loads` without its care for whitespace and byte order marks: `JSON.stringify` writes neither."""

Result = TypeVar("Result")

_worker: Any = import_from_javascript("cloudflare:workers")


class JsBody:
    """A `messages.Body` around a JavaScript `ReadableStream`; Python never copies what flows through it."""

    __slots__ = ("stream",)

    broken_off: type[Exception] = FetchFailed
    """What is raised when the sender breaks off."""
    too_slow: type[Exception] = FetchFailed
    """What is raised when the content takes longer than `LONGEST_READ`."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
        to, began = bridge(), time.monotonic()
        reader = self.stream.getReader()
        timer = to.set_timeout(to.bind_cancel(reader), round(LONGEST_READ * 1000))
        fault: Exception | None = None
        chunks: list[bytes] = []
        size = 0
        try:
            while not (step := await reader.read()).done:
                size += step.value.byteLength
                if size > limit:
                    raise ContentTooLarge(f"more than {limit} bytes")
                if arrived is not None:
                    arrived(step.value.byteLength)
                chunks.append(step.value.to_bytes())
        except JsException as error:
            fault = self.broken_off(error.message)
        except Exception:
            await _worked(reader.cancel("not wanted"))
            raise
        finally:
            to.clear_timeout(timer)
        if time.monotonic() - began >= LONGEST_READ:
            fault = self.too_slow(f"the content took longer than {LONGEST_READ:g} s")
        if fault is not None:
            raise fault
        return b"".join(chunks)

    def tee(self) -> "tuple[JsBody, JsBody]":
        left, right = self.stream.tee()
        return JsBody(left), JsBody(right)

    async def cancel(self) -> None:
        await self.stream.cancel()


class ClientBody(JsBody):
    """The content that a client sends."""

    __slots__ = ()

    broken_off = ClientGone
    too_slow = ClientTooSlow


class Bridge:
    """JavaScript functions, looked up once per isolate.

    Given a list of property names, `JSON.stringify` reads those and no others, at every depth, getters included. The
    fields of `Headers` are no properties, so two getters make them such: `Headers.prototype.fields` is what `entries`
    returns, an iterator, and an iterator's `list` is what `toArray` returns. Both getters are functions that
    JavaScript has: none can be compiled at run time. With them, one call reads a whole message:

        {"method": "GET", "url": "…", "headers": {"fields": {"list": [["accept", "*/*"], …]}}, "cf": {"country": "PT"}}
    """

    def __init__(self) -> None:
        self.stringify: Callable[..., str] = js.JSON.stringify
        self.parse = js.JSON.parse
        self.response = js.Response.new
        self.console_log = js.console.log
        self.abort_controller = js.AbortController.new
        self.set_timeout = js.setTimeout
        self.clear_timeout = js.clearTimeout
        self.race = js.Promise.race.bind(js.Promise)
        self.with_resolvers = js.Promise.withResolvers.bind(js.Promise)
        self.array_from = js.Array.from_.bind(js.Array)
        call_given_up = js.Function.prototype.call.bind(create_proxy(_Exchange.given_up))
        self.bind_given_up = js.Function.prototype.bind.bind(call_given_up)
        """`bind_given_up(None, None, number)()` is `_Exchange.given_up(number)`."""
        self.bind_cancel = js.Function.prototype.bind.bind(js.ReadableStreamDefaultReader.prototype.cancel)
        """`bind_cancel(reader)()` is `reader.cancel()`."""
        self.bind_apply = js.Function.prototype.bind.bind(js.Function.prototype.apply)
        """`bind_apply(method, owner)([argument])` is `owner.method(argument)`."""
        _add_getter(js.Headers.prototype, "fields", js.Headers.prototype.entries)
        _add_getter(js.Iterator.prototype, "list", js.Iterator.prototype.toArray)
        self.request_properties = to_js(["method", "url", "headers", "fields", "list", "cf", *CF_FIELDS])
        self.response_properties = to_js(["status", "headers", "fields", "list"])

    def to_object(self, value: Any) -> Any:
        """A plain JavaScript value of JSON-like `value`."""
        return self.parse(json.dumps(value))

    def to_python(self, value: Any) -> Any:
        """The JSON-like value of a plain JavaScript one."""
        return json.loads(self.stringify(value))


def _add_getter(owner: Any, name: str, getter: Any) -> None:
    js.Object.defineProperty(owner, name, get=getter, configurable=True)


_bridge: Bridge | None = None


def bridge() -> Bridge:
    """The isolate's bridge, built by the first request."""
    global _bridge
    if _bridge is None:
        _bridge = Bridge()
    return _bridge


# --- requests and responses -------------------------------------------------------------------------------------------


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


def read_request(js_request: Any, client: Client | None = None) -> Request:
    """The request as plain values."""
    to = bridge()
    head, _ = read_json(to.stringify(js_request, to.request_properties))
    headers = dict(head["headers"]["fields"]["list"])
    scheme, _, rest = head["url"].partition("://")
    authority, _, target = rest.partition("#")[0].partition("/")
    path, _, query = target.partition("?")
    method = head["method"]
    body = None if method in BODILESS_METHODS else _body(js_request.body, ClientBody)
    return Request(method, scheme, authority, "/" + path, query, headers, head.get("cf") or {}, body, client)


def _body(stream: Any, kind: type[JsBody] = JsBody) -> JsBody | None:
    return None if stream is None or stream is jsnull else kind(stream)


def write_response(response: Response) -> Any:
    """The JavaScript response. Content is sent in the content coding it already has."""
    to = bridge()
    headers = response.headers
    if response.cookies:
        fields = json.dumps([*headers.items(), *(("set-cookie", cookie) for cookie in response.cookies)])
    else:
        fields = text_object(headers)
    coding = ',"encodeBody":"manual"' if "content-encoding" in headers else ""
    options = to.parse(f'{{"status":{response.status},"headers":{fields}{coding}}}')
    if response.websocket is not None:
        options.webSocket = response.websocket
    return to.response(None if response.status in BODILESS_STATUSES else _content(response.body), options)


def _content(content: Content) -> Any:
    if isinstance(content, bytes):
        return to_js(content)
    return content.stream if isinstance(content, JsBody) else content


def read_response(js_response: Any) -> Response:
    """A response of `fetch`, its content not yet read and still in its content coding."""
    to = bridge()
    headers: dict[str, str] = {}
    cookies: list[str] = []
    head, _ = read_json(to.stringify(js_response, to.response_properties))
    for name, value in head["headers"]["fields"]["list"]:
        if name == "set-cookie":
            cookies.append(value)
        else:
            headers[name] = value
    status = head["status"]
    websocket = js_response.webSocket if status == 101 else None
    return Response(status, headers, _body(js_response.body), cookies, websocket)


class Answer:
    """What the runtime's dispatcher looks for in a handler's result: the JavaScript response."""

    __slots__ = ("js_object",)

    def __init__(self, response: Response) -> None:
        self.js_object = write_response(response)


# --- ports: fetch -----------------------------------------------------------------------------------------------------


class EdgeFetch:
    """`ports.Fetch` over the platform's `fetch`, or over that of a service binding."""

    def __init__(self, js_fetch: Callable[..., Any]) -> None:
        self._fetch = js_fetch

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
            exchange.raise_cause()
            raise FetchFailed(error.message) from None
        finally:
            to.clear_timeout(timer)
            exchange.is_over()
        exchange.raise_cause()
        return read_response(js_response)

    def _options(self, request: Request, counted: "_CountedBody | None", exchange: "_Exchange") -> Any:
        """The second argument of `fetch`: what is text in one crossing, what is an object in one each."""
        options = bridge().parse(
            f'{{"method":{quoted(request.method)},"headers":{text_object(request.headers)},'
            '"redirect":"manual","encodeResponseBody":"manual"}'
        )
        options.signal = exchange.controller.signal
        if request.body is not None:
            options.body = counted.stream if counted else _content(request.body)
        return options


class _Exchange:
    """One call of `fetch` under way, and what ends it before its response.

    Its signal is aborted then, which rejects the promise of `fetch`; but when that happens in the very moment that the
    response arrives, workerd never settles it. So what waits is woken after `SETTLED` at the latest.
    """

    under_way: ClassVar[dict[int, "_Exchange"]] = {}
    """Those that JavaScript may end, by number: a number is all that its functions hold of one."""
    numbers: ClassVar = itertools.count()

    __slots__ = ("_cause", "_last_resort", "_number", "_too_late", "answer", "controller", "give_up")

    def __init__(self, too_late: str) -> None:
        to = bridge()
        self.controller = to.abort_controller()
        self.answer: Any = None
        """The future of the response, once it has been asked for."""
        self._too_late = too_late
        self._cause: Exception | None = None
        self._last_resort: asyncio.TimerHandle | None = None
        self._number = next(self.numbers)
        self.under_way[self._number] = self
        self.give_up = to.bind_given_up(None, None, self._number)
        """For JavaScript: called with nothing by a timer, with an event by the signal of a client that is gone."""

    def is_over(self) -> None:
        """Nothing of JavaScript's ends it any more; whoever counts its content still may."""
        del self.under_way[self._number]
        if self._last_resort is not None:
            self._last_resort.cancel()

    def end(self, cause: Exception) -> None:
        """Raise `cause` where the response is waited for, and let the origin know that nobody waits."""
        self._cause = self._cause or cause
        self.controller.abort()
        if self.answer is not None and not self.answer.done():
            self._last_resort = self.answer.get_loop().call_later(SETTLED, self._settle)

    def _settle(self) -> None:
        if not self.answer.done():
            self.answer.set_result(None)

    def raise_cause(self) -> None:
        """Raises what ended it, if anything did."""
        if self._cause is not None:
            raise self._cause

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
        self._pump = asyncio.ensure_future(self._copy(reader, pipe.writable.getWriter()))
        if client is not None:
            client.is_outlived_by(self._pump)

    async def _copy(self, reader: Any, writer: Any) -> None:
        size, buffer = 0, js.Uint8Array.new(PIECE)
        while (chunk := await self._next(reader, buffer)) is not None:
            size += chunk.byteLength
            if size > self._limit:
                self._abort(ContentTooLarge(f"more than {self._limit} bytes"))
            if self._broken_off or not await _worked(writer.write(chunk)):
                await _worked(reader.cancel("not wanted"))  # an origin may answer without reading to the end
                return
            buffer = js.Uint8Array.new(chunk.buffer)
        if not self._broken_off:
            await _worked(writer.close())

    async def _next(self, reader: Any, buffer: Any) -> Any:
        """The next piece, in `buffer`'s memory; None at the end."""
        try:
            step = await reader.read(buffer)
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


async def _worked(promise: Any) -> bool:
    """Whether the promise was kept."""
    try:
        await promise
    except JsException:
        return False
    return True


# --- ports: key-value store, rate limiter -----------------------------------------------------------------------------


class WorkersKV:
    """`ports.KeyValueStore` over a KV namespace."""

    def __init__(self, namespace: Any) -> None:
        self._kv = namespace
        self._get, self._get_with_metadata, self._list = (
            bridge().bind_apply(method, namespace)
            for method in (namespace.get, namespace.getWithMetadata, namespace.list)
        )
        """Each takes its arguments as one array."""

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        value = await _within(timeout, self._get, key, "text")
        return None if value is jsnull else str(value)

    async def get(self, key: str, *, timeout: float) -> StoredValue | None:
        found = await _within(timeout, self._get_with_metadata, key, "stream")
        body = _body(found.value)
        if body is None:
            return None
        metadata = bridge().to_python(found.metadata)
        return StoredValue(metadata if isinstance(metadata, dict) else {}, body)

    async def put(
        self,
        key: str,
        value: Body | bytes | str,
        *,
        expires_in: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        options: dict[str, Any] = {}
        if expires_in is not None:
            options["expirationTtl"] = expires_in
        if metadata is not None:
            options["metadata"] = metadata
        try:
            await self._kv.put(key, await _whole(value), bridge().to_object(options))
        except JsException as error:
            raise StoreFailed(error.message) from None

    async def delete(self, key: str) -> None:
        try:
            await self._kv.delete(key)
        except JsException as error:
            raise StoreFailed(error.message) from None

    async def list(self, prefix: str, *, timeout: float) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        wanted = {"prefix": prefix}
        while True:
            page = await _within(timeout, self._list, wanted)
            answer = bridge().to_python(page)
            for key in answer["keys"]:
                metadata = key.get("metadata")
                found[key["name"]] = metadata if isinstance(metadata, dict) else {}
            if answer["list_complete"]:
                return found
            wanted["cursor"] = answer["cursor"]


async def _whole(content: Content) -> Any:
    """The content as one JavaScript value. A stream that breaks off rejects here: handed to KV as it is, what had come
    until then would be stored as if it were all."""
    if not isinstance(content, JsBody):
        return _content(content)
    # Through a pipe: read whole, one of two branches would hold the other back until the end.
    whole = js.Response.new(content.stream.pipeThrough(js.IdentityTransformStream.new()))
    return await _within(LONGEST_READ, bridge().bind_apply(whole.arrayBuffer, whole))


async def _within(timeout: float, look_up: Any, *arguments: Any) -> Any:
    """The result of a look-up, or StoreFailed when it rejects or takes longer than `timeout` seconds.

    A promise that Python is handed costs it a future that lasts until the promise settles: for ever, when its request
    has ended before. So the look-up and its timer stay in JavaScript, and Python waits for their race, which one of
    them ends. The timer settles to `undefined`, which no look-up does.
    """
    to = bridge()
    timer = to.with_resolvers()
    to.set_timeout(timer.resolve, round(timeout * 1000))
    try:
        runners = to.array_from(to.to_object([arguments]), look_up)
        runners.push(timer.promise)
        result = await to.race(runners)
    except JsException as error:
        raise StoreFailed(error.message) from None
    if result is None:
        raise StoreFailed(f"no answer within {timeout * 1000:.0f} ms")
    return result


class EdgeRateLimiter:
    """`ports.RateLimiter` over a rate-limit binding."""

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    async def __call__(self, key: str) -> bool:
        try:
            return bool((await self._binding.limit(key=key)).success)
        except JsException as error:
            raise StoreFailed(error.message) from None


# --- ports: signatures ------------------------------------------------------------------------------------------------


class WebCrypto:
    """`ports.SignatureVerifier` over WebCrypto. Each key is imported once per isolate.

    Make it inside a request: it holds functions of JavaScript.
    """

    def __init__(self) -> None:
        subtle = js.crypto.subtle
        self._import = subtle.importKey.bind(subtle)
        self._verify = subtle.verify.bind(subtle)
        self._imported: dict[tuple[str | None, ...], tuple[Any, Any]] = {}
        """Algorithm and public members -> the parameters of `verify` and the key, as JavaScript values."""

    async def __call__(self, algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
        identity = (algorithm, *map(jwk.get, PUBLIC_MEMBERS))
        imported = self._imported.get(identity)
        if imported is None:
            imported = await self._import_key(algorithm, jwk)
            if len(self._imported) >= IMPORTED_KEYS:
                del self._imported[next(iter(self._imported))]
            self._imported[identity] = imported
        try:
            return bool(await self._verify(*imported, to_js(signature), to_js(signing_input)))
        except JsException:  # what workerd makes of an Ed25519 signature of wrong length
            return False

    async def _import_key(self, algorithm: str, jwk: Mapping[str, Any]) -> tuple[Any, Any]:
        """The parameters of `verify` and the key. Raises ValueError."""
        importing, verifying = SIGNATURES[algorithm]
        public = {name: jwk[name] for name in PUBLIC_MEMBERS if name in jwk}
        to = bridge()
        try:
            key = await self._import(
                "jwk", to.to_object(public), to.to_object(importing), False, to.to_object(["verify"])
            )
        except JsException as error:
            raise ValueError(error.message) from None
        return to.to_object(verifying), key


# --- the isolate ------------------------------------------------------------------------------------------------------


def environment() -> tuple[dict[str, Any], set[str]]:
    """Vars and secrets by name, and the names of all other bindings."""
    variables: dict[str, Any] = {}
    bindings: set[str] = set()
    env = _worker.env
    for name in js.Object.keys(env):
        value = getattr(env, name)
        if isinstance(value, str | int | float):
            variables[name] = value
        elif value.constructor.name in ("Object", "Array"):
            variables[name] = bridge().to_python(value)
        else:
            bindings.add(name)
    return variables, bindings


def platform(bindings: set[str]) -> Platform:
    """The ports of this isolate. Call it inside a request."""
    env = _worker.env

    def bound(name: str) -> Any:
        if name not in bindings:
            raise KeyError(name)
        return getattr(env, name)

    def service(name: str) -> Fetch:
        fetcher = bound(name)
        return EdgeFetch(fetcher.fetch.bind(fetcher))

    def limiter(name: str) -> RateLimiter:
        return EdgeRateLimiter(bound(name))

    return Platform(
        fetch=EdgeFetch(js.fetch),
        service=service,
        verify=WebCrypto(),
        store=WorkersKV(env.CACHE) if "CACHE" in bindings else None,
        limiter=limiter,
        analytics=_analytics(env.ANALYTICS) if "ANALYTICS" in bindings else None,
        clock=time.time,
        random=random.Random(int.from_bytes(random.SystemRandom().randbytes(32))),
        log=write_log,
    )


def _analytics(dataset: Any) -> Analytics:
    def write(index: str, blobs: Sequence[str], doubles: Sequence[float]) -> None:
        dataset.writeDataPoint(bridge().to_object({"indexes": [index], "blobs": blobs, "doubles": doubles}))

    return write


def write_log(event: str, **fields: Any) -> None:
    """One JSON line on the console; Workers Logs indexes its fields."""
    bridge().console_log(flat_object({"event": event, **fields}))


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
