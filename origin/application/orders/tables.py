"""The tables of the orders as `template.yaml` declares them, for `create_table`; a test holds the two together."""

from typing import Any

BY_OWNER, BY_TIME = "by_owner", "by_placed_at"

KIND = "order"
"""The one partition of `by_placed_at`. It takes 1,000 writes a second; a busier shop would shard it."""


def _schema(key: list[str], attributes: list[str], **more: Any) -> dict[str, Any]:
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        "KeySchema": _key(key),
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


def _key(names: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def _index(name: str, key: list[str]) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _key(key), "Projection": {"ProjectionType": "ALL"}}


ORDERS_SCHEMA = _schema(
    ["id"],
    ["id", "owner", "kind", "placed_at"],
    GlobalSecondaryIndexes=[_index(BY_OWNER, ["owner", "placed_at"]), _index(BY_TIME, ["kind", "placed_at"])],
)
STOCK_SCHEMA = _schema(["sku"], ["sku"])
"""`available` (N): how many are neither sold nor reserved."""

OUTBOX_SCHEMA = _schema(["id"], ["id"], StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
"""Holds what was committed and not yet sent, so it is nearly empty, and a scan of it cheap."""

MAILBOX_SCHEMA = _schema(["owner", "at"], ["owner", "at"])
