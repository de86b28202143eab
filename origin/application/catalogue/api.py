"""The function behind the gateway: `app.py`, wired from its environment (`wiring.py`) and these:

IDEMPOTENCY_TABLE                                    where the nonces of signed requests are kept
ORIGIN_SECRET_ARN, ORIGIN_HOSTS, GATEWAY_PRINCIPAL   how it knows the gateway; see `users/handler.py`
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.catalogue.app import Parts, create_handler
from application.catalogue.wiring import Wired
from application.common.caller import Gatekeeper
from application.common.nonces import UsedNonces
from application.common.secrets import origin_hosts, origin_secrets
from application.common.telemetry import entry_point, metrics_of

SERVICE = "catalogue-api"

metrics = metrics_of(SERVICE)
_logger = Logger(service=SERVICE)
_wired = Wired(os.environ, _logger, metrics)
_gatekeeper = Gatekeeper(
    origin_secrets(os.environ),
    os.environ.get("GATEWAY_PRINCIPAL") or None,
    origin_hosts(os.environ),
    UsedNonces(boto3.client("dynamodb"), os.environ["IDEMPOTENCY_TABLE"]),
)
_parts = Parts(_wired.read, _wired.store, _wired.telling, _gatekeeper)

handler = entry_point(create_handler(_parts, _logger, metrics), SERVICE, metrics)
