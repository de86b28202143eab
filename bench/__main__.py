"""`python -m bench`: start the contenders, compare their answers, measure them, print the table."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import against, processes, tokens
from bench.answers import DifferentAnswers
from bench.cases import CASES, Case
from bench.contenders import CONTENDERS, FLOOR, STARTED_AGAIN, Contender, Running, start
from bench.documents import publish
from bench.load import Load, LoadFailed, Origin
from bench.measure import FULL, QUICK, Bench, Plan, Results
from bench.report import table
from devtools.runtime.runner import Runner, RunnerError


def main(argv: Sequence[str]) -> int:
    """Run the benchmark; exit code 1 when it could not be done or answers differ."""
    options = _options(argv)
    chosen = [one for one in CONTENDERS if not options.only or one.name in options.only]
    cases = [case for case in CASES if not options.case or case.name in options.case]
    try:
        if options.against:
            results = _measure(against.PLAN, against.contenders(options.against), cases)
            print(against.comparison(results))
            return 0
        if options.quick:
            chosen = [one for one in chosen if one not in FLOOR]  # no time for the least by hand
        results = _measure(QUICK if options.quick else FULL, chosen, cases)
    except (DifferentAnswers, LoadFailed, RunnerError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(table(results, chosen))
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1))
    if options.publish:
        publish(results)
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one connection count, short rounds: under two minutes")
    parser.add_argument("--against", metavar="COMMIT", help="only the sources of now beside those of a commit")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figures there")
    parser.add_argument("--publish", action="store_true", help="put figures, chart and tables into the documentation")
    parser.add_argument("--only", nargs="+", metavar="CONTENDER", choices=[one.name for one in CONTENDERS])
    parser.add_argument("--case", nargs="+", metavar="CASE", choices=[case.name for case in CASES])
    options = parser.parse_args(argv)
    if options.publish and (options.quick or options.only or options.case):
        parser.error("only a whole run is published: leave out --quick, --only and --case")
    if options.against and (options.quick or options.only or options.publish or options.json):
        parser.error("--against takes --case alone")
    return options


def _measure(plan: Plan, chosen: Sequence[Contender], cases: Sequence[Case]) -> Results:
    _warn_if_busy()
    with Origin(tokens.keys().jwks()) as origin, Load() as load, Runner() as runner:
        running: dict[str, Running] = {}
        bench = Bench(load, origin, running, _say)
        for one in chosen:
            _say(f"starting {one.title}")
            running[one.name] = start(runner, one, origin)
        again = [one for one in chosen if one in STARTED_AGAIN]
        for one in again * plan.starts:  # the first start may have had to pack what it starts from
            _say(f"starting {one.title} again")
            running[one.name].gateway.stop()
            running[one.name] = start(runner, one, origin)
            bench.results.starts[one.name]["first_response_ms"].append(running[one.name].first_response)
            bench.results.starts[one.name]["memory_at_start"].append(running[one.name].memory_at_start)
        _say("comparing the answers")
        bench.compare(cases)
        bench.run(plan, cases)
        for name, started in running.items():
            bench.results.starts[name]["memory_after_load"].append(processes.resident_bytes(started.pid))
    return bench.results


def _warn_if_busy() -> None:
    cores, load = processes.core_count_and_load()
    if load > cores / 2:
        _say(f"this machine is busy (load {load:.1f} on {cores} cores): the figures will be worse than they are")


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
