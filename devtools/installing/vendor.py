"""`vendor`: the Worker's Python packages in `python_modules/`, laid out as `pywrangler sync` does.

pywrangler does the same with a Pyodide interpreter and Pyodide's own package index; here the wheels come from
PyPI alone, each checked against its hash in requirements/worker.txt. What need not be uploaded is left out by
`[python_modules] exclude` in wrangler.toml, not here, so that both ways of vendoring deploy the same bundle.

The folder is built aside and swapped in whole: it is never seen half filled.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from devtools.failure import Failure
from devtools.installing.locked import version
from devtools.installing.stamps import Stamp, key_of
from devtools.installing.turns import one_at_a_time
from devtools.paths import PYTHON_MODULES, STATE, TOOLS_LOCK, VENV_PYTHON, WORKER_LOCK
from devtools.steps import run_step

# The platform of Python Workers with compatibility dates from 2026-09-08: CPython 3.14 of Pyodide 314.
TARGET = ("3.14", "cp314", "pyemscripten_2026_0_wasm32")
INPUTS = (WORKER_LOCK,)
# Not inside python_modules: everything in there is uploaded.
STAMP = Stamp(STATE / "python_modules.stamp", witness=PYTHON_MODULES / "pyvenv.cfg")
RECORD = STATE / "python_modules.json"
"""Which wheels were put there."""


@dataclass(frozen=True)
class Wheel:
    """One wheel of `python_modules/`: the lock allows every file of a version, this is the one that was taken."""

    name: str
    version: str
    file: str
    sha256: str


def facts() -> tuple[str, ...]:
    """What the folder depends on beside the lock file: the platform, and the pywrangler whose layout is followed."""
    return (*TARGET, version("workers-py", TOOLS_LOCK), RECORD.name)


def vendored() -> tuple[Wheel, ...]:
    """The wheels that `python_modules/` was made from, by name. Raises Failure when that is not known."""
    try:
        return tuple(Wheel(**wheel) for wheel in json.loads(RECORD.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise Failure("what is in python_modules/ is not known", "run `python -m devtools vendor`") from None


def vendor() -> None:
    """Replace `python_modules/` with the packages of requirements/worker.txt; stamp and lock are the caller's."""
    STATE.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="python_modules-", dir=STATE))
    try:
        fresh, report = aside / "fresh", aside / "report.json"
        install("the Worker's packages", WORKER_LOCK, fresh, report)
        _mark_as_synced(fresh)
        RECORD.write_text(json.dumps([asdict(wheel) for wheel in _taken(report)], indent=1), encoding="utf-8")
        swap_in(fresh, PYTHON_MODULES, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _taken(report: Path) -> list[Wheel]:
    """The wheels of pip's installation report (pip.pypa.io, "Installation Report"), without where they came from."""
    wheels = []
    for item in json.loads(report.read_text(encoding="utf-8"))["install"]:
        metadata, download = item["metadata"], item["download_info"]
        file = download["url"].rpartition("/")[2]
        wheels.append(Wheel(metadata["name"], metadata["version"], file, download["archive_info"]["hashes"]["sha256"]))
    return sorted(wheels, key=lambda wheel: wheel.name.lower())


def install(title: str, lock: Path, folder: Path, report: Path | None = None) -> None:
    """Lay out the packages of `lock` in `folder`, as wheels for the Worker's platform, hash-checked; pip's own account
    of it goes to `report`."""
    python, abi, platform = TARGET
    pip: list[str | Path] = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    target: list[str | Path] = ["--target", folder, "--python-version", python, "--implementation", "cp", "--abi", abi]
    target += ["--platform", platform, "--only-binary", ":all:"]
    exactly: list[str | Path] = ["--no-deps", "--no-compile", "--require-hashes", "-r", lock]
    exactly += [] if report is None else ["--report", report]
    run_step(title, [*pip, *target, *exactly])
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
