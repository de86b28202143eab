"""Memory over time: samples, and whether they are flat. Pure.

A sample is taken while nothing is under way, so the count of objects is exact but for what the caches hold at that
moment. That grows until they are full, then goes up and down with the minute's outages and turning keys; a leak grows
with the requests that were served and never goes down. So only samples after enough traffic to fill the caches are
judged, and of every `TURN` samples in a row the lowest counts: growth is the slope of the straight line through those
(least squares), times the requests between the first and the last, and it must stay within `LIMITS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MIB: Final = 1024 * 1024

FEWEST: Final = 18
"""Samples that a judgement needs."""
TURN: Final = 6
"""Samples in which everything that goes up and down has been down: a minute of a soak of ten. What a turn of keys takes
away is there again within twenty seconds."""
FILLING: Final = 20_000
"""Requests after which the mix has asked for almost everything that it ever asks for twice."""
KINDS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """What the gateway held after so many requests. The first five are those of `measured.py`."""

    requests: int
    objects: float
    references: float
    tasks: float
    allocated: float
    heap: float
    resident: float
    """Bytes of the whole workerd process: beside Python its JavaScript, and the simulated key-value store."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How many objects of which type."""
    waiting: Sequence[str] = ()
    """Where the tasks wait."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much growth over the judged samples is taken for noise."""

    name: str
    unit: float
    share: float
    """Of the first judged sample."""
    least: float
    """In units of its own, for what is small."""
    mark: bool = False
    """Whether it is a high-water mark, which never falls: then growth is the last sample less the first."""


STEP: Final = 0.21
"""By which WebAssembly's memory grows when a peak needs more: a fifth (`emscripten_resize_heap`), in whole pages.

One step may come at any time, with the first moment in which the largest contents meet. What is kept for ever is seen
in `allocated` long before it makes one, and what falls to pieces makes a second."""

LIMITS: Final = (
    Limit("objects", 1, 0.015, 500),
    Limit("references", 1, 0.05, 20),
    Limit("tasks", 1, 0, 0.5),
    Limit("allocated", MIB, 0.02, 0.5 * MIB),
    Limit("heap", MIB, STEP, 0.5 * MIB, mark=True),
    Limit("resident", MIB, 0.1, 20 * MIB),
)
"""The process may grow most: V8 keeps what it has collected, and in runs in which nothing else grew its 1,200 MiB went
by -22 to +63."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one figure went. `growth` is over the judged samples."""

    limit: Limit
    first: float
    last: float
    growth: float
    allowed: float
    judged: bool

    @property
    def is_flat(self) -> bool:
        return not self.judged or self.growth <= self.allowed


def verdicts(samples: Sequence[Sample]) -> list[Verdict]:
    """One for each figure."""
    judged = filled(samples)
    enough = len(judged) >= FEWEST
    return [_verdict(limit, judged if enough else samples, enough) for limit in LIMITS] if samples else []


def filled(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples of the time in which caches were full."""
    return [sample for sample in samples if sample.requests - samples[0].requests >= FILLING]


def _verdict(limit: Limit, samples: Sequence[Sample], judged: bool) -> Verdict:
    points = lowest([(float(sample.requests), float(getattr(sample, limit.name))) for sample in samples])
    requests, values = [request for request, _ in points], [value for _, value in points]
    growth = values[-1] - values[0] if limit.mark else slope(requests, values) * (requests[-1] - requests[0])
    allowed = max(limit.least, limit.share * values[0])
    return Verdict(limit, values[0], values[-1], growth, allowed, judged)


def lowest(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of every `TURN` points in a row the one with the lowest value; what is left over at the beginning is left out."""
    begins = range(len(points) % TURN if len(points) > TURN else 0, len(points), TURN)
    return [min(points[begin : begin + TURN], key=lambda point: point[1]) for begin in begins]


def grown_kinds(samples: Sequence[Sample]) -> list[str]:
    """The types of which the last sample has most more than the first judged one: `method +300`."""
    before, *_, after = [sample.kinds for sample in filled(samples)]
    grown = {kind: count - before.get(kind, 0) for kind, count in after.items()}
    most = sorted(grown.items(), key=lambda item: -item[1])[:KINDS_SHOWN]
    return [f"{kind} {count:+}" for kind, count in most if count > 0]


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The slope of the straight line that fits best (least squares); 0 for fewer than two different `xs`."""
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    if not spread:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
