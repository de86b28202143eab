"""Python half of the embedded runtime: import the application under production's rules, then hand it events.

Called by `host.mjs` and `doors.mjs`. What a request passes through is at the end; all else runs once.
"""

import importlib
import inspect
import linecache
import site
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from _cloudflare import builtin_patches
from pyodide.code import relaxed_call

_SNAPSHOT_FAULT = """\
{count} JavaScript object(s) would have to be part of the memory snapshot that Cloudflare starts a Worker from, which \
is impossible; the deployment would fail:
{names}
Make them inside a request, or delete the names after use."""

_UNSEEN = "{} (it is held by a package, or by an exception that was kept)"

_ENTROPY_FAULT = """\
Randomness is not allowed while the Worker is starting: {what}. In production the Worker would not start. Import the \
package that does it inside a function, so that it loads with the first request."""

_MACHINERY = ("<frozen importlib", "/lib/python314.zip/importlib/", "/session/host/")

EVENTS = ("fetch", "alarm", "scheduled", "trace", "queue", "pubsub")
"""Those that a function `on_EVENT` may handle."""

_prepared = False
_entry: Any = None
_sdk: Any = None


def boot(name: str, door: str, application: str, packages: str, native_entropy: Sequence[str]) -> dict[str, Any]:
    """Import the module `name` and find what handles events behind `door`: "class" or "functions" (`doors.mjs`).

    Gives {"handlers": [...]}, the public methods of the class or the events that have a function, or {"error": text for
    people}. `native_entropy` fills while the import runs with what asked for randomness behind Python's back.
    """
    try:
        _prepare(application, packages)
        _import_entry(name)
        handlers = _methods(name) if door == "class" else _functions(name)
        _check_entropy(native_entropy)
        builtin_patches.check()
    except BaseException as error:  # SystemExit too: whatever stops the import is shown, and mended by the next save
        return {"error": _describe(error)}
    return {"handlers": handlers}


def _prepare(application: str, packages: str) -> None:
    """As in production, packages come before other packages, and the application comes last."""
    global _prepared
    if _prepared:  # in the memory that this start began with
        return
    _prepared = True
    builtin_patches.install()
    site_packages = next(index for index, path in enumerate(sys.path) if "site-packages" in path)
    sys.path.insert(site_packages, packages)
    sys.path.append(application)
    site.addsitedir(packages)  # its .pth files register the SDK's allowances with `_cloudflare`


def _import_entry(name: str) -> None:
    global _entry, _sdk
    _entry = importlib.import_module(name)
    _sdk = importlib.import_module("workers")


def _methods(name: str) -> list[str]:
    """The public methods of `Default`: those the platform may call."""
    entry_class = getattr(_entry, "Default", None)
    if not (inspect.isclass(entry_class) and issubclass(entry_class, _sdk.WorkerEntrypoint)):
        raise TypeError(
            f"{name}.py must define `class Default(WorkerEntrypoint)`; functions like `on_fetch` are called with "
            "the compatibility flag `disable_python_no_global_handlers`"
        )
    names = [name for name in dir(entry_class) if not name.startswith("_")]
    return [name for name in names if isinstance(inspect.getattr_static(entry_class, name), FunctionType)]


def _functions(name: str) -> list[str]:
    if hasattr(_entry, "Default"):
        raise TypeError(
            f"{name}.py has a `Default`, and `disable_python_no_global_handlers` says that its functions are called: "
            "only one can be the default entrypoint"
        )
    if not callable(getattr(_entry, "on_fetch", None)):
        raise TypeError(f"{name}.py must define `on_fetch(request, env, ctx)`, which the compatibility flag asks for")
    return [event for event in EVENTS if callable(getattr(_entry, f"on_{event}", None))]


def _check_entropy(native_entropy: Sequence[str]) -> None:
    if len(native_entropy):
        raise RuntimeError(_ENTROPY_FAULT.format(what="; ".join(native_entropy)))


def not_saved(application: str, packages: str, is_lost: Callable[[Any], bool], descriptions: Sequence[str]) -> str:
    """Text for people: where the JavaScript objects are that no snapshot can hold, or else what they are."""
    from javascript_objects import find

    names = find(application, packages, is_lost) or [_UNSEEN.format(description) for description in descriptions]
    return _SNAPSHOT_FAULT.format(count=len(names), names="\n".join(f"  {name}" for name in names))


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


# --- a start for its memory (`handout.mjs`) ---------------------------------------------------------------------------


class _Reached(BaseException):
    """The import has come to a module that its memory is to be without."""


class _Watch:
    """Stops an import before the first of some modules: `before` is what was imported by then, in its order."""

    def __init__(self, without: Sequence[str]) -> None:
        self.before: list[str] | None = None
        self._without = frozenset(without)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Of a finder (`sys.meta_path`)."""
        if name in self._without:
            if self.before is None:
                self.before = list(filter(_is_whole, sys.modules))
            raise _Reached(name)


def _is_whole(name: str) -> bool:
    """Whether a module can be had by its name, and its own import is over."""
    spec = getattr(sys.modules[name], "__spec__", None)
    return spec is not None and spec.name == name and not getattr(spec, "_initializing", False)


def boot_until(
    without: Sequence[str], name: str, door: str, application: str, packages: str, native_entropy: Sequence[str]
) -> dict[str, Any]:
    """`boot`, or {"before": [...]}: the modules that were imported when the first of `without` was asked for."""
    watch = _Watch(without)
    sys.meta_path.insert(0, watch)
    booted = boot(name, door, application, packages, native_entropy)
    sys.meta_path.remove(watch)
    return booted if watch.before is None else {"before": watch.before}


def boot_before(
    before: Sequence[str], application: str, packages: str, native_entropy: Sequence[str]
) -> dict[str, Any]:
    """Import these modules and not the application's own: {"handlers": None}, or {"error": text for people}."""
    try:
        _prepare(application, packages)
        for name in before:
            importlib.import_module(name)
        _check_entropy(native_entropy)
        builtin_patches.check()
    except BaseException as error:
        return {"error": _describe(error)}
    return {"handlers": None}


# --- events -----------------------------------------------------------------------------------------------------------


def first_request() -> None:
    """Real randomness from here on; the generators that were seeded with fixed bytes are seeded anew."""
    builtin_patches.uninstall()


def handler(event: str) -> Any:
    """The function that handles an event."""
    return getattr(_entry, f"on_{event}")


def make(ctx: Any, env: Any) -> Any:
    """The object of one event."""
    return _entry.Default(ctx, env)


async def call(relaxed: bool, instance: Any, name: str, *arguments: Any) -> Any:
    """A method of it, with what the SDK makes of the arguments and of the result. `relaxed`: it may take fewer."""
    method = getattr(instance, name)
    converted = [_sdk.python_from_rpc(argument) for argument in arguments]
    result = relaxed_call(method, *converted) if relaxed else method(*converted)
    return _sdk.python_to_rpc(await result if inspect.isawaitable(result) else result)


def short_fetch(ctx: Any, env: Any, request: Any) -> Any:
    """`make` and `call` of `fetch` in one, for methods that are not coroutines, without the general conversions."""
    return _entry.Default(ctx, env).fetch(_sdk.Request(request)).js_object
