"""The function behind the gateway: `app.py`, wired from its environment.

CONNECTIONS_TABLE, MEMBERS_TABLE, MESSAGES_TABLE, ORDERS_TABLE   names of the tables
IDEMPOTENCY_TABLE                                                where the nonces of signed requests are kept
ORIGIN_SECRET_ARN, ORIGIN_HOSTS, GATEWAY_PRINCIPAL               how it knows the gateway; see `users/handler.py`
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.common.caller import Gatekeeper
from application.common.nonces import UsedNonces
from application.common.secrets import origin_hosts, origin_secrets
from application.common.telemetry import entry_point, metrics_of
from application.rooms.app import Parts, create_handler
from application.rooms.orders_table import owner_of
from application.rooms.wiring import Stores

SERVICE = "rooms-api"

_dynamodb = boto3.client("dynamodb")
_gatekeeper = Gatekeeper(
    origin_secrets(os.environ),
    os.environ.get("GATEWAY_PRINCIPAL") or None,
    origin_hosts(os.environ),
    UsedNonces(_dynamodb, os.environ["IDEMPOTENCY_TABLE"]),
)
_parts = Parts(Stores.of(_dynamodb, os.environ), owner_of(_dynamodb, os.environ["ORDERS_TABLE"]), _gatekeeper)

metrics = metrics_of(SERVICE)
handler = entry_point(create_handler(_parts, Logger(service=SERVICE), metrics), SERVICE, metrics)
