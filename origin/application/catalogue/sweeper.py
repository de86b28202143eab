"""The function on a schedule: tells of writes that could not be told of when they were made."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit

from application.catalogue.wiring import Wired
from application.common.telemetry import entry_point, metrics_of

SERVICE = "catalogue-sweeper"

metrics = metrics_of(SERVICE)
_logger = Logger(service=SERVICE)
_telling = Wired(os.environ, _logger, metrics).telling


def _stays(reason: str) -> None:
    _logger.error("a write stays in the outbox", extra={"reason": reason})
    metrics.add_metric(name="WritesLeft", unit=MetricUnit.Count, value=1)


def _sweep(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    told = _telling.tell(_stays)
    metrics.add_metric(name="WritesTold", unit=MetricUnit.Count, value=told)
    return {"told": told}


handler = entry_point(_sweep, SERVICE, metrics)
