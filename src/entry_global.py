"""The Worker's entry point by functions. `entry.py` is the same by a class.

The runtime calls them with the compatibility flag `disable_python_no_global_handlers`: no object is made for a request,
and nothing is converted on the way. A module with both would have two default entry points, so the class stays there.
"""

from typing import Any

import entry


def on_fetch(request: Any, env: Any, context: Any) -> Any:
    """Answers a request."""
    return entry.respond(request, context)


def on_scheduled(controller: Any, env: Any, context: Any) -> Any:
    """Answers a cron trigger."""
    return entry.tick(controller)
