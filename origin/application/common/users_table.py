"""The users table in DynamoDB: partition key `id`, and an index that lists users in the order of their creation.

The index `by_created_at` has the constant partition key `kind` and the sort key `created_at`. One partition takes
1,000 writes a second, which is far beyond what a directory of users sees; a busier table would shard `kind`.

The attribute `id` is the user's key, made of issuer and id; the id alone is `subject`. Beside what a user is shown as
stand numbers: `version`, one more with every change, and `posts`, how many posts are the user's (`posts_table.py`).
`leaving` is there while a user is being deleted: for every reader it is gone already.

Nothing here knows of HTTP, callers or roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from application.common.users import User

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


Place = tuple[str, str]
"""Where a page ends: `created_at` and key of its last row."""

LARGEST_BATCH = 100
"""Keys of one BatchGetItem."""


class AlreadyExists(Exception):
    """There is a user with this id."""


class ChangedMeanwhile(Exception):
    """The user is not in the version that was to be changed, or is gone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A user and the version it is stored in; 0 before its first change."""

    user: User
    version: int


class UsersTable:
    """Reads and writes users. Errors of AWS itself come through as botocore's `ClientError`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: str) -> Kept | None:
        """The user whose `User.key` is `key`, as the last write left it."""
        found = self._client.get_item(TableName=self.name, Key={"id": {"S": key}}, ConsistentRead=True).get("Item")
        return None if found is None or "leaving" in found else _kept(found)

    def is_leaving(self, key: str) -> bool:
        """Whether somebody began to delete this user, and did not come to the end."""
        found = self._client.get_item(TableName=self.name, Key={"id": {"S": key}}, ConsistentRead=True)
        return "leaving" in found.get("Item", {})

    def get_many(self, keys: Sequence[str]) -> dict[str, User]:
        """Those users that there are, by key, as the last write left them, in one read for every 100."""
        users: dict[str, User] = {}
        for first in range(0, len(keys), LARGEST_BATCH):
            batch = [{"id": {"S": key}} for key in keys[first : first + LARGEST_BATCH]]
            wanted: Any = {self.name: {"Keys": batch, "ConsistentRead": True}}
            while wanted:
                answer = self._client.batch_get_item(RequestItems=wanted)
                found = answer["Responses"].get(self.name, [])
                users |= {item["id"]["S"]: _kept(item).user for item in found if "leaving" not in item}
                wanted = answer.get("UnprocessedKeys")
        return users

    def add(self, user: User) -> None:
        """Store a new user. Raises AlreadyExists, and then leaves the one that was there first."""
        stored = {**user.model_dump(exclude_none=True), "id": user.key, "subject": user.id, "kind": KIND}
        item = {name: {"S": value} for name, value in stored.items()}
        try:
            self._client.put_item(TableName=self.name, Item=item, ConditionExpression="attribute_not_exists(id)")
        except ClientError as error:
            raise (AlreadyExists(user.id) if _is_refused(error) else error) from error

    def change(self, kept: Kept, changes: Mapping[str, str]) -> Kept:
        """The user with these attributes, in the next version. Raises ChangedMeanwhile, and then changes nothing."""
        changed = {**changes, "version": str(kept.version + 1)}
        values: dict[str, Any] = {f":{name}": {"S": value} for name, value in changes.items()}
        values[":version"] = {"N": changed["version"]}
        try:
            self._client.update_item(
                TableName=self.name,
                Key={"id": {"S": kept.user.key}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changed),
                ConditionExpression=unchanged(kept),
                ExpressionAttributeNames={f"#{name}": name for name in changed},
                ExpressionAttributeValues={**values, **unchanged_values(kept)},
            )
        except ClientError as error:
            raise (ChangedMeanwhile(kept.user.id) if _is_refused(error) else error) from error
        return Kept(kept.user.model_copy(update=dict(changes)), kept.version + 1)

    def page(self, limit: int, after: Place | None) -> tuple[list[User], Place | None]:
        """At most `limit` users, oldest first, and where the next page begins if there is one.

        One more than asked for is read, so that a place never leads to an empty page.
        """
        query: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": INDEX,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": KIND}},
            "Limit": limit + 1,
        }
        if after is not None:
            created_at, key = after
            query["ExclusiveStartKey"] = {"id": {"S": key}, "kind": {"S": KIND}, "created_at": {"S": created_at}}
        users = [_kept(item).user for item in self._client.query(**query)["Items"]]
        shown = users[:limit]
        return shown, (shown[-1].created_at, shown[-1].key) if len(users) > limit else None


def unchanged(kept: Kept) -> str:
    """The condition that a user is there, is not leaving, and is in the version it was read in.

    `created_at` tells it from another of the same id that was created after it was deleted.
    """
    version = "version = :known" if kept.version else "attribute_not_exists(version)"
    return f"attribute_not_exists(leaving) AND created_at = :created AND {version}"


def unchanged_values(kept: Kept) -> dict[str, Any]:
    """The values of `unchanged`: DynamoDB takes those alone that are used."""
    known = {":known": {"N": str(kept.version)}} if kept.version else {}
    return {":created": {"S": kept.user.created_at}, **known}


def _is_refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _kept(item: Mapping[str, Any]) -> Kept:
    stored = {name: item[name]["S"] for name in item.keys() & User.model_fields.keys()}
    return Kept(User(**{**stored, "id": item["subject"]["S"]}), int(item.get("version", {"N": "0"})["N"]))
