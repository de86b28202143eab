"""The standard library's own sources of randomness while the Worker is starting.

`os.urandom` covers `uuid4`, `secrets` and `random.SystemRandom`. Pyodide has imported `random` long before, seeded with
fixed bytes: its functions are blocked until the first request, and then it is seeded anew.
"""

import _random
import os
import random
from functools import wraps
from typing import Any

from . import import_patch_manager as manager
from .allow_entropy import enter_request_context, raise_unless_entropy_allowed

_urandom = os.urandom
_seed = _random.Random.seed
_state = random.getstate()

_ADVANCED = (
    "Python's generator of random numbers was used while the Worker was starting, past the functions of `random`: "
    "every isolate would go on from the same place."
)


@wraps(_urandom)
def _guarded_urandom(size: int, /) -> bytes:
    raise_unless_entropy_allowed()
    return _urandom(size)


def _guarded_seed(self: Any, value: Any = None) -> None:
    """`random.Random()` seeds itself in C, and falls back to the time when that fails: refuse it beforehand."""
    if value is None:
        raise_unless_entropy_allowed()
    _seed(self, value)


def install() -> None:
    _patch(_guarded_urandom, _guarded_seed)
    manager.block_calls(random)
    manager.install()


def check() -> None:
    """Raises RuntimeError when the generator that everybody shares is not where it was."""
    if random.getstate() != _state:
        raise RuntimeError(_ADVANCED)


def uninstall() -> None:
    enter_request_context()
    _patch(_urandom, _seed)
    manager.uninstall()
    random.seed()


def _patch(urandom: Any, seed: Any) -> None:
    os.urandom = urandom
    vars(random)["_urandom"] = urandom  # what SystemRandom calls
    setattr(_random.Random, "seed", seed)  # noqa: B010  # a type of C: to mypy its methods are fixed
