"""Which signed requests were taken already: nonces in DynamoDB, so that all instances of a function know them.

They share the table of idempotency records, whose items end by the same attribute, under keys of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

PREFIX = "nonce#"


class UsedNonces:
    """`gatehouse_verifier.Nonces` by conditional writes. Errors of AWS itself come through as `ClientError`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def is_new(self, nonce: str, until: int) -> bool:
        """DynamoDB removes an item some time after `until`; a signature is too old by then whatever it finds here."""
        item = {"id": {"S": PREFIX + nonce}, "expiration": {"N": str(until)}}
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(id)")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True
