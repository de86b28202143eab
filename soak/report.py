"""What the soak tells: each wrong answer in full, and one table at the end. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from soak.exchanges import Answer, Question
from soak.log_lines import LogLines
from soak.memory import Sample, Verdict, grown_kinds, verdicts
from soak.model import is_overdue

CONTENT_SHOWN: Final = 1500
"""Bytes of a content that are shown of a wrong answer."""
WRONG_SHOWN: Final = 10
MISSING_SHOWN: Final = 5
MOST_OVERDUE: Final = 0.01
"""Share of answers that may be late on a busy machine before the run says nothing any more."""


@dataclass
class Tally:
    """What was asked and answered so far."""

    requests: Counter[str] = field(default_factory=Counter)
    """By kind."""
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    """By kind: how often which status."""
    asked_faults: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    overdue: int = 0
    """Answers that were late although nobody asked for it."""
    shown: list[str] = field(default_factory=list)
    """The first wrong answers in full."""
    times: list[float] = field(default_factory=list)
    """Seconds of each exchange."""

    def count(self, question: Question, answer: Answer, complaints: Sequence[str]) -> None:
        self.requests[question.kind] += 1
        self.overdue += is_overdue(answer) and question.fault.name != "hang"
        outcome = str(answer.status) if answer.complete or not answer.status else f"{answer.status} broken off"
        if question.hang_up is not None:
            outcome = "hung up"
        self.outcomes.setdefault(question.kind, Counter())[outcome] += 1
        if question.fault.name:
            self.asked_faults[question.fault.name] += 1
        self.times.append(answer.received - answer.sent)
        if complaints:
            self.wrong += 1
            if len(self.shown) < WRONG_SHOWN:
                self.shown.append(in_full(question, answer, complaints))

    def celebrate(self, happened: Counter[str], complaints: Sequence[str]) -> None:
        """A party in a room: what happened how often, and what was wrong."""
        self.requests["room"] += 1
        self.outcomes.setdefault("room", Counter()).update(happened)
        self.wrong += bool(complaints)


def in_full(question: Question, answer: Answer, complaints: Iterable[str]) -> str:
    """A wrong answer with its question and what is wrong with it."""
    asked = question.head("gateway").decode("latin-1").rstrip("\r\n").replace("\r\n", "\n    ")
    told = "\n".join(f"    {name}: {value}" for name, value in answer.headers.items())
    content = question.content or b""
    lines = [
        f"WRONG ANSWER ({question.kind})",
        *(f"  ! {complaint}" for complaint in complaints),
        f"  asked at {answer.sent:.3f}, with {len(content)} bytes of content {content[:80]!r}:",
        f"    {asked}",
        f"  answered at {answer.received:.3f}, {'complete' if answer.complete else 'not complete'} {answer.trouble}:",
        f"    {answer.status}",
        told,
        f"    {answer.content[:CONTENT_SHOWN]!r} ({len(answer.content)} bytes)",
    ]
    return "\n".join(lines)


def table(tally: Tally, log: LogLines, committed: Mapping[str, int], samples: Sequence[Sample], seconds: float) -> str:
    """Everything at a glance."""
    kinds = sorted(tally.requests.items())
    faults = sorted({*tally.asked_faults, *committed})
    parts = [
        _head(tally, seconds),
        _columns("asked", ((kind, f"{count:>8}", _counts(tally.outcomes[kind])) for kind, count in kinds)),
        _columns("faults", ((name, *_fault_row(tally.asked_faults[name], committed.get(name, 0))) for name in faults)),
        _columns("log", ((name, f"{count:>8}") for name, count in log.events.most_common())),
        _columns("memory", (_memory_row(verdict) for verdict in verdicts(samples))),
    ]
    return "\n\n".join(parts)


def faults(tally: Tally, log: LogLines, samples: Sequence[Sample]) -> list[str]:
    """What was not right, one line each; nothing when all was."""
    grown = [verdict for verdict in verdicts(samples) if not verdict.is_flat]
    asked = sum(tally.requests.values())
    missing = log.missing()
    return [
        *([f"{tally.wrong} wrong answers"] if tally.wrong else []),
        *([f"{tally.overdue} of {asked} answers were late: ask less of this machine"] if _is_slow(tally) else []),
        *(f"{verdict.limit.name}: {_memory_row(verdict)[2]}" for verdict in grown),
        *([f"objects: {', '.join(grown_kinds(samples))}"] if grown else []),
        *([f"tasks that wait: {', '.join(samples[-1].waiting)}"] if grown and samples[-1].waiting else []),
        *([f"{log.unhandled_count} lines of the log are not right"] if log.unhandled_count else []),
        *log.unhandled,
        *([f"{len(missing)} answers have no line in the log"] if missing else []),
        *missing[:MISSING_SHOWN],
    ]


def _is_slow(tally: Tally) -> bool:
    return tally.overdue > MOST_OVERDUE * sum(tally.requests.values())


def _fault_row(asked: int, committed: int) -> tuple[str, str]:
    return f"{asked:>8} asked for", f"{committed:>8} committed"


def _head(tally: Tally, seconds: float) -> str:
    total = sum(tally.requests.values())
    times = sorted(tally.times) or [0.0]
    middle, late = (times[int(share * (len(times) - 1))] * 1000 for share in (0.5, 0.99))
    return (
        f"{total} requests in {seconds:.0f} s, {total / seconds:.0f} a second,"
        f" half of them within {middle:.0f} ms, 99 % within {late:.0f} ms"
    )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counter.items()))


def _columns(title: str, rows: Iterable[Sequence[str]]) -> str:
    listed = list(rows)
    width = max((len(row[0]) for row in listed), default=0)
    return "\n".join([title, *(f"  {first:<{width}}  {'  '.join(rest)}".rstrip() for first, *rest in listed)])


def _memory_row(verdict: Verdict) -> tuple[str, str, str, str]:
    unit = verdict.limit.unit
    name = verdict.limit.name if unit == 1 else f"{verdict.limit.name} (MiB)"
    digits = 0 if unit == 1 else 1
    went = f"{verdict.first / unit:>10,.{digits}f} -> {verdict.last / unit:>10,.{digits}f}"
    word = ("flat" if verdict.is_flat else "GROWS") if verdict.judged else "too short to judge"
    return name, went, f"growth {verdict.growth / unit:>+10,.2f} of {verdict.allowed / unit:,.2f} allowed", word
