"""The client: HTTP/1.1 on sockets, one exchange at a time on each of its connections.

Written for the soak because what libraries hide is looked at here: whether an answer ended as its framing says, and
whether a connection broke. A connection is kept as long as both sides keep it.
"""

import asyncio
import socket
import struct
import time
from contextlib import suppress

from soak.exchanges import Answer, HangUp, Question
from soak.frames import CLOSE, HEAD, MESSAGES, TEXT, frame, lengths

PATIENCE = 30.0
"""Seconds for one exchange; the slowest allowed answer waits 6 s for a key set, and 5 s for an origin."""

IDLE = 2.0
"""Seconds after which an unused connection is opened anew. workerd closes it after five (`pipelineTimeout` of its HTTP
server), and what is asked at that very moment gets no answer, which would look like a fault of the gateway's."""

LONGEST_HEAD = 64 * 1024
PIECE = 16 * 1024
BODILESS = frozenset({204, 304})
SWITCHED = 101


class Connection:
    """One client's connection, opened when it is needed."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._used = 0.0

    async def ask(self, question: Question) -> Answer:
        """Send `question` and read the answer. Raises nothing: trouble is part of the answer."""
        answer = Answer()
        if time.monotonic() - self._used > IDLE:
            self.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._exchange(question, answer)
        except TimeoutError:
            answer.trouble = f"not finished within {PATIENCE:.0f} s"
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            answer.trouble = f"{type(error).__name__}: {error}"
        answer.received = time.time()
        self._used = time.monotonic()
        if not answer.complete or answer.headers.get("connection", "") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    def _reset(self) -> None:
        """Close with RST: what a client looks like that was killed."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _exchange(self, question: Question, answer: Answer) -> None:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address, limit=LONGEST_HEAD)
        reader, writer = self._reader, self._writer
        head = question.head(f"{self._address[0]}:{self._address[1]}")
        content = _on_the_wire(question)
        answer.sent = time.time()
        if question.hang_up is HangUp.MID_CONTENT:
            content = content[: len(content) // 2]
        writer.write(head + content)
        if question.hang_up in (HangUp.AFTER_HEAD, HangUp.MID_CONTENT):
            await writer.drain()
            self._reset()
            return
        await _read_head(reader, answer)
        if question.hang_up is HangUp.MID_ANSWER:
            await reader.read(PIECE)
            self._reset()
            return
        if answer.status == SWITCHED:
            await _converse(reader, writer, answer)
            self.close()
            return
        if question.method == "HEAD" or answer.status in BODILESS:
            answer.complete = True
            return
        await _read_content(reader, answer)


def _on_the_wire(question: Question) -> bytes:
    """The content in its framing."""
    content = question.content
    if content is None:
        return b""
    if not question.chunked:
        return content
    pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def _read_head(reader: asyncio.StreamReader, answer: Answer) -> None:
    """The header section of the final answer; interim ones (1xx) are passed over."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1")
        line, *lines = head.split("\r\n")
        answer.status = int(line.split(" ", 2)[1])
        if answer.status >= 200 or answer.status == SWITCHED:
            break
    for text in lines:
        name, _, value = text.partition(":")
        name, value = name.lower(), value.strip()
        if name == "set-cookie":
            answer.cookies.append(value)
        else:
            answer.headers[name] = f"{answer.headers[name]}, {value}" if name in answer.headers else value


async def _read_content(reader: asyncio.StreamReader, answer: Answer) -> None:
    """The content as far as it comes; `complete` once it has ended."""
    pieces: list[bytes] = []
    try:
        if answer.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(await reader.readuntil(b"\r\n"), 16):
                pieces.append(await _exactly(reader, size, pieces))
                await reader.readexactly(2)
            await reader.readexactly(2)
        else:
            pieces.append(await _exactly(reader, int(answer.headers["content-length"]), pieces))
        answer.complete = True
    except KeyError:
        answer.trouble = "the answer does not say where it ends"
    finally:
        answer.content = b"".join(pieces)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Listen to the greeting, say each message and listen to what comes back, part properly. The content is what was
    heard, a line for each."""
    heard = [await _frame(reader)]
    for message in MESSAGES:
        writer.write(frame(TEXT, message.encode(), masked=True))
        heard.append(await _frame(reader))
    writer.write(frame(CLOSE, b"\x03\xe8", masked=True))  # 1000: all is done
    await _frame(reader)
    answer.content, answer.complete = b"\n".join(heard), True


async def _frame(reader: asyncio.StreamReader) -> bytes:
    _, _, size = lengths(await reader.readexactly(HEAD))
    return await reader.readexactly(size)


async def _exactly(reader: asyncio.StreamReader, size: int, before: list[bytes]) -> bytes:
    """`size` bytes; what came of them is kept when the connection breaks."""
    try:
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as error:
        before.append(error.partial)
        raise
