"""Cloudflare's own runtime is used when workerd has its bundle or gets it in time; failures are kept in mind."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from devtools.runtime import official
from devtools.runtime.official import OfficialRuntime

FETCHES = 'for option in "$@"; do case "$option" in *=*) folder="${option#*=}";; esac; done\n'
HEAD = "\\000\\000\\000\\000\\003\\000\\000\\000"
"""Of a message with one segment of three words."""
SUCCEEDS = FETCHES + f"printf '{HEAD}one word2 words 3 words.' > \"$folder/pyodide_1.capnp.bin\"\nsleep 60\n"
FAILS = "echo 'Request failed; url = https://x; failed to lookup address' >&2\nexit 1\n"
HANGS = "sleep 60\n"
STALLS = FETCHES + f"printf '{HEAD}one word2 words 3 wor' > \"$folder/pyodide_1.capnp.bin\"\nsleep 60\n"
LONG = 50
"""Seconds that a look may take which ends by itself, however busy the machine is."""


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
    found = runtime(state, SUCCEEDS).look(LONG)
    assert (found.usable, found.why) == (True, "was fetched")
    found = runtime(state, FAILS).look(LONG)
    assert (found.usable, found.why) == (True, "is cached")
    assert runs(state) == 1


def test_a_failure_carries_the_last_reason_workerd_gave(state: Path) -> None:
    found = runtime(state, FAILS).look(LONG)
    assert (found.usable, found.why) == (False, "could not be fetched (failed to lookup address)")


def test_a_silent_network_costs_no_more_than_the_time_allowed(state: Path) -> None:
    started = time.monotonic()
    found = runtime(state, HANGS).look(0.3)
    assert time.monotonic() - started < LONG, "the program would have run for a minute"
    assert (found.usable, found.why) == (False, "could not be fetched (not within 0.3 s)")


def test_half_a_bundle_is_not_kept(state: Path) -> None:
    found = runtime(state, STALLS)
    assert not found.look(1).usable
    assert not found.is_cached()
    assert not list(state.rglob("*.capnp.bin"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0",
        b"\0\0\0\0\1\0\0\0seven b",
        b"\1\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0" + b"x" * 15,
        b"\xff\xff\xff\xff" + b"x" * 99,
    ],
)
def test_half_a_bundle_of_a_run_that_was_killed_is_not_taken_for_one(state: Path, content: bytes) -> None:
    found = runtime(state, FAILS)
    found._folder.mkdir(parents=True)
    (found._folder / "pyodide_1.capnp.bin").write_bytes(content)
    assert not found.is_cached()
    (found._folder / "pyodide_1.capnp.bin").write_bytes(b"\1\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0" + b"x" * 16)
    assert found.is_cached()


def test_a_failure_is_remembered_and_not_waited_for_again(state: Path) -> None:
    runtime(state, FAILS).look(LONG)
    found = runtime(state, SUCCEEDS).look(LONG)
    assert not found.usable
    assert "failed to lookup address) on 20" in found.why
    assert runs(state) == 1


def test_asking_for_the_official_runtime_tries_again(state: Path) -> None:
    runtime(state, FAILS).look(LONG)
    assert runtime(state, SUCCEEDS).look(LONG, again=True).usable


def test_after_a_day_a_failure_is_forgotten(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime(state, FAILS).look(LONG)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + official.RETRY_AFTER + 1)
    assert runtime(state, SUCCEEDS).look(LONG).usable


@pytest.mark.parametrize("begins", [False, True])
def test_wrangler_runs_workerd_with_the_folder_of_the_bundle_and_of_a_snapshot(state: Path, begins: bool) -> None:
    found = runtime(state, SUCCEEDS)
    found.look(LONG)
    script = found.environment()["MINIFLARE_WORKERD_PATH"]
    runtime(state, 'printf "%s\\n" "$@"\n')
    told = {official.SNAPSHOT_FOLDER: "/a snapshot's"} if begins else {}
    printed = subprocess.run(
        [script, "serve", "-b", "-"], capture_output=True, text=True, check=True, env=os.environ | told
    )
    folder = Path(script).parent
    options = ["--python-load-snapshot=snapshot.bin", "--python-snapshot-dir=/a snapshot's"] if begins else []
    kept = f"--pyodide-bundle-disk-cache-dir={folder}"
    assert printed.stdout.splitlines() == ["serve", kept, *options, "-b", "-"]
    assert list(folder.glob("*.capnp.bin"))
