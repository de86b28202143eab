"""The function behind the gateway: `app.py`, wired from its environment.

ORDERS_TABLE, STOCK_TABLE, OUTBOX_TABLE, MAILBOX_TABLE         names of the tables
PRICES_FUNCTION                                                the catalogue's, which says what things cost
IDEMPOTENCY_TABLE                                              where the nonces of signed requests are kept
ORIGIN_SECRET_ARN, ORIGIN_HOSTS, GATEWAY_PRINCIPAL             how it knows the gateway; see `users/handler.py`
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.common.caller import Gatekeeper
from application.common.nonces import UsedNonces
from application.common.secrets import origin_hosts, origin_secrets
from application.common.telemetry import entry_point, metrics_of
from application.orders.app import Parts, create_handler
from application.orders.mailbox import Mailbox
from application.orders.prices import CataloguePrices, lambda_client
from application.orders.store import OrderStore, Tables

SERVICE = "orders-api"

_dynamodb = boto3.client("dynamodb")
_tables = Tables(os.environ["ORDERS_TABLE"], os.environ["STOCK_TABLE"], os.environ["OUTBOX_TABLE"])
_gatekeeper = Gatekeeper(
    origin_secrets(os.environ),
    os.environ.get("GATEWAY_PRINCIPAL") or None,
    origin_hosts(os.environ),
    UsedNonces(_dynamodb, os.environ["IDEMPOTENCY_TABLE"]),
)
_prices = CataloguePrices(lambda_client(), os.environ["PRICES_FUNCTION"])
_parts = Parts(OrderStore(_dynamodb, _tables), Mailbox(_dynamodb, os.environ["MAILBOX_TABLE"]), _prices, _gatekeeper)

metrics = metrics_of(SERVICE)
handler = entry_point(create_handler(_parts, Logger(service=SERVICE), metrics), SERVICE, metrics)
