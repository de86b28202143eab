"""What AWS calls: the users API wired from the function's environment. See `template.yaml` for who sets what.

    USERS_TABLE, POSTS_TABLE         names of the tables
    IDEMPOTENCY_TABLE                and of the one for records of repeated requests
    ORIGIN_SECRET_ARN, ORIGIN_HOSTS  `../common/secrets.py`
    GATEWAY_PRINCIPAL                ARN of the IAM user or role the gateway signs with (`sign = "sigv4"`)
    ENVIRONMENT                      a dimension of the metrics

The SDK's own settings (AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, …) say where DynamoDB is.
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.common.secrets import origin_hosts, origin_secrets
from application.common.telemetry import entry_point, metrics_of
from application.users.app import Settings, create_handler

SERVICE = "users-api"

metrics = metrics_of(SERVICE)
handler = entry_point(
    create_handler(
        Settings(
            users_table=os.environ["USERS_TABLE"],
            posts_table=os.environ["POSTS_TABLE"],
            idempotency_table=os.environ["IDEMPOTENCY_TABLE"],
            secrets=origin_secrets(os.environ),
            gateway_principal=os.environ.get("GATEWAY_PRINCIPAL") or None,
            hosts=origin_hosts(os.environ),
        ),
        boto3.client("dynamodb"),
        Logger(service=SERVICE),
        metrics,
    ),
    SERVICE,
    metrics,
)
