"""Python half of the embedded runtime: import the application under production's rules, then hand it events.

Called by `host.mjs`. Everything a request passes through is in `dispatch_fetch` and `dispatch`; all else runs once.
"""

import asyncio
import importlib
import inspect
import linecache
import site
import sys
import traceback
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from _cloudflare import builtin_patches

_SNAPSHOT_FAULT = """\
{count} JavaScript object(s) would have to be part of the memory snapshot that Cloudflare starts a Worker from, which \
is impossible; the deployment would fail:
{names}
Make them inside a request, or delete the names after use."""

_ENTROPY_FAULT = """\
Randomness is not allowed while the Worker is starting: {what}. In production the Worker would not start. Import the \
package that does it inside a function, so that it loads with the first request."""

_MACHINERY = ("<frozen importlib", "/lib/python314.zip/importlib/", "/session/host/")

_entry_class: Any = None
_make_request: Any = None
_loop: Any = asyncio.get_event_loop()  # Pyodide's; it never changes
_task: Any = asyncio.Task  # with `eager_start`, which came after the Python that the tools run on


def boot(name: str, application: str, packages: str, native_entropy: Sequence[str], is_named: Any) -> dict[str, Any]:
    """Import the module `name` and its class `Default`.

    Gives {"methods": [...]}, the public methods of the class, or {"error": text for people}. `native_entropy` fills
    while the import runs with what asked for randomness behind Python's back; `is_named(object)` says whether
    JavaScript reaches that object by a path of names, as production's snapshot requires.
    """
    try:
        methods = _import_entry(name, application, packages)
        _check_entropy(native_entropy)
        _check_snapshot(application, packages, is_named)
    except BaseException as error:  # SystemExit too: whatever stops the import is shown, and mended by the next save
        return {"error": _describe(error)}
    return {"methods": methods}


def _import_entry(name: str, application: str, packages: str) -> list[str]:
    """The public methods of `Default`: those the platform may call, as in production."""
    global _entry_class, _make_request
    builtin_patches.install()
    sys.path.insert(0, application)
    sys.path.append(packages)
    site.addsitedir(packages)  # its .pth files register the SDK's allowances with `_cloudflare`
    module = importlib.import_module(name)
    workers = importlib.import_module("workers")
    _entry_class = getattr(module, "Default", None)
    _make_request = workers.Request
    if not (inspect.isclass(_entry_class) and issubclass(_entry_class, workers.WorkerEntrypoint)):
        raise TypeError(f"{name}.py must define `class Default(WorkerEntrypoint)`")
    names = [name for name in dir(_entry_class) if not name.startswith("_")]
    return [name for name in names if isinstance(inspect.getattr_static(_entry_class, name), FunctionType)]


def _check_entropy(native_entropy: Sequence[str]) -> None:
    if len(native_entropy):
        raise RuntimeError(_ENTROPY_FAULT.format(what="; ".join(native_entropy)))


def _check_snapshot(application: str, packages: str, is_named: Any) -> None:
    from javascript_objects import find

    names = find(application, packages, is_named)
    if names:
        raise RuntimeError(_SNAPSHOT_FAULT.format(count=len(names), names="\n".join(f"  {name}" for name in names)))


def _describe(error: BaseException) -> str:
    """The traceback without the frames of this host and of the import system."""
    linecache.checkcache()
    described = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = described
    while link is not None:
        link.stack = traceback.StackSummary.from_list(
            [frame for frame in link.stack if not frame.filename.startswith(_MACHINERY)]
        )
        link = link.__cause__ or link.__context__
    return "".join(described.format()).rstrip()


def first_request() -> None:
    """Real randomness from here on; the generators that were seeded with fixed bytes are seeded anew."""
    builtin_patches.uninstall()


def dispatch_fetch(ctx: Any, env: Any, request: Any) -> Any:
    """One request: the JavaScript response, or the task that will give it.

    The same as `dispatch(ctx, env, "fetch", request)` without the general conversions, and begun at once instead of in
    the event loop's next turn: a handler that never waits is done when this returns.
    """
    task = _task(_answer(ctx, env, request), loop=_loop, eager_start=True)
    return task.result() if task.done() else task


async def _answer(ctx: Any, env: Any, request: Any) -> Any:
    response = _entry_class(ctx, env).fetch(_make_request(request))
    if inspect.isawaitable(response):
        response = await response
    return getattr(response, "js_object", response)


async def dispatch(ctx: Any, env: Any, method: str, *arguments: Any) -> Any:
    """Any other event or remote call: arguments and result cross as production converts them."""
    from workers import python_from_rpc, python_to_rpc

    handler = getattr(_entry_class(ctx, env), method)
    # The platform may pass more than a handler takes: scheduled(controller) is called with (controller, env, ctx).
    taken = len(inspect.signature(handler).parameters)
    result = handler(*[python_from_rpc(argument) for argument in arguments[:taken]])
    if inspect.isawaitable(result):
        result = await result
    return python_to_rpc(result)
