"""What requests leave behind in an isolate: nothing, whatever becomes of them.

Objects are counted exactly, so a leak of one object a request shows after a hundred. Caches are filled before.
"""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from devtools.paths import SOURCES
from devtools.runtime.memory import Memory, measured, memory_of
from devtools.runtime.runner import Gateway
from tests.worker.origins import BadOrigin, hang_before_headers
from tests.worker.patience import until

REQUESTS = 100


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with BadOrigin(hang_before_headers) as origin:
        route = {"path": "/hang/*", "auth": "none", "origin": origin.url, "cache": False}
        options = measured(SOURCES, tmp_path_factory.mktemp("measured"))
        with worker(**options, vars={"ROUTES": [route]}, faults=True) as gateway:
            memory_of(gateway)  # the first collection finds what the import left behind
            yield gateway


def settled(gateway: Gateway) -> Memory:
    """The memory once no coroutine is under way any more, or as it is when patience ends."""
    return until(lambda: memory_of(gateway), lambda memory: memory.tasks == 0, every=0.1)


def leaves_nothing_behind(gateway: Gateway, request: Callable[[], object], most: float = REQUESTS / 2) -> None:
    """Whether so many requests leave fewer than `most` objects."""
    with ThreadPoolExecutor(REQUESTS) as crowd:
        for _ in crowd.map(lambda _: request(), range(REQUESTS)):
            pass
        before = settled(gateway)
        for _ in crowd.map(lambda _: request(), range(REQUESTS)):
            pass
    after = settled(gateway)
    assert after.tasks == 0
    assert after.objects - before.objects < most, (before.kinds, after.kinds)
    assert after.references - before.references < REQUESTS / 2


def test_a_look_up_in_the_store_leaves_nothing_behind(gateway: Gateway) -> None:
    leaves_nothing_behind(gateway, lambda: gateway.get("/readyz").raise_for_status())


def test_a_look_up_that_takes_too_long_leaves_nothing_behind(gateway: Gateway) -> None:
    gateway.kv_faults(get={"delay": 60_000})
    try:
        assert gateway.get("/readyz").status_code == 503
        leaves_nothing_behind(gateway, lambda: gateway.get("/readyz"))
    finally:
        gateway.kv_faults()


def test_a_client_that_hangs_up_leaves_nothing_behind(gateway: Gateway) -> None:
    """While the origin is asked."""
    request = b"GET /hang/x HTTP/1.1\r\nHost: gw.example\r\n\r\n"
    parts = urlsplit(gateway.url)

    def hang_up() -> None:
        client = socket.create_connection((str(parts.hostname), int(parts.port or 80)))
        client.sendall(request)
        time.sleep(0.3)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    # A request that the platform cancels before its first wait is told nothing, and may leave a callback of about ten
    # objects; a whole handling, which is what stayed before, holds hundreds.
    leaves_nothing_behind(gateway, hang_up, most=5 * REQUESTS)


def test_a_share_of_the_calls_to_the_store_can_fail(gateway: Gateway) -> None:
    gateway.kv_faults(get={"fail": "KV GET failed: 500", "share": 0.5})
    try:
        assert {gateway.get("/readyz").status_code for _ in range(60)} == {200, 503}
    finally:
        gateway.kv_faults()
