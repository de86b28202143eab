"""The tables of the rooms as `template.yaml` declares them, for `create_table`; a test holds the two together."""

from typing import Any

BY_USER, BY_EXPIRY = "by_user", "by_expiry"

KIND = "connection"
"""The one partition of `by_expiry`. It takes 1,000 writes a second; a busier application would shard it."""


def _schema(key: list[str], attributes: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()],
        "KeySchema": _key(key),
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


def _key(names: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def _index(name: str, key: list[str]) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _key(key), "Projection": {"ProjectionType": "KEYS_ONLY"}}


CONNECTIONS_SCHEMA = _schema(
    ["id"],
    {"id": "S", "user": "S", "kind": "S", "expires": "N"},
    GlobalSecondaryIndexes=[_index(BY_USER, ["user", "id"]), _index(BY_EXPIRY, ["kind", "expires"])],
)
"""Who is connected, with the rooms they are in. `until` (N) is when DynamoDB may delete one that nobody closed."""

MEMBERS_SCHEMA = _schema(["room", "user"], {"room": "S", "user": "S"})
"""Who is in a room: one item a user, with the set of their connections. So two tabs are one user."""

MESSAGES_SCHEMA = _schema(
    ["room", "number"],
    {"room": "S", "number": "N"},
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
)
"""What was said in a room. Number 0 is no message: its `last` is the number of the newest."""
