"""The rooms in this process: the real router, stores and broadcasting, on moto's DynamoDB and wires of this file.

house = House(client)
ada = house.connect("ada")
house.say(ada, "join", room="general")       what ada's connection is answered with
house.spread()                               what was said reaches everybody, as the log's stream does it
ada.inbox                                    everything ada's connection was told
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from application.rooms.broadcasting import Broadcasting, inserted
from application.rooms.connection import of_handshake
from application.rooms.departures import depart
from application.rooms.router import Parts, Router
from application.rooms.tables import CONNECTIONS_SCHEMA, MEMBERS_SCHEMA, MESSAGES_SCHEMA
from application.rooms.wires import Gone, NotTold
from application.rooms.wiring import Stores

PRINCIPAL = "arn:aws:iam::000000000000:user/gatehouse"
ISSUER = "https://login.example"
NOW = 1_800_000_000.0
TABLES = {"CONNECTIONS_TABLE": CONNECTIONS_SCHEMA, "MEMBERS_TABLE": MEMBERS_SCHEMA, "MESSAGES_TABLE": MESSAGES_SCHEMA}


class Here(Executor):
    """Does at once, in this thread, what it is given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


@dataclass(eq=False)
class Client:
    """A connection as its client sees it. `vanish` is a cable that was cut: nobody is told."""

    id: str
    inbox: list[dict[str, Any]] = field(default_factory=list)
    there: bool = True
    deaf: bool = False

    def vanish(self) -> None:
        self.there = False

    def heard(self, *types: str) -> list[dict[str, Any]]:
        return [message for message in self.inbox if message["type"] in types]


class Wires:
    """`wires.Wires` to the clients of this process. `power` is how many messages are sent before the function dies."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.power: int | None = None

    def post(self, connection_id: str, text: str) -> None:
        if self.power is not None:
            if self.power == 0:
                raise SystemExit("out of memory")
            self.power -= 1
        client = self.clients[connection_id]
        if not client.there:
            raise Gone(connection_id)
        if client.deaf:
            raise NotTold(connection_id)
        client.inbox.append(json.loads(text))

    def close(self, connection_id: str) -> None:
        self.clients[connection_id].there = False


class House:
    """`now` is the clock. Rooms of orders are those of `owners`."""

    def __init__(self, database: Any, threads: Executor | None = None) -> None:
        self.now = NOW
        self.owners: dict[str, str] = {}
        self.wires = Wires()
        self.database = database
        names = {name: f"{name}-{uuid4().hex}" for name in TABLES}
        for name, schema in TABLES.items():
            database.create_table(TableName=names[name], **schema)
        self._names = tuple(names.values())
        self.messages = names["MESSAGES_TABLE"]
        self.stores = Stores.of(database, names)
        threads = threads or Here()
        self.router = Router(Parts(self.stores, self.wires, self.owners.get, threads, lambda: self.now))
        self.broadcasting = Broadcasting(self.stores, self.wires, threads, lambda: self.now)
        self._spread: set[tuple[str, int]] = set()
        self._ids = count()

    def tear_down(self) -> None:
        """moto copies every table there is at every transaction."""
        for name in self._names:
            self.database.delete_table(TableName=name)

    def put_into(self, client: Client, rooms: list[str]) -> None:
        """As if the client had joined them."""
        for room in rooms:
            self.database.transact_write_items(TransactItems=[self.stores.connections.entering(client.id, room)])

    def connect(self, user: str, *roles: str, expires: float = NOW + 3600, issuer: str = ISSUER) -> Client:
        event = handshake(user, *roles, expires=expires, issuer=issuer, connection=f"c{next(self._ids)}=")
        connection = of_handshake(event, PRINCIPAL, self.now)
        self.stores.connections.open(connection)
        client = self.wires.clients[connection.id] = Client(connection.id)
        return client

    def send(self, client: Client, body: str | None) -> dict[str, Any] | None:
        """What the client is answered with, None for nothing."""
        before = len(client.inbox)
        self.router.receive(client.id, body)
        return client.inbox[before] if len(client.inbox) > before else None

    def say(self, client: Client, type_: str, **fields: Any) -> dict[str, Any]:
        self.now += 1.5  # nobody is too fast
        return self.send(client, json.dumps({"type": type_, **fields})) or {}

    def leave(self, client: Client) -> None:
        """A proper goodbye: `$disconnect`."""
        client.there = False
        depart(client.id, self.stores.connections, self.stores.members, self.now)

    def spread(self) -> None:
        """The log's stream, until it is empty: a batch whose function died comes again."""
        while batch := self._batch():
            try:
                self.broadcasting.tell(inserted({"Records": batch}))
            except SystemExit:
                self.wires.power = None
                continue
            self._spread |= {_key(record) for record in batch}

    def _batch(self) -> list[Any]:
        items = self.database.scan(TableName=self.messages, ConsistentRead=True)["Items"]
        records = [{"eventName": "INSERT", "dynamodb": {"NewImage": item}} for item in items]
        return sorted((record for record in records if _key(record) not in self._spread), key=_key)[:10]

    def room(self, name: str) -> Iterator[dict[str, Any]]:
        """Everything that was said in a room."""
        return (entry.document() for entry in self.stores.log.after(name, 0, 10_000)[0])


def _key(record: Any) -> tuple[str, int]:
    image = record["dynamodb"]["NewImage"]
    return image["room"]["S"], int(image["number"]["N"])


def handshake(
    user: str, *roles: str, expires: float, issuer: str = ISSUER, connection: str = "c", arn: str = PRINCIPAL
) -> dict[str, Any]:
    """The event of a handshake that the gateway signed."""
    told = {"x-user-id": user, "x-user-issuer": issuer, "x-user-role": ",".join(roles)}
    headers = {name: value for name, value in told.items() if value} | {"x-user-token-expires": str(int(expires))}
    context = {"connectionId": connection, "routeKey": "$connect", "identity": {"userArn": arn}}
    return {"headers": headers, "requestContext": context}
