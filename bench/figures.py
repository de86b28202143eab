"""The statistics of the benchmark: pure functions over samples of rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity measured in several rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, sample: Sequence[float]) -> Self:
        """Raises ValueError for an empty sample."""
        if not sample:
            raise ValueError("nothing was measured")
        return cls(median(sample), min(sample), max(sample))

    @property
    def spread(self) -> float:
        """Highest less lowest, as a share of the median."""
        return (self.high - self.low) / self.median if self.median else 0.0


def ratio(value: float, reference: float) -> float | None:
    """How many times `reference` is `value`; None where there is nothing to divide by."""
    return value / reference if reference else None


def interleaved(names: Sequence[str], rounds: int) -> list[str]:
    """Who is measured when: every round begins with the next contender, so that none always follows the same one."""
    order: list[str] = []
    for number in range(rounds):
        first = number % len(names)
        order += [*names[first:], *names[:first]]
    return order
