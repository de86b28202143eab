"""The catalogue in this process: its Lambda handler on a file of SQLite, made when it is first asked.

For `origin.py`, whose gateway is not told of writes: what it keeps, it keeps for as long as an answer says.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from devtools.application.function_url import Handler


class Catalogue:
    """A handler with the sample products; `close` ends it."""

    def __init__(self, secrets: Sequence[str], hosts: Sequence[str], log: TextIO) -> None:
        self._secrets = secrets
        self._hosts = hosts
        self._log = log
        self._folder: str | None = None
        self._handler: Handler | None = None
        self._making = threading.Lock()

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        return self.handler()(event, context)

    def handler(self) -> Handler:
        """It takes a second to make, for whoever comes first."""
        with self._making:
            self._handler = self._handler or self._made()
            return self._handler

    def close(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _made(self) -> Handler:
        from application.catalogue.app import Parts, create_handler
        from application.catalogue.migrations import upgrade
        from application.catalogue.samples import put_samples
        from application.catalogue.wiring import Wired
        from application.common.caller import Gatekeeper
        from aws_lambda_powertools import Logger
        from aws_lambda_powertools.metrics import EphemeralMetrics

        self._folder = tempfile.mkdtemp(prefix="gatehouse-catalogue-")
        logger = Logger(service="catalogue-api")
        metrics: Any = EphemeralMetrics(namespace="local")  # others are one for the whole process
        for attached in logger.handlers:
            if isinstance(attached, logging.StreamHandler):
                attached.setStream(self._log)
        wired = Wired({"DATABASE_URL": f"sqlite:///{Path(self._folder) / 'catalogue.db'}"}, logger, metrics)
        upgrade(wired.database.engine)
        put_samples(wired.store)
        gatekeeper = Gatekeeper(lambda: self._secrets, None, self._hosts)
        handler: Handler = create_handler(Parts(wired.read, wired.store, wired.telling, gatekeeper), logger, metrics)
        return handler
