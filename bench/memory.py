"""`python -m bench.memory`: what of workerd's resident memory grows under load, and what does not.

Two rounds of the same work, every case for some seconds at 64 connections. What a second round adds as the first did
would be a leak; what the first alone adds is kept ready: garbage that is not collected yet, and what malloc does not
give back.
"""

import re
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import tokens
from bench.cases import CASES
from bench.contenders import CONFIG, GATEHOUSE, Contender, Running, start
from bench.documents import Row, table
from bench.load import Load, Origin
from devtools.paths import SOURCES
from devtools.runtime import memory
from devtools.runtime.runner import Runner

SECONDS: Final = 3.0
CONNECTIONS: Final = 64
ROUNDS: Final = 2

HEAD: Final = ("MB", "resident", "files", "Python: its memory", "in use", "V8 and malloc")

_MAPPING: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+)")


def parts(smaps: str, python: int) -> dict[str, int]:
    """Resident bytes by what they are for. `python` is the size of the interpreter's WebAssembly memory, which is a
    mapping of that size."""
    found = {"files": 0, "python": 0, "others": 0}
    kind = "others"
    for line in smaps.splitlines():
        if mapping := _MAPPING.match(line):
            size = int(mapping[2], 16) - int(mapping[1], 16)
            kind = "files" if mapping[3] != "0" else "python" if size == python else "others"
        elif line.startswith("Rss:"):
            found[kind] += int(line.split()[1]) * 1024
    return found


def _row(title: str, running: Running) -> Row:
    figures: dict[str, Any] = running.gateway.client.get(memory.CONTROL).json()
    found = parts(Path(f"/proc/{running.pid}/smaps").read_text(), figures["heap"])
    shown = (sum(found.values()), found["files"], found["python"], figures["allocated"], found["others"])
    return (title, *(f"{value / 1e6:.0f}" for value in shown))


def main() -> None:
    with (
        Origin(tokens.keys().jwks()) as origin,
        Load() as load,
        Runner() as runner,
        tempfile.TemporaryDirectory() as folder,
    ):
        beside = memory.measured(SOURCES, Path(folder))
        options = {**GATEHOUSE.options(origin), **beside, "config": {**CONFIG, "main": "measured.py"}}
        running = start(runner, Contender("measured", "Gatehouse", lambda _: options), origin)
        rows: list[Row] = [HEAD, _row("after start", running)]
        for number in range(ROUNDS):
            for case in CASES:
                load.apply(running.url, case.messages(tokens.keys()), connections=CONNECTIONS, seconds=SECONDS)
                running.gateway.clear_logs()
            rows.append(_row(f"after round {number + 1} of load", running))
    print(table(rows))


if __name__ == "__main__":
    main()
