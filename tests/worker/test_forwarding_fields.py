"""Over HTTP: which of a client's fields arrive, and what becomes of characters outside ASCII."""

from collections.abc import Callable, Iterator

import pytest

from devtools.runtime.runner import Gateway
from tests.unit.forwarding.test_forwarded import BELIEVED
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


NOT_ASCII = [
    ("User-Agent", "Zo\u00eb"),
    ("X-Note", "\u65e5\u672c"),
    ("Origin", "https://\u00fc.example"),
    ("Cookie", "name=Zo\u00eb"),
    ("If-None-Match", '"\u00e9"'),
    ("X-Request-Id", "\u00e9"),
    ("Accept-Language", "\u00e9"),
    ("Via", "1.1 \u00e9"),
    ("Traceparent", "\u00e9"),
    ("Tracestate", "a=\u00e9"),
    ("Access-Control-Request-Method", "\u00e9"),
    ("Access-Control-Request-Headers", "\u00e9, x-own"),
]


def test_what_is_not_ascii_arrives_percent_encoded(house: House) -> None:
    fields = raw(house, "GET", "/x", [(name, value.encode()) for name, value in NOT_ASCII]).seen_fields  # type: ignore[misc]
    assert (fields["user-agent"], fields["x-note"]) == ("Zo%C3%AB", "%E6%97%A5%E6%9C%AC")
    assert (fields["cookie"], fields["via"]) == ("name=Zo%C3%AB", "1.1 %C3%A9, 1.1 gatehouse")
    assert all(value.isascii() for value in fields.values())
