"""What a route says of sockets and streams, as terms in seconds from now; where it says nothing, nothing is done."""

from typing import Any

import pytest

from configuration.settings import RouteSettings
from core.event_stream import EventTerms
from core.messages import Response
from core.sockets import IDLE, LIFETIME, LOST, TOKEN_EXPIRED, Close, SocketTerms, told
from forwarding.lasting import lasts, put_under_terms
from forwarding.settings import LONGEST_SOCKET, WebsocketSettings
from forwarding.websockets import manages_connections, socket_terms
from tests.unit.in_memory import NOW, BytesBody, World

EVENTS = {"content-type": "text/event-stream"}


def route(**settings: Any) -> RouteSettings:
    return RouteSettings(path="/x", origin="https://o.example", **settings)


def terms(expires: float | None = NOW + 60, **said: Any) -> SocketTerms | None:
    return socket_terms(WebsocketSettings(**said), expires, NOW)


def test_a_socket_of_which_nothing_is_said_is_the_platforms_alone() -> None:
    assert terms() is None
    assert socket_terms(True, NOW + 60, NOW) is None
    world, socket = World(), object()
    response = Response(101, websocket=socket)
    put_under_terms(response, route(), NOW + 60, world.platform())
    assert (response.websocket, world.joined) == (socket, [])


def test_a_socket_ends_by_whichever_comes_first() -> None:
    assert terms(lifetime_s=30, ends_with_token=True) == SocketTerms(30, LIFETIME)
    assert terms(lifetime_s=90, ends_with_token=True) == SocketTerms(60, TOKEN_EXPIRED)
    assert terms(idle_s=9) == SocketTerms(LONGEST_SOCKET, LIFETIME, idle=9)
    assert terms(ends_with_token=True, expires=NOW - 30) == SocketTerms(0, TOKEN_EXPIRED)
    assert terms(ends_with_token=True, expires=None) == SocketTerms(LONGEST_SOCKET, LIFETIME)
    assert terms(ends_with_token=True, expires=NOW + 1e12) == SocketTerms(LONGEST_SOCKET, LIFETIME)


@pytest.mark.parametrize(
    ("code", "reason", "close"),
    [(1000, "", Close(1000, "")), (4999, "so", Close(4999, "so")), (1012, "", Close(1012, "")), (1005, "", Close())]
    + [(code, "", LOST["origin"]) for code in (1006, 1004, 1015, 0, 999, 5000)],
)
def test_a_close_is_passed_on_unless_nobody_can_have_said_it(code: int, reason: str, close: Close) -> None:
    assert told("origin", code, reason) == close


def test_what_the_gateway_says_fits_into_a_close() -> None:
    for close in (IDLE, LIFETIME, TOKEN_EXPIRED, *LOST.values()):
        assert close.code is not None
        assert len(close.reason.encode()) <= 123


def test_events_say_that_nobody_stores_or_compresses_them() -> None:
    world = World()
    fields = EVENTS | {"cache-control": "public, max-age=60", "cdn-cache-control": "max-age=60", "expires": "0"}
    response = Response(200, fields, BytesBody(b""))
    assert lasts(response)
    put_under_terms(response, route(), NOW + 60, world.platform())
    assert response.headers == EVENTS | {"cache-control": "no-store, no-transform"}
    assert world.watched == []


@pytest.mark.parametrize(
    ("said", "expires", "wanted"),
    [({}, NOW + 60, EventTerms(15)), ({"heartbeat_s": 5, "ends_with_token": True}, NOW + 60, EventTerms(5, 60))]
    + [({"ends_with_token": True}, None, EventTerms(15)), ({"ends_with_token": True}, NOW - 9, EventTerms(15, 0))],
)
def test_a_stream_is_watched_where_the_route_says_so(said: Any, expires: float | None, wanted: EventTerms) -> None:
    world = World()
    response = Response(200, EVENTS | {"content-length": "9"}, BytesBody(b"data: 1\n\n"))
    put_under_terms(response, route(sse=said), expires, world.platform())
    assert world.watched == [wanted]
    assert "content-length" not in response.headers


def test_events_in_a_content_coding_are_passed_on_as_they_are() -> None:
    """No comment can be put into what only the client decodes."""
    world = World()
    response = Response(200, EVENTS | {"content-encoding": "gzip"}, BytesBody(b""))
    put_under_terms(response, route(sse={}), None, world.platform())
    assert world.watched == []


@pytest.mark.parametrize("path", ["/live/@connections/a", "/@connections", "/live/%40connections/a", "/@Connections/a"])
def test_what_manages_connections_is_known_in_any_spelling(path: str) -> None:
    assert manages_connections(path)


@pytest.mark.parametrize("path", ["/live", "/connections/a", "/a@connections/b", "/live/x-@connections"])
def test_other_paths_manage_none(path: str) -> None:
    assert not manages_connections(path)
