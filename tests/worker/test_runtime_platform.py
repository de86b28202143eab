"""What of the platform works inside the embedded runtime, capability by capability."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import websockets.sync.client
import websockets.sync.server

from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS
from tests.worker.patience import until

FIXTURES = Path(__file__).parent / "fixtures"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def platform(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with worker(source=FIXTURES / "capabilities", config=BY_CLASS) as gateway:
        yield gateway


class Origin(BaseHTTPRequestHandler):
    """Tells what it received, in capitals where that is the content."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("location", "/received")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("transfer-encoding") == "chunked":
            content = b"".join(iter(self._chunk, b""))
        answer = json.dumps({"method": self.command, "one": self.headers["x-one"], "length": len(content)}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.send_header("set-cookie", "a=1")
        self.send_header("set-cookie", "b=2")
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_GET  # noqa: N815  # http.server looks them up by these names

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return chunk

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(server: Any, port: int) -> Iterator[str]:
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    with server, serving(server, server.server_address[1]) as address:
        yield f"http://{address}"


# --- Python in the isolate ---


def test_an_isolate_lives_on_between_requests(platform: Gateway) -> None:
    first = platform.get("/isolate").json()["calls"]
    assert platform.get("/isolate").json()["calls"] == first + 1


def test_the_clock_stands_near_1970_at_import_and_is_right_in_a_request(platform: Gateway) -> None:
    clock = platform.get("/clock").json()
    assert clock["imported_at"] < 3600
    assert abs(clock["now"] - time.time()) < 60


def test_every_isolate_draws_its_own_randomness(worker: Callable[..., Gateway], platform: Gateway) -> None:
    here = platform.get("/random").json()
    with worker(source=FIXTURES / "capabilities", config=BY_CLASS) as other:
        there = other.get("/random").json()
    *drawn, seeded = zip(here, there, strict=True)
    assert all(one != another for one, another in drawn)
    assert seeded[0] == seeded[1]


def test_a_javascript_promise_can_be_waited_for_in_the_middle_of_a_call(platform: Gateway) -> None:
    assert platform.get("/sync").json() == {"value": "there"}


def test_requests_that_wait_in_the_middle_of_a_call_do_not_get_in_each_others_way(platform: Gateway) -> None:
    answers: list[Any] = []
    threads = [Thread(target=lambda: answers.append(platform.get("/sync").json())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"value": "there"}] * 8


def test_a_loop_that_only_yields_keeps_io_from_happening(platform: Gateway) -> None:
    """As in production, so that nobody writes one."""
    assert platform.get("/spin").json() == {"done": False}


def test_an_exception_that_nobody_caught_is_a_500_and_the_worker_writes_nothing_of_it(platform: Gateway) -> None:
    """As in production: what must be known of it, the Worker logs."""
    platform.clear_logs()
    assert platform.get("/raise").status_code == 500
    assert not [text for level, text in platform.output() if level != "error"]


def test_requests_are_answered_side_by_side(platform: Gateway) -> None:
    answers: list[int] = []
    threads = [Thread(target=lambda: answers.append(platform.get("/meet").status_code)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 5, "each waited for the other four"


# --- the platform ---


def test_javascript_modules_can_be_imported(platform: Gateway) -> None:
    assert platform.get("/modules").json() == {"env": "US", "connect": True, "sdk": True}


def test_work_handed_to_wait_until_goes_on_after_the_response(platform: Gateway) -> None:
    assert platform.get("/wait-until").json() == {"stored": None}
    assert until(lambda: platform.kv_get("background")) == "done"
    assert until(lambda: platform.kv_get("module-background")) == "done"


def test_kv_stores_lists_and_forgets(platform: Gateway) -> None:
    answer = platform.get("/kv").json()
    assert answer["found"] == {"value": "value", "metadata": {"tag": "a"}, "cacheStatus": None}
    assert answer["names"] == ["key"]
    assert answer["after"] is None


def test_the_cache_api_keeps_a_response(platform: Gateway) -> None:
    assert platform.get("/cache").json() == {"before": False, "after": "kept", "status": "HIT"}


def test_webcrypto_signs_and_verifies(platform: Gateway) -> None:
    answer = platform.get("/crypto").json()
    assert (answer["good"], answer["bad"]) == (True, False)
    assert answer["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_outgoing_fetch_carries_method_headers_and_content(platform: Gateway, origin: str, method: str) -> None:
    content = None if method == "GET" else b"x" * 100_000
    response = platform.request(
        method, "/forward", params={"to": f"{origin}/received"}, headers={"x-one": "1"}, content=content
    )
    assert response.json() == {"method": method, "one": "1", "length": len(content or b"")}
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_a_redirect_comes_back_as_it_is_when_the_worker_asks_for_that(platform: Gateway, origin: str) -> None:
    response = platform.get("/forward", params={"to": f"{origin}/elsewhere"})
    assert (response.status_code, response.headers["location"]) == (302, "/received")


# --- cron triggers ---


def test_a_cron_trigger_reaches_the_worker_with_its_expression_and_time(platform: Gateway) -> None:
    assert platform.scheduled("*/10 * * * *", time_ms=1_700_000_000_000).text == "ok"
    fired = json.loads(platform.kv_get("scheduled") or "null")
    assert fired == {"cron": "*/10 * * * *", "at": 1_700_000_000_000, "default": "US"}
    assert until(lambda: platform.kv_get("scheduled-background")) == "done"


def test_a_cron_trigger_that_fails_says_so(platform: Gateway) -> None:
    assert platform.scheduled("broken").text == "exception"


# --- streams ---


def test_request_content_arrives_piece_by_piece(platform: Gateway) -> None:
    counted = platform.post("/count", content=(b"x" * 65_536 for _ in range(32))).json()
    assert counted["size"] == 2 * MIB
    assert counted["pieces"] > 1


def test_response_content_leaves_while_it_is_being_made(platform: Gateway) -> None:
    with platform.client.stream("GET", "/ticks", headers={"accept-encoding": "identity"}) as response:
        pieces = response.iter_bytes()
        assert next(pieces) == b"tick 0\n"
        assert platform.get("/tick").status_code == 200
        assert b"".join(pieces) == b"tick 1\ntick 2\n"


def test_content_streams_through_python_both_ways(platform: Gateway) -> None:
    sent = b"gatehouse " * 50_000
    response = platform.post("/upper", content=iter([sent[:200_000], sent[200_000:]]))
    assert response.content == sent.upper()


# --- WebSockets ---


def test_a_websocket_is_accepted_by_the_worker(platform: Gateway) -> None:
    with websockets.sync.client.connect(platform.url.replace("http", "ws") + "/socket") as socket:
        socket.send("one")
        assert socket.recv(5) == "echo one"
        socket.send("two")
        assert socket.recv(5) == "echo two"


def test_a_websocket_is_passed_through_to_an_origin(platform: Gateway) -> None:
    def answer(socket: websockets.sync.server.ServerConnection) -> None:
        for message in socket:
            socket.send(f"origin heard {message!r}")

    with (
        websockets.sync.server.serve(answer, "127.0.0.1", 0) as server,
        serving(server, server.socket.getsockname()[1]) as address,
        websockets.sync.client.connect(
            platform.url.replace("http", "ws") + f"/forward-socket?to=http://{address}/"
        ) as socket,
    ):
        socket.send("one")
        assert socket.recv(5) == "origin heard 'one'"
