"""Origins for the worker tests: real sockets on free ports of 127.0.0.1.

`EchoOrigin` answers with what it received, to the byte. `BadOrigin` misbehaves in one way, the one it is made with.
`StagedOrigin` lets a test stand between the first byte and the last, and between the tries of one request.

    with BadOrigin(hang_before_headers) as origin:
        routes = [{"path": "/hang/*", "origin": origin.url, "auth": "none"}]

Each origin has a port of its own, because the gateway keeps one breaker per origin: one that fails in one test must not
be left alone in the next. `received` lists the requests that arrived; `hung_up` is set once the other side is gone.
"""

import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

MIB = 1024 * 1024

PATIENCE = 180.0
"""Seconds until a wait in an origin gives up, so that a failing test ends."""


@dataclass
class Received:
    """One request as it arrived: nothing decoded, nothing folded, nothing sorted."""

    method: str
    target: str
    """Path and query, as on the request line."""
    fields: list[tuple[str, str]]
    """Names and values in the order and spelling of the wire."""
    length: int = 0
    sha256: str = ""
    """Of the content, in hexadecimal; empty until it was read to its end."""
    complete: bool = False

    def values(self, name: str) -> list[str]:
        """Every value of the field `name`, in whatever case it came."""
        return [value for other, value in self.fields if other.lower() == name]


@dataclass
class Connection:
    """One connection from the gateway, read as HTTP/1.1."""

    socket: socket.socket
    buffer: bytes = b""
    request: Received = field(default_factory=lambda: Received("", "", []))

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def head(self) -> bool:
        """Read one header section; False when the other side has no more requests."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._fill():
                return False
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        pairs = (text.partition(":") for text in lines)
        self.request = Received(method, target, [(name, value.strip()) for name, _, value in pairs])
        return True

    def content(self) -> Iterator[bytes]:
        """The content in the pieces in which it arrives."""
        if "chunked" in self.request.values("transfer-encoding"):
            yield from self._chunks()
        else:
            length = int((self.request.values("content-length") or ["0"])[0])
            yield from self._exactly(length)

    def read_content(self) -> None:
        digest = hashlib.sha256()
        for piece in self.content():
            digest.update(piece)
            self.request.length += len(piece)
        self.request.sha256, self.request.complete = digest.hexdigest(), True

    def wait_for_hang_up(self) -> bool:
        """Whether the other side closes or resets the connection before patience ends."""
        self.socket.settimeout(PATIENCE)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _chunks(self) -> Iterator[bytes]:
        while True:
            while b"\r\n" not in self.buffer:
                self._need()
            size, _, self.buffer = self.buffer.partition(b"\r\n")
            if int(size, 16) == 0:
                while not self.buffer.startswith(b"\r\n"):
                    self._need()
                self.buffer = self.buffer[2:]
                return
            yield from self._exactly(int(size, 16))
            while len(self.buffer) < 2:
                self._need()
            self.buffer = self.buffer[2:]

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length:
            if not self.buffer:
                self._need()
            piece, self.buffer = self.buffer[:length], self.buffer[length:]
            length -= len(piece)
            yield piece

    def _need(self) -> None:
        if not self._fill():
            raise ConnectionResetError("the request ended in the middle")

    def _fill(self) -> bool:
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)


class Origin:
    """A threaded HTTP/1.1 server on a free port. Subclasses answer one request in `answer`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.hung_up = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._open: set[socket.socket] = set()
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._listener.close()
        for open_socket in list(self._open):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)

    def answer(self, connection: Connection) -> None:
        raise NotImplementedError

    def _accept(self) -> None:
        while not self._closing:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        self._open.add(accepted)
        connection = Connection(accepted)
        try:
            with accepted:
                while accepted.fileno() != -1 and connection.head():
                    self.received.append(connection.request)
                    self.answer(connection)
        except OSError:
            self.hung_up.set()
        finally:
            self._open.discard(accepted)


class EchoOrigin(Origin):
    """Answers every request with what it received, as JSON; `echo_of` reads it."""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        seen = connection.request
        body = json.dumps(
            {
                "method": seen.method,
                "target": seen.target,
                "fields": seen.fields,
                "length": seen.length,
                "sha256": seen.sha256,
            }
        ).encode()
        connection.send(answer_head(200, f"content-type: application/json\r\ncontent-length: {len(body)}"))
        if seen.method != "HEAD":
            connection.send(body)


class BadOrigin(Origin):
    """Answers every request with one behaviour: a function of this file, or a test's own. `behave = well` mends it."""

    def __init__(self, behaviour: "Callable[[Connection, BadOrigin], None]") -> None:
        super().__init__()
        self.behave = behaviour

    def answer(self, connection: Connection) -> None:
        self.behave(connection, self)


