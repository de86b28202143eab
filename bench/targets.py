"""What Gatehouse set out to cost, and what a run says of it."""

from collections.abc import Callable, Sequence
from typing import Final

from bench.cases import CASES
from bench.contenders import EMPTY_PYTHON, FASTAPI, GATEHOUSE, HONO, Contender
from bench.figures import ratio
from bench.measure import Results

LESS_THAN_FASTAPI: Final = 8.0
OWN_WORK: Final = {"geo": 60.0, "mine": 150.0}
"""Case -> microseconds over an empty Python Worker."""
OF_HONO: Final = {"hs256": 1.5, "rs256": 1.0, "public_1k": 1.0, "public_64k": 1.0, "public_1m": 1.0, "mine": 1.0}
"""Case -> how many times Hono's CPU at most."""

TITLES: Final = {case.name: case.title for case in CASES}

Row = tuple[str, str, str]


def rows(results: Results, connections: int) -> list[Row]:
    """One for each target: what was aimed at, what was measured, whether that reaches it."""

    def cpu(case: str, one: Contender) -> float | None:
        figure = results.figure(case, connections, one.name)
        return figure.median if figure else None

    ours = {case.name: cpu(case.name, GATEHOUSE) for case in CASES}
    nothing = cpu("geo", EMPTY_PYTHON)
    found: list[Row] = [("target: CPU per request", "measured", "")]
    for case in CASES:
        times = _times(cpu(case.name, FASTAPI), ours[case.name])
        found += _row(
            f"{case.title}: {LESS_THAN_FASTAPI:g} times less than FastAPI", times, _at_least, LESS_THAN_FASTAPI
        )
    for name, most in OF_HONO.items():
        times = _times(ours[name], cpu(name, HONO))
        found += _row(f"{TITLES[name]}: at most {most:g} times Hono", times, _at_most, most)
    for name, most in OWN_WORK.items():
        mine = ours[name]
        own = mine - nothing if mine is not None and nothing is not None else None
        target = f"{TITLES[name]}: at most {most:g} µs over an empty Python Worker"
        found += _row(target, own, _at_most, most, "{:.0f} µs")
    return found


def _row(
    target: str, value: float | None, reaches: Callable[[float, float], bool], limit: float, form: str = "{:.2f} times"
) -> Sequence[Row]:
    """The row, or no row for what was not measured."""
    return [] if value is None else [(target, form.format(value), "reached" if reaches(value, limit) else "missed")]


def _times(value: float | None, reference: float | None) -> float | None:
    return ratio(value, reference) if value is not None and reference is not None else None


def _at_least(value: float, limit: float) -> bool:
    return value >= limit


def _at_most(value: float, limit: float) -> bool:
    return value <= limit
