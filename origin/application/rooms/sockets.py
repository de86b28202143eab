"""The function behind the WebSocket API: handshakes, messages, and goodbyes.

CONNECTIONS_TABLE, MEMBERS_TABLE, MESSAGES_TABLE, ORDERS_TABLE   names of the tables
CONNECTIONS_URL                                                  how clients are reached (`wires.py`)
GATEWAY_PRINCIPAL                                                whose signature makes a handshake the gateway's
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from application.common.telemetry import Event, entry_point, metrics_of, operation
from application.rooms.connection import NotVouched, of_handshake
from application.rooms.departures import depart
from application.rooms.orders_table import owner_of
from application.rooms.router import Parts, Router
from application.rooms.wires import AT_ONCE, api_gateway
from application.rooms.wiring import Stores

SERVICE = "rooms-sockets"

_dynamodb = boto3.client("dynamodb")
_stores = Stores.of(_dynamodb, os.environ)
_threads = ThreadPoolExecutor(AT_ONCE)
_router = Router(
    Parts(_stores, api_gateway(os.environ), owner_of(_dynamodb, os.environ["ORDERS_TABLE"]), _threads, time.time)
)
_logger = Logger(service=SERVICE)
metrics = metrics_of(SERVICE)

DONE = {"statusCode": 200}


@operation(metrics, "Connect")
def connect(event: Event) -> dict[str, Any]:
    try:
        connection = of_handshake(event, os.environ["GATEWAY_PRINCIPAL"], time.time())
    except NotVouched as refusal:
        _logger.info("refused", extra={"reason": str(refusal)})
        return {"statusCode": refusal.status}
    _stores.connections.open(connection)
    told = {"connection": connection.id, "x-user-id": connection.caller.id, "x-user-issuer": connection.caller.issuer}
    _logger.info("connected", extra=told)
    return DONE


@operation(metrics, "Disconnect")
def disconnect(event: Event) -> dict[str, Any]:
    depart(event["requestContext"]["connectionId"], _stores.connections, _stores.members, time.time())
    return DONE


@operation(metrics, "Message")
def message(event: Event) -> dict[str, Any]:
    body = None if event.get("isBase64Encoded") else event.get("body") or ""
    _router.receive(event["requestContext"]["connectionId"], body)
    return DONE


ROUTES = {"$connect": connect, "$disconnect": disconnect, "$default": message}


def _route(event: Event, _: Any) -> Any:
    return ROUTES[event["requestContext"]["routeKey"]](event)


handler = entry_point(_route, SERVICE, metrics)
