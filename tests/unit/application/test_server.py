"""The function URL of the origin in this process: HTTP in, events out and back, over real sockets."""

import base64
import hashlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from devtools.application import origin as origin_command
from devtools.application.function_url import LARGEST_PAYLOAD, FunctionUrlServer
from devtools.application.origin import local_origin
from forwarding.signing import origin_key
from tests.unit.forwarding.signed_requests import sign

SECRET = "origin-server-tests-secret-of-enough-bytes"


class Recorder:
    """A Lambda handler that keeps the event and gives the answer it was told to."""

    def __init__(self) -> None:
        self.event: dict[str, Any] = {}
        self.answer: Callable[[dict[str, Any]], Any] = lambda event: {"statusCode": 200, "body": "ok"}

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        self.event = event
        return self.answer(event)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def server(recorder: Recorder) -> Iterator[FunctionUrlServer]:
    running = FunctionUrlServer(recorder, 0)
    running.start()
    yield running
    running.stop()


def raw(server: FunctionUrlServer, request: bytes) -> bytes:
    """Everything the server says to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


# --- requests become events --------------------------------------------------------------------


def test_an_event_holds_the_request_as_it_was_sent(server: FunctionUrlServer, recorder: Recorder) -> None:
    lines = (
        b"PROPFIND /a%2Fb//c%20d?x=1&y=a+b&x=%32 HTTP/1.1\r\nHost: one.example\r\nX-User-Id: u1\r\n"
        b"X-Multi: a\r\nx-multi: b\r\nCookie: s=1; t=2\r\nUser-Agent: test\r\nConnection: close\r\n\r\n"
    )
    assert status_of(raw(server, lines)) == 200
    event = recorder.event
    assert (event["version"], event["routeKey"], event["isBase64Encoded"]) == ("2.0", "$default", False)
    assert (event["rawPath"], event["rawQueryString"]) == ("/a%2Fb//c%20d", "x=1&y=a+b&x=%32")
    assert event["queryStringParameters"] == {"x": "1,2", "y": "a b"}
    assert event["headers"]["x-user-id"] == "u1"
    assert event["headers"]["x-multi"] == "a,b"
    assert event["headers"]["host"] == "one.example"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["cookies"] == ["s=1", "t=2"]
    assert not {"cookie", "connection"} & set(event["headers"])
    assert "body" not in event
    http_part = event["requestContext"]["http"]
    assert (http_part["method"], http_part["path"], http_part["userAgent"]) == ("PROPFIND", "/a%2Fb//c%20d", "test")
    assert "authorizer" not in event["requestContext"]


@pytest.mark.parametrize(
    ("content_type", "coding", "content", "is_text"),
    [
        ("application/json", None, '{"ë":1}'.encode(), True),
        ("text/plain; charset=utf-8", None, b"hello", True),
        ("application/x-www-form-urlencoded", None, b"a=1", True),
        ("application/json", None, b"\xff\xfe", False),
        ("application/json", "gzip", b"text all the same", False),
        ("application/octet-stream", None, bytes(range(256)), False),
        (None, None, b"hello", False),
    ],
)
def test_content_that_is_not_text_is_base64(
    server: FunctionUrlServer,
    recorder: Recorder,
    content_type: str | None,
    coding: str | None,
    content: bytes,
    is_text: bool,
) -> None:
    headers = {"content-type": content_type, "content-encoding": coding}
    httpx.post(server.url, content=content, headers={name: value for name, value in headers.items() if value})
    assert recorder.event["isBase64Encoded"] is not is_text
    body = recorder.event["body"]
    assert (body.encode() if is_text else base64.b64decode(body)) == content


def test_chunked_content_arrives_whole_and_the_connection_goes_on(
    server: FunctionUrlServer, recorder: Recorder
) -> None:
    request = (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"4\r\nWiki\r\n5;name=value\r\npedia\r\n0\r\nTrailer: dropped\r\n\r\n"
        b"GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    bodies: list[str] = []

    def answer(event: dict[str, Any]) -> Any:
        bodies.append(event.get("body", ""))
        return {"statusCode": 200}

    recorder.answer = answer
    assert raw(server, request).count(b"HTTP/1.1 200") == 2
    assert bodies == ["Wikipedia", ""]
    assert recorder.event["rawPath"] == "/second"


def test_one_connection_carries_many_requests(server: FunctionUrlServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.connect()
    first = connection.sock
    for method in ("GET", "HEAD", "POST", "DELETE"):
        connection.request(method, "/", body=b"x" if method == "POST" else None)
        assert connection.getresponse().read() == (b"" if method == "HEAD" else b"ok")
        assert connection.sock is first
    connection.close()


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: +1\r\n\r\na",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n\r\n",
    ],
)
def test_content_whose_length_is_ambiguous_is_refused(server: FunctionUrlServer, fields: bytes) -> None:
    answer = raw(server, b"POST / HTTP/1.1\r\nHost: x\r\n" + fields)
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1  # what follows is not taken for another request


@pytest.mark.parametrize("target", ["*", "http://x/y", "x"])
def test_a_target_that_is_not_a_path_is_refused(server: FunctionUrlServer, target: str) -> None:
    assert status_of(raw(server, f"OPTIONS {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())) == 400


def test_expect_100_continue_is_answered_before_the_content(server: FunctionUrlServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"hi")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_content_over_lambdas_limit_is_413(server: FunctionUrlServer, recorder: Recorder) -> None:
    fits = httpx.post(server.url, content=b"x" * LARGEST_PAYLOAD, headers={"content-type": "text/plain"})
    assert fits.status_code == 200
    recorder.event = {}
    for content in (b"x" * (LARGEST_PAYLOAD + 1), iter([b"x" * LARGEST_PAYLOAD, b"x"])):
        assert httpx.post(server.url, content=content, headers={"content-type": "text/plain"}).status_code == 413
    inflated = b"\0" * (LARGEST_PAYLOAD - 3)  # fits, but not as base64
    assert httpx.post(server.url, content=inflated).status_code == 413
    assert recorder.event == {}


# --- answers become responses ------------------------------------------------------------------


def test_an_answer_with_cookies_and_binary_content(server: FunctionUrlServer, recorder: Recorder) -> None:
    recorder.answer = lambda event: {
        "statusCode": 201,
        "headers": {"Content-Type": "image/png", "X-Number": 7, "Content-Length": "999", "Connection": "close"},
        "cookies": ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT"],
        "body": base64.b64encode(b"\x89PNG\0").decode(),
        "isBase64Encoded": True,
    }
    answer = httpx.get(server.url)
    assert (answer.status_code, answer.content) == (201, b"\x89PNG\0")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT"]
    assert (answer.headers["content-type"], answer.headers["x-number"]) == ("image/png", "7")
    assert "connection" not in answer.headers


def test_an_answer_without_status_code_is_a_200_of_json(server: FunctionUrlServer, recorder: Recorder) -> None:
    recorder.answer = lambda event: {"message": "hi"}
    answer = httpx.get(server.url)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (
        200, "application/json", {"message": "hi"},
    )  # fmt: skip


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_content_has_none(server: FunctionUrlServer, recorder: Recorder, status: int) -> None:
    recorder.answer = lambda event: {"statusCode": status, "headers": {"etag": '"x"'}, "body": "ignored"}
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = raw(server, request)
    assert answer.count(b"HTTP/1.1 %d" % status) == 2
    assert b"ignored" not in answer
    assert b"content-length" not in answer.lower()


@pytest.mark.parametrize(
    "answer",
    [
        lambda event: 1 / 0,
        lambda event: {"statusCode": "none"},
        lambda event: {"statusCode": 200, "body": "?", "isBase64Encoded": True},
        lambda event: {"statusCode": 200, "body": "x" * (LARGEST_PAYLOAD + 1)},
        lambda event: object(),
    ],
)
def test_a_handler_that_fails_is_a_502_and_the_server_goes_on(
    server: FunctionUrlServer, recorder: Recorder, answer: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    recorder.answer = answer
    assert httpx.get(server.url).status_code == 502
    assert "Traceback" in capfd.readouterr().err
    recorder.answer = lambda event: {"statusCode": 200}
    assert httpx.get(server.url).status_code == 200


# --- connections -------------------------------------------------------------------------------


def test_two_hundred_requests_at_once_one_event_at_a_time(server: FunctionUrlServer, recorder: Recorder) -> None:
    inside: list[int] = []
    most: list[int] = []

    def answer(event: dict[str, Any]) -> Any:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.001)
        inside.pop()
        return {"statusCode": 200, "body": event["rawPath"]}

    recorder.answer = answer
    wrong: list[str] = []

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        connection.request("GET", f"/{number}")
        if number % 10 == 0:
            connection.close()  # a client that does not wait
            return
        if connection.getresponse().read() != f"/{number}".encode():
            wrong.append(str(number))
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert max(most) == 1


def test_a_client_that_hangs_up_early_harms_nobody(
    server: FunctionUrlServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort")
    assert httpx.get(server.url).status_code == 200
    assert capfd.readouterr().err == ""


def test_stop_ends_open_connections(recorder: Recorder) -> None:
    running = FunctionUrlServer(recorder, 0)
    running.start()
    with socket.create_connection(("127.0.0.1", running.server_port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        running.stop()
        assert connection.recv(1000) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", running.server_port), timeout=1)


# --- the origin in this process -------------------------------------------------------------------------------


def test_echo_shows_what_arrived_and_whether_it_is_signed() -> None:
    with local_origin(secret=SECRET) as origin:
        headers = {"x-user-id": "u1", "content-type": "text/plain"}
        digest = hashlib.sha256(b"hi").hexdigest()
        added = sign(
            "PUT", f"127.0.0.1:{origin.port}", "/echo/a%20b", "q=1", headers, digest, origin_key(SECRET), time.time()
        )
        url = f"{origin.url}/echo/a%20b?q=1"
        seen = httpx.put(url, headers={**headers, **added}, content=b"hi").json()
        forged = httpx.put(url, headers={**headers, **added, "x-user-id": "u2"}, content=b"hi").json()
    assert (seen["method"], seen["target"], seen["length"], seen["sha256"]) == ("PUT", "/echo/a%20b?q=1", 2, digest)
    assert ["x-user-id", "u1"] in seen["headers"]
    assert seen["signature"] == f"verified, kid={origin_key(SECRET).id}"
    assert forged["signature"] == "refused: the request is not what was signed"


def test_two_origins_in_one_process_share_nothing() -> None:
    with local_origin(secret=SECRET, seed=True) as one, local_origin(secret=SECRET) as other:
        assert _ids(one.port) == [row[0] for row in origin_command.SEED]
        assert _ids(other.port) == []


def _ids(port: int) -> list[str]:
    headers = {"x-user-id": "ada", "x-user-role": "admin"}
    added = sign("GET", f"127.0.0.1:{port}", "/users", "", headers, None, origin_key(SECRET), time.time())
    users = httpx.get(f"http://127.0.0.1:{port}/users", headers={**headers, **added}).json()["users"]
    return [user["id"] for user in users]


def test_a_short_secret_is_said_at_the_start() -> None:
    with pytest.raises(ValueError, match="32 bytes"), local_origin(secret="short"):
        pass
