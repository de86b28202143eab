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
        if _kind(type(value)) is JsProxy and not is_named(value)
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
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield path, value
        stack.extend((path + step, child) for step, child in _children(value, root) if type(child) not in _ATOMS)


_KINDS = (JsProxy, ModuleType, type, FunctionType, Mapping, list, tuple, set, frozenset)
_kinds: dict[type, type] = {}


def _kind(kind: type) -> type:
    """Which of `_KINDS` a class is, or `object`. Asked once per class: the abstract ones answer slowly."""
    if kind not in _kinds:
        _kinds[kind] = next((known for known in _KINDS if issubclass(kind, known)), object)
    return _kinds[kind]


def _children(value: Any, root: ModuleType) -> Iterator[tuple[str, Any]]:
    """What `value` holds, and how a reader would write the step to it."""
    kind = _kind(type(value))
    if kind is JsProxy:
        return
    if kind is ModuleType or kind is type:
        if value is root or (kind is type and value.__module__ == root.__name__):
            yield from ((f".{name}", child) for name, child in list(vars(value).items()))
    elif kind is FunctionType:
        yield from _captured(value)
    elif kind is Mapping:
        yield from ((f"[{key!r}]", child) for key, child in list(value.items()))
    elif kind is object:
        yield from _attributes(value)
    else:
        yield from ((f"[{index}]", child) for index, child in enumerate(value))


def _captured(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Defaults and closure of a function."""
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield "(default)", default
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"(closure).{name}", cell.cell_contents
        except ValueError:  # a name that was never assigned
            continue


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f".{name}", child) for name, child in list(getattr(value, "__dict__", {}).items()))
    yield from ((f".{name}", getattr(value, name)) for name in _slots(type(value)) if hasattr(value, name))


def _slots(kind: Any) -> tuple[str, ...]:
    declared = (vars(base).get("__slots__", ()) for base in kind.__mro__)
    names = (name for slots in declared for name in ((slots,) if isinstance(slots, str) else slots))
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))
