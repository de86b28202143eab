"""The mailbox: what people were told about their orders, newest first.

An item's sort key is the time of the event and the message's id, so the same message twice is the same item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from application.orders.items import item, values
from application.orders.models import ToNotify
from application.orders.order import Owner, seconds_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_FOR = 90 * 24 * 3600
"""Seconds after which a notification is deleted."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What somebody was told. `type` is the event's (`order_confirmed`); words are made of it where it is shown."""

    id: str
    owner: Owner
    type: str
    at: str
    order: str
    state: str
    total: Mapping[str, Any]
    parcel: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, told: ToNotify) -> Notification:
        """The notification in a message of the topic."""
        order, owner = told.order, Owner(told.owner.issuer, told.owner.id)
        total = order.total.model_dump()
        return cls(told.id, owner, told.type, told.at, order.id, order.state, total, order.parcel, order.reason)

    def document(self) -> dict[str, Any]:
        """As its owner sees it."""
        shown = {"id": self.id, "type": self.type, "at": self.at, "order": self.order, "state": self.state}
        known = {"parcel": self.parcel, "reason": self.reason}
        return {**shown, "total": self.total, **{name: value for name, value in known.items() if value is not None}}


class Mailbox:
    """Reads and writes notifications. Errors of AWS itself come through as botocore's `ClientError`."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def deliver(self, notification: Notification) -> bool:
        """Put it there; False when it is there already."""
        stored = {
            **notification.document(),
            "owner": notification.owner.key,
            "issuer": notification.owner.issuer,
            "user": notification.owner.id,
            "happened_at": notification.at,
            "at": f"{notification.at} {notification.id}",
            "expires": int(seconds_of(notification.at)) + KEPT_FOR,
        }
        try:
            self._client.put_item(
                TableName=self._name,
                Item=item(stored),
                ConditionExpression="attribute_not_exists(#owner)",
                ExpressionAttributeNames={"#owner": "owner"},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def page(self, owner: Owner, limit: int, after: str | None) -> tuple[list[Notification], str | None]:
        """At most `limit` notifications, newest first, and the sort key after which the next page begins."""
        query: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": {"S": owner.key}},
            "ScanIndexForward": False,
            "Limit": limit + 1,  # one more than asked for, so that a cursor never leads to an empty page
        }
        if after is not None:
            query["ExclusiveStartKey"] = item({"owner": owner.key, "at": after})
        found = [values(one) for one in self._client.query(**query)["Items"]]
        shown = found[:limit]
        return [_notification(one) for one in shown], shown[-1]["at"] if len(found) > limit else None


def _notification(stored: Mapping[str, Any]) -> Notification:
    total = {**stored["total"], "minor": int(stored["total"]["minor"])}
    texts: dict[str, Any] = {name: stored.get(name) for name in ("id", "type", "order", "state", "parcel", "reason")}
    return Notification(owner=Owner(stored["issuer"], stored["user"]), at=stored["happened_at"], total=total, **texts)
