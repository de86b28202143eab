"""Who is connected, in DynamoDB. Errors of AWS itself come through as botocore's `ClientError`.

A connection that ends is marked `gone` first and deleted last (`departures.py`): in between nobody can bring it into
another room, and what a crash leaves the sweeper finds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from application.common.caller import Caller
from application.rooms.connection import LONGEST, Connection
from application.rooms.protocol import MOST_ROOMS
from application.rooms.tables import BY_EXPIRY, BY_USER, KIND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_LONGER = 3600
"""Seconds after a connection's longest life in which the sweeper finds it; then DynamoDB deletes it by itself."""

OPEN = "attribute_exists(id) AND attribute_not_exists(gone)"


class Moved(Exception):
    """The connection is not, or no longer, as it was read."""


class Connections:
    """Reads and writes the table."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self.name = name

    def open(self, connection: Connection) -> None:
        caller = connection.caller
        self._client.put_item(
            TableName=self.name,
            Item={
                "id": {"S": connection.id},
                "kind": {"S": KIND},
                "user": {"S": caller.key},
                "issuer": {"S": caller.issuer or ""},
                "subject": {"S": caller.id or ""},
                "roles": {"S": json.dumps(caller.roles)},
                "token": _number(connection.expires),
                "expires": _number(_ends(connection.expires, connection.opened)),
                "opened": _number(connection.opened),
                "recent": {"S": json.dumps(connection.recent)},
                "until": _number(int(connection.opened) + LONGEST + KEPT_LONGER),
            },
        )

    def get(self, connection_id: str) -> Connection | None:
        """None for one that is not open, or no longer."""
        found = self._client.get_item(TableName=self.name, Key=_key(connection_id), ConsistentRead=True).get("Item")
        return connection_of(found) if found and "gone" not in found else None

    def count(self, before: Connection, recent: tuple[float, ...]) -> None:
        """It sent a message, which makes its last messages `recent`. Raises Moved when it sent another meanwhile."""
        was, becomes = ({"S": json.dumps(times)} for times in (before.recent, recent))
        self._update(before.id, "SET recent = :becomes", "recent = :was", {":was": was, ":becomes": becomes})

    def renew(self, before: Connection, caller: Caller, expires: float) -> None:
        """It goes on as the same user, with another token. Raises Moved when it is not open any more."""
        values = {
            ":user": {"S": caller.key},
            ":roles": {"S": json.dumps(caller.roles)},
            ":token": _number(expires),
            ":expires": _number(_ends(expires, before.opened)),
        }
        change = "SET #token = :token, expires = :expires, #roles = :roles"
        names = {"#user": "user", "#roles": "roles", "#token": "token"}
        self._update(before.id, change, f"#user = :user AND {OPEN}", values, names)

    def of_user(self, key: str) -> list[str]:
        """Ids of a user's connections; one that has just been opened may be missing."""
        return list(self._ids(BY_USER, "#key = :key", {"#key": "user"}, {":key": {"S": key}}))

    def ended(self, now: float) -> list[str]:
        """Ids of those whose token, or whole life, is over."""
        values = {":key": {"S": KIND}, ":now": _number(now)}
        return list(self._ids(BY_EXPIRY, "#key = :key AND expires < :now", {"#key": "kind"}, values))

    def mark_gone(self, connection_id: str) -> Connection | None:
        """Nothing is done for it from now on. Gives it as it is at last, None when it is deleted already."""
        values: Any = {":gone": {"BOOL": True}, ":never": _number(0)}
        try:
            changed = self._client.update_item(
                TableName=self.name,
                Key=_key(connection_id),
                UpdateExpression="SET gone = :gone, expires = :never",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        return connection_of(changed["Attributes"])

    def forget(self, connection_id: str) -> None:
        self._client.delete_item(TableName=self.name, Key=_key(connection_id))

    def entering(self, connection_id: str, room: str) -> Any:
        """The write, in a transaction, that counts the room among the connection's."""
        condition = f"{OPEN} AND (attribute_not_exists(rooms) OR size(rooms) < :most)"
        values = {":room": {"SS": [room]}, ":most": {"N": str(MOST_ROOMS)}}
        return self._write(connection_id, "ADD rooms :room", condition, values)

    def leaving(self, connection_id: str, room: str) -> Any:
        """The write that does so no more."""
        values = {":room": {"SS": [room]}}
        return self._write(connection_id, "DELETE rooms :room", "attribute_exists(id)", values)

    def _write(self, connection_id: str, change: str, condition: str, values: Mapping[str, Any]) -> Any:
        return {
            "Update": {
                "TableName": self.name,
                "Key": _key(connection_id),
                "UpdateExpression": change,
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }

    def _update(
        self,
        connection_id: str,
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> None:
        more: Any = {"ExpressionAttributeNames": names} if names else {}
        try:
            self._client.update_item(
                TableName=self.name,
                Key=_key(connection_id),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **more,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise Moved(connection_id) from error
            raise

    def _ids(self, index: str, condition: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[str]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        for page in pages:
            yield from (item["id"]["S"] for item in page["Items"])


def connection_of(item: Mapping[str, Any]) -> Connection:
    """The connection that `open` made the item of, as later writes left it."""
    roles = tuple(json.loads(item["roles"]["S"]))
    return Connection(
        item["id"]["S"],
        Caller(item["subject"]["S"], roles, "connection", item["issuer"]["S"] or None),
        float(item["token"]["N"]),
        float(item["opened"]["N"]),
        frozenset(item.get("rooms", {}).get("SS", ())),
        tuple(json.loads(item["recent"]["S"])),
    )


def _ends(expires: float, opened: float) -> float:
    return min(expires, opened + LONGEST)


def _number(value: float) -> Any:
    return {"N": str(value)}


def _key(connection_id: str) -> Any:
    return {"id": {"S": connection_id}}