class StagedOrigin(Origin):
    """Answers in two halves: `FIRST`, then, once the test says `go`, `LAST`. `arrived`: content has begun to arrive."""

    FIRST, LAST = b"first half, ", b"last half"

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.arrived = threading.Event()

    def answer(self, connection: Connection) -> None:
        for _ in connection.content():
            self.arrived.set()
        connection.request.complete = True
        length = len(self.FIRST) + len(self.LAST)
        connection.send(answer_head(200, f"content-type: text/plain\r\ncontent-length: {length}") + self.FIRST)
        self.go.wait(PATIENCE)
        connection.send(self.LAST)


class ScriptedOrigin(Origin):
    """Answers request after request with the given header sections and contents; the last one again and again."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__()
        self._answers = list(answers)
        self._lock = threading.Lock()

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        with self._lock:
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        connection.send(answer)


def answer_head(status: int, fields: str = "content-length: 0") -> bytes:
    """A header section, with the empty line that ends it."""
    return f"HTTP/1.1 {status} Because\r\n{fields}\r\n\r\n".encode("latin-1")


def closed_port() -> int:
    """A port on which nobody listens: connections to it are refused."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# --- behaviours of BadOrigin ------------------------------------------------------------------------------------------


def well(connection: Connection, origin: BadOrigin) -> None:
    connection.read_content()
    connection.send(answer_head(200, "content-type: text/plain\r\ncontent-length: 4") + b"well")


def hang_before_headers(connection: Connection, origin: BadOrigin) -> None:
    if connection.wait_for_hang_up():
        origin.hung_up.set()


def hang_mid_body(connection: Connection, origin: BadOrigin) -> None:
    connection.send(answer_head(200, "content-type: text/plain\r\ncontent-length: 1000") + b"and then")
    if connection.wait_for_hang_up():
        origin.hung_up.set()


def reset_before_headers(connection: Connection, origin: BadOrigin) -> None:
    connection.reset()


def reset_mid_body(connection: Connection, origin: BadOrigin) -> None:
    connection.send(answer_head(200, "content-type: text/plain\r\ncontent-length: 1000") + b"and then")
    threading.Event().wait(0.2)
    connection.reset()


def not_http(connection: Connection, origin: BadOrigin) -> None:
    connection.send(b"220 smtp.example ESMTP ready\r\n\r\n")
    connection.socket.close()


def broken_field(connection: Connection, origin: BadOrigin) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nthis is no field\r\ncontent-length: 0\r\n\r\n")
    connection.socket.close()


def endless_headers(connection: Connection, origin: BadOrigin) -> None:
    """100 MB of header fields."""
    connection.send(b"HTTP/1.1 200 OK\r\n")
    line = b"x-filler: " + b"y" * (MIB - 12) + b"\r\n"
    for _ in range(100):
        connection.send(line)
    connection.send(b"content-length: 0\r\n\r\n")


def promise_more_than_is_sent(connection: Connection, origin: BadOrigin) -> None:
    connection.send(answer_head(200, "content-type: text/plain\r\ncontent-length: 100") + b"only this")
    connection.socket.close()


def send_more_than_promised(connection: Connection, origin: BadOrigin) -> None:
    connection.send(answer_head(200, "content-type: text/plain\r\ncontent-length: 4") + b"this and much more")
    connection.socket.close()


def drip(connection: Connection, origin: BadOrigin) -> None:
    """A byte a second, five of them."""
    connection.send(answer_head(200, "content-type: text/plain\r\ncontent-length: 5"))
    for octet in b"drips":
        threading.Event().wait(1.0)
        connection.send(bytes([octet]))


def large(size: int) -> Callable[[Connection, BadOrigin], None]:
    """A response of `size` bytes, as fast as the other side takes them."""
    block = bytes(range(256)) * 4096

    def behaviour(connection: Connection, origin: BadOrigin) -> None:
        connection.send(answer_head(200, f"content-type: application/octet-stream\r\ncontent-length: {size}"))
        sent = 0
        while sent < size:
            piece = block[: min(len(block), size - sent)]
            connection.send(piece)
            sent += len(piece)

    return behaviour


def answer_unread(connection: Connection, origin: BadOrigin) -> None:
    """Refuse a request without reading its content, as proxies do that know better."""
    body = b"no thanks"
    connection.send(
        answer_head(403, f"content-type: text/plain\r\nconnection: close\r\ncontent-length: {len(body)}") + body
    )
    connection.socket.shutdown(socket.SHUT_WR)
    connection.wait_for_hang_up()
    connection.socket.close()
