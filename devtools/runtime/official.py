"""Cloudflare's own Python runtime: whether it can be used here, and how wrangler is made to keep it.

workerd fetches a bundle with Pyodide from Cloudflare when a Python Worker starts, and would do so at every start. Given
a folder to keep it in, it asks only once; wrangler has no option for that, so it is pointed to a script that adds it.
It goes through no proxy, and takes no bundle but the one whose SHA-256 it was built with: nothing can stand in for it.
"""

import json
import os
import shlex
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.failure import Failure, one_line
from devtools.paths import NODE_MODULES, STATE

BUNDLES = STATE / "pyodide-bundles"
RETRY_AFTER = 24 * 3600.0
"""Seconds for which a failed attempt is remembered: a firewall that swallows packets costs 5 s to notice."""

SNAPSHOT = "snapshot.bin"
"""The name under which workerd saves Python's memory."""
SNAPSHOT_FOLDER = "GATEHOUSE_SNAPSHOT"
"""The environment variable by which one start of many is told the folder of the memory it begins with."""

MOST_SEGMENTS = 512
"""Of a message, as Cap'n Proto's own reader takes them."""

# The smallest Python Worker: started for no other reason than that workerd fetches what it needs.
PROBE = """\
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "probe", worker = (
  modules = [(name = "entry.py", pythonModule = "from js import Response\\ndef on_fetch(request):\\n  pass\\n")],
  compatibilityDate = "{date}", compatibilityFlags = [{flags}]))]);
"""


@dataclass(frozen=True)
class Availability:
    """Whether the bundle is at hand, and a phrase that says why: "is cached", "could not be fetched (...)"."""

    usable: bool
    why: str


class OfficialRuntime:
    """Cloudflare's bundle for one compatibility date and set of flags, under the installed workerd."""

    def __init__(self, date: str, flags: list[str], *, state: Path = BUNDLES, workerd: Path | None = None) -> None:
        self._date = date
        self._flags = flags
        self._workerd = workerd or _find_workerd()
        self._folder = state / f"{_version(self._workerd)}-{date}"

    def is_cached(self) -> bool:
        """Whether the bundle is here, and all of it."""
        return any(map(_is_whole, self._folder.glob("*.capnp.bin")))

    def look(self, seconds: float, *, again: bool = False) -> Availability:
        """Have it fetched unless it is here, for at most `seconds`; `again` forgets that it failed before."""
        if self.is_cached():
            return Availability(True, "is cached")
        if not again and (former := self._former_failure()):
            return Availability(False, former)
        why = self._fetch(seconds)
        if self.is_cached():
            return Availability(True, "was fetched")
        self._remember(why)
        return Availability(False, why)

    def environment(self) -> dict[str, str]:
        """What wrangler and Miniflare need in their environment to run workerd with the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        script = self._folder / "workerd"
        options = shlex.quote(self._kept)
        workerd = shlex.quote(str(self._workerd))
        begins = " ".join(f'"{option}"' for option in snapshot_options(f"${SNAPSHOT_FOLDER}"))
        options += f" ${{{SNAPSHOT_FOLDER}:+{begins}}}"
        script.write_text(f'#!/bin/sh\nverb="$1"; shift\nexec {workerd} "$verb" {options} "$@"\n')
        script.chmod(0o755)
        return {"MINIFLARE_WORKERD_PATH": str(script)}

    def command(self, config: Path, *options: str) -> list[str]:
        """What serves a configuration on it."""
        return [str(self._workerd), "serve", str(config), *options, self._kept]

    @property
    def _kept(self) -> str:
        """The option of workerd by which it keeps the bundle."""
        return f"--pyodide-bundle-disk-cache-dir={self._folder}"

    def _discard(self) -> None:
        for file in self._folder.glob("*.capnp.bin"):
            file.unlink()

    def _fetch(self, seconds: float) -> str:
        """Run the probe until the bundle is there; gives the reason when it is not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="gatehouse-") as scratch:
            config = Path(scratch) / "config.capnp"
            config.write_text(PROBE.format(date=self._date, flags=", ".join(map(json.dumps, self._flags))))
            log = Path(scratch) / "log"
            with log.open("wb") as output:
                child = subprocess.Popen(self.command(config), stdout=output, stderr=output, stdin=subprocess.DEVNULL)
            deadline = time.monotonic() + seconds
            while child.poll() is None and time.monotonic() < deadline and not self.is_cached():
                time.sleep(0.1)
            ended = child.poll() is not None
            child.kill()
            child.wait()
            if not self.is_cached():
                self._discard()
            said = one_line(log.read_text(errors="replace").rsplit(";", 1)[-1]) if ended else ""
        return f"could not be fetched ({said or f'not within {seconds:g} s'})"

    @property
    def _record(self) -> Path:
        return self._folder / "failed.json"

    def _former_failure(self) -> str | None:
        try:
            record: dict[str, Any] = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return None
        if not 0 <= time.time() - record["at"] < RETRY_AFTER:
            return None
        then = time.strftime("%Y-%m-%d %H:%M", time.localtime(record["at"]))
        return f"{record['why']} on {then}"

    def _remember(self, why: str) -> None:
        draft = self._record.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps({"at": time.time(), "why": why}))
        draft.replace(self._record)


def snapshot_options(folder: str) -> list[str]:
    """workerd's options for a start from the memory in `folder`."""
    return [f"--python-load-snapshot={SNAPSHOT}", f"--python-snapshot-dir={folder}"]


def _is_whole(bundle: Path) -> bool:
    """Whether a file is as long as the Cap'n Proto message that it begins with says (capnproto.org/encoding.html).

    A message begins with the number of its segments less one, and then the length of each in words of 8 bytes.
    """
    try:
        length = bundle.stat().st_size
        with bundle.open("rb") as file:
            (last,) = struct.unpack("<I", file.read(4))
            if last >= MOST_SEGMENTS:
                return False
            words = struct.unpack(f"<{last + 1}I", file.read(4 * (last + 1)))
    except (OSError, struct.error):
        return False
    head = 4 * (last + 2)
    needed: int = head + head % 8 + 8 * sum(words)
    return length >= needed


def _find_workerd() -> Path:
    found = sorted(NODE_MODULES.glob("@cloudflare/workerd-*/bin/workerd"))
    if not found:
        raise Failure("workerd is not installed", "run `make setup`")
    return found[0]


def _version(workerd: Path) -> str:
    manifest = workerd.parent.parent / "package.json"
    version: str = json.loads(manifest.read_text())["version"] if manifest.exists() else "unknown"
    return version
