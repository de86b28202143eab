"""Contents: streams of JavaScript that Python passes through, reads to their end, or makes."""

import time
from typing import Any, Final

from pyodide.ffi import JsException, jsnull, to_js

from core.messages import Arrived, Content, ContentTooLarge
from core.ports import ClientGone, ClientTooSlow, FetchFailed
from edge.bridge import bridge
from edge.promises import asking, raw, worked

LONGEST_READ: Final = 25.0
"""Seconds for a content that is read to its end. The platform gives work that outlives its client 30 s, and what waits
then is never told: Python would keep it for ever."""


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
        next_piece = asking(reader.read, reader)
        timer = to.set_timeout(to.bind_cancel(reader), round(LONGEST_READ * 1000))
        fault: Exception | None = None
        chunks: list[bytes] = []
        size = 0
        try:
            while not (step := await next_piece()).done:
                size += step.value.byteLength
                if size > limit:
                    raise ContentTooLarge(f"more than {limit} bytes")
                if arrived is not None:
                    arrived(step.value.byteLength)
                chunks.append(step.value.to_bytes())
        except JsException as error:
            fault = self.broken_off(error.message)
        except Exception:
            await worked(raw(reader.cancel, reader)("not wanted"))
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
        await asking(self.stream.cancel, self.stream)()


class ClientBody(JsBody):
    """The content that a client sends."""

    __slots__ = ()

    broken_off = ClientGone
    too_slow = ClientTooSlow


def body_of(stream: Any, kind: type[JsBody] = JsBody) -> JsBody | None:
    return None if stream is None or stream is jsnull else kind(stream)


def js_content(content: Content) -> Any:
    if isinstance(content, bytes):
        return to_js(content)
    return content.stream if isinstance(content, JsBody) else content
