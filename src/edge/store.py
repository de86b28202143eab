"""`ports.KeyValueStore` over Workers KV, and `ports.RateLimiter` over a rate-limit binding."""

from collections.abc import Mapping
from typing import Any

import js
from pyodide.ffi import JsException, jsnull

from core.messages import Body, Content
from core.ports import StoredValue, StoreFailed
from edge.bodies import LONGEST_READ, JsBody, body_of, js_content
from edge.bridge import bridge


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
        value = await within(timeout, self._get, key, "text")
        return None if value is jsnull else str(value)

    async def get(self, key: str, *, timeout: float) -> StoredValue | None:
        found = await within(timeout, self._get_with_metadata, key, "stream")
        body = body_of(found.value)
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
            page = await within(timeout, self._list, wanted)
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
        return js_content(content)
    # Through a pipe: read whole, one of two branches would hold the other back until the end.
    whole = js.Response.new(content.stream.pipeThrough(js.IdentityTransformStream.new()))
    return await within(LONGEST_READ, bridge().bind_apply(whole.arrayBuffer, whole))


async def within(timeout: float, look_up: Any, *arguments: Any) -> Any:
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
