"""Finds the JavaScript objects that an application's modules hold after they were imported.

Production saves Python's memory after the import and starts every isolate from that copy. JavaScript objects are not in
that memory: only those that can be found again by name (`js.fetch`, `js.Object.fromEntries`) may be referred to.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from pyodide.ffi import JsProxy

_ATOMS = (str, bytes, int, float, complex, type(None))


def find(application: str, packages: str, is_named: Callable[[Any], bool]) -> list[str]:
    """Where they are, as a reader would write it: `edge.HEADERS["accept"]`. `packages` lies inside `application`."""
    modules = [module for module in list(sys.modules.values()) if _belongs(module, application, packages)]
    seen: set[int] = set()
    return [
        path
        for module in modules
        for path, value in _walk(module.__name__, module, seen)
        if isinstance(value, JsProxy) and not is_named(value)
    ]


def _belongs(module: object, application: str, packages: str) -> bool:
    """Whether `module` was loaded from the application itself; `js` and its like are objects in `sys.modules` too."""
    if not isinstance(module, ModuleType):
        return False
    file = getattr(module, "__file__", None) or ""
    return file.startswith(application + "/") and not file.startswith(packages + "/")


def _walk(path: str, root: ModuleType, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Everything reachable from a module's names without leaving for another module."""
    stack: list[tuple[str, Any]] = [(path, root)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, _ATOMS) or id(value) in seen:
            continue
        seen.add(id(value))
        yield path, value
        if not isinstance(value, JsProxy):
            stack.extend(_children(path, value, root))


def _children(path: str, value: Any, root: ModuleType) -> Iterator[tuple[str, Any]]:
    if isinstance(value, ModuleType):
        if value is root:
            yield from ((f"{path}.{name}", child) for name, child in vars(value).items())
    elif isinstance(value, type):
        if value.__module__ == root.__name__:
            yield from ((f"{path}.{name}", child) for name, child in vars(value).items())
    elif isinstance(value, FunctionType):
        yield from _captured(path, value)
    elif isinstance(value, Mapping):
        yield from ((f"{path}[{key!r}]", child) for key, child in list(value.items()))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"{path}[{index}]", child) for index, child in enumerate(value))
    else:
        yield from ((f"{path}.{name}", child) for name, child in _attributes(value))


def _captured(path: str, function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Defaults and closure of a function."""
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield f"{path}(default)", default
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"{path}(closure).{name}", cell.cell_contents
        except ValueError:  # a name that was never assigned
            continue


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    yield from list(getattr(value, "__dict__", {}).items())
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name, getattr(value, name)
