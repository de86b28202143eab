"""What a client sees of an origin's response."""

from typing import Any

import pytest

from configuration.settings import RouteSettings
from core.messages import Request, Response
from forwarding.answered import sanitise
from forwarding.forwarded import Target
from tests.unit.handshakes import KEYWORDS

HANDSHAKE = {"upgrade": "websocket", "connection": "Upgrade"}


def target(**route: Any) -> Target:
    defaults: dict[str, Any] = {"path": "/api/*", "origin": "https://api.example/v1", "strip_prefix": "/api"}
    return Target.of(RouteSettings(**{**defaults, **route}))


def request(method: str = "GET", **headers: str) -> Request:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "https", "gw.example", "/api/users", headers=fields)


def answered(response: Response, client: Request | None = None, **route: Any) -> Response:
    sanitise(response, target(**route), client or request())
    return response


@pytest.mark.parametrize(
    "name",
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
    + ["x-secret-hop", "alt-svc", "x-gateway-signature"],
)
def test_hop_by_hop_fields_do_not_reach_the_client(name: str) -> None:
    fields = {"connection": "close, X-Secret-Hop", name: "close, x-secret-hop", "etag": '"1"'}
    assert answered(Response(200, fields)).headers == {"etag": '"1"'}


def test_content_coding_length_and_caching_fields_stay() -> None:
    fields = {"content-encoding": "br", "content-length": "5", "vary": "x-geo-currency", "cache-control": "max-age=5"}
    response = answered(Response(200, dict(fields), b"12345"))
    assert response.headers == fields
    assert response.body == b"12345"


def test_connection_cannot_take_away_the_length() -> None:
    fields = {"connection": "content-length", "content-length": "5"}
    assert answered(Response(200, fields)).headers == {"content-length": "5"}


def test_cookies_stay_plural_and_in_order() -> None:
    cookies = ["a=1; Path=/api", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "a=3"]
    assert answered(Response(200, cookies=cookies), origin="https://api.example/api").cookies == cookies


@pytest.mark.parametrize("status", [204, 205, 304])
def test_statuses_without_content_have_none(status: int) -> None:
    response = answered(Response(status, {"content-length": "3", "etag": '"1"'}, b"abc"))
    assert response.body is None
    assert response.headers["etag"] == '"1"'
    assert ("content-length" in response.headers) == (status == 304)


def test_a_head_response_keeps_the_length_and_has_no_content() -> None:
    response = answered(Response(200, {"content-length": "3"}, b"abc"), request("HEAD"))
    assert (response.headers, response.body) == ({"content-length": "3"}, None)


@pytest.mark.parametrize("status", [201, 301, 302, 303, 307, 308])
def test_location_is_rewritten_and_not_followed(status: int) -> None:
    fields = {"location": "https://api.example/v1/users/7", "content-location": "/v1/users/7", "link": "</v1/a>; rel=b"}
    response = answered(Response(status, fields, cookies=["a=1; Path=/v1", "b=2"]))
    assert response.status == status
    assert response.headers == {
        "location": "https://gw.example/api/users/7",
        "content-location": "/api/users/7",
        "link": "</api/a>; rel=b",
    }
    assert response.cookies == ["a=1; Path=/api", "b=2"]


@pytest.mark.parametrize(
    ("takes_token", "offered", "answer", "public"),
    [
        (True, "bearer, tok, chat", "chat", "chat"),
        (True, "bearer, tok, chat", "", "bearer"),
        (True, "bearer, tok", "", "bearer"),
        (True, "bearer, tok", "tok", "bearer"),
        (True, "chat", "chat", "chat"),
        (True, "chat", "other", None),
        (False, "chat, v2", "v2", "v2"),
        (False, "chat", "", None),
        (False, "", "chat", None),
    ],
)
def test_a_handshake_selects_what_the_client_offered_and_never_its_token(
    takes_token: bool, offered: str, answer: str, public: str | None
) -> None:
    socket = object()
    fields = {"sec-websocket-protocol": answer, "upgrade": "websocket", "connection": "Upgrade"}
    client = request(**KEYWORDS, sec_websocket_protocol=offered)
    response = answered(Response(101, fields, websocket=socket), client, websocket_token=takes_token)
    assert response.websocket is socket
    assert response.headers.get("sec-websocket-protocol") == public
