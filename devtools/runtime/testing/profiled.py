"""The Worker's entry point under CPython's own profiler; `python -m devtools profile` puts it beside `entry.py`.

The clock of a Worker has steps of a millisecond: what a function takes comes out of many requests, not of one.
"""

import cProfile
import json
from typing import Any

from workers import Response

import entry

CONTROL = "/__gatehouse-test/profile"

profiler = cProfile.Profile()


class Default(entry.Default):
    async def fetch(self, request: Any) -> Any:
        if request.js_object.url.endswith(CONTROL):
            return Response(json.dumps(_functions()))
        profiler.enable()
        try:
            return await super().fetch(request)
        finally:
            profiler.disable()


def _functions() -> list[tuple[str, str, int, float, float]]:
    """File, function, calls, seconds in it, and seconds in it and all it called."""
    profiler.create_stats()
    rows: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = vars(profiler)["stats"]
    profiler.clear()
    return [
        (f"{file}:{line}" if line else file, name, calls, own, total)
        for (file, line, name), (_, calls, own, total, _) in rows.items()
    ]
