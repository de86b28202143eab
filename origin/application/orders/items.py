"""Orders and messages as items of DynamoDB and back. Nothing here calls AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from application.common.money import Money
from application.orders.order import Line, Message, Order, Owner
from application.orders.states import Channel, State, Tell
from application.orders.tables import KIND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = Mapping[str, "AttributeValueTypeDef"]

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


def item(values: Mapping[str, Any]) -> dict[str, AttributeValueTypeDef]:
    """Attributes of plain values; those that are None are left out."""
    return {name: _write(value) for name, value in values.items() if value is not None}


def values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of attributes. Numbers are Decimal."""
    return {name: _read(attribute) for name, attribute in attributes.items()}


def order_item(order: Order) -> dict[str, AttributeValueTypeDef]:
    return item(
        {
            "id": order.id,
            "kind": KIND,
            "owner": order.owner.key,
            "issuer": order.owner.issuer,
            "user": order.owner.id,
            "state": order.state.value,
            "currency": order.total.currency,
            "lines": [
                {"sku": line.sku, "quantity": line.quantity, "unit_minor": line.unit.minor} for line in order.lines
            ],
            "payment_method": order.payment_method,
            "placed_at": order.placed_at,
            "changed_at": order.changed_at,
            "fingerprint": order.fingerprint,
            "trace": order.trace,
            "request_id": order.request_id,
            "charge": order.charge,
            "parcel": order.parcel,
            "reason": order.reason,
        }
    )


def order_of(attributes: Mapping[str, Any]) -> Order:
    """The order that `order_item` made the item of."""
    found = values(attributes)
    lines = tuple(
        Line(line["sku"], int(line["quantity"]), Money(int(line["unit_minor"]), found["currency"]))
        for line in found["lines"]
    )
    texts = ("id", "payment_method", "placed_at", "changed_at", "fingerprint", "trace", "request_id")
    known: dict[str, Any] = {name: found.get(name) for name in ("charge", "parcel", "reason")}
    return Order(
        owner=Owner(found["issuer"], found["user"]),
        state=State(found["state"]),
        lines=lines,
        **{name: found[name] for name in texts},
        **known,
    )


def message_item(message: Message) -> dict[str, AttributeValueTypeDef]:
    return item(
        {
            "id": message.id,
            "channel": message.tell.channel.value,
            "type": message.tell.type,
            "body": json.dumps(message.body, ensure_ascii=False),
            "at": message.at,
            "trace": message.trace,
            "request_id": message.request_id,
        }
    )


def message_of(attributes: Mapping[str, Any]) -> Message:
    """The message that `message_item` made the item of."""
    found = values(attributes)
    tell = Tell(Channel(found["channel"]), found["type"])
    return Message(found["id"], tell, json.loads(found["body"]), found["at"], found["trace"], found["request_id"])
