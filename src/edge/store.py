"""`ports.KeyValueStore` over Workers KV, and `ports.RateLimiter` over a rate-limit binding."""

from collections.abc import Mapping
from typing import Any

import js
from pyodide.ffi import JsException, jsnull

from core.messages import Body, Content
from core.ports import Listing, StoredValue, StoreFailed
from edge.bodies import LONGEST_READ, JsBody, body_of, js_content
from edge.bridge import bridge
from edge.promises import asking
from edge.waits import Promised


class WorkersKV:
    """`ports.KeyValueStore` over a KV namespace."""

    def __init__(self, namespace: Any) -> None:
        self._get = asking(namespace.get, namespace)
        self._get_with_metadata = asking(namespace.getWithMetadata, namespace)
        self._list = asking(namespace.list, namespace)
        self._put = asking(namespace.put, namespace)
        self._delete = asking(namespace.delete, namespace)

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        value = await within(timeout, self._get(key, "text"))
        return None if value is jsnull else str(value)

    async def get(self, key: str, *, timeout: float) -> StoredValue | None:
        found = await within(timeout, self._get_with_metadata(key, "stream"))
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
            await self._put(key, await _whole(value), bridge().to_object(options))
        except JsException as error:
            raise StoreFailed(error.message) from None

    async def delete(self, key: str) -> None:
        try:
            await self._delete(key)
        except JsException as error:
            raise StoreFailed(error.message) from None

    async def list(self, prefix: str, *, timeout: float, pages: int) -> Listing:
        found: dict[str, Mapping[str, Any]] = {}
        wanted = {"prefix": prefix}
        for _ in range(pages):
            page = await within(timeout, self._list(bridge().to_object(wanted)))
            answer = bridge().to_python(page)
            for key in answer["keys"]:
                metadata = key.get("metadata")
                found[key["name"]] = metadata if isinstance(metadata, dict) else {}
            if answer["list_complete"]:
                return Listing(found, is_whole=True)
            wanted["cursor"] = answer["cursor"]
        return Listing(found, is_whole=False)


async def _whole(content: Content) -> Any:
    """The content as one JavaScript value. A stream that breaks off rejects here: handed to KV as it is, what had come
    until then would be stored as if it were all."""
    if not isinstance(content, JsBody):
        return js_content(content)
    # Through a pipe: read whole, one of two branches would hold the other back until the end.
    whole = js.Response.new(content.stream.pipeThrough(js.IdentityTransformStream.new()))
    return await within(LONGEST_READ, asking(whole.arrayBuffer, whole)())


async def within(timeout: float, found: Promised) -> Any:
    """What is `found`, or StoreFailed when the look-up is rejected or takes longer than `timeout` seconds."""
    to = bridge()
    timer = to.set_timeout(found.late, round(timeout * 1000))
    try:
        return await found
    except JsException as error:
        raise StoreFailed(error.message) from None
    except TimeoutError:
        raise StoreFailed(f"no answer within {timeout * 1000:.0f} ms") from None
    finally:
        to.clear_timeout(timer)


class EdgeRateLimiter:
    """`ports.RateLimiter` over a rate-limit binding."""

    def __init__(self, binding: Any) -> None:
        self._limit = asking(binding.limit, binding)

    async def __call__(self, key: str) -> bool:
        try:
            return bool((await self._limit(bridge().to_object({"key": key}))).success)
        except JsException as error:
            raise StoreFailed(error.message) from None
