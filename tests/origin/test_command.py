"""`python -m devtools origin`: the application on this machine, from the first line to the last process."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx

from devtools.application.local_aws.emulator import RUNS
from devtools.paths import ROOT
from tests.origin.conftest import KEYS, signed

GIVEN = {
    "ORIGIN_SECRET": KEYS.secret,
    "GATEWAY_ACCESS_KEY_ID": KEYS.access_key_id,
    "GATEWAY_SECRET_ACCESS_KEY": KEYS.secret_access_key,
}


def run(*options: str, **environment: str) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ORIGIN_", "GATEWAY_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "devtools", "origin", *options],
        cwd=ROOT, env={**inherited, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_it_answers_at_once_and_serves_until_it_is_told_to_stop() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = run("--port", str(port), "--seed", **GIVEN)
    assert process.stdout is not None
    while process.poll() is None:
        try:
            starting = signed(port, "GET", "/prices")
            break
        except httpx.TransportError:
            time.sleep(0.05)
    assert (starting.status_code, starting.headers["cache-control"]) == (503, "max-age=1")
    announced = re.match(r"origin: http://127\.0\.0\.1:(\d+) .*users ada, grace", process.stdout.readline())
    assert announced is not None
    users = signed(port, "GET", "/users", x_user_id="ada", x_user_role="admin").json()["users"]
    assert [user["id"] for user in users][:2] == ["ada", "grace"]
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert not list(RUNS.glob(f"{process.pid}-*"))


def test_a_taken_port_is_one_readable_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        output, errors = run("--port", str(port), **GIVEN).communicate(timeout=180)
    assert output == ""
    assert errors == (
        f"gatehouse: the origin cannot listen on 127.0.0.1:{port} (Address already in use): choose another --port\n"
    )


def test_a_short_secret_is_one_readable_line() -> None:
    process = run("--port", "0", **{**GIVEN, "ORIGIN_SECRET": "short"})
    output, errors = process.communicate(timeout=180)
    assert (process.returncode, output, errors.count("\n")) == (1, "", 1)
    assert "an origin secret needs at least 32 bytes" in errors
