"""The lock files: everything pinned and hashed, nothing about where it was fetched from."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.failure import Failure
from devtools.installing.lock import LOCKS
from devtools.installing.locked import requirement, version
from devtools.paths import EMULATOR_LOCK, FUZZ_LOCK, ROOT, TOOLS_LOCK, WORKER_LOCK

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGE = json.loads((ROOT / "package.json").read_text())
PACKAGE_LOCK = json.loads((ROOT / "package-lock.json").read_text())

# workerd for other systems, whose archives were not at hand when the lock was written: found by name and version alone.
UNHASHED = {f"node_modules/@cloudflare/workerd-{name}" for name in ("darwin-64", "darwin-arm64", "windows-64")}


def requirements(lock: Path) -> Iterator[tuple[str, str]]:
    """Each requirement of a lock file (`name==version`) with the block of hashes that follows it."""
    for block in re.split(r"\n(?=[a-z0-9])", lock.read_text().strip()):
        pin, _, hashes = block.partition(" ")
        yield pin, hashes


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_python_package_is_pinned_with_hashes(lock: Path) -> None:
    pins = list(requirements(lock))
    assert pins
    for pin, hashes in pins:
        assert re.fullmatch(r"[a-z0-9.-]+==[a-z0-9.]+", pin), pin
        assert "--hash=sha256:" in hashes, pin


@pytest.mark.parametrize("lock", [*LOCKS, ROOT / "package-lock.json"], ids=lambda lock: lock.name)
def test_no_lock_file_names_the_place_it_was_fetched_from(lock: Path) -> None:
    text = lock.read_text()
    if lock.suffix == ".json":
        packages = json.loads(text)["packages"].values()
        text = json.dumps([{**package, "funding": ""} for package in packages])  # links to who is paid for it
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links|\"resolved\"", text)


def test_what_ships_is_what_pyproject_declares_and_nothing_else() -> None:
    assert sorted(pin for pin, _ in requirements(WORKER_LOCK)) == sorted(PYPROJECT["project"]["dependencies"])


def test_tools_and_worker_agree_on_what_ships() -> None:
    tools = {pin for pin, _ in requirements(TOOLS_LOCK)}
    assert set(PYPROJECT["project"]["dependencies"]) <= tools


def test_every_declared_tool_is_locked() -> None:
    locks = (TOOLS_LOCK, FUZZ_LOCK, EMULATOR_LOCK)
    locked = {pin.partition("==")[0] for lock in locks for pin, _ in requirements(lock)}
    groups: dict[str, list[Any]] = PYPROJECT["dependency-groups"]
    declared = {re.split(r"[\[=<>]", name)[0] for group in groups.values() for name in group if isinstance(name, str)}
    assert declared <= locked


def test_npm_packages_are_pinned_exactly() -> None:
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(-[a-z]+)?", version) for version in PACKAGE["devDependencies"].values())


def test_every_npm_package_has_an_integrity_hash() -> None:
    unhashed = {name for name, package in PACKAGE_LOCK["packages"].items() if name and "integrity" not in package}
    assert unhashed == UNHASHED


def test_miniflare_is_the_one_wrangler_runs() -> None:
    wrangler = PACKAGE_LOCK["packages"]["node_modules/wrangler"]
    assert wrangler["dependencies"]["miniflare"] == PACKAGE["devDependencies"]["miniflare"]


def test_a_package_that_is_not_locked_is_named() -> None:
    with pytest.raises(Failure, match=r"worker\.txt pins no flask: run `make lock`"):
        version("flask", WORKER_LOCK)


def test_a_locked_package_is_read_with_its_version_and_all_its_hashes() -> None:
    assert version("workers-py", TOOLS_LOCK) == "1.17.9"
    entry = requirement("uv", TOOLS_LOCK)
    assert entry.count("--hash=sha256:") > 10
    assert entry.count("==") == 1
