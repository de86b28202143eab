"""Which pages may open a WebSocket with a token that they did not have to know."""

from collections.abc import Iterable

import pytest

from browsers.handshakes import Handshakes
from core.messages import Request
from core.problems import Problem
from tests.unit.handshakes import HANDSHAKE

EVIL, APP = "https://evil.example", "https://app.example"
COOKIE = {"cookie": "session=a"}


def refused(origins: Iterable[str] = (), *, takes_token: bool = True, **fields: str) -> bool:
    """Whether a handshake with that token is refused; the gateway is https://gw.example."""
    headers = {**HANDSHAKE, **COOKIE, **{name.replace("_", "-"): value for name, value in fields.items()}}
    request = Request("GET", "https", "gw.example", "/", headers=headers)
    try:
        Handshakes(origins).refuse_foreign(request, takes_token=takes_token)
    except Problem as problem:
        return (problem.status, problem.code) == (403, "foreign_origin")
    return False


def test_every_origin_is_no_origin_with_credentials() -> None:
    assert refused(["*"], origin=EVIL)
    assert refused(["*"], origin="*")


@pytest.mark.parametrize(
    "origin",
    [EVIL, "null", "", "http://gw.example", "https://gw.example:8443", "https://GW.example", "https://gw.example/"]
    + ["https://sub.gw.example", "https://gw.example.evil.example", "https://gw.example, https://evil.example"],
)
def test_an_origin_is_compared_whole(origin: str) -> None:
    assert refused([APP], origin=origin)


def test_the_gateways_own_and_those_listed_may() -> None:
    assert not refused(origin="https://gw.example")
    assert not refused([APP], origin=APP)


def test_what_is_no_browser_sends_no_origin() -> None:
    assert not refused()


def test_a_token_that_the_page_shows_is_its_own() -> None:
    assert not refused(origin=EVIL, authorization="Bearer a.b.c")
    assert not refused(origin=EVIL, sec_websocket_protocol="chat, bearer, a.b.c")


def test_what_a_browser_keeps_for_authorization_shows_nothing() -> None:
    assert refused(origin=EVIL, authorization="Basic YTpi")
    assert refused(origin=EVIL, authorization="")


@pytest.mark.parametrize("protocols", ["chat", "bearer", "chat, bearer", "bearer,", "a.b.c"])
def test_subprotocols_that_are_no_token_show_none(protocols: str) -> None:
    assert refused(origin=EVIL, sec_websocket_protocol=protocols)


def test_a_token_among_the_subprotocols_counts_only_where_the_route_takes_it() -> None:
    assert refused(origin=EVIL, takes_token=False, sec_websocket_protocol="bearer, a.b.c")


def test_what_is_no_handshake_is_cors_affair() -> None:
    assert not refused(origin=EVIL, upgrade="h2c")
