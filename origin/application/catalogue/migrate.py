"""The function that a deployment calls once: brings the tables to where this code expects them.

    aws lambda invoke --function-name <CatalogueMigrate> --payload '{}' /dev/stdout
    … --payload '{"samples": true}'        and puts a few products into a catalogue that has none

What is kept in the cache is forgotten afterwards.
"""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger

from application.catalogue.migrations import upgrade
from application.catalogue.samples import put_samples
from application.catalogue.wiring import Wired
from application.common.telemetry import entry_point, metrics_of

SERVICE = "catalogue-migrate"

metrics = metrics_of(SERVICE)
_wired = Wired(os.environ, Logger(service=SERVICE), metrics)


def _migrate(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    revision = upgrade(_wired.database.engine)
    added = put_samples(_wired.store) if event.get("samples") is True else 0
    return {"revision": revision, "samples": added, "forgotten": _wired.cache.invalidate_pattern("*")}


handler = entry_point(_migrate, SERVICE, metrics)
