"""Orders, stock and outbox in DynamoDB. A change is one TransactWriteItems: nothing is written and then published.

Errors of AWS itself come through as botocore's `ClientError`. Nothing here knows of HTTP, callers or roles.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from application.orders.items import item, message_item, order_item, order_of, values
from application.orders.order import Change, Order, Owner
from application.orders.ports import Busy, Moved, OutOfStock
from application.orders.tables import BY_OWNER, BY_TIME, KIND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

MOST_AT_A_TIME = 100
"""Keys; DynamoDB's limit of a batch."""

TRIES = 5
"""How often a transaction is tried that met another one on the same items."""
PAUSE = 0.02
"""Seconds before the second try, at most; doubled each time, and less by chance, so that two do not meet again."""

CONDITION, CONFLICT = "ConditionalCheckFailed", "TransactionConflict"
"""Why DynamoDB cancels a transaction, an item at a time."""

CHANGING = ("state", "changed_at", "charge", "parcel", "reason")
"""What of an order an event can change."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, newest first, and the key after which the next page begins, if there is one."""

    orders: list[Order]
    after: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables."""

    orders: str
    stock: str
    outbox: str


class OrderStore:
    """Implements `ports.Orders`, and what the API reads beside it."""

    def __init__(self, client: DynamoDBClient, tables: Tables, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._tables = tables
        self._sleep = sleep

    def get(self, order_id: str) -> Order | None:
        found = self._client.get_item(TableName=self._tables.orders, Key={"id": {"S": order_id}}, ConsistentRead=True)
        return order_of(found["Item"]) if "Item" in found else None

    def commit(self, change: Change) -> None:
        writes = [self._order_write(change), *self._stock_writes(change.stock), *self._message_writes(change)]
        for attempt in range(TRIES):
            try:
                self._client.transact_write_items(TransactItems=writes)
                return
            except ClientError as error:
                reasons = _cancelled(error)
                if reasons is None:
                    raise
                _refuse(reasons)
                self._sleep(random.uniform(0, PAUSE * 2**attempt))
        raise Busy("other transactions were in the way")

    def page(self, owner: Owner | None, limit: int, after: Mapping[str, str] | None) -> Page:
        """At most `limit` orders, newest first: those of `owner`, or everybody's."""
        index, name, value = (BY_OWNER, "owner", owner.key) if owner else (BY_TIME, "kind", KIND)
        query: dict[str, Any] = {
            "TableName": self._tables.orders,
            "IndexName": index,
            "KeyConditionExpression": "#partition = :partition",
            "ExpressionAttributeNames": {"#partition": name},
            "ExpressionAttributeValues": {":partition": {"S": value}},
            "ScanIndexForward": False,
            "Limit": limit + 1,  # one more than asked for, so that a cursor never leads to an empty page
        }
        if after is not None:
            query["ExclusiveStartKey"] = item({**after, name: value})
        orders = [order_of(found) for found in self._client.query(**query)["Items"]]
        shown = orders[:limit]
        more = {"id": shown[-1].id, "placed_at": shown[-1].placed_at} if len(orders) > limit else None
        return Page(shown, more)

    def stock(self, skus: list[str]) -> dict[str, int]:
        """How many of each are neither sold nor reserved."""
        counted = dict.fromkeys(skus, 0)
        for first in range(0, len(skus), MOST_AT_A_TIME):
            keys: Any = [{"sku": {"S": sku}} for sku in skus[first : first + MOST_AT_A_TIME]]
            wanted: Any = {self._tables.stock: {"Keys": keys, "ConsistentRead": True}}
            while wanted:
                answer = self._client.batch_get_item(RequestItems=wanted)
                for row in map(values, answer["Responses"].get(self._tables.stock, [])):
                    counted[row["sku"]] = int(row["available"])
                wanted = answer.get("UnprocessedKeys")
        return counted

    def set_stock(self, sku: str, available: int) -> None:
        """Somebody counted."""
        self._client.put_item(TableName=self._tables.stock, Item=item({"sku": sku, "available": available}))

    def _order_write(self, change: Change) -> Any:
        stored = order_item(change.after)
        if change.before is None:
            condition = "attribute_not_exists(id)"
            return {"Put": {"TableName": self._tables.orders, "Item": stored, "ConditionExpression": condition}}
        changed = [name for name in CHANGING if name in stored]
        return {
            "Update": {
                "TableName": self._tables.orders,
                "Key": {"id": stored["id"]},
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changed),
                "ConditionExpression": "#state = :before",
                "ExpressionAttributeNames": {f"#{name}": name for name in changed},
                "ExpressionAttributeValues": {
                    ":before": {"S": change.before.value},
                    **{f":{name}": stored[name] for name in changed},
                },
            }
        }

    def _stock_writes(self, stock: Mapping[str, int]) -> list[Any]:
        return [self._stock_write(sku, count) for sku, count in stock.items() if count]

    def _stock_write(self, sku: str, count: int) -> Any:
        write: dict[str, Any] = {
            "TableName": self._tables.stock,
            "Key": {"sku": {"S": sku}},
            "UpdateExpression": "ADD available :count",
            "ExpressionAttributeValues": {":count": {"N": str(count)}},
        }
        if count < 0:
            write["ConditionExpression"] = "available >= :least"
            write["ExpressionAttributeValues"][":least"] = {"N": str(-count)}
        return {"Update": write}

    def _message_writes(self, change: Change) -> list[Any]:
        return [
            {"Put": {"TableName": self._tables.outbox, "Item": message_item(message)}} for message in change.messages
        ]


def _cancelled(error: ClientError) -> list[str] | None:
    """Why a transaction was cancelled, an entry for each write (the order's first); None for any other error."""
    code = error.response["Error"]["Code"]
    if code == "TransactionInProgressException":
        return [CONFLICT]
    if code != "TransactionCanceledException":
        return None
    response: Mapping[str, Any] = error.response
    return [reason.get("Code") or "None" for reason in response.get("CancellationReasons", [])]


def _refuse(reasons: list[str]) -> None:
    """Raise what the reasons say; return when the transaction may be tried again."""
    if reasons[:1] == [CONDITION]:
        raise Moved("the order is in another state")
    if CONDITION in reasons:
        raise OutOfStock("there is not enough")
    if CONFLICT not in reasons and "ThrottlingError" not in reasons:
        raise Busy(f"the transaction was cancelled: {', '.join(reasons)}")
