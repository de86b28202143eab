"""The function on a schedule: connections whose token or whole life has ended are closed, and what a crash left of one
that ended is done.

CONNECTIONS_TABLE, MEMBERS_TABLE, MESSAGES_TABLE   names of the tables
CONNECTIONS_URL                                    how clients are reached (`wires.py`)
"""

from __future__ import annotations

import os
import time
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from application.common.telemetry import Event, entry_point, metrics_of, operation
from application.rooms.departures import depart
from application.rooms.log import Busy
from application.rooms.wires import NotTold, api_gateway
from application.rooms.wiring import Stores

SERVICE = "rooms-sweeper"

_stores = Stores.of(boto3.client("dynamodb"), os.environ)
_wires = api_gateway(os.environ)
_logger = Logger(service=SERVICE)
metrics = metrics_of(SERVICE)


@operation(metrics, "Sweep")
def sweep(now: float) -> int:
    """Gives how many were closed. One that fails stays for the next time."""
    closed = 0
    for connection in _stores.connections.ended(now):
        try:
            _wires.close(connection)
            depart(connection, _stores.connections, _stores.members, now)
            closed += 1
        except (NotTold, Busy) as error:
            reason = f"{type(error).__name__}: {error}"
            _logger.error("connection stays", extra={"connection": connection, "reason": reason})
    return closed


def _sweep(_event: Event, _context: Any) -> dict[str, int]:
    return {"closed": sweep(time.time())}


handler = entry_point(_sweep, SERVICE, metrics)
