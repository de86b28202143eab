"""Dedicated snapshots: Python's memory after the import of `entry.py`, saved and restored by Cloudflare's own runtime.

A deployment imports `entry.py` once, saves Python's memory, and starts every isolate from that copy. Here it is saved
of a folder of what would be uploaded, under the same compatibility date and flags. The names of workerd's options and
of its file are its own.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from devtools import ports
from devtools.failure import Failure, one_line
from devtools.runtime.official import SNAPSHOT, OfficialRuntime, snapshot_options

PATIENCE = 120.0
"""Seconds for a start, after which something is wrong."""

HOST = "127.0.0.1"
DEDICATED = "python_dedicated_snapshot"
"""The compatibility flag of snapshots that are taken after the import."""

CONFIG = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "gateway", worker = .gateway)],
  sockets = [(name = "http", address = "{host}:0", http = (), service = "gateway")]);
const gateway :Workerd.Worker = (
  modules = [
{modules}
  ],
  compatibilityDate = {date}, compatibilityFlags = [{flags}]);
"""


def configuration(upload: Path, main_module: str, date: str, flags: Sequence[str]) -> str:
    """workerd's configuration of what a dry run left in `upload`, the main module first."""
    names = sorted(path.relative_to(upload).as_posix() for path in upload.rglob("*") if path.is_file())
    names.sort(key=lambda name: name != main_module)
    lines = [
        f"    (name = {json.dumps(name)}, {_kind(name)} = embed {json.dumps(name)})"
        for name in names
        if name != "README.md"  # wrangler's own note
    ]
    listed = ", ".join(map(json.dumps, dict.fromkeys(flags)))
    return CONFIG.format(host=HOST, modules=",\n".join(lines), date=json.dumps(date), flags=listed)


def _kind(name: str) -> str:
    """As wrangler uploads it: what is vendored is data, but for the JavaScript of the SDK."""
    if name.endswith((".js", ".mjs")):
        return "esModule"
    return "pythonModule" if name.endswith(".py") and not name.startswith("python_modules/") else "data"


def save(official: OfficialRuntime, config: Path, folder: Path) -> float:
    """Make the snapshot of a configuration in `folder`; gives seconds. Raises Failure where workerd does not."""
    folder.mkdir(parents=True)
    file = folder / SNAPSHOT
    place = f"--python-snapshot-dir={folder}"
    with _running(official.command(config, "--experimental", "--python-save-snapshot", place)) as until:
        return until("make the snapshot", lambda: file.exists() and _settled(file))


def restore(official: OfficialRuntime, config: Path, folder: Path) -> float:
    """Start from it; gives seconds until `/healthz` is answered. Raises Failure where it is not."""
    address = f"{HOST}:{ports.free_port()}"
    start = [*snapshot_options(str(folder)), f"--socket-addr=http={address}"]
    with _running(official.command(config, "--experimental", *start)) as until:
        return until("answer from the snapshot", lambda: _answers(f"http://{address}/healthz"))


class Snapshots:
    """Those of whatever is started on `official`, in `folder`: each content's is made once."""

    def __init__(self, official: OfficialRuntime, folder: Path) -> None:
        self._official = official
        self._folder = folder

    def of(self, upload: Path, main_module: str, date: str, flags: Sequence[str]) -> Path:
        """The folder of the snapshot of what lies in `upload`. Raises Failure in workerd's words."""
        text = configuration(upload, main_module, date, [*flags, DEDICATED])
        kept = self._folder / _digest(upload, text)
        if not (kept / SNAPSHOT).exists():
            config = upload / "config.capnp"
            config.write_text(text)
            save(self._official, config, kept)
        return kept


def _digest(upload: Path, text: str) -> str:
    """Stands for every name and every byte."""
    files = sorted(path for path in upload.rglob("*") if path.is_file())
    listed = [f"{path.relative_to(upload).as_posix()} {sha256(path.read_bytes()).hexdigest()}" for path in files]
    return sha256("\n".join([text, *listed]).encode()).hexdigest()


Until = Callable[[str, Callable[[], bool]], float]


@contextmanager
def _running(command: Sequence[str | Path]) -> Iterator[Until]:
    """A workerd, and `until(what, done)`: seconds from its start until `done()`. Raises Failure when it ends first."""
    with tempfile.TemporaryFile() as written:
        started = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)

        def until(what: str, done: Callable[[], bool]) -> float:
            while not done():
                if child.poll() is not None or time.monotonic() - started > PATIENCE:
                    written.seek(0)
                    said = one_line(written.read().decode(errors="replace"))[-500:]
                    raise Failure(
                        f"workerd did not {what}: {said or 'it said nothing'}", "mend what it names and run it again"
                    )
                time.sleep(0.02)
            return time.monotonic() - started

        try:
            yield until
        finally:
            child.kill()
            child.wait()


def _settled(file: Path) -> bool:
    """Whether nothing is added any more."""
    before = file.stat().st_size
    time.sleep(0.1)
    return 0 < before == file.stat().st_size


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            status: int = response.status
            return status == 200
    except OSError:
        return False
