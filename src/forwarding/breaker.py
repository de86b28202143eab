"""A circuit breaker: an origin that keeps failing is left alone for a while.

    closed --three quarters of ten seconds' exchanges have failed, five at least--> open
       ^                                                                             |
       +---------------------- any exchange that succeeds ---------------------------+

A failure is a whole exchange with all its tries. Not every failure says that the origin is down:

- A path that does nothing but fail while others are well fails on purpose, or by itself: it counts once, however often
  it is asked for, and so do its like (`/reports/1`, `/reports/2`).
- Exchanges that were under way together when the origin dropped its connections saw one event, and count as one.

While it is open any request may be the probe, whatever path it asks for. One whose path has failed waits its half
minute; another need not, so that whoever polls a broken path keeps nobody else out.

Plain values only, because it outlives requests: nothing in it is ever awaited. It belongs to one isolate; others learn
of a bad origin by themselves. A probe that never reports (its client hung up) costs its path one more half minute.
"""

import math
from collections import deque
from typing import Final

from core.records import field, record

THRESHOLD: Final = 5
"""Failures that must have been counted before it opens."""

SHARE: Final = 0.75
"""Of the exchanges that are counted, so many must have failed."""

WINDOW: Final = 10.0
"""Seconds that are looked back on; failures since the last success are never too old, or one that hangs until its
timeout would never be found out."""

REMEMBERED: Final = 100
"""Exchanges at most, so that a busy origin is judged by its last second."""

TOGETHER: Final = 1.0
"""Seconds within which the failures of exchanges that were under way together are one event."""

OPEN_SECONDS: Final = 30.0
"""A path that has failed is tried again after so long."""

PROBE_SECONDS: Final = 2.0
"""Between two probes of paths side by side (`/users/1`, `/users/2`) that have not failed yet."""

MOST_WAITING: Final = 256
"""Paths that are told apart while it is open; beyond them, nobody else probes."""

LONGEST_PATH: Final = 256
"""Characters of a path that are remembered."""


@record
class Outcome:
    """How one exchange went."""

    at: float
    path: str
    failed: bool


@record(frozen=False)
class Breaker:
    """One origin's. Times are seconds since the epoch, handed in; paths are those at the origin."""

    is_open: bool = False
    _outcomes: deque[Outcome] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _failed_at: float = 0.0
    """When the last failure that counted was seen."""
    _waiting: dict[str, float] = field(default_factory=dict)
    """While open: from when on a path, and what is beside it, may be tried."""

    def admits(self, now: float, path: str = "/") -> bool:
        """Whether a request for `path` may go to the origin now. While it is open, such a one is a probe."""
        if not self.is_open:
            return True
        path = path[:LONGEST_PATH]
        if now < self._ready_at(path) or not self._has_room(now):
            return False
        self._waiting[path] = now + OPEN_SECONDS
        self._waiting[_beside(path)] = now + PROBE_SECONDS
        return True

    def retry_after(self, now: float, path: str = "/") -> int:
        """Whole seconds until a probe for `path` may go, at least 1: what `Retry-After` says."""
        return max(1, math.ceil(self._ready_at(path[:LONGEST_PATH]) - now))

    def succeeded(self, now: float = 0.0, path: str = "/") -> None:
        """An exchange has brought an answer: whatever failed before, the origin is there."""
        if self.is_open:
            self.is_open = False
            self._waiting.clear()
            self._outcomes.clear()
        self._outcomes.append(Outcome(now, path[:LONGEST_PATH], failed=False))

    def failed(self, now: float, began: float | None = None, path: str = "/") -> None:
        """An exchange that began at `began` (default: just now) has failed."""
        path = path[:LONGEST_PATH]
        if self.is_open:
            self._waiting[path] = now + OPEN_SECONDS
            return
        if began is not None and began < self._failed_at and now - self._failed_at < TOGETHER:
            return
        self._failed_at = now
        self._outcomes.append(Outcome(now, path, failed=True))
        if is_down(self._outcomes, now):
            self.is_open = True
            self._waiting = {outcome.path: now + OPEN_SECONDS for outcome in self._outcomes if outcome.failed}

    def _ready_at(self, path: str) -> float:
        return max(self._waiting.get(path, 0.0), self._waiting.get(_beside(path), 0.0))

    def _has_room(self, now: float) -> bool:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting = {path: ready_at for path, ready_at in self._waiting.items() if ready_at > now}
        return len(self._waiting) < MOST_WAITING


def is_down(outcomes: deque[Outcome], now: float) -> bool:
    """Whether the outcomes, oldest first, say that the whole origin is down, and not one path of it."""
    recent = _recent(outcomes, now)
    well = {outcome.path for outcome in recent if not outcome.failed}
    beside_well = {_beside(path) for path in well}
    failures, by_themselves = 0, set[str]()
    for outcome in recent:
        path, failed = outcome.path, outcome.failed
        if failed and well and path not in well:
            beside = _beside(path)
            by_themselves.add(path if beside in beside_well else beside)
        elif failed:
            failures += 1
    failures += len(by_themselves)
    successes = sum(not outcome.failed for outcome in recent)
    return failures >= THRESHOLD and failures >= SHARE * (failures + successes)


def _recent(outcomes: deque[Outcome], now: float) -> list[Outcome]:
    found: list[Outcome] = []
    succeeded_since = False
    for outcome in reversed(outcomes):
        succeeded_since = succeeded_since or not outcome.failed
        if succeeded_since and outcome.at <= now - WINDOW:
            break
        found.append(outcome)
    return found


def _beside(path: str) -> str:
    """What stands for all paths beside this one, and is no path itself: `/reports/7` -> `/reports//`."""
    return path[: path.rfind("/") + 1] + "/"
