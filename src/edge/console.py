"""The log: one JSON line on the console; Workers Logs indexes its fields."""

from typing import Any

from core.jsontext import flat_object
from edge.bridge import bridge


def write_log(event: str, **fields: Any) -> None:
    """`ports.Log` over the console."""
    bridge().console_log(flat_object({"event": event, **fields}))
