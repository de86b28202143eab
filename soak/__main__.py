"""`python -m soak [--minutes 10]`: mixed traffic with faults, every answer checked, memory and log watched.

Exit code 0 when all was right, 1 when an answer was wrong, memory grew or the log has a line that no fault explains.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import processes
from devtools.failure import Failure
from devtools.paths import SOURCES
from devtools.runtime.runner import Runner, RunnerError
from devtools.runtime.supervise import interruptible
from soak.gateway import gateway, variables
from soak.log_lines import LogLines
from soak.mix import Mix
from soak.origin_process import OriginProcess
from soak.people import Keys, Tokens
from soak.report import faults, table
from soak.rooms.process import rooms_process
from soak.run import Options, Soak
from soak.schedule import Schedule
from soak.world import World

INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Run the soak; the exit code."""
    options = _options(argv)
    with interruptible():
        try:
            return _soak(options)
        except KeyboardInterrupt:
            return INTERRUPTED


def _soak(options: Options) -> int:
    schedule = Schedule(time.time())
    keys = Keys.generate()
    origin_secret = secrets.token_hex(32)
    setup = {"began": schedule.began, "keys": keys.published(), "secret": origin_secret}
    world = World(schedule, Tokens(keys, schedule), options.seed)
    log = LogLines((keys.secret, origin_secret))
    interrupted = False
    with OriginProcess(setup) as origin, rooms_process(origin_secret) as rooms, Runner() as runner:
        settings = variables(keys, origin.well, origin.brittle, rooms, origin_secret)
        with gateway(runner, options.source, settings) as started:
            (workerd,) = processes.children(runner.pid)
            _say(f"{options.minutes:g} minutes at {options.connections} connections, seed {options.seed}")
            soak = Soak(options, started, workerd, world, Mix(world, options.faults), log, _say)
            try:
                asyncio.run(soak.run())
            except KeyboardInterrupt:
                interrupted = True
    print(table(soak.tally, log, origin.committed, soak.samples, soak.seconds))
    found = faults(soak.tally, log, soak.samples)
    print("\n".join(["", *(f"FAULT: {fault}" for fault in found)] if found else ["", "all was right"]))
    return INTERRUPTED if interrupted else min(1, len(found))


def _options(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", default="10", help="of mixed traffic (10)")
    parser.add_argument("--connections", default="64", help="clients that ask at the same time (64)")
    parser.add_argument("--faults", default="0.02", help="share of requests and of calls to the store that fail (0.02)")
    parser.add_argument("--seed", default="", help="of the dice; one is chosen and printed")
    parser.add_argument("--source", type=Path, default=SOURCES, help="the Worker's folder, to soak another one (src)")
    given = parser.parse_args(argv)
    if not (given.source / "entry.py").is_file():
        raise Failure(f"there is no entry.py in {given.source}", "name a folder like src/ with --source")
    return Options(
        _number("minutes", given.minutes, 0.05, 24 * 60),
        int(_number("connections", given.connections, 1, 1000)),
        _number("faults", given.faults, 0, 0.5),
        int(_number("seed", given.seed or str(secrets.randbelow(10**6)), 0, 10**9)),
        given.source,
    )


def _number(name: str, text: str, least: float, most: float) -> float:
    """Raises Failure for what is no number of that range."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise Failure(f"{name} cannot be {text!r}", f"give a number between {least:g} and {most:g}", code=2)
    return value


def _say(line: str) -> None:
    print(f"soak: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Failure, RunnerError) as failure:
        print(f"gatehouse: {failure}", file=sys.stderr)
        sys.exit(failure.code if isinstance(failure, Failure) else 1)
