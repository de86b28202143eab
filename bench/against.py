"""`--against COMMIT`: the sources of now beside those of a commit, in one run, at every case.

Nothing of the commit counts but its `src/`, called by the door that it has: runtime, packages, configuration and load
are those of now. The two processes with the same sources say what such a run cannot tell apart.
"""

import io
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench.cases import CASES
from bench.contenders import AGAIN, BY_CLASS, CONFIG, GATEHOUSE, Contender
from bench.documents import Row, as_ratio, rounded, table
from bench.measure import Plan, Results
from devtools.paths import ROOT, STATE

BEFORE: Final = "before"

PLAN: Final = Plan(rounds={16: 15}, seconds=0.4, warm_up=0.3, before=12.0, starts=0)


def before(commit: str) -> Contender:
    """Gatehouse as it was. Raises CalledProcessError where there is no such commit."""
    source = sources(commit)
    its: dict[str, Any] = {"source": source, "config": by_its_door(source)}
    return Contender(BEFORE, f"Gatehouse at {commit}", lambda origin: {**GATEHOUSE.options(origin), **its})


def by_its_door(source: Path) -> Mapping[str, Any]:
    """How sources are called: by functions, or, from before there were any, by the class in `entry.py`."""
    return CONFIG if (source / str(CONFIG["main"])).exists() else BY_CLASS


def sources(commit: str) -> Path:
    """Its `src/`, unpacked."""
    packed = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, check=True, capture_output=True).stdout
    folder = STATE / "bench" / "before" / commit
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def contenders(commit: str) -> tuple[Contender, ...]:
    return (GATEHOUSE, AGAIN, before(commit))


def comparison(results: Results) -> str:
    """CPU microseconds a request, how many times that of before it is, and how far the same source is from itself."""
    (count,) = PLAN.rounds
    rows: list[Row] = [("CPU µs per request", "before", "now", "now ÷ before", "now ÷ now")]
    for case in CASES:
        figures = [results.figure(case.name, count, name) for name in (BEFORE, GATEHOUSE.name)]
        ratios = [results.ratio(case.name, count, *pair) for pair in _pairs()]
        if all(figures):
            rows.append((case.title, *map(rounded, figures), *map(as_ratio, ratios)))
    return table(rows)


def _pairs() -> Sequence[tuple[str, str]]:
    return ((GATEHOUSE.name, BEFORE), (AGAIN.name, GATEHOUSE.name))
