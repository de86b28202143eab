"""`lock`: the lock files of requirements/ written anew from pyproject.toml, with hashes and without index addresses.

`dev.txt` holds the tools and tests for Python 3.11 and up on any machine; `worker.txt` what ships, for CPython 3.14;
`fuzz.txt` the fuzzer, which not every Python has; `emulator.txt` AWS on this machine. `origin/requirements*.txt` is
what is deployed behind the gateway, in the versions of `dev.txt`, which the tests run with.
Versions already locked stay unless pyproject.toml asks for others; `--upgrade` takes the newest allowed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from devtools.paths import (
    CATALOGUE_LOCK,
    EMULATOR_LOCK,
    FUZZ_LOCK,
    GRAPH_LOCK,
    ORDERS_LOCK,
    ORIGIN_LOCK,
    TOOLS_LOCK,
    VENV,
    WORKER_LOCK,
)
from devtools.steps import run_step

COMPILE = ("pip", "compile", "--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet")
# For any machine and Python: the same file is deployed (Python 3.14, arm64) and run by the emulator (3.11).
DEPLOYED = ("--no-annotate", "--universal", "--python-version", "3.11", "--constraint", TOOLS_LOCK)
# lock file: which part of pyproject.toml, for which Python
LOCKS: dict[Path, tuple[str | Path, ...]] = {
    TOOLS_LOCK: ("--group", "dev", "--universal", "--python-version", "3.11", "pyproject.toml"),
    WORKER_LOCK: ("--no-annotate", "--python-version", "3.14", "pyproject.toml"),
    FUZZ_LOCK: ("--group", "fuzz", "--universal", "--python-version", "3.11"),
    EMULATOR_LOCK: ("--group", "emulator", "--universal", "--python-version", "3.11"),
    ORIGIN_LOCK: ("--group", "origin", *DEPLOYED),
    ORDERS_LOCK: ("--group", "origin", "--group", "origin-orders", *DEPLOYED),
    GRAPH_LOCK: ("--group", "origin", "--group", "origin-graph", *DEPLOYED),
    CATALOGUE_LOCK: ("--group", "origin", "--group", "origin-catalogue", *DEPLOYED),
}


def main(argv: list[str]) -> int:
    """`lock [--upgrade]`."""
    parser = argparse.ArgumentParser(prog="python -m devtools lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions pyproject.toml allows")
    upgrade = ["--upgrade"] if parser.parse_args(argv).upgrade else []
    for lock, part in LOCKS.items():
        if not lock.parent.exists():  # the example origin's, where that was deleted
            continue
        command: list[str | Path] = [
            VENV / "bin" / "uv",
            *COMPILE,
            *part,
            *upgrade,
            "--output-file",
            lock,
        ]
        run_step(f"lock {lock.name}", command)
    return 0
