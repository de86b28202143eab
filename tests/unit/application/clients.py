"""Clients of AWS for tests under moto: of each service one, since making one takes longer than most tests."""

from functools import cache
from typing import Any

import boto3

client = cache(boto3.client)


def dynamodb() -> Any:
    return client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
