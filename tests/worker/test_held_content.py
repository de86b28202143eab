"""What an isolate holds of uploads that it signs: a crowd that stalls is refused, and leaves the isolate healthy."""

import json
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPResponse
from urllib.parse import urlsplit

import httpx
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import MIB, Connection, Origin, answer_head
from tests.worker.patience import until

SECRET = "a secret of more than thirty-two bytes"
CROWD = 200
LONGEST = 6 * MIB
HELD = 16 * MIB


class Digesting(Origin):
    """Says what it got, once all of it is there."""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        body = connection.request.sha256.encode()
        connection.send(answer_head(200, f"content-type: text/plain\r\ncontent-length: {len(body)}") + body)


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with Digesting() as origin:
        route = {"auth": "none", "origin": origin.url, "cache": False}
        routes = [route | {"path": "/signed", "sign": "hmac"}, route | {"path": "/flowing"}]
        with worker(vars={"ROUTES": routes, "ORIGIN_SECRET": SECRET}) as running:
            yield running


def begun(gateway: Gateway, framing: str, content: bytes) -> socket.socket:
    """An upload of which nothing more is sent than this."""
    address = urlsplit(gateway.url)
    client = socket.create_connection((address.hostname, address.port), timeout=60)
    client.sendall(f"POST /signed HTTP/1.1\r\nHost: gw.example\r\n{framing}\r\n\r\n".encode() + content)
    return client


def answer_to(client: socket.socket) -> HTTPResponse:
    response = HTTPResponse(client)
    response.begin()
    return response


def uploaded(gateway: Gateway, size: int) -> httpx.Response:
    return gateway.post("/signed", content=b"x" * size)


def assert_healthy(gateway: Gateway) -> None:
    assert gateway.get("/healthz").status_code == 200
    assert gateway.post("/flowing", content=b"x" * MIB).status_code == 200
    assert uploaded(gateway, 1000).status_code == 200


def all_that_fit(gateway: Gateway, crowd: ExitStack) -> list[socket.socket]:
    """Stalled uploads of which one more was begun than can be held: once it is refused, the others are."""
    begin = range(HELD // LONGEST + 1)
    clients = [crowd.enter_context(closing(begun(gateway, f"Content-Length: {LONGEST}", b"x"))) for _ in begin]
    refused = until(lambda: select.select(clients, [], [], 0)[0])
    assert [answer_to(client).status for client in refused] == [503]
    return [client for client in clients if client not in refused]


def test_a_crowd_of_stalled_uploads_is_refused_but_for_what_can_be_held(gateway: Gateway) -> None:
    """Two of six megabytes fit into sixteen; whoever comes later is told to come back, and is not read."""
    with ExitStack() as crowd:
        stalled = all_that_fit(gateway, crowd)
        for _ in range(CROWD):
            with closing(begun(gateway, f"Content-Length: {LONGEST}", b"x")) as client:
                response = answer_to(client)
                assert (response.status, json.loads(response.read())["code"]) == (503, "busy")
                assert int(response.headers["retry-after"]) > 0
        assert_healthy(gateway)
        assert {answer_to(client).status for client in stalled} == {408}
        assert uploaded(gateway, LONGEST).status_code == 200


def test_a_crowd_that_hangs_up_gives_back_what_it_was_promised(gateway: Gateway) -> None:
    with ExitStack() as crowd:
        all_that_fit(gateway, crowd)
        assert uploaded(gateway, LONGEST).status_code == 503
    assert until(lambda: uploaded(gateway, LONGEST).status_code == 200)


def test_a_crowd_that_does_not_say_how_much_it_sends_counts_by_what_came(gateway: Gateway) -> None:
    """Those who sent little are served in spite of those who send more than can be held."""
    chunk = b"%x\r\n%b\r\n" % (MIB, b"x" * MIB)
    with ExitStack() as crowd:

        def stalled(content: bytes) -> socket.socket:
            return crowd.enter_context(closing(begun(gateway, "Transfer-Encoding: chunked", content)))

        small = [stalled(b"1\r\nx\r\n") for _ in range(CROWD)]
        assert_healthy(gateway)
        large = [stalled(chunk) for _ in range(2 * HELD // MIB)]
        refused = until(lambda: select.select(large, [], [], 0)[0])
        assert {answer_to(client).status for client in refused} == {503}
        assert gateway.get("/healthz").status_code == 200
        for client in small:
            client.sendall(b"0\r\n\r\n")
        assert {answer_to(client).status for client in small} == {200}
    assert until(lambda: uploaded(gateway, LONGEST).status_code == 200)
    assert_healthy(gateway)
