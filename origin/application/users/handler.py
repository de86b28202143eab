"""What AWS calls: the users API wired from the function's environment. See `template.yaml` for who sets what.

    USERS_TABLE, IDEMPOTENCY_TABLE   names of the tables
    ORIGIN_SECRET_ARN                a Secrets Manager secret: {"current": "…", "next": "…"}; `next` may be missing
    ORIGIN_SECRET, ORIGIN_SECRET_NEXT  the secrets themselves, where there is no Secrets Manager
    GATEWAY_PRINCIPAL                ARN of the IAM user or role the gateway signs with (`sign = "sigv4"`)

The SDK's own settings (AWS_REGION, AWS_ENDPOINT_URL_DYNAMODB, …) say where DynamoDB is.
"""

import os
from collections.abc import Mapping

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities import parameters

from application.common.caller import Secrets
from application.users.app import Settings, create_handler

SECRET_REREAD_AFTER = 300
"""Seconds; a rotated secret is known everywhere this soon."""


def origin_secrets(environ: Mapping[str, str]) -> Secrets:
    """Where the secrets shared with the gateway come from; read again now and then, so rotation needs no deploy."""
    arn = environ.get("ORIGIN_SECRET_ARN")
    if not arn:
        return lambda: _filled(environ.get("ORIGIN_SECRET"), environ.get("ORIGIN_SECRET_NEXT"))

    def from_secrets_manager() -> list[str]:
        kept = parameters.get_secret(arn, transform="json", max_age=SECRET_REREAD_AFTER)
        return _filled(kept.get("current"), kept.get("next"))

    return from_secrets_manager


def _filled(*secrets: str | None) -> list[str]:
    return [secret for secret in secrets if secret]


handler = create_handler(
    Settings(
        users_table=os.environ["USERS_TABLE"],
        idempotency_table=os.environ["IDEMPOTENCY_TABLE"],
        secrets=origin_secrets(os.environ),
        gateway_principal=os.environ.get("GATEWAY_PRINCIPAL") or None,
    ),
    boto3.client("dynamodb"),
    Logger(service="users-api"),
    Metrics(namespace="Gatehouse", service="users-api"),
)
