"""One WebSocket, on a connection whose handshake was read: messages in, messages out, and API Gateway's limits.

Frames are read by one thread and written by any. The protocol itself (RFC 6455) is the `websockets` package's.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from devtools.application.function_url import HttpRequest

ABNORMAL = 1006
"""The close code of a connection that ended without one."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds: API Gateway's quotas."""

    message: int = 128 * 1024
    frame: int = 32 * 1024
    idle: float = 600.0
    lifetime: float = 7200.0


class WebSocket:
    """`messages` ends when the connection does; `closed` is then its close code and reason."""

    def __init__(self, request: HttpRequest, connection: socket.socket, stream: BinaryIO, limits: Limits) -> None:
        self._connection = connection
        self._stream = stream
        self._limits = limits
        self._writing = threading.Lock()
        self._protocol = ServerProtocol(max_size=(limits.message, limits.frame))
        self._protocol.receive_data(_as_it_arrived(request))
        read = [event for event in self._protocol.events_received() if isinstance(event, Request)]
        self._handshake = self._protocol.accept(read[0]) if read else self._protocol.reject(400, "no handshake")
        self._began = self.active = time.time()

    @property
    def can_open(self) -> bool:
        """Whether the handshake is one."""
        return self._handshake.status_code == 101

    def open(self) -> None:
        """Say that it is, or what is wrong with it."""
        with self._writing:
            self._protocol.send_response(self._handshake)
            self._flush()

    def send(self, text: bytes) -> None:
        """In frames of the size that API Gateway makes. Raises ConnectionError when it is closed."""
        pieces = [text[at : at + self._limits.frame] for at in range(0, len(text), self._limits.frame)] or [b""]
        with self._writing:
            try:
                for number, piece in enumerate(pieces):
                    last = number == len(pieces) - 1
                    send = self._protocol.send_continuation if number else self._protocol.send_text
                    send(piece, last)
                self._flush()
            except (InvalidState, OSError) as error:
                raise ConnectionError("the WebSocket is closed") from error
        self.active = time.time()

    def close(self, code: CloseCode = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Begin the closing handshake."""
        with self._writing, suppress(InvalidState, OSError):
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(code, reason)
                self._flush()

    @property
    def closed(self) -> tuple[int, str]:
        received = self._protocol.close_rcvd
        return (int(received.code), received.reason) if received else (ABNORMAL, "")

    def messages(self) -> Iterator[str | bytes]:
        """Each message: text, or bytes of a binary one."""
        parts: list[Frame] = []
        while frames := self._frames():
            for frame in frames:
                if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    parts.append(frame)
                    if frame.fin:
                        content = self._content(parts)
                        parts = []
                        if content is not None:
                            yield content

    def _frames(self) -> list[Frame]:
        """The next frames; none once it is closed."""
        while self._protocol.state is not State.CLOSED:
            received = self._receive()
            with self._writing:
                if received:
                    self._protocol.receive_data(received)
                else:
                    self._protocol.receive_eof()
                with suppress(OSError):
                    self._flush()
                frames = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
            if frames:
                return frames
        return []

    def _receive(self) -> bytes:
        """Bytes of the client; none when it is gone, silent for too long, or connected for too long."""
        left = self._began + self._limits.lifetime - time.time()
        try:
            self._connection.settimeout(max(0.01, min(self._limits.idle, left)))
            return self._stream.read1(65536)  # type: ignore[attr-defined,no-any-return]  # it is buffered
        except TimeoutError:
            self.close(CloseCode.GOING_AWAY, "Going away")
        except (OSError, ValueError):  # the server itself ends
            pass
        return b""

    def _content(self, parts: list[Frame]) -> str | bytes | None:
        self.active = time.time()
        content = b"".join(bytes(part.data) for part in parts)
        if parts[0].opcode is Opcode.BINARY:
            return content
        try:
            return content.decode()
        except UnicodeDecodeError:
            with self._writing, suppress(OSError):
                self._protocol.fail(CloseCode.INVALID_DATA)
                self._flush()
            return None

    def _flush(self) -> None:
        """What the protocol wants to be sent. Raises OSError."""
        for piece in self._protocol.data_to_send():
            if piece:
                self._connection.sendall(piece)
            else:
                self._connection.shutdown(socket.SHUT_WR)


def _as_it_arrived(request: HttpRequest) -> bytes:
    """The handshake, which somebody else has read, for the protocol's own parser."""
    lines = [f"GET {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
