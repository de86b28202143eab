"""The statistics of the benchmark: pure functions over samples of rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
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


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times one contender's quantity is another's, by rounds that followed each other."""

    median: float
    lower: float
    """The first quartile."""
    upper: float
    """The third."""

    @classmethod
    def of(cls, sample: Sequence[float], reference: Sequence[float]) -> Self | None:
        """Round by round, so that what slows the machine for a while slows both; None with nothing to compare."""
        found = [value / other for value, other in zip(sample, reference, strict=False) if other]
        if not found:
            return None
        lower, _, upper = quantiles(found, n=4, method="inclusive") if len(found) > 1 else (found[0],) * 3
        return cls(median(found), lower, upper)


def interleaved(names: Sequence[str], rounds: int) -> list[str]:
    """Who is measured when: every round begins with the next contender, so that none always follows the same one."""
    order: list[str] = []
    for number in range(rounds):
        first = number % len(names)
        order += [*names[first:], *names[:first]]
    return order
