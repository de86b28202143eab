"""The least that a Python Worker can do: what every Python gateway pays before its own first line."""

from typing import Any

import js


def on_fetch(request: Any) -> Any:
    return js.Response.new("ok")
