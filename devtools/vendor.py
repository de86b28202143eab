"""`vendor`: the Worker's Python packages in `python_modules/`, laid out as `pywrangler sync` does.

pywrangler does the same with a Pyodide interpreter and Pyodide's own package index; here the wheels come from
PyPI alone, each checked against its hash in requirements/worker.txt. What need not be uploaded is left out by
`[python_modules] exclude` in wrangler.toml, not here, so that both ways of vendoring deploy the same bundle.

The folder is built aside and swapped in whole: it is never seen half filled.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from devtools.locked import version
from devtools.paths import PYTHON_MODULES, STATE, TOOLS_LOCK, VENV_PYTHON, WORKER_LOCK
from devtools.stamps import Stamp, key_of
from devtools.steps import run_step
from devtools.turns import one_at_a_time

# The platform of Python Workers with compatibility dates from 2026-09-08: CPython 3.14 of Pyodide 314.
TARGET = ("3.14", "cp314", "pyemscripten_2026_0_wasm32")
INPUTS = (WORKER_LOCK,)
# Not inside python_modules: everything in there is uploaded.
STAMP = Stamp(STATE / "python_modules.stamp", witness=PYTHON_MODULES / "pyvenv.cfg")


def facts() -> tuple[str, ...]:
    """What the folder depends on beside the lock file: the platform, and the pywrangler whose layout is followed."""
    return (*TARGET, version("workers-py", TOOLS_LOCK))


def vendor() -> None:
    """Replace `python_modules/` with the packages of requirements/worker.txt; stamp and lock are the caller's."""
    STATE.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="python_modules-", dir=STATE))
    try:
        fresh = aside / "fresh"
        _install(fresh)
        _mark_as_synced(fresh)
        swap_in(fresh, PYTHON_MODULES, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _install(folder: Path) -> None:
    python, abi, platform = TARGET
    pip: list[str | Path] = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    target: list[str | Path] = ["--target", folder, "--python-version", python, "--implementation", "cp", "--abi", abi]
    target += ["--platform", platform, "--only-binary", ":all:"]
    exactly: list[str | Path] = ["--no-deps", "--no-compile", "--require-hashes", "-r", WORKER_LOCK]
    run_step("the Worker's packages", [*pip, *target, *exactly])
    shutil.rmtree(folder / "bin", ignore_errors=True)  # pip's console scripts; not part of site-packages


def _mark_as_synced(folder: Path) -> None:
    """The two marks pywrangler leaves: an empty pyvenv.cfg, and the workers-py version that did it."""
    (folder / "pyvenv.cfg").touch()
    (folder / ".synced").write_text(version("workers-py", TOOLS_LOCK))


def swap_in(fresh: Path, place: Path, old: Path) -> None:
    """Put the folder `fresh` at `place`, moving what was there to `old`: two renames on one file system."""
    if place.exists():
        place.rename(old)
    fresh.rename(place)


def main(argv: list[str]) -> int:
    """`vendor`: no options. Vendors anew, also when the stamp says it is current."""
    argparse.ArgumentParser(prog="python -m devtools vendor", description=__doc__).parse_args(argv)
    with one_at_a_time(STATE / "setup.lock", "set-up"):
        STAMP.clear()
        vendor()
        STAMP.write(key_of(INPUTS, *facts()))
    return 0
