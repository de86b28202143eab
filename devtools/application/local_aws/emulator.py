"""The emulator, MiniStack from PyPI: installed once into an environment of its own, one process a run.

    with emulator() as aws:
        boto3.client("sqs", endpoint_url=aws.url, …)

It has a virtual environment of its own because it pins another botocore than the tools. Functions run on that
environment's Python, each in a process of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from devtools import ports
from devtools.failure import Failure
from devtools.installing.setup import PIP, UV_SYNC, Step, ensure
from devtools.installing.stamps import Stamp
from devtools.paths import EMULATOR_LOCK, EMULATOR_VENV, LOGS, STATE, VENV, VENV_PYTHON
from devtools.steps import run_step

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
OPERATOR = "test"
"""Access key and secret of the account's root, which the emulator asks for nothing; functions have roles instead."""

PYTHON = EMULATOR_VENV / "bin" / "python"
TETHERED = Path(__file__).with_name("tethered.py")
RUNS = STATE / "emulator"
SERVED = "served"
"""In such a folder: it is the one that `devtools origin` serves, and not a test's."""
"""A folder a process that runs it, with what functions are unpacked into."""

HEALTHY_WITHIN = 120.0
"""Seconds, on a very busy machine; half a second on an idle one."""
ENDED_WITHIN = 8.0
"""Seconds for functions to end; two, mostly."""

SETTINGS = {
    "AUTH": "true",  # signatures are verified and policies enforced
    "BIND_HOST": HOST,  # it would listen everywhere
    "MINISTACK_HOST": HOST,
    "MINISTACK_REGION": REGION,
    "LOG_LEVEL": "WARNING",
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "LAMBDA_ACCOUNT_CONCURRENCY": "100",
    "CLOUDTRAIL_RECORDING": "1",  # who called what, for the tests of policies
    "CLOUDTRAIL_MAX_EVENTS": "20000",
    "AWS_EC2_METADATA_DISABLED": "true",
}
INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TZ")
"""Functions inherit the emulator's whole environment, so it gets little of ours: no keys, no proxies, no AWS_*."""


def install() -> None:
    """The virtual environment of requirements/emulator.txt, hash-checked."""
    uv = VENV / "bin" / "uv"
    shutil.rmtree(EMULATOR_VENV, ignore_errors=True)
    try:
        run_step("emulator's environment", [uv, "venv", "--no-project", "--python", VENV_PYTHON, EMULATOR_VENV])
        run_step("emulator", [uv, *UV_SYNC, "--python", PYTHON, EMULATOR_LOCK])
    except Failure:  # as in setup.py
        run_step("emulator's environment with pip", [VENV_PYTHON, "-m", "venv", "--clear", EMULATOR_VENV])
        run_step("emulator with pip", [PYTHON, *PIP, "-r", EMULATOR_LOCK])


STEP = Step(
    stamp=Stamp(EMULATOR_VENV / ".gatehouse-stamp", witness=EMULATOR_VENV / "bin" / "ministack"),
    inputs=(EMULATOR_LOCK,),
    facts=lambda: (str(EMULATOR_VENV),),
    perform=install,
)


@dataclass(frozen=True)
class Emulator:
    """A running one. `url` is the endpoint of every service."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Installed if need be, and running on a free port until the block ends. Its state is gone with it."""
    ensure((STEP,))
    _sweep()
    port = ports.free_port()
    folder = RUNS / f"{os.getpid()}-{port}"
    folder.mkdir(parents=True)
    log = LOGS / f"emulator-{os.getpid()}-{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        process = subprocess.Popen(
            [PYTHON, TETHERED],
            env=_environment(port, folder),
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(process, port, log)
        yield Emulator(port)
        log.unlink(missing_ok=True)  # of interest only after a failure
    finally:
        _end(process)
        shutil.rmtree(folder, ignore_errors=True)


def _environment(port: int, folder: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **SETTINGS, "GATEWAY_PORT": str(port), "TMPDIR": str(folder)}


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + HEALTHY_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failure(f"the emulator ended with code {process.returncode}", f"read {log}")
        connection = HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise Failure(f"the emulator was not up within {HEALTHY_WITHIN:.0f} s", f"read {log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and its functions: asked first, then made."""
    assert process.stdin is not None
    process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(ENDED_WITHIN)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _sweep() -> None:
    """Remove the folders of runs whose process was killed."""
    for folder in RUNS.glob("*-*"):
        try:
            os.kill(int(folder.name.partition("-")[0]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue
