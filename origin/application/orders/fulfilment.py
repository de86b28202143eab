"""The function behind the fulfilment topic: a paid order gets a parcel, and is fulfilled.

ORDERS_TABLE, OUTBOX_TABLE   names of the tables
"""

import os
import time

import boto3
from aws_lambda_powertools import Logger

from application.common.consuming import consumer
from application.common.telemetry import entry_point, metrics_of, operation
from application.orders.models import ToFulfil
from application.orders.shipping import fulfil
from application.orders.store import OrderStore, Tables

SERVICE = "orders-fulfilment"

_orders = OrderStore(boto3.client("dynamodb"), Tables(os.environ["ORDERS_TABLE"], "", os.environ["OUTBOX_TABLE"]))
metrics = metrics_of(SERVICE)


@operation(metrics, "FulfilOrder")
def _fulfil(message: ToFulfil) -> None:
    fulfil(message.order.id, _orders, time.time)


handler = entry_point(consumer(ToFulfil, _fulfil, Logger(service=SERVICE)), SERVICE, metrics)
