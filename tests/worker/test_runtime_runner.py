"""The test runner itself: what it can do to a gateway, and that gateways do not get in each other's way."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtools.configuration import wrangler_config
from devtools.paths import TEMPLATE_TOML
from devtools.runtime.official import OfficialRuntime
from devtools.runtime.runner import Gateway, Runner, RunnerError
from devtools.runtime.v8 import QUICK_START
from tests.worker.injection import BY_CLASS

pytestmark = pytest.mark.stand_in

CAPABILITIES = Path(__file__).parent / "fixtures" / "capabilities"
OPTIONS: dict[str, Any] = {"source": CAPABILITIES, "config": BY_CLASS}


def test_kv_can_be_made_to_fail_and_to_be_slow_and_recovers(worker: Callable[..., Gateway]) -> None:
    with worker(**OPTIONS, faults=True) as gateway:
        assert gateway.get("/kv").status_code == 200
        gateway.kv_faults(put={"fail": "KV PUT failed: 500 Internal Server Error"})
        failed = gateway.get("/kv")
        assert failed.status_code == 500
        assert "KV PUT failed: 500" in failed.text
        gateway.kv_faults(get={"delay": 700})
        started = time.monotonic()
        assert gateway.get("/kv").status_code == 200
        assert time.monotonic() - started >= 0.7
        gateway.kv_faults()
        assert gateway.get("/kv").status_code == 200


def test_faults_must_be_asked_for_at_the_start(worker: Callable[..., Gateway]) -> None:
    with worker(**OPTIONS) as gateway, pytest.raises(RunnerError, match="faults=True"):
        gateway.kv_faults(get={"fail": "no"})


def test_kv_outlives_a_restart_only_in_a_folder(worker: Callable[..., Gateway], tmp_path: Path) -> None:
    with worker(**OPTIONS, kv_persist=tmp_path) as kept, worker(**OPTIONS) as lost:
        for gateway in (kept, lost):
            gateway.kv_put("key", "value", metadata={"a": 1})
            assert gateway.kv_list("ke") == [{"name": "key", "metadata": {"a": 1}}]
            calls = gateway.get("/isolate").json()["calls"]
            gateway.restart()
            assert gateway.get("/isolate").json()["calls"] <= calls, "a new isolate"
        assert kept.kv_get("key") == "value"
        assert lost.kv_get("key") is None
        kept.kv_delete("key")
        assert kept.kv_get("key") is None


def test_gateways_have_their_own_variables_stores_and_logs(worker: Callable[..., Gateway]) -> None:
    with worker(**OPTIONS, vars={"DEFAULT_COUNTRY": "PT"}) as one, worker(**OPTIONS) as other:
        one.kv_put("key", "value")
        assert one.get("/modules").json()["env"] == "PT"
        assert other.get("/modules").json()["env"] == "US"
        assert other.kv_get("key") is None
        one.get("/print")
        one.wait_for_output("printed")
        assert other.output() == []


def test_a_restart_may_change_the_variables(worker: Callable[..., Gateway]) -> None:
    with worker(**OPTIONS) as gateway:
        gateway.restart(vars={"DEFAULT_COUNTRY": "DE"})
        assert gateway.get("/modules").json()["env"] == "DE"


def test_a_configuration_that_wrangler_refuses_is_an_error_of_the_start(worker: Callable[..., Gateway]) -> None:
    config = {"name": "x", "compatibility_date": "2026-11-01", "kv_namespaces": [{"id": "no binding"}]}
    with pytest.raises(RunnerError, match="kv_namespaces"):
        worker(source=CAPABILITIES, config=config)


def test_closing_a_runner_ends_its_gateways() -> None:
    with Runner(v8_flags=QUICK_START) as runner:
        gateway = runner.start(**OPTIONS)
        assert gateway.get("/isolate").status_code == 200
    with pytest.raises(RunnerError, match="is gone"):
        runner.command("stop", gateway="g1")


def started_officially(workerd: Path | None, state: Path, *, dedicated: bool) -> str:
    """What is said against a start on Cloudflare's own runtime; nothing where its servers can be reached."""
    shipped = wrangler_config.read(TEMPLATE_TOML)
    date, flags = shipped["compatibility_date"], shipped["compatibility_flags"]
    with Runner(official=OfficialRuntime(date, flags, state=state, workerd=workerd), dedicated=dedicated) as runner:
        try:
            runner.start(vars={}).stop()
        except RunnerError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("dedicated", [False, True])
def test_of_the_official_runtime_nothing_is_missing_but_the_bundle(tmp_path: Path, dedicated: bool) -> None:
    """It starts where Cloudflare's servers can be reached. Elsewhere that is all that workerd complains of."""
    failed = started_officially(None, tmp_path, dedicated=dedicated)
    assert not failed or "Pyodide bundle failed" in failed


def test_a_snapshot_is_made_of_what_is_uploaded_and_handed_to_the_start(tmp_path: Path) -> None:
    """A program in workerd's role makes one of nothing, and is then told to start with it."""
    workerd = tmp_path / "package" / "bin" / "workerd"
    workerd.parent.mkdir(parents=True)
    workerd.write_text(f"#!{sys.executable}\n{IN_ITS_ROLE}")
    workerd.chmod(0o755)
    failed = started_officially(workerd, tmp_path / "bundles", dedicated=True)
    assert "it was told to begin with what was made of entry_global.py" in failed


IN_ITS_ROLE = """
import pathlib, re, sys, time
options = dict(part.partition("=")[::2] for part in sys.argv[2:])
file = pathlib.Path(options["--python-snapshot-dir"], "snapshot.bin")
if "--python-save-snapshot" in options:
    config = pathlib.Path(sys.argv[2])
    names = re.findall(r'embed "([^"]+)"', config.read_text())
    assert "python_modules/pydantic/__init__.py" in names
    assert all((config.parent / name).exists() for name in names)
    file.write_text(names[0])
    time.sleep(60)
assert options["--python-load-snapshot"] == file.name
assert b"python_dedicated_snapshot" in sys.stdin.buffer.read()
sys.exit(f"it was told to begin with what was made of {file.read_text()}")
"""
