"""The rooms' origin: the example's router, stores, broadcasting and event streams, on moto's DynamoDB.

It is behind real sockets that speak API Gateway's events, and lets in what the gateway signed. Each party has tables of
its own: moto copies every table there is at every transaction. The log's stream tells every fourth batch again, as it
does after a function died, and every eleventh takes a connection away from somebody.
"""

import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final
from urllib.parse import quote

import boto3
import gatehouse_verifier as gateway
from application.common.caller import Gatekeeper
from application.common.telemetry import metrics_of
from application.rooms import app, router
from application.rooms.broadcasting import Broadcasting, inserted
from application.rooms.connection import of_handshake
from application.rooms.departures import depart
from application.rooms.tables import CONNECTIONS_SCHEMA, MEMBERS_SCHEMA, MESSAGES_SCHEMA
from application.rooms.wires import Gone, NotTold
from application.rooms.wiring import Stores
from aws_lambda_powertools import Logger
from moto import mock_aws

from devtools.application.function_url import FunctionUrlServer, HttpRequest
from devtools.application.websocket_api.api import CallFailed, Doors, Refused, WebSocketApi

STAGE: Final = "rooms"
PARTY: Final = re.compile(r"party-\d+")
"""A role whose room is the party, and part of the room's name."""
PRINCIPAL: Final = "arn:aws:iam::000000000000:user/gatehouse"
SCHEMAS: Final = {
    "CONNECTIONS_TABLE": CONNECTIONS_SCHEMA,
    "MEMBERS_TABLE": MEMBERS_SCHEMA,
    "MESSAGES_TABLE": MESSAGES_SCHEMA,
}
LOCAL: Final = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}
BATCH: Final = 10
"""Entries that the stream tells at a time."""
TOLD_AGAIN, TAKES_AWAY = 4, 11
KEPT: Final = 2
"""Parties whose tables are there: the one, and the one before, whose last goodbyes may come late."""

Stream = SimpleQueue[tuple[str, dict[str, Any]]]
"""Each message that was kept, with the name of its table, in the order of their transactions."""


def nobodys(order: str) -> None:
    """Whose an order is: there are none here."""


def database(stream: Stream) -> Any:
    """A DynamoDB in this process, one call at a time as moto needs it, whose transactions end up in `stream`."""
    client: Any = boto3.client("dynamodb")
    call, guard = client._make_api_call, threading.Lock()

    def guarded(operation: str, parameters: dict[str, Any]) -> Any:
        with guard:
            answer = call(operation, parameters)
            for write in parameters.get("TransactItems", ()):
                put = write.get("Put")
                if put and "type" in put["Item"]:
                    stream.put((put["TableName"], {"eventName": "INSERT", "dynamodb": {"NewImage": put["Item"]}}))
            return answer

    client._make_api_call = guarded
    return client


class ApiWires:
    """Implements `application.rooms.wires.Wires` by the management API, without the network."""

    def __init__(self) -> None:
        self.api: WebSocketApi | None = None

    def post(self, connection_id: str, text: str) -> None:
        status = self._manage("POST", connection_id, text.encode())
        if status == 410:
            raise Gone(connection_id)
        if status != 200:
            raise NotTold(str(status))

    def close(self, connection_id: str) -> None:
        self._manage("DELETE", connection_id, b"")

    def _manage(self, method: str, connection_id: str, content: bytes) -> int:
        assert self.api is not None
        path = f"/{STAGE}/@connections/{quote(connection_id, safe='')}"
        return self.api.manage(HttpRequest(method, path, (), content, "")).status


@dataclass
class House:
    """One party's tables, and what works with them."""

    names: dict[str, str]
    stores: Stores
    router: router.Router
    broadcasting: Broadcasting
    events: Callable[[dict[str, Any], Any], dict[str, Any]]
    connections: set[str] = field(default_factory=set)


