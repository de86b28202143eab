"""Running a long step of somebody else's program: one line of progress, a log, and one readable line when it fails.

On a terminal the line counts the seconds and shows what the program last said; elsewhere it is written once at the
start and once at the end.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from devtools import credentials
from devtools.failure import Failure, one_line
from devtools.paths import LOGS, ROOT

# What pip, npm and venv say -> (what is wrong, the mend). First match wins; \1 stands for the matched group.
KNOWN_FAILURES: tuple[tuple[str, str, str], ...] = (
    (
        r"No space left on device|ENOSPC",
        "the disk is full",
        "free some space and run it again",
    ),
    (
        r"DO NOT MATCH THE HASHES|EINTEGRITY",
        "a package differs from what the lock file vouches for",
        "do not install it; check the registry or mirror you use, or run `make lock` if the lock is meant to change",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|unable to verify the first certificate",
        "the registry's certificate is not trusted here",
        "point PIP_CERT and NODE_EXTRA_CA_CERTS at your network's certificate authority",
    ),
    (
        r"Failed to establish a new connection|Temporary failure in name resolution|Name or service not known"
        r"|Connection refused|Connection broken|Read timed out|ConnectTimeoutError|ProxyError"
        r"|ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT",
        "the package registry cannot be reached",
        "check the network, and the proxy or mirror in pip's and npm's configuration, then run it again",
    ),
    (
        r"No matching distribution found for ([^\s(]+)",
        r"the package registry has no \1 for this machine",
        "use Python 3.11 to 3.14 on Linux or macOS, and check the mirror in pip's configuration",
    ),
    (
        r"code E404[\s\S]*?'([^']+)' is not in this registry",
        r"the package registry has no \1",
        "check the mirror in npm's configuration",
    ),
    (
        r"ensurepip is not available|No module named '?(?:ensurepip|venv)",
        "this Python cannot create virtual environments",
        "install its venv package, e.g. `apt install python3-venv`, or use another Python with `make PYTHON=…`",
    ),
    (
        r"can only install packages when your package\.json and package-lock\.json",
        "package.json and package-lock.json disagree",
        "run `npm install` and commit the lock file",
    ),
    (r"EACCES|Permission denied", "a file of the checkout may not be written", "check who owns it, then run it again"),
)


def explain(title: str, output: str, log: Path) -> Failure:
    """The Failure for a step that ended badly having printed `output`, kept whole in `log`."""
    for pattern, what, mend in KNOWN_FAILURES:
        if found := re.search(pattern, output):
            return Failure(f"{title}: {found.expand(what)}", f"{mend} (log: {_shown(log)})")
    said = [one_line(line) for line in output.splitlines() if line.strip()] or ["it did not say why"]
    complaints = [line for line in said if re.search(r"\berror\b", line, re.IGNORECASE)] or said[-1:]
    return Failure(f"{title} failed ({complaints[0][:200]})", f"read {_shown(log)}, mend it and run it again")


def run_step(title: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> str:
    """Run `command` in the project's root with a line of progress; returns what it printed.

    It gets no credentials of a deployment. The whole output is kept under `.gatehouse/logs`. Raises Failure when the
    program is missing or ends badly.
    """
    log = LOGS / f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with progress(title) as line:
        try:
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env=credentials.without(os.environ if env is None else env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise Failure(f"{title}: {command[0]} cannot be started ({error.strerror})", "install it") from error
        output = _follow(child, line, log)
        if child.returncode != 0:
            raise explain(title, output, log)
    return output


def _follow(child: subprocess.Popen[str], line: ProgressLine, log: Path) -> str:
    """Read the child's output to its end, into `log` and on to the progress line."""
    said: list[str] = []
    assert child.stdout is not None
    try:
        with child, log.open("w") as kept:
            for text in child.stdout:
                said.append(text)
                kept.write(text)
                line.detail = one_line(text)
    except BaseException:
        child.kill()
        raise
    return "".join(said)


class ProgressLine:
    """One step's line: its title, the seconds it has taken, and the last thing that happened in it."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self.detail = ""
        self._title = title
        self._stream = stream
        self._live = stream.isatty()
        self._started = time.monotonic()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        if self._live:
            self._ticker.start()
        else:
            self._say(f"{self._title} …\n")

    def stop(self, outcome: str) -> None:
        self._over.set()
        if self._live:
            self._ticker.join()
        self._say(f"{self._rewind()}{self._title}: {outcome} ({self._seconds():.1f} s)\n")

    def _tick(self) -> None:
        while not self._over.wait(0.2):
            self._say(f"{self._rewind()}{self._title} … {self._seconds():.0f} s  {self.detail}"[:110])

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _rewind(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def _say(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


@contextmanager
def progress(title: str, stream: TextIO | None = None) -> Iterator[ProgressLine]:
    """Show `title` as under way while the block runs, then whether it went well and how long it took."""
    line = ProgressLine(title, stream or sys.stderr)
    line.start()
    try:
        yield line
    except BaseException:
        line.stop("failed")
        raise
    line.stop("done")


def _shown(path: Path) -> str:
    """`path` from the project's root, when it lies in it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
