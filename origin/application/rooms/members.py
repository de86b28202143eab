"""Who is in which room, in DynamoDB. One item a user and room, with the set of the user's connections there.

The first of them makes the user join, the last one to go makes them leave; each is said in the transaction that does
it, so it is said once, whoever notices first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from application.common.caller import Caller
from application.common.times import time_text
from application.common.transactions import InTheWay, Refused
from application.rooms.connection import LONGEST, Connection, user_of
from application.rooms.connections import KEPT_LONGER, Connections, Moved
from application.rooms.log import TRIES, Busy, Entry, Log
from application.rooms.protocol import MOST_ROOMS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

JOINED, LEFT = "user_joined", "user_left"


class TooManyRooms(Exception):
    """The connection is in as many rooms as it may be."""


@dataclass(frozen=True, slots=True)
class Member:
    """A user in a room."""

    key: str
    user: Mapping[str, str]
    connections: frozenset[str]


class Members:
    """Reads and writes the table, and the other two where they belong together."""

    def __init__(self, client: DynamoDBClient, name: str, connections: Connections, log: Log) -> None:
        self._client = client
        self._name = name
        self._connections = connections
        self._log = log

    def of(self, room: str) -> list[Member]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="room = :room",
            ExpressionAttributeValues={":room": {"S": room}},
            ConsistentRead=True,
        )
        return [_member(item) for page in pages for item in page["Items"]]

    def join(self, connection: Connection, room: str, now: float) -> None:
        """Whoever is there already stays. Raises TooManyRooms, Moved for a connection that has ended, Busy."""
        key = connection.caller.key
        for attempt in range(TRIES):
            there = self._there(room, key)
            if connection.id in there:
                return
            writes = [
                self._connections.entering(connection.id, room),
                self._add(connection, room, first=not there, until=int(now) + LONGEST + KEPT_LONGER),
            ]
            if self._done(writes, None if there else _said(JOINED, room, connection.caller, now)):
                return
            self._check(connection.id, room)
            self._log.wait(attempt)
        raise Busy(room)

    def leave(self, connection_id: str, caller: Caller, room: str, now: float, *, stays: bool) -> bool:
        """Whether it was there. With `stays` the connection itself goes on, without this room. Raises Busy."""
        for attempt in range(TRIES):
            there = self._there(room, caller.key)
            if connection_id not in there:
                return False
            last = there == {connection_id}
            writes = [self._remove(connection_id, room, caller.key, last=last)]
            if stays:
                writes.append(self._connections.leaving(connection_id, room))
            if self._done(writes, _said(LEFT, room, caller, now) if last else None):
                return True
            self._log.wait(attempt)
        raise Busy(room)

    def drop(self, connection_id: str, member: Member, room: str, now: float) -> None:
        """A connection that is nowhere else any more leaves the room. Raises Busy."""
        caller = Caller(member.user["id"], (), "member", member.user["issuer"] or None)
        self.leave(connection_id, caller, room, now, stays=False)

    def _done(self, writes: list[Any], entry: Entry | None) -> bool:
        try:
            self._log.attempt(writes, entry)
        except (Refused, InTheWay):
            return False
        return True

    def _check(self, connection_id: str, room: str) -> None:
        """Why it could not enter, where that will not change by itself."""
        connection = self._connections.get(connection_id)
        if connection is None:
            raise Moved(connection_id)
        if room not in connection.rooms and len(connection.rooms) >= MOST_ROOMS:
            raise TooManyRooms(room)

    def _there(self, room: str, key: str) -> frozenset[str]:
        """The user's connections in the room."""
        found = self._client.get_item(TableName=self._name, Key=_key(room, key), ConsistentRead=True).get("Item")
        return _member(found).connections if found else frozenset()

    def _add(self, connection: Connection, room: str, *, first: bool, until: int) -> Any:
        values = {":connection": {"SS": [connection.id]}, ":until": {"N": str(until)}}
        names = {"#until": "until"}
        change = "ADD connections :connection SET #until = :until"
        if first:
            change += ", issuer = :issuer, subject = :subject"
            shown = user_of(connection.caller)
            values |= {":issuer": {"S": shown["issuer"]}, ":subject": {"S": shown["id"]}}
        condition = "attribute_not_exists(connections)" if first else "attribute_exists(connections)"
        return self._write(room, connection.caller.key, change, condition, values, names)

    def _remove(self, connection_id: str, room: str, key: str, *, last: bool) -> Any:
        condition = f"contains(connections, :id) AND size(connections) {'=' if last else '>'} :one"
        values: dict[str, Any] = {":id": {"S": connection_id}, ":one": {"N": "1"}}
        if last:
            gone = {"TableName": self._name, "Key": _key(room, key), "ConditionExpression": condition}
            return {"Delete": {**gone, "ExpressionAttributeValues": values}}
        values[":connection"] = {"SS": [connection_id]}
        return self._write(room, key, "DELETE connections :connection", condition, values, {})

    def _write(
        self, room: str, key: str, change: str, condition: str, values: Mapping[str, Any], names: Mapping[str, str]
    ) -> Any:
        return {
            "Update": {
                "TableName": self._name,
                "Key": _key(room, key),
                "UpdateExpression": change,
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
                **({"ExpressionAttributeNames": names} if names else {}),
            }
        }


def _said(type_: str, room: str, caller: Caller, now: float) -> Entry:
    return Entry(room, type_, time_text(now), {"user": user_of(caller)})


def _member(item: Mapping[str, Any]) -> Member:
    user = {"issuer": item["issuer"]["S"], "id": item["subject"]["S"]}
    return Member(item["user"]["S"], user, frozenset(item.get("connections", {}).get("SS", ())))


def _key(room: str, key: str) -> Any:
    return {"room": {"S": room}, "user": {"S": key}}
