"""Queries that are asked for by their SHA-256, in DynamoDB: registered once, known to every instance for a month.

Nothing is registered that is not within the limits and valid, so what is found needs no second thought about its size.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_FOR = 30 * 24 * 60 * 60
"""Seconds after the last registration."""

QUERIES_SCHEMA: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
"""The table as `template.yaml` declares it, for `create_table`; a test holds the two together."""

HELD = 256
"""Queries an instance keeps at hand."""


class PersistedQueries:
    """Errors of AWS itself come through as botocore's `ClientError`. `clock` gives seconds since 1970."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._held: dict[str, str] = {}

    def find(self, sha256: str) -> str | None:
        if sha256 in self._held:
            return self._held[sha256]
        item = self._client.get_item(TableName=self._table, Key={"id": {"S": sha256}}).get("Item")
        if item is None:
            return None
        self._hold(sha256, item["query"]["S"])
        return self._held[sha256]

    def register(self, sha256: str, query: str) -> None:
        """`sha256` is that of `query`."""
        if sha256 in self._held:
            return
        expires = int(self._clock()) + KEPT_FOR
        item = {"id": {"S": sha256}, "query": {"S": query}, "expires": {"N": str(expires)}}
        self._client.put_item(TableName=self._table, Item=item)
        self._hold(sha256, query)

    def _hold(self, sha256: str, query: str) -> None:
        if len(self._held) >= HELD:
            self._held.pop(next(iter(self._held)))
        self._held[sha256] = query
