"""The function behind the outbox's stream: sends each message right after the transaction that put it there.

It never fails a batch: what it could not send stays in the table, and the sweeper sends it. So no message stands in
the way of those behind it.
"""

from __future__ import annotations

from typing import Any

from application.common.telemetry import entry_point
from application.orders.outbox import inserted
from application.orders.sending import Sender

SERVICE = "orders-relay"

_sender = Sender(SERVICE)


def _relay(event: dict[str, Any], _: Any) -> dict[str, Any]:
    _sender.send(inserted(event))
    return {"batchItemFailures": []}


handler = entry_point(_relay, SERVICE, _sender.metrics)
