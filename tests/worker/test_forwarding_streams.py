"""Content flows: the first byte before the last, a gigabyte in flat memory, and nothing for a client that is gone."""

import hashlib
import http.client
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devtools.runtime.runner import Gateway
from tests.worker import origins
from tests.worker.origins import MIB, BadOrigin, Connection, Origin, StagedOrigin, answer_head
from tests.worker.patience import PATIENCE

GIGABYTE = 1024 * MIB
LARGE_UPLOAD = 256 * MIB

FLAT = 128 * MIB
"""Most that all workerd processes together may grow while content flows: far below any content of these tests."""


def slow_echo(connection: Connection, origin: BadOrigin) -> None:
    """Half a second of work, then the path back."""
    connection.read_content()
    time.sleep(0.2)
    body = connection.request.target.encode()
    connection.send(answer_head(200, f"content-type: text/plain\r\ncontent-length: {len(body)}") + body)


def swallow(connection: Connection, origin: BadOrigin) -> None:
    """The digest of the content, when all of it is there."""
    connection.read_content()
    body = connection.request.sha256.encode()
    connection.send(answer_head(200, f"content-type: text/plain\r\ncontent-length: {len(body)}") + body)


def flow_until_gone(connection: Connection, origin: BadOrigin) -> None:
    connection.send(answer_head(200, f"content-type: text/plain\r\ncontent-length: {GIGABYTE}"))
    try:
        while True:
            connection.send(b"x" * 1000)
            time.sleep(0.05)
    except OSError:
        origin.hung_up.set()


@dataclass
class River:
    gateway: Gateway
    staged: StagedOrigin
    origins: dict[str, BadOrigin]

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.gateway.url)
        return str(parts.hostname), int(parts.port or 80)


@pytest.fixture(scope="module")
def river(worker: Callable[..., Gateway]) -> Iterator[River]:
    bad = {
        "large": BadOrigin(origins.large(GIGABYTE)),
        "swallow": BadOrigin(swallow),
        "hang": BadOrigin(origins.hang_before_headers),
        "flow": BadOrigin(flow_until_gone),
        "crowd": BadOrigin(slow_echo),
        "upload": BadOrigin(swallow),
    }
    staged = StagedOrigin()
    every: dict[str, Origin] = {**bad, "staged": staged}
    routes = [
        {"path": f"/{name}/*", "auth": "none", "origin": origin.url, "timeout_ms": 60_000, "max_body": LARGE_UPLOAD}
        | {"cache": False, "retries": 0}
        for name, origin in every.items()
    ]
    with worker(vars={"ROUTES": routes}) as gateway:
        yield River(gateway, staged, bad)
    for origin in every.values():
        origin.__exit__()


def opened(river: River, request: str) -> socket.socket:
    """A connection on which `request` (its head, or the beginning of it) has been sent."""
    connection = socket.create_connection(river.address, timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(request.encode())
    return connection


def head(method: str, path: str, *fields: str) -> str:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: gw.example", "Accept-Encoding: identity", *fields, "", ""])


def reset(connection: socket.socket) -> None:
    """Hang up so that it cannot be mistaken for a half-closed connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def until(connection: socket.socket, wanted: bytes) -> bytes:
    received = b""
    while wanted not in received:
        data = connection.recv(65536)
        assert data, f"{wanted!r} never came, but {received!r}"
        received += data
    return received


# --- first byte before last byte --------------------------------------------------------------------------------------


def test_the_first_byte_of_an_answer_arrives_before_the_origin_sends_the_last(river: River) -> None:
    river.staged.go.clear()
    with closing(opened(river, head("GET", "/staged/x"))) as client:
        received = until(client, StagedOrigin.FIRST)
        assert StagedOrigin.LAST not in received
        river.staged.go.set()
        until(client, StagedOrigin.LAST)


@pytest.mark.parametrize("framing", ["Content-Length: 10", "Transfer-Encoding: chunked"])
def test_the_first_byte_of_a_request_arrives_before_the_client_sends_the_last(river: River, framing: str) -> None:
    first, last = ("5\r\nfirst\r\n", "5\r\n last\r\n0\r\n\r\n") if "chunked" in framing else ("first", " last")
    river.staged.arrived.clear()
    river.staged.go.set()
    with closing(opened(river, head("POST", "/staged/x", framing) + first)) as client:
        assert river.staged.arrived.wait(PATIENCE)
        assert not river.staged.received[-1].complete
        client.sendall(last.encode())
        until(client, StagedOrigin.LAST)


# --- flat memory ------------------------------------------------------------------------------------------------------


def resident() -> int:
    """Bytes of memory that the workerd processes below this one hold."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _read(folder / "stat")):
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    total = 0
    for process in parents:
        if "workerd" in _read(Path(f"/proc/{process}/comm")) and _descends(process, parents):
            status = _read(Path(f"/proc/{process}/status"))
            total += sum(int(kib) * 1024 for kib in re.findall(r"VmRSS:\s+(\d+) kB", status))
    return total


def _descends(process: int, parents: dict[int, int]) -> bool:
    while process in parents and process != os.getpid():
        process = parents[process]
    return process == os.getpid()


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


class Gauge:
    """Watches `resident` and remembers how far it rose."""

    def __init__(self) -> None:
        self.before = self.peak = resident()
        assert self.before > 0, "workerd runs below this process"
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._run, daemon=True)
        self._watch.start()

    @property
    def growth(self) -> int:
        self._stop.set()
        self._watch.join()
        return self.peak - self.before

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, resident())


