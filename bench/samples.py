"""`python -m bench.samples [--case CASE ...]`: whose code a request's CPU goes to, as V8's sampler sees it in service.

V8 interrupts workerd a thousand times a second and notes what runs. Shares are of the main thread's, in per cent; the
first half of the load is left out, in which V8 compiles.
"""

import argparse
import bisect
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench import tokens
from bench.cases import CASES, Case
from bench.contenders import GATEHOUSE, start
from bench.documents import Row, table
from bench.load import Load, Origin
from devtools.runtime.runner import Runner

SECONDS: Final = 12.0
CONNECTIONS: Final = 16
ASKED: Final = ("geo", "hs256", "public_1k")

PYTHON, BUILTINS, SCRIPT, NATIVE, LIBRARIES = range(5)
OWNERS: Final = {
    PYTHON: "Python (WebAssembly)",
    BUILTINS: "V8's builtins",
    SCRIPT: "Pyodide's JavaScript",
    NATIVE: "workerd and V8",
    LIBRARIES: "C library, kernel",
}


@dataclass
class Profile:
    """What a log of V8's (`--prof`) says of one process. Addresses are those of the process, times microseconds."""

    libraries: list[tuple[int, int, str]] = field(default_factory=list)
    code: dict[int, tuple[int, int]] = field(default_factory=dict)
    """First address -> length and owner."""
    ticks: list[tuple[int, int]] = field(default_factory=list)
    """Time and address."""

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Profile":
        found = cls()
        for line in lines:
            kind, *rest = line.rstrip("\n").split(",")
            if kind == "shared-library":
                found.libraries.append((int(rest[1], 16), int(rest[2], 16), rest[0]))
            elif kind == "code-creation" and rest[3].startswith("0x"):
                found.code[int(rest[3], 16)] = (int(rest[4]), _owner(rest[0], rest[5]))
            elif kind == "tick":
                found.ticks.append((int(rest[1]), int(rest[0], 16)))
        return found

    def shares(self) -> dict[int, float]:
        """By owner, of the later half of the ticks."""
        later = self.ticks[len(self.ticks) // 2 :]
        starts = sorted(self.code)
        ours = [start for start in starts if self.code[start][1] == PYTHON]
        counts = Counter(self._of(address, starts, ours) for _, address in later)
        return {owner: counts[owner] / len(later) for owner in OWNERS}

    def _of(self, address: int, starts: Sequence[int], ours: Sequence[int]) -> int:
        at = bisect.bisect_right(starts, address) - 1
        if at >= 0 and address < starts[at] + self.code[starts[at]][0]:
            return self.code[starts[at]][1]
        for first, end, name in self.libraries:
            if first <= address < end:
                return NATIVE if name.endswith("workerd") else LIBRARIES
        # what V8 does not name between WebAssembly's functions is theirs: their ways in and out
        return PYTHON if ours and ours[0] <= address <= ours[-1] + self.code[ours[-1]][0] else LIBRARIES


def _owner(kind: str, name: str) -> int:
    if kind in ("Builtin", "BytecodeHandler", "Stub"):
        return BUILTINS
    return PYTHON if name.startswith(("wasm", "js-to-wasm")) else SCRIPT


def rows(shares: dict[str, dict[int, float]]) -> list[Row]:
    """One for each case."""
    found: list[Row] = [("% of CPU", *OWNERS.values())]
    return found + [(title, *(f"{its[owner]:.0%}" for owner in OWNERS)) for title, its in shares.items()]


def measured(case: Case) -> Profile:
    """What V8 noted under the load of `case`."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "v8.log")
        flags = ("--prof", f"--logfile={log}", "--no-logfile-per-isolate")
        with Origin(tokens.keys().jwks()) as origin, Load() as load, Runner(v8_flags=flags) as runner:
            running = start(runner, GATEHOUSE, origin)
            load.apply(running.url, case.messages(tokens.keys()), connections=CONNECTIONS, seconds=SECONDS)
            running.gateway.stop()
        with log.open(errors="replace") as lines:
            return Profile.of(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.samples", description=__doc__)
    parser.add_argument("--case", nargs="+", choices=[case.name for case in CASES], default=list(ASKED))
    asked = parser.parse_args().case
    print(table(rows({case.title: measured(case).shares() for case in CASES if case.name in asked})))


if __name__ == "__main__":
    main()
