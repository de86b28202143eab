"""The function that other systems of the application ask what things cost: `{"currency": "JPY"}` gives what everything
in the catalogue costs in it, in minor units: `{"prices": {"team": {"minor": 1800, "currency": "JPY"}}}`.

It has no URL: IAM says who may ask.
"""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger

from application.catalogue.wiring import Wired
from application.common.telemetry import entry_point, metrics_of, operation

SERVICE = "catalogue-prices"

metrics = metrics_of(SERVICE)
_catalogue = Wired(os.environ, Logger(service=SERVICE), metrics).read


@operation(metrics, "QuotePrices")
def _quote(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    prices = _catalogue.prices_in(str(event.get("currency", "")))
    return {"prices": {sku: {"minor": money.minor, "currency": money.currency} for sku, money in prices.items()}}


handler = entry_point(_quote, SERVICE, metrics)
