"""What the functions of the rooms do by each statement of their policies; `trials.py` has those of the others.

Connections are opened at the WebSocket API itself, so that there is somebody to speak to.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.origin.talkers import opening

if TYPE_CHECKING:
    from tests.origin.trials import Workshop

Attempt = Callable[[], bool]
ROOM = "role:trial"
STAYS = "stays="
"""A tab that nobody talks to."""
ANSWERS_WITHIN = 20.0
"""Seconds; a function that cannot answer is not waited for longer."""


class RoomTrials:
    """Attempts of the five functions. `shop` has the deployed application."""

    def __init__(self, shop: "Workshop") -> None:
        self._shop = shop
        self._application = shop.application
        self._dynamodb = shop.application.deployment.client("dynamodb")
        self._physical = shop.application.deployment.physical

    def attempts(self) -> dict[str, dict[str, Attempt]]:
        talks = dict.fromkeys(
            ("KnowConnections", "KnowWhoIsThere", "SayAndRead", "KnowWhoseAnOrderIs", "SpeakToConnections"), self.talk
        )
        tells = dict.fromkeys(
            ("KnowWhoIsThere", "FindOwners", "ForgetConnections", "SayWhoLeft", "SpeakToConnections"), self.broadcast
        )
        sweeps = dict.fromkeys(
            ("FindWhoHasEnded", "ForgetConnections", "LeaveRooms", "SayWhoLeft", "CloseConnections"), self.sweep
        )
        renews = dict.fromkeys(("RenewConnections", "LeaveRooms", "KnowWhoseAnOrderIs"), self.renew)
        signed: dict[str, Attempt] = {
            "TakeSignedRequestsOnce": lambda: self._signed("POST", "/rooms/renewals") == 400,
            "ReadTheGatewaysSecret": lambda: self._signed("GET", "/rooms/general/events") == 200,
        }
        return {
            "RoomsSockets": talks,
            "RoomsApi": {**renews, "SayAndRead": self.say, **signed},
            "RoomsBroadcaster": tells,
            "RoomsOrders": {"SayOrders": self.orders},
            "RoomsSweeper": sweeps,
        }

    def every_departure(self) -> None:
        """What no attempt needs: a tab that is not the last leaves, a goodbye, and one that nobody knows."""
        with self._open() as first, self._open() as second:
            for socket in (first, second):
                _ask(socket, "join", room=ROOM)
            assert _ask(first, "history", room=ROOM)["type"] == "history"
            _ask(first, "leave", room=ROOM)
            connection = _ask(first, "ping")["connection"]
            self._dynamodb.delete_item(TableName=self._physical["ConnectionsTable"], Key={"id": {"S": connection}})
            first.send('{"type": "ping"}')
            assert _is_closed(first)
            _ask(second, "join", room=f"orders:{self._order()}")  # of so many calls the trail has the newest alone
        for function in ("RoomsApi", "RoomsBroadcaster", "RoomsSweeper"):
            self._two_tabs_of_which_one_goes(function)

    # --- attempts -------------------------------------------------------------------------------

    def talk(self) -> bool:
        order = self._order()
        try:
            with self._open() as socket:
                joined = [_ask(socket, "join", room=room)["type"] for room in (ROOM, f"orders:{order}")]
                said = _ask(socket, "chat_message", room=ROOM, text="hello")["type"]
                left = _ask(socket, "leave", room=ROOM)["type"]
        except Exception:  # refused, closed, silent: it cannot talk
            return False
        return (joined, said, left) == (["joined", "joined"], "sent", "left")

    def say(self) -> bool:
        answer = self._shop.http("RoomsApi", "POST", "/rooms/general/messages", {"text": "hello"}) or {}
        return bool(answer.get("statusCode") == 201)

    def renew(self) -> bool:
        """A connection of one who is no admin any more leaves a room that it may not be in."""
        order = self._order()
        connection = self._put_connection(time.time() + 600)
        self._put_into(connection, f"orders:{order}", user="boss")
        body = {"connection": connection}
        fields = {"x_user_id": "boss", "x_user_role": "user"}
        answer = self._shop.http("RoomsApi", "POST", "/rooms/renewals", body, **fields) or {}
        return bool(answer.get("statusCode") == 200 and not self._members(f"orders:{order}"))

    def broadcast(self) -> bool:
        """Whether one who is there is told, and one who is gone, but was not said so, leaves."""
        room, gone = f"role:{uuid4().hex}", self._put_connection(time.time() + 600, user="gone")
        self._put_into(gone, room, user="gone")
        entry = {
            "room": {"S": room}, "number": {"N": "1"}, "type": {"S": "chat_message"}, "at": {"S": "now"},
            "content": {"S": "{}"}, "owner": {"S": "/nobody"},
        }  # fmt: skip
        record = {"eventName": "INSERT", "dynamodb": {"NewImage": entry}}
        with self._open() as socket:
            self._put_into(_ask(socket, "ping")["connection"], room, user="boss")
            told = self._shop.invoke("RoomsBroadcaster", {"Records": [record]}) is not None and _was_told(socket, room)
        return told and [item["subject"]["S"] for item in self._members(room)] == ["boss"]

    def orders(self) -> bool:
        name = uuid4().hex
        said = {"id": f"{name}.order_paid", "at": "now", "owner": {"issuer": "", "id": "ada"}, "order": {"id": name}}
        record = {
            "messageId": str(uuid4()), "receiptHandle": "none", "body": json.dumps(said), "attributes": {},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn",
            "awsRegion": "",
        }  # fmt: skip
        return bool(self._shop.invoke("RoomsOrders", {"Records": [record]}) == {"batchItemFailures": []})

    def sweep(self) -> bool:
        """Whether a connection whose token has ended is closed, and has left its room."""
        room, connection = f"role:{uuid4().hex}", self._put_connection(time.time() - 60)
        self._put_into(connection, room, user="boss")
        self._shop.invoke("RoomsSweeper", {})
        table = self._physical["ConnectionsTable"]
        kept = self._dynamodb.get_item(TableName=table, Key={"id": {"S": connection}}).get("Item")
        self._dynamodb.delete_item(TableName=table, Key={"id": {"S": connection}})
        return kept is None and not self._members(room)

    # --- what they begin with -------------------------------------------------------------------

    def _two_tabs_of_which_one_goes(self, function: str) -> None:
        order = self._order()
        room = f"orders:{order}"
        ends = time.time() + (-60 if function == "RoomsSweeper" else 600)
        goes = self._put_connection(ends)
        for connection in (goes, STAYS):
            self._put_into(connection, room, user="boss")
        if function == "RoomsApi":
            fields = {"x_user_id": "boss", "x_user_role": "user"}
            self._shop.http("RoomsApi", "POST", "/rooms/renewals", {"connection": goes}, **fields)
            self._shop.http("RoomsApi", "GET", "/rooms/general/events")
        elif function == "RoomsSweeper":
            self._shop.invoke("RoomsSweeper", {})
        else:
            entry = {"type": {"S": "x"}, "at": {"S": "now"}, "content": {"S": "{}"}, "number": {"N": "1"}}
            record = {"eventName": "INSERT", "dynamodb": {"NewImage": {**entry, "room": {"S": room}}}}
            self._shop.invoke("RoomsBroadcaster", {"Records": [record]})

    def _order(self) -> str:
        """A new order's id; a busy machine may take more than one try."""
        while "id" not in (placed := json.loads((self._shop.place() or {}).get("body") or "{}")):
            pass
        return str(placed["id"])

    def _open(self) -> ClientConnection:
        socket: ClientConnection = connect(**opening(self._application, "boss", "trial,admin"))
        return socket

    def _put_connection(self, expires: float, user: str = "boss") -> str:
        connection = f"{uuid4().hex[:12]}="
        item = {
            "id": {"S": connection}, "kind": {"S": "connection"}, "user": {"S": f"/{user}"}, "issuer": {"S": ""},
            "subject": {"S": user}, "roles": {"S": "[]"}, "token": {"N": str(expires)}, "expires": {"N": str(expires)},
            "opened": {"N": str(time.time())}, "recent": {"S": "[]"},
        }  # fmt: skip
        self._dynamodb.put_item(TableName=self._physical["ConnectionsTable"], Item=item)
        return connection

    def _put_into(self, connection: str, room: str, user: str) -> None:
        self._dynamodb.update_item(
            TableName=self._physical["MembersTable"],
            Key={"room": {"S": room}, "user": {"S": f"/{user}"}},
            UpdateExpression="ADD connections :c SET issuer = :none, subject = :user",
            ExpressionAttributeValues={":c": {"SS": [connection]}, ":none": {"S": ""}, ":user": {"S": user}},
        )
        if connection == STAYS:
            return
        self._dynamodb.update_item(
            TableName=self._physical["ConnectionsTable"],
            Key={"id": {"S": connection}},
            UpdateExpression="ADD rooms :room",
            ExpressionAttributeValues={":room": {"SS": [room]}},
        )

    def _members(self, room: str) -> list[Any]:
        found = self._dynamodb.query(
            TableName=self._physical["MembersTable"],
            KeyConditionExpression="room = :room",
            ExpressionAttributeValues={":room": {"S": room}},
        )
        return list(found["Items"])

    def _signed(self, method: str, path: str) -> int | None:
        answer = self._shop.by_hmac("RoomsApi", method, path) or {}
        status: int | None = answer.get("statusCode")
        return status


def _ask(socket: ClientConnection, type_: str, **fields: Any) -> dict[str, Any]:
    """What it is answered with. Raises TimeoutError, ConnectionClosed."""
    ref = uuid4().hex
    socket.send(json.dumps({"type": type_, "ref": ref, **fields}))
    until = time.monotonic() + ANSWERS_WITHIN
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=until - time.monotonic()))
        if message.get("message") == "Internal server error":
            raise TimeoutError("the function failed")
        if message.get("ref") == ref:
            return message


def _was_told(socket: ClientConnection, room: str) -> bool:
    """Whether something of a room came before the answer to a question that is asked now."""
    told = False
    try:
        socket.send('{"type": "ping"}')
        while (message := json.loads(socket.recv(timeout=ANSWERS_WITHIN)))["type"] != "pong":
            told = told or message.get("room") == room
    except (TimeoutError, ConnectionClosed, KeyError):
        return False
    return told


def _is_closed(socket: ClientConnection) -> bool:
    try:
        while True:
            socket.recv(timeout=ANSWERS_WITHIN)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
