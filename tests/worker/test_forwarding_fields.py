"""Over HTTP: which of a client's fields arrive, and what becomes of characters outside ASCII."""

from collections.abc import Callable, Iterator

import pytest

from devtools.runtime.runner import Gateway
from tests.unit.test_forwarding_requests import BELIEVED
from tests.worker.origins import EchoOrigin
from tests.worker.test_forwarding import House, raw


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    with EchoOrigin() as echo:
        to_echo = {"origin": echo.url, "cache": False, "auth": "none"}
        routes = [
            {"path": "/passing/*", "pass": ["x-real-ip", "remote-user"], "withhold": ["x-legacy-*"], **to_echo},
            {"path": "/*", **to_echo},
        ]
        with worker(vars={"ROUTES": routes}) as gateway:
            yield House(gateway, echo, {})


def test_nothing_that_other_proxies_say_arrives_from_a_client(house: House) -> None:
    names = [spelt for name in BELIEVED for spelt in (name, name.upper(), name.replace("-", "_"))]
    arrived = [
        name
        for name, value in raw(house, "GET", "/x", [(name, "forged") for name in names]).seen["fields"]
        if value == "forged"
    ]
    assert arrived == []


def test_a_route_says_otherwise(house: House) -> None:
    client = [("X-Real-IP", "192.0.2.1"), ("Remote_User", "root"), ("X-WebAuth-User", "root"), ("X-Legacy_Id", "7")]
    fields = raw(house, "GET", "/passing/x", client).seen_fields
    assert fields["x-real-ip"] == "192.0.2.1"
    assert {"remote_user", "x-webauth-user", "x-legacy_id"}.isdisjoint(fields)
