"""Finds by which names an application's modules hold certain JavaScript objects after they were imported.

Production saves Python's memory after the import and starts every isolate from that copy. JavaScript objects are not in
that memory: `saved.mjs` says which of them stop a start, and this says where they are.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from pyodide.ffi import JsProxy

_ATOMS = frozenset((str, bytes, int, float, complex, bool, type(None)))

_Trail = tuple[Any, str, Any]
"""The trail of what holds an object, how a reader writes the step from there, and what that step is taken by. Written
out for the few objects that are reported: a module may hold ten thousand."""

_Children = tuple[str, Iterable[tuple[Any, Any]]]


def find(application: str, packages: str, is_lost: Callable[[Any], bool]) -> list[str]:
    """Where they are, as a reader would write it: `edge.HEADERS["accept"]`. `packages` lies inside `application`."""
    modules = [module for module in list(sys.modules.values()) if _belongs(module, application, packages)]
    seen: set[int] = set()
    return [
        _written(trail)
        for module in modules
        for value, trail in _walk(module, seen)
        if _kind(type(value)) is JsProxy and is_lost(value)
    ]


def _written(trail: _Trail | None) -> str:
    if trail is None:
        return ""
    former, form, key = trail
    return _written(former) + form.format(key)


def _belongs(module: object, application: str, packages: str) -> bool:
    """Whether `module` was loaded from the application itself; `js` and its like are objects in `sys.modules` too."""
    if not isinstance(module, ModuleType):
        return False
    file = getattr(module, "__file__", None) or ""
    return file.startswith(application + "/") and not file.startswith(packages + "/")


def _walk(root: ModuleType, seen: set[int]) -> Iterator[tuple[Any, _Trail]]:
    """Everything reachable from a module's names without leaving for another module."""
    stack: list[tuple[Any, _Trail]] = [(root, (None, "{}", root.__name__))]
    while stack:
        value, trail = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value, trail
        for form, children in _children(value, root):
            stack += [(child, (trail, form, key)) for key, child in children if type(child) not in _ATOMS]


_KINDS = (JsProxy, ModuleType, type, FunctionType, Mapping, list, tuple, set, frozenset)
_kinds: dict[type, type] = {}


def _kind(kind: type) -> type:
    """Which of `_KINDS` a class is, or `object`. Asked once per class: the abstract ones answer slowly."""
    if kind not in _kinds:
        _kinds[kind] = next((known for known in _KINDS if issubclass(kind, known)), object)
    return _kinds[kind]


def _children(value: Any, root: ModuleType) -> Iterable[_Children]:
    """What `value` holds, by the way of writing the step to it."""
    kind = _kind(type(value))
    if kind is JsProxy:
        return ()
    if kind is ModuleType or kind is type:
        own = value is root or (kind is type and value.__module__ == root.__name__)
        return ((".{}", list(vars(value).items())),) if own else ()
    if kind is FunctionType:
        return _captured(value)
    if kind is Mapping:
        return (("[{!r}]", list(value.items())),)
    if kind is object:
        return _attributes(value)
    return (("[{}]", enumerate(value)),)


def _captured(function: FunctionType) -> Iterator[_Children]:
    """Defaults and closure of a function."""
    yield "(default)", enumerate((*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield "(closure).{}", ((name, cell.cell_contents),)
        except ValueError:  # a name that was never assigned
            continue


def _attributes(value: Any) -> Iterator[_Children]:
    yield ".{}", list(getattr(value, "__dict__", {}).items())
    yield ".{}", [(name, getattr(value, name)) for name in _slots(type(value)) if hasattr(value, name)]


_slots_of: dict[type, tuple[str, ...]] = {}


def _slots(kind: Any) -> tuple[str, ...]:
    if kind not in _slots_of:
        declared = (vars(base).get("__slots__", ()) for base in kind.__mro__)
        names = (name for slots in declared for name in ((slots,) if isinstance(slots, str) else slots))
        _slots_of[kind] = tuple(name for name in names if name not in ("__dict__", "__weakref__"))
    return _slots_of[kind]
