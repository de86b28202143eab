"""What Gatehouse set out to cost, and what a run says of it."""

from collections.abc import Callable, Sequence
from typing import Final

from bench.cases import CASES
from bench.contenders import FASTAPI, GATEHOUSE, HONO, SHORT
from bench.figures import Ratio
from bench.measure import Results

LESS_THAN_FASTAPI: Final = {True: 6.0, False: 10.0}
"""Whether something is forwarded -> how many times."""
OF_HONO: Final = {"geo": 2.0, "hs256": 1.9, "public_1k": 1.05, "mine": 1.05, "refused": 2.0}
"""Case -> how many times Hono's CPU at most, with what production's runtime does around a request."""
OF_HONO_SHORT: Final = {
    "geo": 1.5,
    "hs256": 1.6,
    "rs256": 1.0,
    "public_1k": 0.95,
    "public_64k": 0.9,
    "public_1m": 1.3,
    "mine": 0.95,
    "refused": 1.5,
    "stream": 1.3,
}
"""The same without that."""

TITLES: Final = {case.name: case.title for case in CASES}

Row = tuple[str, str, str]


def rows(results: Results, connections: int) -> list[Row]:
    """One for each target: what was aimed at, what was measured, whether that reaches it."""
    found: list[Row] = [("target: CPU per request", "measured", "")]
    for case in CASES:
        least = LESS_THAN_FASTAPI[case.origin_path is not None]
        times = results.ratio(case.name, connections, FASTAPI.name, GATEHOUSE.name)
        found += _row(f"{case.title}: {least:g} times less than FastAPI", times, _at_least, least)
    for one, limits, how in ((GATEHOUSE, OF_HONO, ""), (SHORT, OF_HONO_SHORT, ", by the short dispatch")):
        for name, most in limits.items():
            times = results.ratio(name, connections, one.name, HONO.name)
            found += _row(f"{TITLES[name]}: at most {most:g} times Hono{how}", times, _at_most, most)
    return found


def _row(target: str, value: Ratio | None, reaches: Callable[[float, float], bool], limit: float) -> Sequence[Row]:
    """The row, or no row for what was not measured."""
    if value is None:
        return []
    return [(target, f"{value.median:.2f} times", "reached" if reaches(value.median, limit) else "missed")]


def _at_least(value: float, limit: float) -> bool:
    return value >= limit


def _at_most(value: float, limit: float) -> bool:
    return value <= limit
