"""What a run says of each aim: reached or missed, and of a miss, whether Python gets there at all over this bridge."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.aims import LESS_THAN_FASTAPI, OF_HONO, OF_HONO_SHORT
from bench.cases import CASES
from bench.contenders import FASTAPI, GATEHOUSE, HONO, LEAST_PYTHON, LEAST_SHORT, SHORT, Contender
from bench.figures import Ratio
from bench.measure import Results

TITLES: Final = {case.name: case.title for case in CASES}

OUT_OF_REACH: Final = "the least misses it"
OURS: Final = "ours to mend"
CLOSE: Final = " (close)"
"""What is said of a miss, by the median of the least in Python; and that its quartiles are not both on that side."""

Row = tuple[str, str, str, str, str]
HEAD: Final[Row] = ("target: CPU per request", "measured", "", "the least in Python", "")


@dataclass(frozen=True)
class Target:
    """One aim: how many times `reference`'s CPU that of `measured` may be; with `is_less`, how many times less."""

    case: str
    limit: float
    title: str
    measured: Contender
    least: Contender
    """What stands for the least in its place."""
    reference: Contender
    is_less: bool = False

    def of(self, contender: Contender, results: Results, connections: int) -> Ratio | None:
        """The ratio that the limit is about, with `contender` as what is measured."""
        pair = (self.reference, contender) if self.is_less else (contender, self.reference)
        return results.ratio(self.case, connections, *(one.name for one in pair))

    def is_reached(self, value: float) -> bool:
        return value >= self.limit if self.is_less else value <= self.limit

    def blame(self, least: Ratio) -> str:
        """Whose a miss is."""
        whose = OURS if self.is_reached(least.median) else OUT_OF_REACH
        is_clear = self.is_reached(least.lower) == self.is_reached(least.upper)
        return whose if is_clear else whose + CLOSE


def rows(results: Results, connections: int) -> list[Row]:
    """One for each target that was measured: what was aimed at, what was found, whether that reaches it; beside a miss,
    what the least in Python comes to."""
    found = [HEAD]
    for target in _targets():
        times = target.of(target.measured, results, connections)
        if times is None:
            continue
        if target.is_reached(times.median):
            found.append((target.title, _times(times), "reached", "", ""))
            continue
        least = target.of(target.least, results, connections)
        beside = (_times(least), target.blame(least)) if least else ("", "")
        found.append((target.title, _times(times), "missed", *beside))
    return found


def _targets() -> Iterator[Target]:
    for case in CASES:
        limit = LESS_THAN_FASTAPI[case.origin_path is not None]
        title = f"{case.title}: {limit:g} times less than FastAPI"
        yield Target(case.name, limit, title, GATEHOUSE, LEAST_PYTHON, FASTAPI, is_less=True)
    for name, limit in OF_HONO.items():
        yield Target(name, limit, f"{TITLES[name]}: at most {limit:g} times Hono", GATEHOUSE, LEAST_PYTHON, HONO)
    for name, limit in OF_HONO_SHORT.items():
        title = f"{TITLES[name]}: at most {limit:g} times Hono, by the short dispatch"
        yield Target(name, limit, title, SHORT, LEAST_SHORT, HONO)


def _times(found: Ratio) -> str:
    return f"{found.median:.2f} [{found.lower:.2f}, {found.upper:.2f}]"
