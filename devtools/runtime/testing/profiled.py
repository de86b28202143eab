"""The Worker's entry point under CPython's own profiler; `python -m devtools profile` puts it beside `entry.py`.

The clock of a Worker has steps of a millisecond: what a function takes comes out of many requests, not of one.
"""

import cProfile
import json
from collections.abc import Callable
from typing import Any

import js

import entry
import entry_global
from edge.driving import Drive

CONTROL = "/__gatehouse-test/profile"

profiler = cProfile.Profile()
respond, go_on = entry.respond, Drive._go_on


def respond_profiled(request: Any, context: Any) -> Any:
    if request.url.endswith(CONTROL):
        return js.Response.new(json.dumps(_functions()))
    return _profiled(respond, request, context)


def go_on_profiled(drive: Drive, future: Any = None) -> None:
    _profiled(go_on, drive, future)


def _profiled(function: Callable[..., Any], *arguments: Any) -> Any:
    """The steps of a request after its first are taken when JavaScript calls, and not within `respond`."""
    global under_way
    if under_way:
        return function(*arguments)
    under_way = True
    profiler.enable()
    try:
        return function(*arguments)
    finally:
        profiler.disable()
        under_way = False


under_way = False
entry.respond = respond_profiled
Drive._go_on = go_on_profiled  # type: ignore[assignment, method-assign]
on_fetch, on_scheduled = entry_global.on_fetch, entry_global.on_scheduled


def _functions() -> list[tuple[str, str, int, float, float]]:
    """File, function, calls, seconds in it, and seconds in it and all it called."""
    profiler.create_stats()
    rows: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = vars(profiler)["stats"]
    profiler.clear()
    return [
        (f"{file}:{line}" if line else file, name, calls, own, total)
        for (file, line, name), (_, calls, own, total, _) in rows.items()
    ]
