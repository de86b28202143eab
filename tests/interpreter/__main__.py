"""`python -m tests.interpreter [pytest's options]`: the unit tests on the interpreter that ships, Pyodide in Node.

    python -m tests.interpreter                                    all of them but what `selection.py` leaves out
    python -m tests.interpreter tests/unit/core/test_paths.py -k dots   some

Everything but the interpreter is as it is elsewhere: the same sources, the same tests, the packages of python_modules/
that a deployment uploads, and pytest and hypothesis in the versions of requirements/dev.txt, built for Pyodide.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from devtools import node
from devtools.failure import Failure
from devtools.installing import vendor
from devtools.installing.locked import requirement
from devtools.installing.stamps import Stamp, key_of
from devtools.installing.turns import one_at_a_time
from devtools.paths import NODE_MODULES, PYTHON_MODULES, ROOT, STATE, TOOLS_LOCK
from tests.interpreter.selection import PACKAGES, left_out_of_modules, places_left_out

RUN = Path(__file__).with_name("run.mjs")
HOME = STATE / "interpreter"
SITE_PACKAGES = HOME / "packages"

ENVIRONMENT = {"HOME": "/home", "PYTHONPYCACHEPREFIX": str(HOME / "bytecode")}
"""Bytecode is kept apart: that of another Python lies beside the sources."""

OPTIONS = ("-p", "no:cacheprovider")
"""The cache, of what failed last, is that of the tests outside."""


def main(argv: Sequence[str]) -> int:
    """Becomes Node, so that its exit code, pytest's, is the caller's."""
    install()
    chosen = node.locate()
    command = [str(chosen.executable), *_flags(chosen), str(RUN), json.dumps(settings(argv))]
    sys.stdout.flush()
    return os.execve(command[0], command, chosen.environment())


def settings(argv: Sequence[str]) -> dict[str, object]:
    """What `run.mjs` is told."""
    named = any("/" in option and (ROOT / option.partition("::")[0]).exists() for option in argv)
    left_out = (f"--ignore={place}" for place in sorted(places_left_out()))
    deselected = (f"--deselect={test}" for test in left_out_of_modules())
    return {
        "pyodide": str(NODE_MODULES / "pyodide"),
        "root": str(ROOT),
        "path": [str(ROOT), str(PYTHON_MODULES), str(SITE_PACKAGES)],
        "environment": ENVIRONMENT,
        "arguments": [*OPTIONS, *left_out, *deselected, *argv, *(() if named else ("tests/unit",))],
    }


def install() -> None:
    """The tests' own packages for Pyodide, unless they are there already. Raises Failure."""
    wanted = "\n".join(requirement(package, TOOLS_LOCK) for package in PACKAGES)
    stamp = Stamp(HOME / "packages.stamp", witness=SITE_PACKAGES / "pytest")
    key = key_of((), wanted, *vendor.TARGET)
    if stamp.is_current(key):
        return
    with one_at_a_time(STATE / "setup.lock", "set-up"):
        if not stamp.is_current(key):
            stamp.clear()
            _replace_packages(wanted)
            stamp.write(key)


def _replace_packages(wanted: str) -> None:
    HOME.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="packages-", dir=HOME))
    try:
        lock = aside / "lock.txt"
        lock.write_text(wanted)
        vendor.install("the tests' packages for Pyodide", lock, aside / "fresh")
        vendor.swap_in(aside / "fresh", SITE_PACKAGES, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _flags(chosen: node.Node) -> list[str]:
    """What Node must be started with; depends on its version."""
    asked = subprocess.run([chosen.executable, RUN, "flags"], capture_output=True, text=True, check=True)
    flags: list[str] = json.loads(asked.stdout)
    return flags


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        print(f"gatehouse: {failure}", file=sys.stderr)
        sys.exit(failure.code)
