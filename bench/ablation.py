"""`python -m bench.ablation [--case CASE …]`: what a request costs less in service with one step taken out of its way.

Copies of the sources, each without one step or with a constant in its place, beside the sources as they are, by turns:
a step costs what its copy costs less. Not all of that is lost time: each row says what the step is for. Two rows put
something in: the long way that a hit goes the first time, and the whole decision a second time, which says what the
same work costs when the processor has just done it. No copy is a gateway anybody could use.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import tokens
from bench.cases import CASES
from bench.contenders import AGAIN, GATEHOUSE, Contender, start
from bench.documents import Row, as_ratio, rounded, table
from bench.load import Load, Origin
from bench.measure import Bench, Plan, Results
from bench.peers import BUILT
from devtools.paths import SOURCES, copy_sources
from devtools.runtime.runner import Runner

HITS: Final = ("public_1k", "mine")
LARGE: Final = ("public_1m", "stream")
PLAN: Final = Plan(rounds={16: 21}, seconds=0.25, warm_up=0.3, before=10.0, starts=0)

GATEWAY: Final = "gateway.py"
DECIDED: Final = "            response = await self._answer(exchange)\n"
REMEMBERED: Final = """\
            from core.records import replace as _replace
            _name = request.path + request.headers.get("authorization", "")
            _seen = self.__dict__.setdefault("_seen", {})
            _fields, _from = _seen.get(_name, (None, None))
            if isinstance(_from, bytes):
                response = Response(200, {**_fields}, _from)
            elif isinstance(_from, str):
                response = Response(200, {**_fields}, (await platform.store.get(_from, timeout=1.0)).body)
            elif _from is not None:
                response = await platform.fetch(_replace(_from, client=request.client), timeout=10.0)
            else:
                response = await self._answer(exchange)
                if "; hit" in response.headers.get("cache-status", ""):
                    _kept = response.body if isinstance(response.body, bytes) else platform.store.last
                    _seen[_name] = ({**response.headers}, _kept)
"""
"""By what was found for the same path and caller before: its content, its key in KV, or what the origin was sent."""
PASSED_BY: Final = "            return await self._cache.pass_by(request, forwarding, exchange.background)\n"
SENT_BEFORE: Final = (
    "            _name = request.path + request.headers.get('authorization', '')\n"
    "            self.__dict__.setdefault('_seen', {})[_name] = ({}, forwarding.request)\n"
)
READ: Final = "        value = await self._store.get(PREFIX + name, timeout=READ_TIMEOUT)\n"


@dataclass(frozen=True)
class Change:
    """A text that stands once in a file of the sources, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Step:
    name: str
    title: str
    purpose: str
    """What is lost without it."""
    changes: tuple[Change, ...]


