"""Cloudflare's own runtime is used when workerd has its bundle or gets it in time; failures are kept in mind."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from devtools.runtime import official
from devtools.runtime.official import OfficialRuntime

FETCHES = 'for option in "$@"; do case "$option" in *=*) folder="${option#*=}";; esac; done\n'
SUCCEEDS = FETCHES + 'echo bundle > "$folder/pyodide_1.capnp.bin"\nsleep 60\n'
FAILS = "echo 'Request failed; url = https://x; failed to lookup address' >&2\nexit 1\n"
HANGS = "sleep 60\n"
DRIPS = FETCHES + 'while true; do echo more >> "$folder/pyodide_1.capnp.bin"; sleep 0.02; done\n'


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "bundles"


def runtime(state: Path, script: str) -> OfficialRuntime:
    """The runtime under a workerd that does what `script` says."""
    workerd = state.parent / "package" / "bin" / "workerd"
    workerd.parent.mkdir(parents=True, exist_ok=True)
    (workerd.parent.parent / "package.json").write_text('{"version": "1.2"}')
    workerd.write_text(f'#!/bin/sh\necho run >> "{state.parent}/runs"\n{script}')
    workerd.chmod(0o755)
    return OfficialRuntime("2026-11-01", ["python_workers"], state=state, workerd=workerd)


def runs(state: Path) -> int:
    return len((state.parent / "runs").read_text().splitlines())


def test_a_bundle_that_can_be_fetched_is_used_and_kept(state: Path) -> None:
    found = runtime(state, SUCCEEDS).look(10)
    assert (found.usable, found.why) == (True, "was fetched")
    found = runtime(state, FAILS).look(10)
    assert (found.usable, found.why) == (True, "is cached")
    assert runs(state) == 1


def test_a_failure_carries_the_last_reason_workerd_gave(state: Path) -> None:
    found = runtime(state, FAILS).look(10)
    assert (found.usable, found.why) == (False, "could not be fetched (failed to lookup address)")


def test_a_silent_network_costs_no_more_than_the_time_allowed(state: Path) -> None:
    started = time.monotonic()
    found = runtime(state, HANGS).look(0.3)
    assert time.monotonic() - started < 5
    assert (found.usable, found.why) == (False, "could not be fetched (not within 0.3 s)")


def test_half_a_bundle_is_not_kept(state: Path) -> None:
    found = runtime(state, DRIPS)
    assert not found.look(1).usable
    assert not found.is_cached()


def test_a_failure_is_remembered_and_not_waited_for_again(state: Path) -> None:
    runtime(state, FAILS).look(10)
    found = runtime(state, SUCCEEDS).look(10)
    assert not found.usable
    assert "failed to lookup address) on 20" in found.why
    assert runs(state) == 1


def test_asking_for_the_official_runtime_tries_again(state: Path) -> None:
    runtime(state, FAILS).look(10)
    assert runtime(state, SUCCEEDS).look(10, again=True).usable


def test_after_a_day_a_failure_is_forgotten(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime(state, FAILS).look(10)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + official.RETRY_AFTER + 1)
    assert runtime(state, SUCCEEDS).look(10).usable


def test_wrangler_runs_workerd_with_the_folder_of_the_bundle(state: Path) -> None:
    found = runtime(state, SUCCEEDS)
    found.look(10)
    script = found.environment()["MINIFLARE_WORKERD_PATH"]
    runtime(state, 'printf "%s\\n" "$@"\n')
    printed = subprocess.run([script, "serve", "-b", "-"], capture_output=True, text=True, check=True, env=os.environ)
    folder = Path(script).parent
    assert printed.stdout.splitlines() == ["serve", f"--pyodide-bundle-disk-cache-dir={folder}", "-b", "-"]
    assert list(folder.glob("*.capnp.bin"))
