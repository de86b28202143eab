"""How busy an execution environment is, and so how soon those who poll it should come back.

It handles one event at a time: the share of the last half minute that it worked is how full it is. Readers of one that
is idle come back each second, those of a full one each quarter of a minute, and no two of them in step.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WINDOW = 30.0
"""Seconds; what was longer ago counts for less and less."""
SOONEST, LATEST = 1_000, 15_000
"""Milliseconds."""
SPREAD = 0.2
"""Share by which two that come at the same time are told different times."""


class Busyness:
    """`clock` is in seconds, from anywhere; `chance` gives numbers from 0 to 1."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._share = 0.0
        self._until = clock()

    @contextmanager
    def working(self) -> Iterator[None]:
        """While the block runs, this environment works."""
        started = self._clock()
        self._share *= math.exp(-(started - self._until) / WINDOW)
        try:
            yield
        finally:
            self._until = self._clock()
            self._share = 1 - (1 - self._share) * math.exp(-(self._until - started) / WINDOW)

    def come_back_after(self) -> int:
        """Milliseconds."""
        wanted = SOONEST + self._share * (LATEST - SOONEST)
        return round(wanted * (1 + SPREAD * (self._chance() - 0.5)))