class Houses:
    """All parties, and who is at which."""

    def __init__(self, secret: str) -> None:
        self.stream: Stream = SimpleQueue()
        self.wires = ApiWires()
        self._secret = secret
        self._hosts: tuple[str, ...] = ()
        self._database = database(self.stream)
        self._threads = ThreadPoolExecutor(8)
        self._guard = threading.Lock()
        self._houses: dict[str, House] = {}

    def is_at(self, host: str) -> None:
        """What the gateway signs is signed for this."""
        self._hosts = (host,)

    def of(self, party: str) -> House:
        """The house of that party, made for its first guest."""
        with self._guard:
            if party not in self._houses:
                self._houses[party] = self._made(party)
                while len(self._houses) > KEPT:
                    self._tear_down(self._houses.pop(next(iter(self._houses))))
            return self._houses[party]

    def where(self, connection_id: str) -> House | None:
        """None for a party that is over."""
        return next((house for house in list(self._houses.values()) if connection_id in house.connections), None)

    def _made(self, party: str) -> House:
        names = {name: f"{name}.{party}" for name in SCHEMAS}
        for name, schema in SCHEMAS.items():
            self._database.create_table(TableName=names[name], **schema)
        stores = Stores.of(self._database, names)
        gatekeeper = Gatekeeper(lambda: [self._secret], None, self._hosts)
        quiet = Logger(service=STAGE, level="CRITICAL", stream=sys.stderr)
        return House(
            names,
            stores,
            router.Router(router.Parts(stores, self.wires, nobodys, self._threads)),
            Broadcasting(stores, self.wires, self._threads, time.time),
            app.create_handler(app.Parts(stores, nobodys, gatekeeper), quiet, metrics_of(STAGE)),
        )

    def _tear_down(self, house: House) -> None:
        for name in house.names.values():
            self._database.delete_table(TableName=name)

    # --- functions ----------------------------------------------------------------------------------------------------

    def signer(self, request: HttpRequest) -> dict[str, Any]:
        """IAM's facts of who signed a handshake, for which the gateway's own signature stands in. Raises Refused."""
        received = gateway.Received(
            request.method, request.headers.get("host", ""), request.path, request.query, request.headers, b""
        )
        try:
            gateway.GatewayVerifier([self._secret], hosts=self._hosts).verify(received, time.time())
        except gateway.Refused as refusal:
            raise Refused(refusal.reason) from refusal
        return {"userArn": PRINCIPAL, "callerId": "", "userId": ""}

    def sockets(self, event: dict[str, Any]) -> dict[str, int]:
        """The function behind the WebSocket API. Raises CallFailed."""
        context = event["requestContext"]
        name, now = context["connectionId"], time.time()
        try:
            if context["routeKey"] == "$connect":
                connection = of_handshake(event, PRINCIPAL, now)
                house = self.of(next(role for role in connection.caller.roles if PARTY.fullmatch(role)))
                house.stores.connections.open(connection)
                house.connections.add(name)
            elif house_of := self.where(name):
                if context["routeKey"] == "$default":
                    house_of.router.receive(name, event["body"])
                else:
                    depart(name, house_of.stores.connections, house_of.stores.members, now)
        except Exception as error:
            if self.where(name):  # else its party is over, and so are its tables
                traceback.print_exc(file=sys.stderr)
            raise CallFailed from error
        return {"statusCode": 200}

    def requests(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The function behind the gateway's ordinary requests."""
        party = PARTY.search(event["rawPath"])
        return self.of(party[0]).events(event, context) if party else {"statusCode": 404}

    # --- the log's stream ---------------------------------------------------------------------------------------------

    def broadcast(self) -> None:
        """Tell what is said, for as long as the process lives."""
        number = 0
        while True:
            number += 1
            table, batch = self._batch()
            house = self._houses.get(table.partition(".")[2])
            if house is None:
                continue
            try:
                for _ in range(2 if number % TOLD_AGAIN == 0 else 1):
                    house.broadcasting.tell(inserted({"Records": batch}))
                if number % TAKES_AWAY == 0:
                    self.wires.close(sorted(house.connections)[number % len(house.connections)])
            except Exception:
                traceback.print_exc(file=sys.stderr)

    def _batch(self) -> tuple[str, list[dict[str, Any]]]:
        table, record = self.stream.get()
        batch = [record]
        try:
            while len(batch) < BATCH:
                following, record = self.stream.get_nowait()
                if following != table:  # the party before is over, or as good as
                    table, batch = following, []
                batch.append(record)
        except Empty:
            pass
        return table, batch


@contextmanager
def serving(secret: str) -> Iterator[int]:
    """The port at which the house is."""
    os.environ.update(LOCAL)
    with mock_aws():
        houses = Houses(secret)
        api = WebSocketApi(STAGE, Doors(houses.signer, lambda _: None), houses.sockets)
        houses.wires.api = api
        server = FunctionUrlServer(houses.requests, 0)
        server.upgrades[STAGE] = api.serve
        houses.is_at(f"127.0.0.1:{server.server_port}")
        threading.Thread(target=houses.broadcast, daemon=True).start()
        server.start()
        try:
            yield server.server_port
        finally:
            api.stop()
            server.stop()
