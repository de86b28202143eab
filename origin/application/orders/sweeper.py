"""The function on a schedule: sends what a crash or an outage left in the outbox."""

from __future__ import annotations

import time
from typing import Any

from application.common.telemetry import entry_point
from application.orders.sending import Sender

SERVICE = "orders-sweeper"

_sender = Sender(SERVICE)


def _sweep(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    return {"sent": _sender.send(_sender.outbox.left(time.time()))}


handler = entry_point(_sweep, SERVICE, _sender.metrics)
