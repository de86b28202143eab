"""The function behind the log's stream: what was said is told to everybody in its room.

CONNECTIONS_TABLE, MEMBERS_TABLE, MESSAGES_TABLE   names of the tables
CONNECTIONS_URL                                    how clients are reached (`wires.py`)
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit

from application.common.telemetry import Event, entry_point, metrics_of, operation
from application.rooms.broadcasting import Broadcasting, inserted
from application.rooms.wires import AT_ONCE, api_gateway
from application.rooms.wiring import Stores

SERVICE = "rooms-broadcaster"

_stores = Stores.of(boto3.client("dynamodb"), os.environ)
_broadcasting = Broadcasting(_stores, api_gateway(os.environ), ThreadPoolExecutor(AT_ONCE), time.time)
metrics = metrics_of(SERVICE)


@operation(metrics, "Broadcast")
def broadcast(event: Event) -> None:
    told = _broadcasting.tell(inserted(event))
    metrics.add_metric(name="ConnectionsTold", unit=MetricUnit.Count, value=told)


def _broadcast(event: Event, _: Any) -> dict[str, Any]:
    """A batch that fails comes again, whole: who was told knows the numbers."""
    broadcast(event)
    return {"batchItemFailures": []}


handler = entry_point(_broadcast, SERVICE, metrics)
