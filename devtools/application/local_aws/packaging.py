"""What a function is made of on this machine: its room's code as a zip, and its packages in a folder beside.

On AWS both are in one zip, built by `origin/build.py` from the same lists. Here the emulator unpacks a zip for every
execution environment it starts, so packages stay out of it: installed once for a lock file and a Python, kept under
`.gatehouse/packages`, and found by the function's PYTHONPATH.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from devtools.application.local_aws.emulator import PYTHON
from devtools.failure import Failure
from devtools.installing.setup import PIP
from devtools.installing.stamps import key_of
from devtools.paths import ORIGIN, STATE, VENV
from devtools.steps import run_step

sys.path.append(str(ORIGIN))

import build

KEPT = STATE / "packages"
STORED_AT = (2026, 1, 1, 0, 0, 0)
"""Every file of a zip, so that the same code makes the same zip."""


def code(functions: Iterable[str], folder: Path) -> dict[str, Path]:
    """A zip with the code of each function, by its name; functions of one room share theirs."""
    rooms = {function: build.room_of(function) for function in functions}
    made = {room: _zip(room, folder) for room in sorted(set(rooms.values()))}
    return {function: made[room] for function, room in rooms.items()}


def packages(function: str) -> Path:
    """The folder with a function's packages, for the Python that functions run on here. Raises Failure."""
    requirements = build.requirements_of(function)
    key = key_of((requirements, Path(build.__file__)), os.path.realpath(PYTHON))
    kept = KEPT / key[:24]
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        draft = KEPT / f"{key[:24]}.{os.getpid()}"
        try:
            _install(requirements, draft)
            if not kept.exists():  # somebody else may have been faster
                draft.rename(kept)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return kept


def add(archive: zipfile.ZipFile, folder: Path) -> None:
    """Everything below `folder`, readable by all as Lambda wants it, in an order that is always the same."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), STORED_AT)
        entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
        archive.writestr(entry, file.read_bytes())


def _zip(room: str, folder: Path) -> Path:
    source, made = folder / room, folder / f"{room}.zip"
    build.copy_code(room, source)
    with zipfile.ZipFile(made, "w") as archive:
        add(archive, source)
    return made


def _install(requirements: Path, target: Path) -> None:
    title, exact = f"packages of {requirements.name}", ("--no-deps", "--require-hashes", "-r", requirements)
    uv = (VENV / "bin" / "uv", "pip", "install", "--no-progress", "--link-mode=copy", "--python", PYTHON)
    try:
        run_step(title, [*uv, *exact, "--target", target])
    except Failure:  # as in setup.py
        run_step(f"{title} with pip", [PYTHON, *PIP, "-r", requirements, "--target", target])
    build.prune(target)
    build.precompile(target, PYTHON)
