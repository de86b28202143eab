"""What lasts: sockets and streams of events under a route's terms, event by event and close by close."""

import itertools
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Request
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from devtools.paths import SOURCES
from devtools.runtime.memory import measured, memory_of
from devtools.runtime.runner import Gateway
from tests.worker.origins import Connection, Origin, answer_head
from tests.worker.patience import PATIENCE, until

UNSAID = object()
SECRET = "a secret of thirty-two bytes or so"


def token(**claims: Any) -> str:
    return jwt.encode({"sub": "u1", "role": "user", "exp": time.time() + 600, **claims}, SECRET, "HS256")


def bearer(**claims: Any) -> str:
    return f"Bearer {token(**claims)}"


def reset(client: socket.socket) -> None:
    """Vanish: no close of any kind, and RST in place of FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        client.shutdown(socket.SHUT_RD)
    client.close()


VISITORS = 36
VISITS = itertools.count()
"""Each client says its number in a field, so that an origin's word of one test is never heard by another."""


@dataclass
class Parrot:
    """An origin of sockets: says everything back, closes or vanishes when told to."""

    handshakes: list[Request] = field(default_factory=list)
    closes: defaultdict[str, "Queue[Close | None]"] = field(default_factory=lambda: defaultdict(Queue))
    """Visit -> what its client closed with; None for one that vanished."""

    def listen(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.handshakes.append(connection.request)
        with suppress(ConnectionClosed):
            for message in connection:
                if message == "close":
                    connection.close(4100, "that is all")
                elif message == "vanish":
                    reset(connection.socket)
                else:
                    connection.send(message)
        self.closes[connection.request.headers["x-visit"]].put(connection.protocol.close_rcvd)


class Stream:
    """What a test says in an origin's place to one client: pieces, then None."""

    def __init__(self) -> None:
        self.pieces: Queue[bytes | None] = Queue()
        self.hung_up = threading.Event()


class Fountain(Origin):
    """An origin of events, which it claims may be stored."""

    FIELDS = (
        "content-type: text/event-stream; charset=utf-8\r\ncache-control: public, max-age=60\r\n"
        "transfer-encoding: chunked\r\nconnection: close"
    )

    def __init__(self) -> None:
        super().__init__()
        self.streams: defaultdict[str, Stream] = defaultdict(Stream)
        self.down = False

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        if self.down:
            connection.send(answer_head(503))
            return
        (visit,) = connection.request.values("x-visit")
        stream = self.streams[visit]
        connection.send(answer_head(200, self.FIELDS))
        watch = threading.Thread(target=self._watch, args=(connection, stream), daemon=True)
        watch.start()
        while piece := stream.pieces.get(timeout=PATIENCE):
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        if piece is None:
            connection.send(b"0\r\n\r\n")
            watch.join()
        reset(connection.socket)  # the watch waits at it, and a close alone would wait for that

    def _watch(self, connection: Connection, stream: Stream) -> None:
        connection.wait_for_hang_up()
        stream.hung_up.set()
        stream.pieces.put(b"")


class Listener:
    """A client of a stream of events that sees the bytes as they come, and tells the origin what to send."""

    def __init__(self, url: str, path: str, fields: dict[str, str], stream: Stream) -> None:
        self.stream = stream
        parts = urlsplit(url)
        self.socket = socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=PATIENCE)
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        lines = [f"GET {path} HTTP/1.1", f"host: {parts.netloc}", "accept-encoding: gzip, br", *lines]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.head = self._until(b"\r\n\r\n")[:-4].decode().lower()

    def hear(self) -> bytes:
        """The next piece; empty at the end."""
        size = int(self._until(b"\r\n"), 16)
        piece = b""
        while len(piece) < size + 2:
            piece += self._some(size + 2 - len(piece))
        return piece[:-2]

    def hears(self, piece: bytes) -> bool:
        """Whether a piece that the origin sends is what comes next, comments apart."""
        self.stream.pieces.put(piece)
        while (heard := self.hear()) == b":\n\n":
            pass
        return heard == piece

    def hears_the_end(self) -> bool:
        self.stream.pieces.put(None)
        return self.hear() in (b"", b":\n\n")

    def _until(self, end: bytes) -> bytes:
        found = b""
        while not found.endswith(end):
            found += self._some(1)
        return found

    def _some(self, count: int) -> bytes:
        data = self.socket.recv(count)
        if not data:
            raise ConnectionError("the connection broke off")
        return data

    def close(self) -> None:
        self.socket.close()


