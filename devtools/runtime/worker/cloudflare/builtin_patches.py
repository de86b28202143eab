"""The standard library's own sources of randomness while the Worker is starting.

`os.urandom` covers `uuid4`, `secrets` and `random.SystemRandom`. `random` must be importable, although it seeds itself,
but its functions must not be used with that seed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from . import import_patch_manager as manager
from .allow_entropy import allow_bad_entropy_calls, enter_request_context, raise_unless_entropy_allowed

_SEEDINGS_OF_RANDOM = 10  # getentropy(3) calls while `random` is imported: its hidden Random() reads 2,500 bytes

_urandom = os.urandom


@wraps(_urandom)
def _guarded_urandom(size: int, /) -> bytes:
    raise_unless_entropy_allowed()
    return _urandom(size)


def install() -> None:
    os.urandom = _guarded_urandom
    manager.install()


def uninstall() -> None:
    enter_request_context()
    os.urandom = _urandom
    manager.uninstall()


@manager.register_exec_patch("random")
@contextmanager
def _importing_random(random: Any) -> Iterator[None]:
    with allow_bad_entropy_calls(_SEEDINGS_OF_RANDOM):
        yield
    manager.block_calls(random)


@manager.register_before_first_request("random")
def _seed_random(random: Any) -> None:
    random.seed()


@manager.register_exec_patch("_random")
@contextmanager
def _importing_native_random(native: Any) -> Iterator[None]:
    """`random.Random()` seeds itself in C, and falls back to the time when that fails: refuse it beforehand."""
    yield
    original = native.Random.seed

    def seed(self: Any, value: Any = None) -> Any:
        if value is None:
            raise_unless_entropy_allowed()
        return original(self, value)

    native.Random.seed = seed
    native.Random.original_seed = original


@manager.register_before_first_request("_random")
def _restore_native_random(native: Any) -> None:
    native.Random.seed = native.Random.original_seed
    del native.Random.original_seed
