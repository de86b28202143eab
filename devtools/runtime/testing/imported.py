"""A Worker that imports `entry.py` in a request, with a stopwatch: in its own import a Worker's clock stands still.

`python -m devtools profile imports` puts it beside `entry.py` and asks for `CONTROL`. Its figures are those of
`python -X importtime`: a module's own time, and that with everything it imported first; and what the whole is spent on.
The clock has steps of a millisecond, so the sum is right and a small module's own share is not.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import sys
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import js

CONTROL = "/__gatehouse-test/imports"

KINDS = (
    ("files found", "_frozen_importlib", "_find_spec"),
    ("bytecode read", "_frozen_importlib_external", "SourceLoader.get_code"),
    ("patterns compiled", "re._compiler", "compile"),
    ("models made", "pydantic._internal._model_construction", "ModelMetaclass.__new__"),
    ("readers of models made", "core.model_schema", "reader"),
)
"""What an import is spent on, beside the running of modules: the function that does it, a private one but for ours."""

_kinds: dict[str, list[float]] = {kind: [0, 0.0] for kind, _, _ in KINDS}
"""How often, and own milliseconds."""
_spent: list[float] = []
"""Milliseconds that each of them under way has spent in others."""

_rows: list[tuple[str, float, float]] = []
"""Module, own milliseconds, milliseconds with what it imported; in the order in which they were done."""
_within: list[float] = []
"""Milliseconds that each import under way has spent in others."""


class Stopwatch(importlib.abc.Loader):
    """A loader that notes how long another one takes."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        _within.append(0.0)
        began = time.perf_counter()
        try:
            self._loader.exec_module(module)
        finally:
            took = (time.perf_counter() - began) * 1000
            _rows.append((module.__name__, took - _within.pop(), took))
            if _within:
                _within[-1] += took
        clock_all(module.__name__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class Finder(importlib.abc.MetaPathFinder):
    """Finds what the other finders find, and puts a stopwatch on it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)) is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = Stopwatch(spec.loader)
                return spec
        return None


def clock_all(*modules: str) -> None:
    """Put a stopwatch on those of `KINDS` that these modules have."""
    for kind in KINDS:
        if kind[1] in modules:
            clock(*kind)


def clock(kind: str, module: str, function: str) -> None:
    """Put a stopwatch on one of `KINDS`."""
    owner, _, name = function.rpartition(".")
    place: Any = importlib.import_module(module)
    place = getattr(place, owner) if owner else place
    setattr(place, name, _clocked(_kinds[kind], getattr(place, name)))


def _clocked(counted: list[float], function: Callable[..., Any]) -> Callable[..., Any]:
    def clocked(*arguments: Any, **options: Any) -> Any:
        _spent.append(0.0)
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            took = (time.perf_counter() - began) * 1000
            counted[0] += 1
            counted[1] += took - _spent.pop()
            if _spent:
                _spent[-1] += took

    return clocked


def on_fetch(request: Any) -> Any:
    if request.url.endswith(CONTROL):
        clock_all(*sys.modules)
        sys.meta_path.insert(0, Finder())
        importlib.import_module("entry")
    return js.Response.new(json.dumps({"modules": _rows, "kinds": _kinds}))
