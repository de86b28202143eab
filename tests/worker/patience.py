"""Waiting for what happens beside a test: looked at again and again, never slept for."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds. On an idle machine nothing here takes one, and on a busy one no test fails for it."""


def until(look: Callable[[], T], wanted: Callable[[T], object] = bool, *, every: float = 0.02) -> T:
    """What `look` gives once `wanted` accepts it; else what it gave last, for an assertion to show."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(found := look()) and time.monotonic() < deadline:
        time.sleep(every)
    return found
