"""Whose an order is, read from the orders' own table.

ORDERS_TABLE   its name
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.rooms.entering import OwnerOf

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def owner_of(client: DynamoDBClient, table: str) -> OwnerOf:
    """Asks at every call: an order's owner never changes, but an order may just have been placed."""

    def owner(order: str) -> str | None:
        found = client.get_item(
            TableName=table,
            Key={"id": {"S": order}},
            ProjectionExpression="#owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ConsistentRead=True,
        )
        return found["Item"]["owner"]["S"] if found.get("Item") else None

    return owner
