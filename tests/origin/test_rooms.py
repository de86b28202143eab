"""The rooms as they are deployed, over real sockets: handshakes that the gateway signs, messages through the log's
stream, and what becomes of those who vanish.
"""

import json
import time
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from devtools.application.local_aws.application import LocalApplication
from devtools.application.local_aws.emulator import REGION
from devtools.application.local_aws.keys import Keys
from devtools.application.websocket_api.socket import Limits
from forwarding import sigv4
from tests.origin.conftest import KEYS, Gateway
from tests.origin.talkers import Talker, opening, talking


def refused(**opening: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        connect(**opening)
    return refusal.value.response.status_code


def test_two_people_talk_and_see_each_other_come_and_go(application: LocalApplication) -> None:
    with talking(application, "ada") as ada, talking(application, "grace", query="userId=ada") as grace:
        assert ada.say("join", room="general")["users"] == [{"issuer": "", "id": "ada"}]
        assert grace.say("join", room="general")["count"] == 2, "whatever the query says of who it is"
        ada.wait(lambda message: message["type"] == "user_joined" and message["user"]["id"] == "grace")
        number = ada.say("chat_message", room="general", text="Zoë 😀")["number"]
        assert grace.hears("Zoë 😀")["number"] == number
        grace.socket.send(json.dumps({"type": "typing_start", "room": "general"}))
        ada.wait(lambda message: message["type"] == "typing_start")
        grace.socket.close()
        assert ada.wait(lambda message: message["type"] == "user_left")["user"]["id"] == "grace"
        assert ada.say("join", room="general")["count"] == 1


def test_a_handshake_is_signed_by_the_gateway_and_somebodys(application: LocalApplication) -> None:
    forged = Keys(KEYS.access_key_id, "another-key", KEYS.secret)
    assert refused(**opening(application, "ada", "user", keys=forged)) == 403
    unsigned = opening(application, "ada", "user")
    del unsigned["additional_headers"]["authorization"]
    assert refused(**unsigned) == 403
    changed = opening(application, "ada", "user")
    changed["additional_headers"]["x-user-role"] = "admin"
    assert refused(**changed) == 403
    assert refused(**opening(application, "", "", query="userId=ada")) == 401


def test_nonsense_closes_nothing_but_what_api_gateway_closes(application: LocalApplication) -> None:
    with talking(application, "nonsense") as client:
        for content in ("[" * 64, '{"type": "ping", "ref": "\\ud800"}', "x" * 5000, b"\x00\xff", "{}"):
            client.socket.send(content)
            assert client.wait(lambda message: message["type"] == "error")["code"] in ("malformed", "too_long")
        assert client.say("ping")["type"] == "pong"
        client.socket.send("x" * 33_000)  # one frame of more than 32 KB
        with pytest.raises(ConnectionClosed) as closed:
            client.wait(lambda message: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_after_its_token_a_connection_is_refused_renewed_by_its_own_user_and_swept(
    application: LocalApplication, gateway: Gateway
) -> None:
    def renew(user: str, connection: str, lasts: float = 600) -> httpx.Response:
        body = json.dumps({"connection": connection}).encode()
        fields = {"x_user_id": user, "x_user_role": "user", "content_type": "application/json"}
        ends = str(int(time.time() + lasts))
        return gateway.ask("POST", "/rooms/renewals", body=body, x_user_token_expires=ends, **fields)

    with talking(application, "late", expires=time.time() - 1) as late, talking(application, "other") as other:
        refused = late.say("ping")
        assert (refused["type"], refused["code"]) == ("error", "token_expired")
        connection = other.say("ping")["connection"]
        for user, wanted in (("late", connection), ("late", "none="), ("other", connection + "x")):
            assert renew(user, wanted).status_code == 404
        assert renew("other", connection, lasts=1200).json()["expires"] > time.time() + 900
        assert other.say("ping")["expires"] > time.time() + 900
        assert renew("other", connection, lasts=-5).status_code == 200
        assert other.say("ping")["code"] == "token_expired"
        assert renew("other", connection).status_code == 200
        sweeper = application.deployment.physical["RoomsSweeper"]
        application.deployment.client("lambda").invoke(FunctionName=sweeper, Payload=b"{}")
        assert late.is_closed()
        assert other.say("ping")["type"] == "pong"


def test_an_orders_changes_reach_its_owner_and_nobody_else(application: LocalApplication, gateway: Gateway) -> None:
    body = json.dumps({"items": [{"sku": "team", "quantity": 1}], "payment_method": "pm_card_visa"}).encode()
    fields = {"x_user_role": "user", "content_type": "application/json", "idempotency_key": uuid4().hex}
    with talking(application, "buyer") as buyer, talking(application, "onlooker") as onlooker:
        placed = gateway.ask("POST", "/orders", body=body, x_user_id="buyer", x_geo_currency="USD", **fields)
        room = f"orders:{placed.json()['id']}"
        assert onlooker.say("join", room=room)["code"] == "unknown_room"
        assert buyer.say("join", room=room)["type"] == "joined"
        told = buyer.wait(lambda message: message.get("order", {}).get("state") == "fulfilled")
        assert (told["room"], told["type"]) == (room, "order_changed")
        onlooker.say("ping")
        assert not [message for message in onlooker.told if "order" in message]
        said = buyer.say("history", room=room, after=0)["messages"]
        assert [m["order"]["state"] for m in said if "order" in m] == ["paid", "fulfilled"]


def test_a_reader_without_a_websocket_gets_what_was_said_since(gateway: Gateway) -> None:
    def said(user: str, **fields: str) -> list[dict[str, str]]:
        answer = gateway.ask("GET", "/rooms/role:readers/events", x_user_id=user, x_user_role="readers", **fields)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in answer.text.split("\n\n")]
        assert 500 < int(blocks[0]["retry"]) < 20_000
        return [block for block in blocks if "id" in block]

    for text in ("one", "two\nlines", "three"):
        body = json.dumps({"text": text}).encode()
        fields = {"x_user_id": "writer", "x_user_role": "readers", "content_type": "application/json"}
        assert gateway.ask("POST", "/rooms/role:readers/messages", body=body, **fields).status_code == 201
    first = said("reader")
    assert [json.loads(event["data"])["text"] for event in first] == ["one", "two\nlines", "three"]
    assert [event["event"] for event in first] == ["chat_message"] * 3
    assert [event["id"] for event in said("reader", last_event_id=first[0]["id"])] == [first[1]["id"], first[2]["id"]]
    assert said("reader", last_event_id=first[2]["id"]) == []
    hidden = gateway.ask("GET", "/rooms/role:readers/events", x_user_id="x", x_user_role="user")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown_room")
    assert gateway.ask("GET", "/rooms/general/events").json()["code"] == "identity_required"


def test_two_hundred_in_a_room_of_whom_a_tenth_vanish_without_goodbye(application: LocalApplication) -> None:
    """Ten people with twenty tabs each; all tabs of one of them are cut off in the middle of a word."""
    room = "role:crowd"
    with ExitStack() as all_of_them:
        people = [
            Talker(all_of_them.enter_context(connect(**opening(application, f"p{number % 10}", "crowd"))))
            for number in range(200)
        ]
        for person in people:
            assert person.say("join", room=room)["type"] == "joined"
        for person in people[3::10]:
            person.socket.socket.close()
        number = people[0].say("chat_message", room=room, text="who is there?")["number"]
        for person in [person for place, person in enumerate(people) if place % 10 != 3]:
            assert person.hears("who is there?")["number"] == number
        assert people[0].is_told("user_left")["user"]["id"] == "p3"
        assert people[0].say("join", room=room)["count"] == 9
        for person in people[5::10]:
            said = person.say("history", room=room, after=0)["messages"]
            assert [message["number"] for message in said] == list(range(1, len(said) + 1))
            assert [message["type"] for message in said].count("user_left") == 1


def test_connections_are_spoken_to_by_whom_iam_lets(application: LocalApplication) -> None:
    with talking(application, "spoken-to") as client:
        connection = client.say("ping")["connection"]
        address = f"{application.url}/sockets/@connections/{connection}"
        assert httpx.post(address, content=b"hello").status_code == 403
        host, path = f"127.0.0.1:{application.port}", f"/sockets/@connections/{connection}"
        credentials = sigv4.Credentials(KEYS.access_key_id, KEYS.secret_access_key)
        gateways = sigv4.sign(
            "GET", host, path, "", {}, None, credentials, sigv4.Scope(REGION, "execute-api"), time.time()
        )
        assert httpx.get(address, headers=gateways).status_code == 403, "nor the gateway, which has no such policy"


def test_silence_and_long_lives_end(application: LocalApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    for limits in (Limits(idle=0.2), Limits(lifetime=0.2)):
        monkeypatch.setattr(application.sockets, "limits", limits)
        with talking(application, "silent") as client, pytest.raises(ConnectionClosed) as closed:
            client.wait(lambda message: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
