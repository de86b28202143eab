"""Whether work grows in proportion to what it is done on: told by CPU time, robustly on a machine that is busy.

Linear work takes eight times as long for eight times the length, quadratic work sixty-four times. The least time of
several runs is what it takes when nobody disturbs it. What takes less than `FLOOR` at the greatest length passes,
whatever it grows like.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import process_time
from typing import Final

SHORT: Final = 4096
"""Characters."""
DOUBLINGS: Final = 3
LONG: Final = SHORT << DOUBLINGS

GROWTH: Final = 2.5**DOUBLINGS
"""How many times as long may be taken for LONG as for SHORT: 2.5 times for each doubling."""

FLOOR: Final = 0.004
"""Seconds."""

RUNS: Final = 12
"""At most: one in which it is seen to be linear is enough, and on a busy machine quiet moments are rare."""


def growth(work: Callable[[str], object], text_of: Callable[[int], str]) -> float:
    """How many times as long `work` takes for LONG as for SHORT; 0 when even that is no time worth measuring."""
    short, long = text_of(SHORT), text_of(LONG)
    least_short = least_long = float("inf")
    with _undisturbed():
        for _ in range(RUNS):
            least_long = min(least_long, _seconds(work, long))
            if least_long <= FLOOR:
                return 0.0
            least_short = min(least_short, _seconds(work, short))
            if least_long <= GROWTH * least_short:
                break
    return least_long / least_short


def _seconds(work: Callable[[str], object], text: str) -> float:
    began = process_time()
    work(text)
    return process_time() - began


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Python's own collector runs more often for what makes more objects."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
