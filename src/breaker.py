"""A circuit breaker: an origin that keeps failing is left alone for a while.

    closed --5 failures in a row--> open --30 s--> one probe --success--> closed
                                      ^                |
                                      +----failure-----+

Plain values only, because it outlives requests: nothing in it is ever awaited. It belongs to one isolate; others learn
of a bad origin by themselves. A probe that never reports (its client hung up) costs one more open period.
"""

import math
from dataclasses import dataclass

THRESHOLD = 5
"""Failures in a row that open it."""

OPEN_SECONDS = 30.0


@dataclass(slots=True)
class Breaker:
    """One origin's. Times are seconds since the epoch, handed in."""

    failures: int = 0
    retry_at: float = 0.0
    """While open: when the next probe may go."""

    @property
    def is_open(self) -> bool:
        """Whether the origin has failed too often in a row, and no probe has succeeded since."""
        return self.failures >= THRESHOLD

    def admits(self, now: float) -> bool:
        """Whether a request may go to the origin now. The first one after an open period is the probe."""
        if not self.is_open:
            return True
        if now < self.retry_at:
            return False
        self.retry_at = now + OPEN_SECONDS
        return True

    def retry_after(self, now: float) -> int:
        """Whole seconds until a probe may go, at least 1: what `Retry-After` says."""
        return max(1, math.ceil(self.retry_at - now))

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self, now: float) -> None:
        self.failures += 1
        if self.is_open:
            self.retry_at = now + OPEN_SECONDS
