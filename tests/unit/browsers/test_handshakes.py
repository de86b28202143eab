"""Which pages may open a WebSocket with a token that they did not have to know."""

from collections.abc import Iterable

import pytest

from browsers.handshakes import Handshakes
from browsers.sharing import TrustedSites
from configuration.loading import load_settings
from core.messages import Request
from core.problems import Problem
from tests.unit.handshakes import HANDSHAKE

EVIL, APP = "https://evil.example", "https://app.example"
COOKIE = {"cookie": "session=a"}
ROUTE = {"path": "/*", "auth": "none", "origin": "https://api.example"}


def refused(origins: Iterable[str] = (), *, takes_token: bool = True, **fields: str) -> bool:
    """Whether a handshake with that token is refused; the gateway is https://gw.example."""
    headers = {**HANDSHAKE, **COOKIE, **{name.replace("_", "-"): value for name, value in fields.items()}}
    request = Request("GET", "https", "gw.example", "/", headers=headers)
    try:
        settings = load_settings(
            {"CORS_ORIGINS": [*origins], "ROUTES": [{**ROUTE, "websocket_token": takes_token}]}, set()
        )
        Handshakes(TrustedSites(settings, settings.routes)).refuse_foreign(request, settings.routes[0])
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


def test_a_routes_own_list_stands_in_place_of_the_gateways() -> None:
    def refused_at(site: str, **route: object) -> bool:
        settings = load_settings({"CORS_ORIGINS": [APP], "ROUTES": [{**ROUTE, **route}]}, set())
        request = Request("GET", "https", "gw.example", "/", headers={**HANDSHAKE, **COOKIE, "origin": site})
        try:
            Handshakes(TrustedSites(settings, settings.routes)).refuse_foreign(request, settings.routes[0])
        except Problem:
            return True
        return False

    other, pattern = "https://pr-7.preview.example", "https://*.preview.example"
    assert (refused_at(APP), refused_at(other)) == (False, True)
    assert (refused_at(APP, cors_origins=[pattern]), refused_at(other, cors_origins=[pattern])) == (True, False)
    assert (refused_at(APP, cors_origins=[]), refused_at(APP, cors="origin")) == (True, False)


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
