"""WebSockets pass through after authentication, and a token in the handshake goes no further than the gateway."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from devtools.runtime.runner import Gateway
from tests.worker.origins import ScriptedOrigin, answer_head
from tests.worker.patience import PATIENCE

SECRET = "a secret of thirty-two bytes or so"
NO_UPGRADE = answer_head(200, "content-type: text/plain\r\ncontent-length: 7") + b"no talk"


@dataclass
class Parrot:
    """An origin that says everything back, and remembers each handshake."""

    handshakes: list[Headers] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def listen(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.handshakes.append(connection.request.headers)
        with suppress(ConnectionClosed):
            for message in connection:
                connection.send(message)
        self.closed.set()

    def select_subprotocol(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return Subprotocol("chat") if "chat" in offered else None


@dataclass
class Talk:
    """A gateway before a parrot."""

    gateway: Gateway
    parrot: Parrot
    plain: ScriptedOrigin

    @property
    def handshakes(self) -> list[Headers]:
        return self.parrot.handshakes

    def connect(self, path: str, *protocols: str, **fields: str) -> ClientConnection:
        url = self.gateway.url.replace("http://", "ws://") + path
        offered = [Subprotocol(name) for name in protocols] or None
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        return connect(url, subprotocols=offered, additional_headers=headers, open_timeout=PATIENCE, proxy=None)


def token(**claims: Any) -> str:
    return jwt.encode({"sub": "u1", "role": "user", "exp": time.time() + 600, **claims}, SECRET, "HS256")


@pytest.fixture(scope="module")
def talk(worker: Callable[..., Gateway]) -> Iterator[Talk]:
    parrot = Parrot()
    with (
        serve(parrot.listen, "127.0.0.1", 0, select_subprotocol=parrot.select_subprotocol) as server,
        ScriptedOrigin(NO_UPGRADE) as plain,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        routes = [
            {"path": "/header/*", "auth": "required", "origin": origin},
            {"path": "/token/*", "auth": "required", "origin": origin, "websocket_token": True},
            {"path": "/public/*", "auth": "none", "origin": origin},
            {"path": "/shown/*", "auth": "optional", "origin": plain.url, "websocket_token": True},
            {"path": "/plain/*", "auth": "none", "origin": plain.url},
        ]
        with worker(vars={"ROUTES": routes, "JWT_SECRET": SECRET}) as gateway:
            yield Talk(gateway, parrot, plain)
        server.shutdown()


def refused(talk: Talk, path: str, *protocols: str, **fields: str) -> int:
    """The status that a handshake is refused with, before any origin hears of it."""
    before = len(talk.handshakes)
    with pytest.raises(InvalidStatus) as refusal:
        talk.connect(path, *protocols, **fields)
    assert len(talk.handshakes) == before
    return refusal.value.response.status_code


def test_messages_pass_both_ways_as_they_are(talk: Talk) -> None:
    with talk.connect("/public/x") as socket:
        for message in ("hello", "Zoë 😀", b"\x00\xff" * 1000, "x" * 200_000, ""):
            socket.send(message)
            assert socket.recv(timeout=PATIENCE) == message


def test_closing_passes_through(talk: Talk) -> None:
    talk.parrot.closed.clear()
    with talk.connect("/public/x") as socket:
        socket.send("hello")
        socket.recv(timeout=PATIENCE)
    assert talk.parrot.closed.wait(PATIENCE)


def test_a_handshake_needs_a_token_like_any_request(talk: Talk) -> None:
    assert refused(talk, "/header/x") == 401
    assert refused(talk, "/header/x", authorization="Bearer nonsense") == 401
    assert refused(talk, "/token/x") == 401
    assert refused(talk, "/token/x", "bearer", "nonsense") == 401
    assert refused(talk, "/token/x", "bearer", token(exp=1)) == 401


def test_a_token_in_the_header_opens_and_tells_who_it_is(talk: Talk) -> None:
    bearer = token()
    with talk.connect("/header/x", authorization=f"Bearer {bearer}", x_user_role="admin") as socket:
        socket.send("hello")
        assert socket.recv(timeout=PATIENCE) == "hello"
    handshake = talk.handshakes[-1]
    assert (handshake["x-user-id"], handshake["x-user-role"]) == ("u1", "user")
    assert "authorization" not in handshake
    assert bearer not in str(handshake)


def test_a_token_among_the_subprotocols_opens_and_is_taken_out(talk: Talk) -> None:
    bearer = token(sub="u2")
    with talk.connect("/token/x", "bearer", bearer, "chat") as socket:
        assert socket.subprotocol == "chat"
        socket.send("hello")
        assert socket.recv(timeout=PATIENCE) == "hello"
    handshake = talk.handshakes[-1]
    assert handshake["sec-websocket-protocol"] == "chat"
    assert handshake["x-user-id"] == "u2"
    assert bearer not in str(handshake)


@pytest.mark.parametrize("around", ["chat bearer {}", "v2 Bearer {} chat", "bearer {} chat bearer {}"])
def test_a_token_is_taken_out_wherever_it_stands_among_the_subprotocols(talk: Talk, around: str) -> None:
    bearer = token(sub="u3")
    with talk.connect("/token/x", *around.replace("{}", bearer).split()) as socket:
        assert socket.subprotocol == "chat"
    handshake = talk.handshakes[-1]
    assert handshake["x-user-id"] == "u3"
    assert "chat" in handshake["sec-websocket-protocol"]
    assert bearer not in str(handshake)
    assert "bearer" not in handshake["sec-websocket-protocol"].lower()


def test_two_different_tokens_of_a_handshake_are_a_bad_request(talk: Talk) -> None:
    first, second = token(sub="u1"), token(sub="u2")
    assert refused(talk, "/token/x", "bearer", first, "bearer", second) == 400
    assert refused(talk, "/token/x", "bearer", first, authorization=f"Bearer {second}") == 400
    with talk.connect("/token/x", "bearer", first, authorization=f"Bearer {first}") as socket:
        assert socket.subprotocol == "bearer"


def test_what_looks_like_a_token_reaches_no_origin_of_a_route_that_takes_them(talk: Talk) -> None:
    """Nor does it where the request is no handshake, or its token came elsewhere."""
    first, second = token(), token(sub="u2")
    with talk.connect("/token/x", "chat", second, f"jwt.{second}", authorization=f"Bearer {first}"):
        pass
    assert talk.handshakes[-1]["sec-websocket-protocol"] == "chat"
    for number, fields in enumerate(({}, {"upgrade": "h2c", "connection": "upgrade"})):
        offered = {"sec-websocket-protocol": f"bearer, {first}, chat, bearer, {second}", **fields}
        assert talk.gateway.get(f"/shown/{number}", headers=offered).text == "no talk"
        arrived = str(talk.plain.received[-1])
        assert "chat" in arrived
        assert first not in arrived
        assert second not in arrived


def test_a_token_alone_is_answered_with_bearer_and_never_echoed(talk: Talk) -> None:
    bearer = token()
    with talk.connect("/token/x", "bearer", bearer) as socket:
        assert socket.subprotocol == "bearer"
        assert socket.response is not None
        assert bearer not in str(socket.response.headers)
    assert "sec-websocket-protocol" not in talk.handshakes[-1]


def test_a_token_among_the_subprotocols_counts_only_where_the_route_says_so(talk: Talk) -> None:
    assert refused(talk, "/header/x", "bearer", token()) == 401


def test_an_origin_that_does_not_upgrade_answers_as_it_likes(talk: Talk) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        talk.connect("/plain/x")
    assert refusal.value.response.status_code == 200
    assert refusal.value.response.body == b"no talk"
