"""What requests leave behind in an isolate: nothing, whatever becomes of them.

Objects are counted exactly, so a leak of one object a request shows after a hundred. Caches are filled before.
"""

import itertools
import json
import socket
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest

from devtools.configuration import wrangler_config
from devtools.paths import SOURCES
from devtools.runtime.memory import Memory, measured, memory_of
from devtools.runtime.runner import Gateway
from tests.worker.origins import Connection, Origin, answer_head
from tests.worker.patience import PATIENCE, until

REQUESTS = 100
FEWEST_LOOKS = 6
MOST_LOOKS = 24
SIGNATURES = 128
"""Of that many methods that were last called Pyodide remembers how (`pyodide.code.relaxed_call`), and holds them."""


class SilentOrigin(Origin):
    """Never answers. `asked[target]` is set once a request has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: defaultdict[str, Event] = defaultdict(Event)

    def answer(self, connection: Connection) -> None:
        self.asked[connection.request.target].set()
        connection.wait_for_hang_up()


@pytest.fixture(scope="module")
def origin() -> Iterator[SilentOrigin]:
    with SilentOrigin() as origin:
        yield origin


@pytest.fixture(scope="module")
def gateway(
    worker: Callable[..., Gateway], origin: SilentOrigin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    route = {"path": "/hang/*", "methods": ["GET", "POST"], "auth": "none", "origin": origin.url, "cache": False,
             "timeout_ms": 60_000}  # fmt: skip
    options = measured(SOURCES, tmp_path_factory.mktemp("measured"))
    with worker(**options, vars={"ROUTES": [route]}, faults=True) as gateway:
        memory_of(gateway)  # the first collection finds what the import left behind
        yield gateway


def connected(gateway: Gateway) -> socket.socket:
    parts = urlsplit(gateway.url)
    return socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=PATIENCE)


def answered(client: socket.socket) -> bytes:
    """What a client was told that should have been told nothing yet; "" for nothing."""
    client.setblocking(False)
    try:
        return client.recv(4096)
    except BlockingIOError:
        return b""


def reset_on_close(client: socket.socket) -> None:
    """Let it be closed with RST: what a client looks like that was killed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def settled(gateway: Gateway) -> Memory:
    """The memory once no coroutine is under way any more, or as it is when patience ends."""
    return until(lambda: memory_of(gateway), lambda memory: memory.tasks == 0, every=0.1)


def leaves_nothing_behind(gateway: Gateway, request: Callable[[], object]) -> None:
    """Whether rounds of `REQUESTS` at once leave less than an object for every other request.

    What waits for JavaScript's collector goes sooner or later, so a look finds too much but never too little. Of what
    stays for ever, every look finds more. So there are rounds until the lowest look of the later half is no higher than
    that of the earlier half and a share for the requests between; what leaks never gets there.
    """
    looks: list[Memory] = []
    with ThreadPoolExecutor(REQUESTS) as crowd:
        while len(looks) < FEWEST_LOOKS or (len(looks) < MOST_LOOKS and grown(looks)):
            for _ in crowd.map(lambda _: request(), range(REQUESTS)):
                pass
            looks.append(settled(gateway))
    assert looks[-1].tasks == 0, looks[-1].waiting
    assert not grown(looks), (grown(looks), looks[0].kinds, looks[-1].kinds)


def grown(looks: Sequence[Memory]) -> dict[str, list[int]]:
    """The figures that grew from the earlier half to the later by one for every other request between them."""
    half = len(looks) // 2
    series = {name: [getattr(look, name) for look in looks] for name in ("objects", "references")}
    most = half * REQUESTS / 2
    return {name: figures for name, figures in series.items() if min(figures[-half:]) - min(figures[:half]) >= most}


def test_no_isolate_looks_for_garbage_in_what_the_import_has_left(gateway: Gateway) -> None:
    assert memory_of(gateway).frozen > 10_000


def test_a_look_up_in_the_store_leaves_nothing_behind(gateway: Gateway) -> None:
    leaves_nothing_behind(gateway, lambda: gateway.get("/readyz").raise_for_status())


@pytest.mark.stand_in
def test_a_look_up_that_takes_too_long_leaves_nothing_behind(gateway: Gateway) -> None:
    gateway.kv_faults(get={"delay": 60_000})
    try:
        assert gateway.get("/readyz").status_code == 503
        leaves_nothing_behind(gateway, lambda: gateway.get("/readyz"))
    finally:
        gateway.kv_faults()


