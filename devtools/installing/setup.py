"""`setup`: everything the other commands need, from the lock files, and nothing when nothing changed.

Runs on a bare Python 3.11, before anything is installed: standard library only. Three steps, each with a stamp over the
lock files it was made from: the virtual environment, npm's packages, the Worker's Python packages.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtools import node
from devtools.failure import Failure
from devtools.installing import vendor
from devtools.installing.locked import requirement
from devtools.installing.stamps import Stamp, key_of
from devtools.installing.turns import one_at_a_time
from devtools.paths import NODE_MODULES, ROOT, STATE, TOOLS_LOCK, VENV, VENV_PYTHON
from devtools.steps import run_step

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--no-deps", "--require-hashes")
UV_SYNC = ("pip", "sync", "--require-hashes", "--no-progress")
# Nothing is known to need an install script (.npmrc turns them off); a registry that is away shows within seconds.
NPM_CI = ("ci", "--no-audit", "--no-fund", "--loglevel=http", "--fetch-retry-mintimeout=1000", "--fetch-retry-factor=2")


@dataclass(frozen=True)
class Step:
    """One thing to set up: made by `perform` from the files `inputs` and from `facts`, remembered by `stamp`."""

    stamp: Stamp
    inputs: tuple[Path, ...]
    facts: Callable[[], tuple[str, ...]]
    perform: Callable[[], None]

    def key(self) -> str:
        return key_of(self.inputs, *self.facts())

    def is_current(self) -> bool:
        return self.stamp.is_current(self.key())

    def bring_up_to_date(self) -> bool:
        """Perform the step unless it is current; returns whether there was anything to do."""
        key = self.key()
        if self.stamp.is_current(key):
            return False
        self.stamp.clear()
        self.perform()
        self.stamp.write(key)
        return True


def install_tools() -> None:
    """The virtual environment and the packages of requirements/dev.txt, hash-checked."""
    if not _venv_is_usable():
        run_step("virtual environment", [sys.executable, "-m", "venv", "--clear", VENV])
    uv = install_uv()
    try:
        run_step("Python packages", [uv, *UV_SYNC, "--python", VENV_PYTHON, TOOLS_LOCK])
    except Failure:  # uv knows nothing of the mirror or proxy that pip may be configured for
        run_step("Python packages with pip", [VENV_PYTHON, *PIP, "-r", TOOLS_LOCK])
    node.link_wheel()


def install_uv() -> Path:
    """The locked uv, by pip: the one package that is not installed by uv, which does the rest ten times as fast."""
    locked = requirement("uv", TOOLS_LOCK)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only:
        only.write(locked)
        only.flush()
        run_step("uv", [VENV_PYTHON, *PIP, "-r", only.name])
    return VENV / "bin" / "uv"


def _venv_is_usable() -> bool:
    """Whether the virtual environment runs and was made here: its scripts name the folder they were made in."""
    if not VENV_PYTHON.exists():
        return False
    try:
        return str(VENV) in (VENV / "bin" / "pip").read_text()[:400]
    except OSError:
        return False


def install_npm_packages() -> None:
    """npm's packages from package-lock.json, under the Node that will run them."""
    chosen = node.locate()
    run_step("npm packages", [chosen.folder / "npm", *NPM_CI], env=chosen.environment())


STEPS = (
    Step(
        stamp=Stamp(VENV / ".gatehouse-stamp", witness=VENV_PYTHON),
        inputs=(TOOLS_LOCK,),
        facts=lambda: (str(VENV), *node.WHEEL_PROGRAMS.values()),
        perform=install_tools,
    ),
    Step(
        stamp=Stamp(NODE_MODULES / ".gatehouse-stamp", witness=NODE_MODULES / "wrangler" / "package.json"),
        inputs=(ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"),
        facts=tuple,
        perform=install_npm_packages,
    ),
    Step(stamp=vendor.STAMP, inputs=vendor.INPUTS, facts=vendor.facts, perform=vendor.vendor),
)


def ensure(steps: tuple[Step, ...] = STEPS) -> bool:
    """Bring every step up to date, one process at a time; returns whether there was anything to do."""
    if all(step.is_current() for step in steps):
        return False
    with one_at_a_time(STATE / "setup.lock", "set-up"):
        changed = [step.bring_up_to_date() for step in steps]
    return any(changed)


def main(argv: list[str]) -> int:
    """`setup`: no options. Says nothing when there was nothing to do."""
    argparse.ArgumentParser(prog="python -m devtools setup", description=__doc__).parse_args(argv)
    ensure()
    return 0
