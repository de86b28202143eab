"""From a token to a room: clients, the gateway in workerd, the WebSocket API, the functions, and back."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import jwt
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from devtools.application.local_aws.application import LocalApplication
from devtools.application.local_aws.emulator import REGION
from devtools.runtime.runner import Gateway, Runner
from devtools.runtime.v8 import QUICK_START
from tests.origin.conftest import KEYS
from tests.origin.talkers import PATIENCE, Talker

SECRET = "rooms-flow-token-secret-of-enough-bytes"


def token(user: str, *, lasts: float = 600, secret: str = SECRET, **claims: Any) -> str:
    return jwt.encode({"sub": user, "role": "user", "exp": time.time() + lasts, **claims}, secret, "HS256")


@pytest.fixture(scope="module")
def edge(application: LocalApplication) -> Iterator[Gateway]:
    signed = {"auth": "required", "sign": "sigv4", "aws_region": REGION, "cache": False, "timeout_ms": 120_000}
    behind = {**signed, "origin": application.url, "strip_prefix": "/api", "aws_service": "lambda"}
    socket = {
        **signed,
        "path": "/api/rooms/socket",
        "origin": f"{application.url}/sockets",
        "strip_prefix": "/api/rooms/socket",
        "aws_service": "execute-api",
        "websocket_token": True,
    }
    routes = [socket, {**behind, "path": "/api/rooms/*", "forward_expiry": True}, {**behind, "path": "/api/orders/*"}]
    keys = {"AWS_ACCESS_KEY_ID": KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key}
    with (
        Runner(v8_flags=QUICK_START) as runner,
        runner.start(vars={"ROUTES": routes, "JWT_SECRET": SECRET, **keys}, cf={"country": "US"}) as running,
    ):
        yield running


def opened(edge: Gateway, bearer: str, query: str = "", **fields: str) -> AbstractContextManager[ClientConnection]:
    address = edge.url.replace("http://", "ws://") + f"/api/rooms/socket{query}"
    offered = [Subprotocol("bearer"), Subprotocol(bearer)]
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return connect(address, subprotocols=offered, additional_headers=headers, open_timeout=PATIENCE, proxy=None)


def test_two_people_talk_through_the_gateway_as_who_their_tokens_say(edge: Gateway) -> None:
    claimed = {"x_user_id": "ada", "x_user_role": "admin", "x_user_token_expires": "9999999999"}
    with opened(edge, token("ada")) as first, opened(edge, token("grace"), "?userId=ada", **claimed) as second:
        ada, grace = Talker(first), Talker(second)
        ada.say("join", room="general")
        assert grace.say("ping")["expires"] < time.time() + 700
        grace.say("join", room="general")
        number = grace.say("chat_message", room="general", text="through the gateway")["number"]
        heard = ada.hears("through the gateway")
        assert (heard["number"], heard["user"]["id"]) == (number, "grace")
        assert grace.say("join", room="role:admin")["code"] == "unknown_room"
        grace.socket.close()
        ada.wait(lambda message: message["type"] == "user_left" and message["user"]["id"] == "grace")


@pytest.mark.parametrize(
    "bearer",
    [
        token("ada", secret="another-secret-that-nobody-has-given-us"),
        token("ada", lasts=-3600),
        token("ada", iss="https://elsewhere.example"),
        "nonsense",
    ],
    ids=["forged", "expired", "foreign", "nonsense"],
)
def test_forged_expired_and_foreign_tokens_open_nothing(edge: Gateway, bearer: str) -> None:
    with pytest.raises(InvalidStatus) as refusal, opened(edge, bearer):
        pass
    assert refusal.value.response.status_code == 401
    renewal = {"json": {"connection": "c="}, "headers": {"authorization": f"Bearer {bearer}"}}
    assert edge.request("POST", "/api/rooms/renewals", **renewal).status_code == 401


def test_a_renewal_is_the_users_own(edge: Gateway) -> None:
    with opened(edge, token("ada", lasts=60)) as socket:
        ada = Talker(socket)
        before = ada.say("ping")
        for user, bearer, status in (
            ("grace", token("grace", lasts=3600), 404),
            ("ada of another issuer", token("ada", lasts=3600, iss="https://elsewhere.example"), 401),
            ("ada", token("ada", lasts=3600), 200),
        ):
            fields = {"authorization": f"Bearer {bearer}", "x-user-token-expires": "9999999999"}
            renewal = {"json": {"connection": before["connection"]}, "headers": fields}
            assert edge.request("POST", "/api/rooms/renewals", **renewal).status_code == status, user
        assert time.time() + 3000 < ada.say("ping")["expires"] < time.time() + 3700


def test_an_order_is_followed_through_the_gateway_until_it_is_fulfilled(edge: Gateway) -> None:
    buyer = {"authorization": f"Bearer {token('buyer')}"}
    order = {"items": [{"sku": "team", "quantity": 1}], "payment_method": "pm_card_visa"}
    fields = {**buyer, "idempotency-key": "followed"}
    while (placed := edge.request("POST", "/api/orders", json=order, headers=fields)).status_code >= 500:
        pass  # a busy machine starts functions slowly; the key makes it one order
    states: list[str] = []
    until, status = time.monotonic() + PATIENCE, 200
    while status == 200 and time.monotonic() < until:
        known = {"last-event-id": states[-1]} if states else {}
        answer = edge.get(f"/api/orders/{placed.json()['id']}/events", headers={**buyer, **known})
        status = answer.status_code
        lines = [line.partition(": ") for line in answer.text.splitlines()]
        states += [value for name, _, value in lines if name == "id"]
        assert all(json.loads(value)["state"] == states[-1] for name, _, value in lines if name == "data")
    assert (states[-1], status) == ("fulfilled", 204)