@pytest.mark.parametrize(
    "sent",
    ["GET {} HTTP/1.1\r\n\r\n", "POST {} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
    ids=["asked", "sending"],
)
def test_a_client_that_hangs_up_leaves_nothing_behind(gateway: Gateway, origin: SilentOrigin, sent: str) -> None:
    """While the origin is asked, and in the middle of its content."""
    numbers = itertools.count()

    def hang_up() -> None:
        target = f"/hang/{sent.partition(' ')[0]}-{next(numbers)}"
        with connected(gateway) as client:
            client.sendall(sent.format(target).replace("\r\n", "\r\nHost: gw.example\r\n", 1).encode())
            assert origin.asked[target].wait(PATIENCE), answered(client)
            reset_on_close(client)

    leaves_nothing_behind(gateway, hang_up)


SIZES = {"/short": 1_000, "/long": 2_000_000}


class StallingOrigin(Origin):
    """Promises so many bytes, which may be stored, and sends eight."""

    def answer(self, connection: Connection) -> None:
        fields = f"cache-control: max-age=60\r\ncontent-length: {SIZES[connection.request.target]}"
        connection.send(answer_head(200, fields) + b"and then")
        connection.wait_for_hang_up()


def with_another_edge(folder: Path, room: str, ours: str, instead: str) -> dict[str, Any]:
    """Options for a Worker whose memory can be looked at, and whose `edge/ROOM.py` has `instead` in place of `ours`."""
    options = measured(SOURCES, folder)
    file = folder / "edge" / f"{room}.py"
    source = file.read_text()
    assert source.count(ours) == 1
    file.write_text(source.replace(ours, instead))
    return options


@pytest.fixture(scope="module")
def impatient(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that reads no content for longer than half a second, before an origin that stalls."""
    folder = tmp_path_factory.mktemp("impatient")
    options = with_another_edge(folder, "bodies", "LONGEST_READ: Final = 25.0", "LONGEST_READ: Final = 0.5")
    with StallingOrigin() as origin:
        route = {"path": "/*", "auth": "none", "origin": origin.url}
        with worker(**options, vars={"ROUTES": [route]}) as gateway:
            yield gateway


@pytest.mark.parametrize("path", SIZES)
def test_a_content_that_never_ends_is_not_waited_for_for_ever(impatient: Gateway, path: str) -> None:
    """By what would store it, whether a short one, which memory keeps too, or a long one. The client has gone with what
    had come until then."""
    impatient.clear_logs()
    identity = {"accept-encoding": "identity"}  # who compresses waits for more
    with impatient.client.stream("GET", path, headers=identity) as response:
        assert next(response.iter_raw()) == b"and then"
    failed = impatient.wait_for_log(lambda line: line["event"] == "cache_write_failed")
    assert failed["reason"] in ("the content took longer than 0.5 s", "no answer within 500 ms")
    assert settled(impatient).tasks == 0


def test_content_that_a_client_sends_too_slowly_is_refused(impatient: Gateway) -> None:
    head = "POST /geo/preferences HTTP/1.1\r\nHost: gw.example\r\nContent-Type: application/json\r\n"
    with connected(impatient) as client:
        client.sendall(f'{head}Content-Length: 20\r\n\r\n{{"currency":'.encode())
        response = HTTPResponse(client)
        response.begin()
        assert response.status == 408
        assert json.loads(response.read())["code"] == "request_timeout"
        assert settled(impatient).tasks == 0


def test_a_fetch_that_the_platform_never_settles_is_not_waited_for(
    worker: Callable[..., Gateway], tmp_path: Path
) -> None:
    """As workerd's does not when its signal is aborted in the moment that the response arrives."""
    never = "asking(js.Promise.race, js.Promise)(js.Array.new())"
    options = with_another_edge(tmp_path, "fetch", "self._fetch(request.url,", f"{never} or (")
    route = {"auth": "none", "origin": "https://origin.example", "cache": False}
    routes = [route | {"path": "/late", "timeout_ms": 200}, route | {"path": "/gone", "timeout_ms": 20_000}]
    with worker(**options, vars={"ROUTES": routes}) as gateway:
        assert gateway.get("/late").status_code == 504
        with connected(gateway) as client:
            client.sendall(b"GET /gone HTTP/1.1\r\nHost: gw.example\r\n\r\n")
            assert until(lambda: memory_of(gateway).tasks)
            reset_on_close(client)
        gateway.wait_for_log(lambda line: line.get("code") == "client_gone")
        assert settled(gateway).tasks == 0


@pytest.mark.stand_in
def test_a_share_of_the_calls_to_the_store_can_fail(gateway: Gateway) -> None:
    gateway.kv_faults(get={"fail": "KV GET failed: 500", "share": 0.5})
    try:
        assert {gateway.get("/readyz").status_code for _ in range(60)} == {200, 503}
    finally:
        gateway.kv_faults()


def by_class(folder: Path) -> dict[str, Any]:
    """Options for the same Worker behind its other door, the class of `entry.py`."""
    options = measured(SOURCES, folder)
    (folder / "by_class.py").write_text("import measured\nimport entry\n\nDefault = entry.Default\n")
    config = wrangler_config.by_class(options["config"]) | {"main": "src/by_class.py"}
    return {"source": folder, "config": config}


@pytest.mark.parametrize(
    ("options", "objects", "references"),
    [(lambda folder: measured(SOURCES, folder), 0, 0), (by_class, 3, 1)],
    ids=["functions", "class"],
)
def test_a_request_leaves_to_v8_what_its_door_makes_and_no_object_more(
    worker: Callable[..., Gateway], tmp_path: Path, options: Callable[[Path], Any], objects: int, references: int
) -> None:
    """Of the class's object, its method's coroutine and its context V8 knows when they may go, and takes its time."""
    with SilentOrigin() as origin:
        route = {"path": "/late", "auth": "none", "origin": origin.url, "timeout_ms": 1, "cache": False, "retries": 0}
        with worker(**options(tmp_path), vars={"ROUTES": [route]}) as gateway:
            for _ in range(SIGNATURES if objects else 0):
                gateway.get("/geo")
            for path, status in (("/geo", 200), ("/late", 504)):
                assert [gateway.get(path).status_code for _ in range(3)] == [status] * 3
                before = settled(gateway)
                for _ in range(REQUESTS):
                    gateway.get(path)
                after = settled(gateway)
                assert after.objects - before.objects < (objects + 0.8) * REQUESTS  # a look is a request as well
                assert after.references - before.references < (references + 0.8) * REQUESTS
