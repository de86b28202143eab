"""The orders' queue: each message's order is worked off (`processing.py`), by one worker at a time.

Powertools' Idempotency keeps two deliveries of one order from being worked on at the same time, and answers a late one
without touching anything. That an order is charged once does not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from application.common.consuming import consumer
from application.common.telemetry import Handler, operation
from application.orders.models import ToProcess
from application.orders.processing import Processing

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

REMEMBERED_FOR = 600
"""Seconds for which an order that was worked off is not even looked at again."""

NEEDS = 15_000
"""Milliseconds a message may take: what a charge may (`charging/`), and some for the tables."""

COMES_AGAIN_AFTER = (5, 30, 120, 600)
"""Seconds until a message that failed comes again, by how often it came: a provider may be away for ten minutes before
the fifth and last delivery. A function that dies says nothing, and the queue's own visibility timeout holds."""


def create_handler(
    processing: Processing,
    store: DynamoDBPersistenceLayer,
    again: Callable[[SQSRecord], None],
    logger: Logger,
    metrics: Metrics,
) -> Handler:
    """The Lambda handler. `again` is told of each record that is to be delivered again."""
    idempotency = IdempotencyConfig(expires_after_seconds=REMEMBERED_FOR, hash_function="sha256")

    @operation(metrics, "WorkOffOrder")
    def work_off(*, order_id: str) -> str:
        state = processing.work_off(order_id).state
        metrics.add_metric(name=f"Orders.{state}", unit=MetricUnit.Count, value=1)
        logger.info("worked off", extra={"order": order_id, "state": state.value})
        return state.value

    once = idempotent_function(work_off, data_keyword_argument="order_id", persistence_store=store, config=idempotency)
    consume = consumer(ToProcess, lambda message: once(order_id=message.order.id), logger, needs=NEEDS, failed=again)

    def handler(event: dict[str, Any], context: Any) -> Any:
        idempotency.register_lambda_context(context)
        return consume(event, context)

    return handler


def comes_again(sqs: SQSClient, queue_url: str) -> Callable[[SQSRecord], None]:
    """Makes a message come again when it is likely to go better."""

    def again(record: SQSRecord) -> None:
        deliveries = int(record.attributes.approximate_receive_count or "1")
        after = COMES_AGAIN_AFTER[min(deliveries, len(COMES_AGAIN_AFTER)) - 1]
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=after)

    return again
