"""The users table in DynamoDB: partition key `id`, and an index that lists users in the order of their creation.

The index `by_created_at` has the constant partition key `kind` and the sort key `created_at`. One partition takes
1,000 writes a second, which is far beyond what a directory of users sees; a busier table would shard `kind`.

The attribute `id` is the user's key, made of issuer and id; the id alone is `subject`. Every attribute is a string.
Nothing here knows of HTTP, callers or roles.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from application.users.users import User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INDEX = "by_created_at"
KIND = "user"

TABLE_SCHEMA: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "kind", "AttributeType": "S"},
        {"AttributeName": "created_at", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": INDEX,
            "KeySchema": [
                {"AttributeName": "kind", "KeyType": "HASH"},
                {"AttributeName": "created_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
"""The table as `template.yaml` declares it, for `create_table`; a test holds the two together."""


class AlreadyExists(Exception):
    """There is a user with this id."""


class BadCursor(ValueError):
    """The `next` key is not one that `UsersTable.page` gave out."""


class UsersTable:
    """Reads and writes users. Errors of AWS itself come through as botocore's `ClientError`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: str) -> User | None:
        """The user whose `User.key` is `key`."""
        item = self._client.get_item(TableName=self._name, Key={"id": {"S": key}}).get("Item")
        return None if item is None else _user(item)

    def add(self, user: User) -> None:
        """Store a new user. Raises AlreadyExists, and then leaves the one that was there first."""
        stored = {**user.model_dump(exclude_none=True), "id": user.key, "subject": user.id, "kind": KIND}
        item = {name: {"S": value} for name, value in stored.items()}
        try:
            self._client.put_item(TableName=self._name, Item=item, ConditionExpression="attribute_not_exists(id)")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise AlreadyExists(user.id) from error
            raise

    def page(self, limit: int, cursor: str | None) -> tuple[list[User], str | None]:
        """At most `limit` users, oldest first, and the cursor of the next page if there is one. Raises BadCursor.

        One more than asked for is read, so that a cursor never leads to an empty page.
        """
        query: dict[str, Any] = {
            "TableName": self._name,
            "IndexName": INDEX,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": KIND}},
            "Limit": limit + 1,
        }
        if cursor is not None:
            query["ExclusiveStartKey"] = _start_key(cursor)
        users = [_user(item) for item in self._client.query(**query)["Items"]]
        shown = users[:limit]
        return shown, _cursor(shown[-1]) if len(users) > limit else None


def _user(item: Mapping[str, Any]) -> User:
    stored = {name: value["S"] for name, value in item.items()}
    return User(**{name: stored[name] for name in stored.keys() & User.model_fields.keys()} | {"id": stored["subject"]})


def _cursor(user: User) -> str:
    """Opaque to clients; base64url of JSON."""
    return base64.urlsafe_b64encode(json.dumps([user.created_at, user.key]).encode()).decode().rstrip("=")


def _start_key(cursor: str) -> dict[str, Any]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        created_at, key = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("not a next key of this list") from error
    if not (isinstance(created_at, str) and isinstance(key, str) and created_at and key):
        raise BadCursor("not a next key of this list")
    return {"id": {"S": key}, "kind": {"S": KIND}, "created_at": {"S": created_at}}