STEPS: Final = (
    Step(
        "decision",
        "all that is decided",
        "what is done is what was done the last time, whatever is asked",
        (
            Change(GATEWAY, DECIDED, REMEMBERED),
            Change(GATEWAY, PASSED_BY, SENT_BEFORE + PASSED_BY),
            Change("caching/store.py", READ, f"        self._store.last = PREFIX + name\n{READ}"),
        ),
    ),
    Step(
        "routes",
        "*path, endpoint and route found anew*",
        "nothing: it is what a path that is remembered saves",
        (Change(GATEWAY, "self._leads.put(name, lead)", "pass"),),
    ),
    Step(
        "trace",
        "trace and country",
        "the log line's",
        (
            Change(
                GATEWAY,
                "            exchange.country = self._locator.country(exchange.request.cf)\n"
                "            exchange.trace = trace(exchange.request.headers, self._platform.random).id\n",
                "",
            ),
        ),
    ),
    Step(
        "record",
        "log line and counts",
        "one line a request; the hourly summary",
        (Change(GATEWAY, "                self._record(exchange, response)\n", "                pass\n"),),
    ),
    Step(
        "reads",
        "KV read again after five seconds",
        "changes made elsewhere, purges, tokens taken back",
        (
            Change("caching/memory.py", "MEMORY_SECONDS: Final = 5.0", "MEMORY_SECONDS: Final = 1e9"),
            Change("caching/purges.py", "SECONDS_KNOWN: Final = 5.0", "SECONDS_KNOWN: Final = 1e9"),
            Change("core/flags.py", "LOOK_SECONDS: Final = 10.0", "LOOK_SECONDS: Final = 1e9"),
        ),
    ),
    Step(
        "clock",
        "the time asked for more than once",
        "durations; everything kept for a while ends",
        (
            Change("edge/isolate.py", "        clock=time.time,\n", "        clock=partial(float, time.time()),\n"),
            Change("edge/isolate.py", "import random\n", "import random\nfrom functools import partial\n"),
        ),
    ),
    Step(
        "collector",
        "Python's garbage collector",
        "cycles are let go",
        (Change("entry.py", "gc.enable()\n", ""),),
    ),
    Step(
        "long",
        "*the long way, as at the first hit*",
        "nothing: it is what a hit over again saves",
        (Change("caching/policy.py", "self.repeats = repeats and", "self.repeats = False and"),),
    ),
    Step(
        "twice",
        "*all that is decided, twice*",
        "nothing: it is what deciding costs when it has just been done",
        (
            Change(
                GATEWAY,
                DECIDED,
                f"            await self._answer(Exchange(request, own_id, platform.clock(), later))\n{DECIDED}",
            ),
        ),
    ),
)


def build(step: Step, folder: Path) -> Path:
    """A copy of the sources with the changes of `step`. Raises ValueError where they do not fit any more."""
    shutil.rmtree(folder, ignore_errors=True)
    copy_sources(SOURCES, folder)
    for change in step.changes:
        file = folder / change.file
        text = file.read_text()
        if text.count(change.old) != 1:
            raise ValueError(f"{step.name}: {change.file} has {text.count(change.old)} times {change.old!r}")
        file.write_text(text.replace(change.old, change.new))
    return folder


def contenders(steps: Sequence[Step]) -> tuple[Contender, ...]:
    return (GATEHOUSE, AGAIN, *(_without(step) for step in steps))


def _without(step: Step) -> Contender:
    source = build(step, BUILT / "ablation" / step.name)
    return Contender(step.name, step.title, lambda origin: {**GATEHOUSE.options(origin), "source": source})


def report(results: Results, steps: Sequence[Step], case: str) -> str:
    """A row for each step: CPU microseconds a request without it, and how many times that of the sources it is."""
    (count,) = PLAN.rounds
    whole = results.figure(case, count, GATEHOUSE.name)
    rows: list[Row] = [
        ("taken out", "CPU µs without", "÷ as it is", "what it is for"),
        ("nothing", rounded(whole), "", ""),
        ("nothing, in a second process", *_measured(results, case, AGAIN.name), ""),
        *((step.title, *_measured(results, case, step.name), step.purpose) for step in steps),
    ]
    return table(rows)


def _measured(results: Results, case: str, name: str) -> tuple[str, str]:
    (count,) = PLAN.rounds
    return rounded(results.figure(case, count, name)), as_ratio(results.ratio(case, count, name, GATEHOUSE.name))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ablation", description=__doc__)
    parser.add_argument("--case", nargs="+", default=HITS, choices=(*HITS, *LARGE))
    parser.add_argument("--step", nargs="+", choices=[step.name for step in STEPS])
    options = parser.parse_args()
    steps = [step for step in STEPS if not options.step or step.name in options.step]
    cases = [case for case in CASES if case.name in options.case]
    with Origin(tokens.keys().jwks()) as origin, Load() as load, Runner() as runner:
        running = {one.name: start(runner, one, origin) for one in contenders(steps)}
        bench = Bench(load, origin, running, lambda line: print(f"bench: {line}", file=sys.stderr, flush=True))
        bench.compare(cases)
        bench.run(PLAN, cases)
    for case in cases:
        print(f"{case.title}\n\n{report(bench.results, steps, case.name)}\n")


if __name__ == "__main__":
    main()
