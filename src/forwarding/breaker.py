"""A circuit breaker: an origin that keeps failing is left alone for a while.

    closed --5 failures in a row--> open --30 s--> one probe --success--> closed
                                      ^                |
                                      +----failure-----+

A failure is a whole exchange with all its tries, and "in a row" means one after the other: exchanges that were under
way together when the origin dropped its connections saw one event, and count as one failure.

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
    failed_at: float = 0.0
    """When the last failure that counted was seen."""
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

    def failed(self, now: float, began: float | None = None) -> None:
        """An exchange that began at `began` (default: just now) has failed."""
        if began is None or began >= self.failed_at:
            self.failures += 1
            self.failed_at = now
        if self.is_open:
            self.retry_at = now + OPEN_SECONDS
