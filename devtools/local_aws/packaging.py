"""The zip of each room of the application, as `origin/build.py` says what is in it.

Packages are installed once for a lock file and a Python and kept compressed under `.gatehouse/packages`; a zip is a
copy of that with the room's code added, which takes a fraction of a second.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from devtools.failure import Failure
from devtools.local_aws.emulator import PYTHON
from devtools.paths import ORIGIN, STATE, VENV
from devtools.setup import PIP
from devtools.stamps import key_of
from devtools.steps import run_step

sys.path.append(str(ORIGIN))

import build

KEPT = STATE / "packages"
STORED_AT = (2026, 1, 1, 0, 0, 0)
"""Every file of a zip, so that the same code makes the same zip."""


def zips(functions: Iterable[str], folder: Path) -> dict[str, Path]:
    """The zip of each function, by its name; functions of one room share theirs. Raises Failure."""
    rooms = {function: build.room_of(function) for function in functions}
    made = {room: _zip(room, folder) for room in sorted(set(rooms.values()))}
    return {function: made[room] for function, room in rooms.items()}


def _zip(room: str, folder: Path) -> Path:
    packages = _packages(build.requirements_of(room))
    code, made = folder / room, folder / f"{room}.zip"
    build.copy_code(room, code)
    shutil.copyfile(packages, made)
    with zipfile.ZipFile(made, "a") as archive:
        _add(archive, code)
    return made


def _packages(requirements: Path) -> Path:
    """The zip of the packages of a lock file, for the Python that functions run on here."""
    key = key_of((requirements, Path(build.__file__)), os.path.realpath(PYTHON))
    kept = KEPT / f"{key[:24]}.zip"
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        draft = KEPT / f"{key[:24]}.{os.getpid()}"
        try:
            _install(requirements, draft / "packages")
            with zipfile.ZipFile(draft / "zip", "w") as archive:
                _add(archive, draft / "packages")
            (draft / "zip").replace(kept)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return kept


def _install(requirements: Path, target: Path) -> None:
    title, exact = f"packages of {requirements.name}", ("--no-deps", "--require-hashes", "-r", requirements)
    uv = (VENV / "bin" / "uv", "pip", "install", "--no-progress", "--link-mode=copy", "--python", PYTHON)
    try:
        run_step(title, [*uv, *exact, "--target", target])
    except Failure:  # as in setup.py
        run_step(f"{title} with pip", [PYTHON, *PIP, "-r", requirements, "--target", target])
    build.prune(target)
    build.precompile(target, PYTHON)


def _add(archive: zipfile.ZipFile, folder: Path) -> None:
    """Everything below `folder`, readable by all as Lambda wants it, in an order that is always the same."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), STORED_AT)
        entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
        archive.writestr(entry, file.read_bytes())
