"""The function behind the notification topic: what people are told goes into their mailboxes.

MAILBOX_TABLE   name of the table
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.common.consuming import consumer
from application.common.telemetry import entry_point, metrics_of, operation
from application.orders.mailbox import Mailbox, Notification
from application.orders.models import ToNotify

SERVICE = "orders-notifications"

_mailbox = Mailbox(boto3.client("dynamodb"), os.environ["MAILBOX_TABLE"])
metrics = metrics_of(SERVICE)


@operation(metrics, "Notify")
def _notify(message: ToNotify) -> None:
    _mailbox.deliver(Notification.of(message))


handler = entry_point(consumer(ToNotify, _notify, Logger(service=SERVICE)), SERVICE, metrics)
