"""One round of load on one contender, and a whole run: interleaved rounds over all cases and connection counts."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import Any, Final, Self

from bench import processes, tokens
from bench.answers import check
from bench.cases import CASES, Case
from bench.contenders import COMPARED, Running
from bench.figures import Figure, Ratio, interleaved
from bench.load import Load, LoadFailed, Origin, message


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: Mapping[int, int]
    """Connections -> how many."""
    seconds: float
    """Of load, a round."""
    warm_up: float
    """Seconds of load before the first round of a contender at a case."""
    before: float
    """Seconds of load on each contender before anything is measured: V8 compiles hot WebAssembly anew, and takes its
    time; Python Workers need a quarter of a minute until that is over."""
    starts: int
    """How often those whose start is measured are started for it."""

    @property
    def connections(self) -> int:
        """Of the tables, at which all take part."""
        counts = sorted(self.rounds)
        return counts[len(counts) // 2]


FULL: Final = Plan(rounds={1: 2, 16: 9, 64: 2}, seconds=0.4, warm_up=0.3, before=12.0, starts=2)
QUICK: Final = Plan(rounds={16: 3}, seconds=0.15, warm_up=0.05, before=1.0, starts=1)


@dataclass(frozen=True)
class Round:
    """The figures of one round."""

    cpu_us: float
    """Microseconds of CPU of the contender's workerd, all threads, per request served."""
    rate: float
    """Requests per second."""
    p50: float
    p99: float
    first_byte: float
    """Milliseconds to the first byte of the answer, median."""


@dataclass
class Results:
    """Everything that was measured."""

    rounds: dict[str, dict[int, dict[str, list[Round]]]] = field(default_factory=dict)
    """By case, connections, contender."""
    origin_first_byte: dict[str, dict[int, float]] = field(default_factory=dict)
    """Milliseconds to the origin's own first byte without anything in front, by case and connections."""
    starts: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """By contender: `first_response_ms`, `memory_at_start`, `memory_after_load`."""

    def figure(self, case: str, connections: int, contender: str, name: str = "cpu_us") -> Figure | None:
        """One quantity of `Round`; None when the contender did not take part."""
        rounds = self.rounds.get(case, {}).get(connections, {}).get(contender)
        return Figure.of([getattr(one, name) for one in rounds]) if rounds else None

    def ratio(self, case: str, connections: int, contender: str, reference: str) -> Ratio | None:
        """How many times `reference`'s CPU is `contender`'s; None when one of them did not take part."""
        rounds = self.rounds.get(case, {}).get(connections, {})
        samples = [[one.cpu_us for one in rounds.get(name, ())] for name in (contender, reference)]
        return Ratio.of(*samples)

    def as_json(self) -> dict[str, Any]:
        rounds = {
            case: {
                str(connections): {
                    name: [[round(value, 1) for value in astuple(one)] for one in sample]
                    for name, sample in contenders.items()
                }
                for connections, contenders in by_connections.items()
            }
            for case, by_connections in self.rounds.items()
        }
        return {
            "fields": [item.name for item in fields(Round)],
            "rounds": rounds,
            "origin_first_byte_ms": self.origin_first_byte,
            "starts": self.starts,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The reverse of `as_json`, to a tenth."""
        results = cls()
        for case, by_connections in document["rounds"].items():
            results.rounds[case] = {
                int(connections): {name: [Round(*values) for values in sample] for name, sample in contenders.items()}
                for connections, contenders in by_connections.items()
            }
        results.origin_first_byte = {
            case: {int(connections): value for connections, value in found.items()}
            for case, found in document["origin_first_byte_ms"].items()
        }
        for name, found in document["starts"].items():
            results.starts[name].update(found)
        return results


class Bench:
    """A run over running contenders."""

    def __init__(self, load: Load, origin: Origin, running: Mapping[str, Running], say: Callable[[str], None]) -> None:
        self._load = load
        self._origin = origin
        self._running = running
        self._say = say
        self.results = Results()

    def compare(self, chosen: Sequence[Case] = CASES) -> None:
        """Raises DifferentAnswers unless all who work give the same answers, from the origin and then from a cache."""
        for _ in range(2):
            for case in chosen:
                working = ((name, one) for name, one in self._running.items() if one.contender.answers)
                urls = {name: one.url for name, one in working if one.contender.takes(case)}
                check(case, case.messages(tokens.keys()), urls)

    def run(self, plan: Plan, chosen: Sequence[Case] = CASES) -> None:
        self._warm_up(plan, chosen)
        for case in chosen:
            messages = case.messages(tokens.keys())
            warm: set[str] = set()
            for connections in plan.rounds:
                self._say(f"{case.title}, {connections} connections")
                wanted = self._running if connections == plan.connections else [one.name for one in COMPARED]
                running = ((name, one.contender) for name, one in self._running.items() if name in wanted)
                names = [name for name, contender in running if contender.takes(case)]
                for name in names:
                    if name not in warm:
                        url = self._running[name].url
                        self._load.apply(url, messages, connections=connections, seconds=plan.warm_up)
                warm.update(names)
                self._measure(case, messages, names, connections, plan)

    def _warm_up(self, plan: Plan, chosen: Sequence[Case]) -> None:
        self._say(f"warming up, {plan.before:g} s each")
        for one in self._running.values():
            work = [case for case in chosen if one.contender.takes(case)]
            for case in work:
                messages = case.messages(tokens.keys())
                seconds = plan.before / len(work)
                self._load.apply(one.url, messages, connections=max(plan.rounds), seconds=seconds)
            one.gateway.clear_logs()

    def _measure(self, case: Case, messages: Sequence[str], names: Sequence[str], connections: int, plan: Plan) -> None:
        sample: dict[str, list[Round]] = {name: [] for name in names}
        for name in interleaved(names, plan.rounds[connections]):
            sample[name].append(self._round(case, messages, self._running[name], connections, plan.seconds))
        self.results.rounds.setdefault(case.name, {})[connections] = sample
        if case.origin_path is not None:
            direct = [message(case.origin_path, {})]
            served = self._load.apply(self._origin.url, direct, connections=connections, seconds=plan.seconds)
            self.results.origin_first_byte.setdefault(case.name, {})[connections] = served.first_byte_p50

    def _round(self, case: Case, messages: Sequence[str], running: Running, connections: int, seconds: float) -> Round:
        before = processes.cpu_seconds(running.pid)
        served = self._load.apply(running.url, messages, connections=connections, seconds=seconds)
        used = processes.cpu_seconds(running.pid) - before
        if running.contender.answers and set(served.statuses) != {str(case.status)}:
            raise LoadFailed(f"{running.contender.name} answered {dict(served.statuses)} to {case.name}{_why(running)}")
        running.gateway.clear_logs()
        return Round(used / served.requests * 1e6, served.rate, served.p50, served.p99, served.first_byte_p50)


def _why(running: Running) -> str:
    """The first exception that a contender wrote to its log."""
    said = (line.get("traceback") for line in running.gateway.logs())
    return next((f":\n{text}" for text in said if text), "")
