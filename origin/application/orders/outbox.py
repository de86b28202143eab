"""From the outbox to the queue and the topics: send, then forget.

Who crashes between the two leaves a message that is sent again: everybody who gets one knows its id, or the state it
leads to, and does nothing the second time.

Two functions do this. The relay gets each message from the table's stream, right after its commit. The sweeper looks
once a minute for what is older than `LEFT_AFTER`: what the relay could not send, or never saw.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from application.orders.items import Item, message_of
from application.orders.order import Message, timestamp
from application.orders.ports import Outbox, Wires
from application.orders.states import Channel

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sqs.client import SQSClient

LEFT_AFTER = 15.0
"""Seconds after which a message that is still there was left by somebody, and is not merely on its way."""

NotSent = Callable[[Item, Exception], None]
"""Told of a row whose message could not be sent now. It stays."""


def send(rows: Iterable[Item], wires: Wires, outbox: Outbox, not_sent: NotSent) -> int:
    """Send the message of each row and forget it; gives how many were sent. One that fails keeps nobody else."""
    sent = 0
    for row in rows:
        try:
            message = message_of(row)
            wires.publish(message)
            outbox.forget(message.id)
            sent += 1
        except Exception as error:  # whatever it is: the row stays, and the sweeper comes by
            not_sent(row, error)
    return sent


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the channels lead: a queue's URL, and the ARNs of two topics."""

    orders: str
    fulfilment: str
    notifications: str


class AwsWires:
    """Implements `ports.Wires` by SQS and SNS."""

    def __init__(self, sqs: SQSClient, sns: SNSClient, addresses: Addresses) -> None:
        self._sqs = sqs
        self._sns = sns
        self._addresses = addresses

    def publish(self, message: Message) -> None:
        body = json.dumps(message.body, ensure_ascii=False)
        attributes = _attributes(message)
        match message.tell.channel:
            case Channel.ORDERS:
                self._sqs.send_message(QueueUrl=self._addresses.orders, MessageBody=body, MessageAttributes=attributes)
            case Channel.FULFILMENT:
                self._sns.publish(TopicArn=self._addresses.fulfilment, Message=body, MessageAttributes=attributes)
            case Channel.NOTIFICATIONS:
                self._sns.publish(TopicArn=self._addresses.notifications, Message=body, MessageAttributes=attributes)


def _attributes(message: Message) -> dict[str, Any]:
    """`eventType` is what subscriptions filter by; the others lead back to the request at the edge."""
    texts = {"eventType": message.tell.type, "traceparent": message.trace, "requestId": message.request_id}
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items() if text}


class OutboxTable:
    """Implements `ports.Outbox`, and finds what was left."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def forget(self, message_id: str) -> None:
        self._client.delete_item(TableName=self._name, Key={"id": {"S": message_id}})

    def left(self, now: float) -> Iterator[Item]:
        """What was there `LEFT_AFTER` seconds ago already. The table holds hardly more than that, so it is scanned."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name,
            FilterExpression="#at < :then",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":then": {"S": timestamp(now - LEFT_AFTER)}},
        )
        for page in pages:
            yield from page["Items"]


def inserted(event: Mapping[str, Any]) -> Iterator[Item]:
    """The rows that a batch of the outbox's stream says were put there."""
    for record in event["Records"]:
        if record["eventName"] == "INSERT":
            yield record["dynamodb"]["NewImage"]
