"""What can be ordered, and for how much: the catalogue's word, asked for each order.

The catalogue is another system with a database of its own, so it is asked by calling its function; IAM says that the
orders may. Nothing is ordered at a price that nobody said: without an answer there is no order.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from application.common.money import Money
from application.common.problems import Problem
from application.orders.placing import PriceList

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

CONNECTS_WITHIN, ANSWERS_WITHIN, TRIES = 1, 4, 2
"""Seconds, seconds, and how often: somebody waits for the order to be taken."""


def lambda_client() -> LambdaClient:
    config = Config(connect_timeout=CONNECTS_WITHIN, read_timeout=ANSWERS_WITHIN, retries={"total_max_attempts": TRIES})
    return boto3.client("lambda", config=config)


class CataloguePrices:
    """The price list in a currency, in one currency for all of it. Called with "", in the catalogue's own."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, currency: str) -> PriceList:
        """Price by SKU. Raises Problem 503."""
        try:
            asked = json.dumps({"currency": currency}).encode()
            answer = self._client.invoke(FunctionName=self._function, Payload=asked)
            prices = json.loads(answer["Payload"].read())["prices"]
            return {sku: Money(price["minor"], price["currency"]) for sku, price in prices.items()}
        except (BotoCoreError, ClientError, ValueError, KeyError, TypeError, AttributeError) as error:
            detail = "What things cost cannot be found out now; nothing was ordered."
            raise Problem(503, "prices_unavailable", detail, headers={"Retry-After": "1"}) from error
