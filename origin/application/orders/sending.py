"""What relay and sweeper send with, wired from their environment.

OUTBOX_TABLE                                                     name of the table
ORDERS_QUEUE_URL, FULFILMENT_TOPIC_ARN, NOTIFICATION_TOPIC_ARN   where the messages go
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit

from application.common.telemetry import metrics_of
from application.orders.items import Item, values
from application.orders.outbox import Addresses, AwsWires, OutboxTable, send


class Sender:
    """Sends messages of the outbox, and says what it did as the service it is part of."""

    def __init__(self, service: str) -> None:
        self.metrics = metrics_of(service)
        self.outbox = OutboxTable(boto3.client("dynamodb"), os.environ["OUTBOX_TABLE"])
        topics = (os.environ["FULFILMENT_TOPIC_ARN"], os.environ["NOTIFICATION_TOPIC_ARN"])
        addresses = Addresses(os.environ["ORDERS_QUEUE_URL"], *topics)
        self._wires = AwsWires(boto3.client("sqs"), boto3.client("sns"), addresses)
        self._logger = Logger(service=service)

    def send(self, rows: Iterable[Item]) -> int:
        """Gives how many messages were sent; the others stay where they are."""
        sent = send(rows, self._wires, self.outbox, self._stays)
        self.metrics.add_metric(name="MessagesSent", unit=MetricUnit.Count, value=sent)
        return sent

    def _stays(self, row: Item, error: Exception) -> None:
        found = values(row)
        origin = {"traceparent": found.get("trace"), "x-request-id": found.get("request_id")}
        reason = f"{type(error).__name__}: {error}"
        self._logger.error("message stays in the outbox", extra={"id": found.get("id"), "reason": reason, **origin})
        self.metrics.add_metric(name="MessagesLeft", unit=MetricUnit.Count, value=1)
