"""`snapshot`: the memory snapshot that a deployment makes of this Worker, on Cloudflare's own runtime.

    python -m devtools snapshot [options of wrangler deploy, such as --env staging]

A deployment imports `entry.py` once, saves Python's memory, and starts every isolate from that copy. Here the same is
done with what would be uploaded, under the same compatibility date and flags: made, then restored and asked for
`/healthz`. It fails where the snapshot is larger or the first answer later than the budget, and where either cannot be
done at all, as after an import that a deployment would refuse. Where Cloudflare's bundle cannot be had, one line says
so and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools import ports
from devtools.configuration import wrangler_config
from devtools.failure import Failure, one_line
from devtools.paths import STATE, WRANGLER_TOML
from devtools.releasing.size import MIB, dry_run
from devtools.runtime.official import OfficialRuntime

MOST_MIB = 64.0
"""Of the isolate's 128; a request needs the rest."""
MOST_SECONDS = 2.0
"""From the start of the process to the first answer, the snapshot restored. Without one it takes five."""

PATIENCE = 120.0
"""Seconds for each of the two starts, after which something is wrong."""
FETCH_WITHIN = 120.0
"""Seconds that Cloudflare's bundle may take."""

HOST = "127.0.0.1"
SNAPSHOT = "snapshot.bin"
"""The name under which workerd saves it."""
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


@dataclass(frozen=True)
class Taken:
    """What was found: bytes of the snapshot, and seconds to make it and from a start with it to the first answer."""

    size: int
    made: float
    answered: float

    def __str__(self) -> str:
        return (
            f"snapshot: {self.size / MIB:.1f} MiB of {MOST_MIB:g}, made in {self.made:.1f} s; "
            f"first answer from it after {self.answered:.2f} s of {MOST_SECONDS:g}"
        )

    def check(self) -> None:
        """Raises Failure over the budget."""
        if self.size > MOST_MIB * MIB:
            raise Failure(
                f"the snapshot has {self.size / MIB:.1f} MiB and may have {MOST_MIB:g}",
                "import what is seldom needed in the function that needs it",
            )
        if self.answered > MOST_SECONDS:
            raise Failure(
                f"the first answer took {self.answered:.2f} s and may take {MOST_SECONDS:g}",
                "do less when `entry.py` is imported, or run it again on a quiet machine",
            )


def main(argv: list[str]) -> int:
    """Print size and times. Raises Failure."""
    parser = argparse.ArgumentParser(prog="python -m devtools snapshot", description=__doc__.partition("\n")[0])
    parser.add_argument("--env", "-e")
    environment = parser.parse_known_args(argv)[0].env
    config = wrangler_config.read(WRANGLER_TOML)
    date = str(wrangler_config.section(config, environment, "compatibility_date"))
    flags = wrangler_config.section(config, environment, "compatibility_flags") or []
    main_module = Path(wrangler_config.section(config, environment, "main")).name
    official = OfficialRuntime(date, flags)
    found = official.look(FETCH_WITHIN, again=True)
    if not found.usable:
        raise Failure(f"Cloudflare's bundle {found.why}", "run this where Cloudflare's servers can be reached")
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="snapshot-", dir=STATE) as scratch:
        upload = Path(scratch, "upload")
        dry_run(upload, argv)
        (upload / "config.capnp").write_text(configuration(upload, main_module, date, [*flags, DEDICATED]))
        taken = take(official, upload / "config.capnp", Path(scratch, "snapshots"))
    print(taken, flush=True)
    taken.check()
    return 0


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


def take(official: OfficialRuntime, config: Path, folder: Path) -> Taken:
    """Make a snapshot in `folder`, and start from it. Raises Failure where workerd ends or does not come to it."""
    folder.mkdir()
    place = f"--python-snapshot-dir={folder}"
    file = folder / SNAPSHOT
    with _running(official.command(config, "--experimental", "--python-save-snapshot", place)) as until:
        made = until("make the snapshot", lambda: file.exists() and _settled(file))
    address = f"{HOST}:{ports.free_port()}"
    start = [f"--python-load-snapshot={SNAPSHOT}", place, f"--socket-addr=http={address}"]
    with _running(official.command(config, "--experimental", *start)) as until:
        answered = until("answer from the snapshot", lambda: _answers(f"http://{address}/healthz"))
    return Taken(file.stat().st_size, made, answered)


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
