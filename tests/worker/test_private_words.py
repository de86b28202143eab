"""A run of tests fails when a gateway of it logs something private, with and without processes beside each other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.paths import ROOT
from devtools.runtime.runner import Runner
from tests.private_words import WATCH

LEAKY = "export default { fetch(request) { console.log(`asked for ${request.url}`); return new Response('ok'); } };"
CONFIG = {"name": "leaky", "compatibility_date": "2026-11-01"}

OF_A_GATEWAY = f"""
def test_that_asserts_nothing(worker, tmp_path):
    (tmp_path / "leaky.mjs").write_text({LEAKY!r})
    with worker(script=tmp_path / "leaky.mjs", config={CONFIG!r}) as gateway:
        assert gateway.get("/?token=q-5c1a9f-key").text == "ok"
        gateway.wait_for_output("asked for")
        gateway.clear_logs()
"""
OF_ANYTHING_ELSE = """
import socket
from tests.private_words import WATCH

def test_that_asserts_nothing():
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"GET /?token=q-5c1a9f-key HTTP/1.1\\r\\n\\r\\n")
    WATCH.text().write("asked for q-5c1a9f-key")
"""


@pytest.mark.parametrize(("source", "processes"), [(OF_A_GATEWAY, "-n1"), (OF_ANYTHING_ELSE, "-n0")])
def test_a_query_value_in_a_log_fails_the_run(tmp_path: Path, source: str, processes: str) -> None:
    (tmp_path / "test_leak.py").write_text(source)
    plugins = ["-p", "xdist", "-p", "tests.conftest", "-p", "tests.worker.conftest", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugins, processes, "--rootdir", str(tmp_path), "-c", "/dev/null"]
    ended = subprocess.run(
        [*command, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # half of what the run would cost
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "1 passed, 1 error" in ended.stdout
    assert "a query value of test_leak.py::test_that_asserts_nothing is in a log: asked for ***\n" in ended.stdout
    assert "q-5c1a9f-key" not in ended.stdout


def test_this_run_is_watched() -> None:
    assert Runner.witness is WATCH