@dataclass
class House:
    gateway: Gateway
    parrot: Parrot
    fountain: Fountain
    visit: str = ""

    def connect(self, path: str, *protocols: str, **fields: str) -> ClientConnection:
        self.visit = str(next(VISITS))
        url = self.gateway.url.replace("http://", "ws://") + path
        offered = [Subprotocol(name) for name in protocols] or None
        headers = {"x-visit": self.visit} | {name.replace("_", "-"): value for name, value in fields.items()}
        return connect(url, subprotocols=offered, additional_headers=headers, open_timeout=PATIENCE, proxy=None)

    def origin_saw(self) -> Close | None:
        """What the client that connected last closed with, as the origin saw it."""
        return self.parrot.closes[self.visit].get(timeout=PATIENCE)

    def listen(self, path: str, **fields: str) -> Listener:
        visit = str(next(VISITS))
        fields = {"x-visit": visit, "accept": "text/event-stream", **fields}
        return Listener(self.gateway.url, path, fields, self.fountain.streams[visit])


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    parrot = Parrot()
    select = lambda _, offered: Subprotocol("chat") if "chat" in offered else None  # noqa: E731
    with serve(parrot.listen, "127.0.0.1", 0, select_subprotocol=select) as server, Fountain() as fountain:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        live = {"origin": f"{origin}/live", "auth": "required"}
        events = {"origin": fountain.url, "auth": "optional"}
        long = {"idle_s": 3600, "lifetime_s": 7200, "ends_with_token": True}
        routes = [
            {"path": "/rooms", "strip_prefix": "/rooms", "websocket": long, "websocket_token": True, **live},
            {"path": "/stage/*", "strip_prefix": "/stage", "sign": "sigv4", "aws_service": "execute-api"}
            | {"aws_region": "eu-west-1", "websocket": long, **live},
            {"path": "/partner/*", "strip_prefix": "/partner", "issuers": ["partner"], **live},
            {"path": "/idle", "websocket": {"idle_s": 1}, **live},
            {"path": "/short", "websocket": {"lifetime_s": 1}, **live},
            {"path": "/plain/*", "websocket": True, **live},
            {"path": "/events/*", "sse": {"heartbeat_s": 1, "ends_with_token": True}, "cache": {"default_ttl": 60}}
            | events,
            {"path": "/quiet/*", "sse": {"ends_with_token": True}, **events},
            {"path": "/loose/*", "cache": {"override_ttl": 60}, **events},
        ]
        issuers = [
            {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
            {"name": "partner", "issuer": "https://p.example", "header": "x-partner-token", "audience": []}
            | {"algorithms": ["HS256"], "secret": "JWT_SECRET"},
        ]
        keys = {"JWT_SECRET": SECRET, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s" * 40}
        settings = {"ROUTES": routes, "ISSUERS": issuers, "CORS_ORIGINS": ["https://app.example"], **keys}
        with worker(**measured(SOURCES, tmp_path_factory.mktemp("measured")), vars=settings) as gateway:
            yield House(gateway, parrot, fountain)
        server.shutdown()


def closed_with(client: ClientConnection) -> Close:
    """What the client is told at the end."""
    try:
        for _ in iter(lambda: client.recv(timeout=PATIENCE), UNSAID):
            pass
    except ConnectionClosed as closed:
        if closed.rcvd is not None:
            return closed.rcvd
    raise AssertionError("the connection broke off without a close")


# --- sockets ----------------------------------------------------------------------------------------------------------


def test_messages_pass_a_socket_under_terms_as_they_are(house: House) -> None:
    with house.connect("/rooms", "chat", authorization=bearer()) as client:
        assert client.subprotocol == "chat"
        for message in ("hello", "Zoë 😀", b"\x00\xff" * 1000, "x" * 200_000, "", b""):
            client.send(message)
            assert client.recv(timeout=PATIENCE) == message
        for number in range(200):
            client.send(str(number))
        assert [client.recv(timeout=PATIENCE) for _ in range(200)] == [str(number) for number in range(200)]


@pytest.mark.parametrize("path", ["/rooms", "/plain/x"])
def test_a_close_of_either_side_reaches_the_other_with_its_code_and_reason(house: House, path: str) -> None:
    with house.connect(path, authorization=bearer()) as client:
        client.close(4001, "good bye")
    assert house.origin_saw() == Close(4001, "good bye")
    with house.connect(path, authorization=bearer()) as client:
        client.send("close")
        assert closed_with(client) == Close(4100, "that is all")
    assert house.origin_saw() == Close(4100, "that is all")


def test_a_close_without_a_code_stays_one(house: House) -> None:
    with house.connect("/rooms", authorization=bearer()) as client:
        client.protocol.send_close()
        client.socket.sendall(b"".join(client.protocol.data_to_send()))
        assert house.origin_saw() == Close(1005, "")


def test_who_vanishes_is_told_to_the_other_side(house: House) -> None:
    with house.connect("/rooms", authorization=bearer()) as client:
        client.send("hello")
        client.recv(timeout=PATIENCE)
        reset(client.socket)
        assert house.origin_saw() == Close(1001, "client_gone")
    with house.connect("/rooms", authorization=bearer()) as client:
        client.send("vanish")
        assert closed_with(client) == Close(1014, "origin_gone")
    assert house.origin_saw() is None


def test_without_terms_who_vanishes_is_gone_for_the_other_side(house: House) -> None:
    with house.connect("/plain/x", authorization=bearer()) as client:
        client.send("hello")
        client.recv(timeout=PATIENCE)
        reset(client.socket)
        assert house.origin_saw() is None
    with house.connect("/plain/x", authorization=bearer()) as client:
        client.send("vanish")
        with pytest.raises(ConnectionClosedError):
            client.recv(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("path", "left", "close"),
    [
        ("/rooms", 2, Close(4401, "token_expired")),
        ("/rooms", -1, Close(4401, "token_expired")),
        ("/short", 600, Close(1001, "lifetime")),
        ("/idle", 600, Close(1001, "idle")),
    ],
)
def test_a_socket_ends_by_the_terms_of_its_route(house: House, path: str, left: float, close: Close) -> None:
    """A token that has ended is accepted for as long as clocks may differ; it opens nothing that lasts."""
    with house.connect(path, authorization=bearer(exp=time.time() + left)) as client:
        assert closed_with(client) == close
    assert house.origin_saw() == close


def test_messages_keep_a_socket_from_being_idle(house: House) -> None:
    said = began = time.monotonic()
    with house.connect("/idle", authorization=bearer()) as client:
        with suppress(ConnectionClosed):  # on a machine that stood still for a second
            while said < began + 2.5:
                client.send("still here")
                client.recv(timeout=PATIENCE)
                said = time.monotonic()
                time.sleep(0.05)
        assert closed_with(client) == Close(1001, "idle")
    assert time.monotonic() - said > 0.9


def test_the_handshake_says_who_it_is_and_when_the_token_ends(house: House) -> None:
    end = int(time.time()) + 300
    forged = {"x_user_id": "admin", "x_user_token_expires": "99999999999", "x_user_role": "admin"}
    with house.connect("/rooms?userId=admin", authorization=bearer(exp=end), **forged):
        pass
    handshake = house.parrot.handshakes[-1]
    assert handshake.path == "/live?userId=admin"
    told = {name: handshake.headers.get_all(name) for name in ("x-user-id", "x-user-role", "x-user-token-expires")}
    assert told == {"x-user-id": ["u1"], "x-user-role": ["user"], "x-user-token-expires": [str(end)]}


def test_a_stage_of_api_gateway_is_signed_for_and_its_connections_are_nobodys(house: House) -> None:
    with house.connect("/stage", authorization=bearer()):
        pass
    handshake = house.parrot.handshakes[-1]
    assert handshake.path == "/live"
    signed = handshake.headers["authorization"]
    assert "/eu-west-1/execute-api/aws4_request" in signed
    assert "SignedHeaders=host;x-amz-date;x-geo-" in signed
    assert "x-user-id;x-user-role;x-user-token-expires," in signed
    for path in ("/stage/@connections/abc", "/stage/%40connections/abc", "/stage/@CONNECTIONS/x"):
        answer = house.gateway.post(path, headers={"authorization": bearer()}, content=b"to everybody")
        assert answer.status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://app.example.evil.example", "GATEWAY/"])
def test_a_page_elsewhere_opens_no_socket_with_what_the_browser_keeps(house: House, origin: str) -> None:
    """A field that is not `Authorization` may have been filled in from a cookie on the way."""
    kept = {"x_partner_token": token(iss="https://p.example")}
    before = len(house.parrot.handshakes)
    with pytest.raises(InvalidStatus) as refused:
        house.connect("/partner/x", **kept, origin=origin.replace("GATEWAY", house.gateway.url))
    assert refused.value.response.status_code == 403
    assert b"foreign_origin" in (refused.value.response.body or b"")
    assert len(house.parrot.handshakes) == before


@pytest.mark.parametrize("origin", [None, "GATEWAY", "https://app.example"])
def test_pages_of_the_gateways_own_and_listed_origins_do(house: House, origin: str | None) -> None:
    fields = {} if origin is None else {"origin": origin.replace("GATEWAY", house.gateway.url)}
    with house.connect("/partner/x", x_partner_token=token(iss="https://p.example"), **fields) as client:
        client.send("hello")
        assert client.recv(timeout=PATIENCE) == "hello"


def test_a_token_that_a_page_elsewhere_shows_is_its_own(house: House) -> None:
    shown: list[tuple[list[str], dict[str, str]]] = [(["bearer", token()], {}), ([], {"authorization": bearer()})]
    for protocols, fields in shown:
        with house.connect("/rooms", *protocols, origin="https://elsewhere.example", **fields) as client:
            client.send("hello")
            assert client.recv(timeout=PATIENCE) == "hello"


# --- events -----------------------------------------------------------------------------------------------------------


def test_events_arrive_one_by_one_with_comments_between_them_while_the_origin_is_silent(house: House) -> None:
    with closing(house.listen("/events/x")) as client:
        assert client.hears(b"id: 1\ndata: one\n\n")
        assert client.hear() == b":\n\n"
        assert client.hears(b"data: tw")  # half an event, and silence: nothing comes between
        time.sleep(1.5)
        client.stream.pieces.put(b"o\r\n\r\n")
        assert client.hear() == b"o\r\n\r\n"
        assert client.hear() == b":\n\n"
        assert client.hears_the_end()


def test_a_comment_before_the_first_event_takes_the_place_of_a_byte_order_mark(house: House) -> None:
    with closing(house.listen("/events/x")) as client:
        assert client.hear() == b":\n\n"
        client.stream.pieces.put(b"\xef\xbb\xbfdata: 1\n\n")
        while (heard := client.hear()) == b":\n\n":
            pass
        assert heard == b"data: 1\n\n"


@pytest.mark.parametrize("path", ["/events/x", "/quiet/x", "/loose/x"])
def test_events_are_neither_stored_nor_compressed(house: House, path: str) -> None:
    """Whatever the origin and the route say. Where a route has streams, the cache is not even asked."""
    for event in (b"data: 1\n\n", b"data: 2\n\n"):
        with closing(house.listen(path)) as client:
            assert client.hears(event)
            assert client.hears_the_end()
        assert "cache-control: no-store, no-transform" in client.head
        assert "content-encoding" not in client.head
        assert ("cache-status" in client.head) == (path == "/loose/x")
    if path != "/loose/x":
        assert house.fountain.received[-1].values("accept-encoding") == ["identity"]


@pytest.mark.parametrize("path", ["/quiet/x", "/loose/x"])
def test_a_client_that_hangs_up_is_told_to_the_origin_at_once(house: House, path: str) -> None:
    with closing(house.listen(path)) as client:
        assert client.hears(b"data: 1\n\n")
        assert not client.stream.hung_up.is_set()
        reset(client.socket)
        assert client.stream.hung_up.wait(PATIENCE)


def test_a_stream_ends_when_the_token_does_and_finishes_no_event(house: House) -> None:
    fields = {"authorization": bearer(exp=time.time() + 3)}
    with closing(house.listen("/quiet/x", **fields)) as whole, closing(house.listen("/quiet/x", **fields)) as half:
        assert whole.hears(b"data: 1\n\n")
        assert half.hears(b"data: ha")
        assert list(iter(whole.hear, b"")) == [b": token_expired\n\n"]
        assert list(iter(half.hear, b"")) == []
        assert whole.stream.hung_up.wait(PATIENCE)
        assert half.stream.hung_up.wait(PATIENCE)


def test_a_request_for_events_is_sent_once(house: House) -> None:
    before, house.fountain.down = len(house.fountain.received), True
    try:
        answer = house.gateway.get("/events/x", headers={"accept": "text/event-stream"})
    finally:
        house.fountain.down = False
    assert answer.status_code == 503
    assert len(house.fountain.received) == before + 1


def test_streams_that_break_off_open_no_breaker(house: House) -> None:
    for _ in range(6):  # one more in a row than opens it
        with closing(house.listen("/events/x")) as client:
            assert client.hears(b"data: 1\n\n")
            client.stream.pieces.put(b"")
            with pytest.raises(ConnectionError):
                list(iter(client.hear, b""))
    with closing(house.listen("/events/x")) as client:
        assert client.hears(b"data: 1\n\n")


# --- what is left behind ----------------------------------------------------------------------------------------------


def test_nothing_is_left_of_what_lasted_whatever_became_of_it(house: House) -> None:
    """Each socket and each stream that is not let go of is five objects, and so is each token that is remembered."""
    one_token = bearer()

    def visit(number: int) -> None:
        with House(house.gateway, house.parrot, house.fountain).connect("/rooms", authorization=one_token) as client:
            client.send("vanish" if number % 3 == 0 else "hello")
            with suppress(ConnectionClosed):
                client.recv(timeout=PATIENCE)
            if number % 3 == 1:
                reset(client.socket)
        with closing(house.listen("/quiet/x")) as listener:
            assert listener.hears(b"data: 1\n\n")
            if number % 3 == 0:
                reset(listener.socket)
            elif number % 3 == 1:
                listener.stream.pieces.put(b"")

    def crowd() -> None:
        with ThreadPoolExecutor(6) as visitors:
            assert len(list(visitors.map(visit, range(VISITORS)))) == VISITORS

    crowd()
    before = memory_of(house.gateway)
    crowd()
    most = before.objects + VISITORS
    until(lambda: memory_of(house.gateway), lambda memory: memory.objects < most, every=0.1)
    assert memory_of(house.gateway).objects < most
