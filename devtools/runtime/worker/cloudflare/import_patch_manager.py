"""Code to run around the import of certain modules, and once more before the first request.

    @register_exec_patch("random")
    @contextmanager
    def importing(module): ...

A finder at the head of `sys.meta_path` wraps the loaders of registered modules until the first request.
"""

import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial, wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .allow_entropy import TOP_LEVEL_ENTROPY_ERROR, in_request_context

CreateContext = Callable[[ModuleSpec], AbstractContextManager[Any]]
ExecContext = Callable[[ModuleType], AbstractContextManager[Any]]
Handler = Callable[[ModuleType], None]


@dataclass
class _Patch:
    create: CreateContext = nullcontext
    execute: ExecContext = nullcontext
    after_snapshot: Handler | None = None
    before_first_request: Handler | None = None


_patches: dict[str, _Patch] = {}
_blocked: dict[str, ModuleType] = {}
_after_snapshot: list[Callable[[], None]] = []
_before_first_request: list[Callable[[], None]] = []


def _register(attribute: str, name: str, value: Any = None) -> Any:
    """Registers `value` for the module `name`; without a value, gives the decorator that does."""
    if value is None:
        return partial(_register, attribute, name)
    setattr(_patches.setdefault(name, _Patch()), attribute, value)
    return value


register_create_patch = partial(_register, "create")
"""A context manager around the creation of the module, where extension modules run their code. Gets the spec."""

register_exec_patch = partial(_register, "execute")
"""A context manager around the execution of the module. Gets the module."""

register_after_snapshot = partial(_register, "after_snapshot")
"""Called with the module once the application is imported."""

register_before_first_request = partial(_register, "before_first_request")
"""Called with the module, if it was imported, when real randomness is at hand."""


class _PatchedLoader(Loader):
    def __init__(self, original: Loader, patch: _Patch) -> None:
        self._original = original
        self._patch = patch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        with self._patch.create(spec):
            return self._original.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if self._patch.after_snapshot:
            _after_snapshot.append(partial(self._patch.after_snapshot, module))
        if self._patch.before_first_request:
            _before_first_request.append(partial(self._patch.before_first_request, module))
        with self._patch.execute(module):
            self._original.exec_module(module)


class _PatchFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        patch = _patches.get(fullname)
        if patch is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec and spec.loader:
                spec.loader = _PatchedLoader(spec.loader, patch)
                return spec
        return None


_finder = _PatchFinder()


def install() -> None:
    sys.meta_path.insert(0, _finder)


def after_snapshot() -> None:
    for handler in _after_snapshot:
        handler()


def uninstall() -> None:
    """At the first request: no more patching, blocked modules as they were, and what was registered for now."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    sys.modules.update(_blocked)
    for handler in _before_first_request:
        handler()


def block_calls(module: ModuleType, *, allowlist: Collection[str] = ()) -> None:
    """Make the module's functions raise until the first request, but for those named in `allowlist`."""
    _blocked[module.__name__] = module
    sys.modules[module.__name__] = _BlockedModule(module, allowlist)


class _BlockedModule(ModuleType):
    """Stands for a module whose functions would use a worthless seed. Whoever imported it keeps it for good.

    Its own attributes are set past `__setattr__`, which writes to the module it stands for.
    """

    def __init__(self, module: ModuleType, allowlist: Collection[str]) -> None:
        self.__dict__.clear()  # so that `__getattr__` sees every name
        object.__setattr__(self, "_module", module)
        object.__setattr__(self, "_allowlist", allowlist)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if in_request_context() or name in self._allowlist or not callable(value) or isinstance(value, type):
            return value

        @wraps(value)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not in_request_context():
                raise RuntimeError(f"Cannot use {self._module.__name__}.{name}() here. {TOP_LEVEL_ENTROPY_ERROR}")
            return value(*args, **kwargs)

        return guarded

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __dir__(self) -> list[str]:
        return dir(self._module)
