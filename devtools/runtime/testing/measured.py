"""The Worker's entry point with a way to see what it holds in memory; the soak puts it beside `entry.py`.

`GET /__gatehouse-test/memory` answers with figures that are exact when no other request is under way:

    objects         containers that Python's collector follows, after a collection
    references      JavaScript objects that Python holds, but for the functions of slots that are free: there are as
                    many as promises were ever waited for at once (`edge/waits.py`)
    tasks           coroutines under way, beside the one that counts them: drives, and tasks of asyncio's
    allocated       bytes of WebAssembly memory in use, as the C allocator counts them
    heap            bytes of WebAssembly memory taken from the machine; it never shrinks
    frozen          containers that the import has left, which the collector does not follow until they are measured
    kinds           how many of the objects are of which type, the fifty most frequent
    waiting         where each of the tasks waits: the coroutines, from the outermost to the innermost
"""

import asyncio
import gc
import json
from collections import Counter
from typing import Any, Final

import js

import entry
import entry_global
from edge.driving import Drive
from edge.waits import Promised, Slot

CONTROL: Final = "/__gatehouse-test/memory"

MALLINFO_SIZE: Final = 40
UORDBLKS: Final = 7
"""`struct mallinfo` is ten 32-bit numbers; the eighth is the bytes in use."""

FUNCTIONS: Final = len(Slot.__match_args__) - 1
"""Of JavaScript in a slot, which has a number beside them."""

KINDS_SHOWN: Final = 50

FROZEN: Final = gc.get_freeze_count()
gc.unfreeze()

respond = entry.respond


def respond_measured(request: Any, context: Any) -> Any:
    if request.url.endswith(CONTROL):
        return js.Response.new(json.dumps(_figures()))
    return respond(request, context)


entry.respond = respond_measured
on_fetch, on_scheduled = entry_global.on_fetch, entry_global.on_scheduled


def _figures() -> dict[str, Any]:
    import pyodide_js  # a JavaScript object, which no module may hold

    gc.collect()
    objects = gc.get_objects()
    under_way: list[Any] = [*Drive.under_way, *asyncio.all_tasks() - {asyncio.current_task()}]
    module = pyodide_js._module
    return {
        "objects": len(objects),
        "references": int(module._hiwire_num_refs()) - FUNCTIONS * len(Promised.free),
        "tasks": len(under_way),
        "allocated": _allocated(module),
        "heap": int(module.HEAPU8.byteLength),
        "frozen": FROZEN,
        "kinds": dict(Counter(type(each).__name__ for each in objects).most_common(KINDS_SHOWN)),
        "waiting": [_waits(each.get_coro()) for each in under_way],
    }


def _waits(coroutine: Any) -> str:
    """`fetch > _answer > _copy:331`: the coroutines that wait for each other, and the line of the last."""
    names, line = [], 0
    while frame := getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None):
        names.append(frame.f_code.co_name)
        line = frame.f_lineno
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return f"{' > '.join(names)}:{line}"


def _allocated(module: Any) -> int:
    place = module._malloc(MALLINFO_SIZE)
    try:
        module._mallinfo(place)
        return int(module.HEAPU32.at(place // 4 + UORDBLKS))
    finally:
        module._free(place)
