"""`python -m fuzz [--seconds 20] [--keep] [target ...]`: every target under atheris, one for each core at a time.

Starts from the kept corpus (`corpus/`) and from what earlier sessions on this machine found (`.gatehouse/fuzz/`). An
input that fails is printed, written to `.gatehouse/fuzz/`, and makes the exit code 1; put it into the corpus with the
mend. `--keep` adds to the corpus what was found: inputs that each reached code no other had reached.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from devtools.failure import Failure
from devtools.installing.stamps import Stamp, key_of
from devtools.paths import FUZZ_LOCK, ROOT, SOURCES, STATE
from devtools.steps import run_step
from fuzz.corpus_files import keep, kept, targets

BLIND = "no interesting inputs were found so far"
"""libFuzzer's word for a target whose code it does not see: all inputs are alike then, and it finds nothing."""

WORK = STATE / "fuzz"
PACKAGES = STATE / "atheris"
"""atheris lives beside the virtual environment, which holds nothing but what requirements/dev.txt locks."""

LONGEST = 4096
"""Bytes of an input; no parser here reads more than the 8 KB of a token."""
LONGEST_KEPT = 512
"""Bytes of an input in the kept corpus."""
LIMITS = (f"-max_len={LONGEST}", "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1")


@dataclass(frozen=True)
class Session:
    """How one target's session ended."""

    target: str
    runs: int
    inputs: int
    """How many inputs its corpus now holds."""
    failure: str
    """The end of what it printed, when an input failed."""


def install() -> None:
    """Atheris from its own lock file, unless it is there already. Raises Failure where it has no wheel."""
    stamp = Stamp(PACKAGES / ".gatehouse-stamp", witness=PACKAGES / "atheris")
    key = key_of([FUZZ_LOCK], sys.version)
    if stamp.is_current(key):
        return
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--require-hashes"]
    run_step("atheris", [*pip, "--only-binary", ":all:", "--upgrade", "--target", PACKAGES, "-r", FUZZ_LOCK])
    stamp.write(key)


def environment() -> dict[str, str]:
    """Atheris and the sources on the path; the sources are looked up first."""
    folders = (SOURCES, ROOT, PACKAGES)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}


def fuzz(target: str, seconds: int) -> Session:
    """One session. The inputs it finds are in `WORK / target` afterwards."""
    found = WORK / target
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        seeds = unpacked(kept(target), Path(folder))
        options = (*LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={WORK}/{target}-")
        ended = run(target, *options, str(found), str(seeds))
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", ended.stderr)
    said = "" if ended.returncode == 0 else f"{ended.stdout[-3000:]}\n{ended.stderr[-2000:]}"
    if BLIND in ended.stderr:
        said = f"{BLIND}: mend INSTRUMENTED of fuzz/session.py"
    return Session(target, int(runs[1]) if runs else 0, len(list(found.iterdir())), said)


def add_to_kept(target: str) -> int:
    """Keep what was found beside what is kept; returns how many that makes. Long inputs stay on this machine."""
    found = (file.read_bytes() for file in (WORK / target).iterdir() if file.stat().st_size <= LONGEST_KEPT)
    inputs = {*kept(target), *found}
    keep(target, inputs)
    return len(inputs)


def unpacked(inputs: list[bytes], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(inputs):
        (folder / f"{number:05}").write_bytes(data)
    return folder


def run(target: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fuzz.session", target, *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, errors="replace", check=False
    )


def main(argv: list[str]) -> int:
    known = targets()
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", help=f"some of {', '.join(known)}; all by default")
    parser.add_argument("--seconds", type=int, default=20, help="length of each session (20)")
    parser.add_argument("--keep", action="store_true", help="add what was found to the kept corpus")
    chosen = parser.parse_args(argv)
    if unknown := [name for name in chosen.targets if name not in known]:
        raise Failure(f"there is no target {unknown[0]!r}", f"choose some of {', '.join(known)}")
    install()
    names = chosen.targets or known
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for session in pool.map(lambda target: fuzz(target, chosen.seconds), names):
            failed += bool(session.failure)
            verdict = "FAILED" if session.failure else "held"
            print(f"{session.target:<16} {session.runs:>9} runs, {session.inputs:>5} inputs, {verdict}", flush=True)
            if session.failure:
                print(session.failure, flush=True)
    if chosen.keep and not failed:
        for target in names:
            print(f"{target:<16} keeps {add_to_kept(target)} inputs")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        print(f"gatehouse: {failure}", file=sys.stderr)
        sys.exit(failure.code)