def test_a_gigabyte_comes_through_in_flat_memory(river: River) -> None:
    gauge, buffer = Gauge(), bytearray(MIB)
    with closing(opened(river, head("GET", "/large/x", "Connection: close"))) as client:
        received = len(until(client, b"\r\n\r\n").partition(b"\r\n\r\n")[2])
        while count := client.recv_into(buffer):
            received += count
    assert received == GIGABYTE
    assert gauge.growth < FLAT


@pytest.mark.parametrize("announced", [True, False])
def test_a_large_upload_goes_through_in_flat_memory(river: River, announced: bool) -> None:
    block = bytes(range(256)) * 4096
    count = (LARGE_UPLOAD if announced else LARGE_UPLOAD // 8) // len(block)
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(block)
    gauge = Gauge()
    connection = http.client.HTTPConnection(*river.address, timeout=60)
    fields = {"Content-Length": str(count * len(block))} if announced else {"Transfer-Encoding": "chunked"}
    connection.request("POST", "/swallow/x", (block for _ in range(count)), fields, encode_chunked=not announced)
    response = connection.getresponse()
    assert response.read().decode() == digest.hexdigest()
    connection.close()
    assert gauge.growth < FLAT


# --- clients that are gone --------------------------------------------------------------------------------------------


def test_a_client_that_hangs_up_while_it_waits_aborts_the_exchange(river: River) -> None:
    client = opened(river, head("GET", "/hang/x"))
    _wait_for(lambda: bool(river.origins["hang"].received))
    reset(client)
    assert river.origins["hang"].hung_up.wait(PATIENCE)


def test_a_client_that_hung_up_leaves_its_line_in_the_log(river: River) -> None:
    """The platform cancels what it did for a client that is gone; what the gateway did, it finishes and says."""
    client = opened(river, head("GET", "/hang/x", "X-Request-Id: hung-up"))
    _wait_for(lambda: any(request.values("x-request-id") == ["hung-up"] for request in river.origins["hang"].received))
    reset(client)
    line = river.gateway.wait_for_log(lambda entry: entry.get("id") == "hung-up" and entry["event"] == "request")
    assert (line["status"], line["code"]) == (499, "client_gone")


def test_a_client_that_closes_in_the_middle_of_an_answer_aborts_the_exchange(river: River) -> None:
    client = opened(river, head("GET", "/flow/x"))
    until(client, b"xxx")
    client.close()
    assert river.origins["flow"].hung_up.wait(PATIENCE)


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_half_a_request_is_never_passed_off_as_a_whole_one(river: River, framing: str) -> None:
    origin = river.origins["upload"]
    origin.hung_up.clear()
    half = "5\r\nfirst\r\n" if "chunked" in framing else "first"
    before = len(origin.received)
    client = opened(river, head("POST", "/upload/x", framing) + half)
    _wait_for(lambda: len(origin.received) > before)
    reset(client)
    assert origin.hung_up.wait(PATIENCE)
    assert not [request for request in origin.received[before:] if request.complete]


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- a crowd ----------------------------------------------------------------------------------------------------------


def test_two_hundred_at_once_get_their_own_answers_though_every_tenth_hangs_up(river: River) -> None:
    def visit(number: int) -> bool:
        """Whether this visitor got its own answer; every tenth does not wait for it."""
        with closing(opened(river, head("GET", f"/crowd/{number}", "Connection: close"))) as client:
            if number % 10 == 0:
                time.sleep(0.05)
                reset(client)
                return True
            return until(client, b"\r\n\r\n/crowd/").endswith(f"/crowd/{number}".encode())

    with ThreadPoolExecutor(200) as crowd:
        assert all(crowd.map(visit, range(200)))
    assert river.gateway.get("/crowd/after").text == "/crowd/after"
    assert river.gateway.get("/healthz").status_code == 200


def test_every_exchange_of_the_crowd_reached_the_origin_once(river: River) -> None:
    targets = [request.target for request in river.origins["crowd"].received]
    assert len(targets) == len(set(targets))
