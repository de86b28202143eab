"""The function behind the gateway: `app.py`, wired from its environment.

USERS_TABLE, POSTS_TABLE, QUERIES_TABLE                        names of the tables
IDEMPOTENCY_TABLE                                              where the nonces of signed requests are kept
ORIGIN_SECRET_ARN, ORIGIN_HOSTS, GATEWAY_PRINCIPAL             how it knows the gateway; see `users/handler.py`
ENVIRONMENT                                                    the schema is told where it is `local`
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.common.caller import Gatekeeper
from application.common.cursors import Cursors
from application.common.nonces import UsedNonces
from application.common.posts_table import PostsTable
from application.common.secrets import origin_hosts, origin_secrets
from application.common.telemetry import entry_point, metrics_of
from application.common.users_table import UsersTable
from application.graph.app import Parts, create_handler
from application.graph.persisted import PersistedQueries
from application.graph.reading import Tables

SERVICE = "graph-api"
LOCAL = "local"

_dynamodb = boto3.client("dynamodb")
_secrets = origin_secrets(os.environ)
_parts = Parts(
    Tables(
        UsersTable(_dynamodb, os.environ["USERS_TABLE"]),
        PostsTable(_dynamodb, os.environ["POSTS_TABLE"], os.environ["USERS_TABLE"]),
    ),
    PersistedQueries(_dynamodb, os.environ["QUERIES_TABLE"]),
    Cursors(_secrets),
    Gatekeeper(
        _secrets,
        os.environ.get("GATEWAY_PRINCIPAL") or None,
        origin_hosts(os.environ),
        UsedNonces(_dynamodb, os.environ["IDEMPOTENCY_TABLE"]),
    ),
    introspection=os.environ.get("ENVIRONMENT") == LOCAL,
)

metrics = metrics_of(SERVICE)
handler = entry_point(create_handler(_parts, Logger(service=SERVICE), metrics), SERVICE, metrics)
