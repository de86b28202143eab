"""The function behind the orders' queue: reserves and charges (`working.py`), wired from its environment.

ORDERS_TABLE, STOCK_TABLE, OUTBOX_TABLE, IDEMPOTENCY_TABLE   names of the tables
ORDERS_QUEUE_URL                                             the queue, for when a message is to come again
PAYMENT_PROVIDER                                             `http` or `stripe`
PAYMENT_API_URL                                              where the provider is; for Stripe only if elsewhere
PAYMENT_SECRET_ARN                                           a Secrets Manager secret: {"key": "…"}
"""

import os
import time

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from application.common.telemetry import entry_point, metrics_of
from application.orders.charging import payments
from application.orders.processing import Processing
from application.orders.store import OrderStore, Tables
from application.orders.working import comes_again, create_handler

SERVICE = "orders-processor"

SECRET_REREAD_AFTER = 300
"""Seconds; a rotated key is used everywhere this soon."""


def _payment_key() -> str:
    kept = parameters.get_secret(os.environ["PAYMENT_SECRET_ARN"], transform="json", max_age=SECRET_REREAD_AFTER)
    return str(kept["key"])


_dynamodb = boto3.client("dynamodb")
_tables = Tables(os.environ["ORDERS_TABLE"], os.environ["STOCK_TABLE"], os.environ["OUTBOX_TABLE"])
_payments = payments(os.environ.get("PAYMENT_PROVIDER", "http"), os.environ.get("PAYMENT_API_URL"), _payment_key)

metrics = metrics_of(SERVICE)
handler = entry_point(
    create_handler(
        Processing(OrderStore(_dynamodb, _tables), _payments, time.time),
        DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"], boto3_client=_dynamodb),
        comes_again(boto3.client("sqs"), os.environ["ORDERS_QUEUE_URL"]),
        Logger(service=SERVICE),
        metrics,
    ),
    SERVICE,
    metrics,
)
