"""The posts table in DynamoDB: partition key `id`, an index an author and one of all, both by the time of creation.

No post is without its author: it is written in one transaction with the author's count of posts, which refuses whoever
is gone or leaving, and `leave` deletes a user only when that count is 0. The count is what an index cannot say: an
index shows a write a moment later.

    being deleted    `leaving` is set, and in no index any more: gone for every reader, and takes no more posts
    then             posts go, 25 in a transaction with the count
    at last          the user, on condition that no post is left

Who is interrupted in between leaves somebody who is `leaving`, whose deletion is finished by asking for it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from application.common.transactions import Refused, write_all
from application.common.users_table import LARGEST_BATCH, ChangedMeanwhile, Kept, Place, unchanged, unchanged_values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_AUTHOR, BY_TIME = "by_author", "by_created_at"
KIND = "post"

POSTS_SCHEMA: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": n, "AttributeType": "S"} for n in ("id", "author", "kind", "created_at")
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": index,
            "KeySchema": [
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": "created_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        for index, partition in ((BY_AUTHOR, "author"), (BY_TIME, "kind"))
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
"""The table as `template.yaml` declares it, for `create_table`; a test holds the two together."""

DELETED_AT_ONCE = 25
"""Posts deleted in one transaction; DynamoDB takes 100 writes."""
ROUNDS, PAUSE = 40, 0.05
"""How often the index is asked again for posts that it does not show yet, and seconds in between."""


class NoSuchAuthor(Exception):
    """There is no such user, or it is leaving."""


class StillLeaving(Exception):
    """Posts were written until a moment ago; asked again, the deletion is finished."""


@dataclass(frozen=True, slots=True)
class Post:
    """`author` is the key of a user (`User.key`), the times are RFC 3339 in UTC."""

    id: str
    author: str
    title: str
    content: str
    created_at: str
    updated_at: str


class PostsTable:
    """Reads and writes posts. Errors of AWS itself come through as botocore's `ClientError`."""

    def __init__(
        self, client: DynamoDBClient, name: str, users: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`name` and `users` are names of tables."""
        self._client = client
        self._name = name
        self._users = users
        self._sleep = sleep

    def get_many(self, ids: Sequence[str]) -> dict[str, Post]:
        """Those posts that there are, by id, in one read for every 100."""
        posts: dict[str, Post] = {}
        for first in range(0, len(ids), LARGEST_BATCH):
            keys = [{"id": {"S": post_id}} for post_id in ids[first : first + LARGEST_BATCH]]
            wanted: Any = {self._name: {"Keys": keys, "ConsistentRead": True}}
            while wanted:
                answer = self._client.batch_get_item(RequestItems=wanted)
                posts |= {item["id"]["S"]: _post(item) for item in answer["Responses"].get(self._name, [])}
                wanted = answer.get("UnprocessedKeys")
        return posts

    def page(self, author: str | None, limit: int, after: Place | None) -> tuple[list[Post], Place | None]:
        """At most `limit` posts, newest first, of one author or of all, and where the next page begins if there is one.

        A place is a row and not a number of rows: what is written meanwhile moves nothing.
        """
        index, name, value = (BY_AUTHOR, "author", author) if author is not None else (BY_TIME, "kind", KIND)
        query: dict[str, Any] = {
            "TableName": self._name,
            "IndexName": index,
            "KeyConditionExpression": f"{name} = :partition",
            "ExpressionAttributeValues": {":partition": {"S": value}},
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if after is not None:
            created_at, post_id = after
            query["ExclusiveStartKey"] = {"id": {"S": post_id}, name: {"S": value}, "created_at": {"S": created_at}}
        posts = [_post(item) for item in self._client.query(**query)["Items"]]
        shown = posts[:limit]
        return shown, (shown[-1].created_at, shown[-1].id) if len(posts) > limit else None

    def add(self, post: Post) -> None:
        """Store a new post. Raises NoSuchAuthor."""
        item = {name: {"S": value} for name, value in {**asdict(post), "kind": KIND}.items()}
        put = {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
        count = self._count(post.author, 1, "attribute_exists(id) AND attribute_not_exists(leaving)")
        try:
            write_all(self._client, [count, {"Put": put}], self._sleep)
        except Refused as refused:
            raise NoSuchAuthor(post.author) from refused

    def change(self, post_id: str, changes: Mapping[str, str]) -> Post | None:
        """The post with these attributes, or None if it is gone."""
        try:
            changed = self._client.update_item(
                TableName=self._name,
                Key={"id": {"S": post_id}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeNames={f"#{name}": name for name in changes},
                ExpressionAttributeValues={f":{name}": {"S": value} for name, value in changes.items()},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        return _post(changed["Attributes"])

    def remove(self, post: Post) -> bool:
        """Whether it was there to be deleted."""
        return self._remove(post.author, [post.id]) == 1

    def leave(self, kept: Kept) -> None:
        """Delete a user and every post of it. Raises ChangedMeanwhile, and then nothing happened; StillLeaving."""
        try:
            self._client.update_item(
                TableName=self._users,
                Key={"id": {"S": kept.user.key}},
                UpdateExpression="SET leaving = :yes REMOVE kind",
                ConditionExpression=unchanged(kept),
                ExpressionAttributeValues={":yes": {"S": "yes"}, **unchanged_values(kept)},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise ChangedMeanwhile(kept.user.id) from error
            raise
        self.finish_leaving(kept.user.key)

    def finish_leaving(self, author: str) -> None:
        """The rest of `leave`, for a user who is leaving. Raises StillLeaving."""
        for _ in range(ROUNDS):
            while (shown := self.page(author, DELETED_AT_ONCE, None)[0]) and self._remove(
                author, [p.id for p in shown]
            ):
                pass
            if self._is_gone(author):
                return
            self._sleep(PAUSE)
        raise StillLeaving(author)

    def _is_gone(self, author: str) -> bool:
        """Delete the user who is leaving if no post is left; whether there is none any more."""
        no_post = "attribute_not_exists(posts) OR posts = :none"
        try:
            self._client.delete_item(
                TableName=self._users,
                Key={"id": {"S": author}},
                ConditionExpression=f"attribute_not_exists(id) OR (attribute_exists(leaving) AND ({no_post}))",
                ExpressionAttributeValues={":none": {"N": "0"}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _remove(self, author: str, ids: list[str]) -> int:
        """How many of these posts were there to be deleted. The index may show some that are gone."""
        while ids:
            deletes = [
                {
                    "Delete": {
                        "TableName": self._name,
                        "Key": {"id": {"S": post_id}},
                        "ConditionExpression": "attribute_exists(id)",
                    }
                }
                for post_id in ids
            ]
            try:
                write_all(self._client, [*deletes, self._count(author, -len(ids), "attribute_exists(id)")], self._sleep)
            except Refused as refused:
                ids = [post_id for place, post_id in enumerate(ids) if place not in refused.conditions]
                if len(deletes) in refused.conditions:  # the author is gone, and so every post of theirs
                    return 0
            else:
                return len(ids)
        return 0

    def _count(self, author: str, more: int, condition: str) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._users,
                "Key": {"id": {"S": author}},
                "UpdateExpression": "ADD posts :more",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": {":more": {"N": str(more)}},
            }
        }


def _post(item: Mapping[str, Any]) -> Post:
    return Post(**{name: item[name]["S"] for name in Post.__slots__})
