"""A day's estimated cost: what it is by part, whether it is too much, and how that is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from application.running.pricing import AS_OF

GROWTH = 1.5
"""Times the median of the last days: more is told."""
NOTICEABLE = 0.10
"""Dollars a day: growth below that is nobody's concern."""
DAYS, ENOUGH_DAYS = 7, 3
"""Days that are compared with, and how many of them there must be."""
SHOWN = 5
"""Parts named in a message."""


@dataclass(frozen=True)
class Report:
    """The estimated cost of a day in US dollars, by part of the stack. `day` is a date by ISO 8601, in UTC."""

    day: str
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a day's cost, in sentences; nothing, mostly."""

    reasons: tuple[str, ...]
    usual: float | None
    """The median of the last days, if there are enough of them."""


def judge(report: Report, earlier: Sequence[Report], threshold: float) -> Verdict:
    """`earlier` are reports of the last seven days; `threshold` is in dollars a day."""
    totals = [one.total for one in earlier]
    usual = median(totals) if len(totals) >= ENOUGH_DAYS else None
    reasons = []
    if report.total > threshold:
        reasons.append(f"${report.total:.2f} is more than the threshold of ${threshold:.2f}.")
    if usual is not None and report.total > usual * GROWTH and report.total - usual > NOTICEABLE:
        reasons.append(f"${report.total:.2f} is more than {GROWTH} times the usual ${usual:.2f}.")
    return Verdict(tuple(reasons), usual)


def growth(report: Report, earlier: Sequence[Report]) -> dict[str, float]:
    """Dollars by which each part is above its own median, the most first; parts that did not grow are left out."""
    if not earlier:
        return {}
    grown = {name: cost - median(one.parts.get(name, 0.0) for one in earlier) for name, cost in report.parts.items()}
    return {name: more for name, more in sorted(grown.items(), key=lambda item: -item[1]) if more > 0}


def message(report: Report, earlier: Sequence[Report], verdict: Verdict) -> str:
    """For people: why, by part, and what grew."""
    lines = [*verdict.reasons, "", f"Estimated cost of {report.day}, by the prices of {AS_OF}:"]
    lines += table(report)
    grown = list(growth(report, earlier).items())[:SHOWN]
    if grown:
        lines += ["", f"Above the median of the last {len(earlier)} days:"]
        lines += [f"  {name}  +${more:.4f}" for name, more in grown]
    return "\n".join(lines)


def table(report: Report) -> list[str]:
    """One line a part, the dearest first, and their sum."""
    width = max(map(len, [*report.parts, "total"]))
    parts = sorted(report.parts.items(), key=lambda item: -item[1])
    return [f"  {name:<{width}}  ${cost:.4f}" for name, cost in [*parts, ("total", report.total)]]
