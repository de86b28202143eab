"""MariaDB and Redis on this machine, from Debian's packages: unprivileged processes on free loopback ports.

    with mariadb() as database, redis_server() as redis:
        database.url("catalogue"), redis.url

Each has a folder of its own, which is gone afterwards; MariaDB's begins as a copy of one that was prepared once. As
root, the servers run as `nobody`. They end with the process that started them, however that ends.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from devtools import ports
from devtools.failure import Failure, one_line
from devtools.paths import STATE

HOST = "127.0.0.1"
PREPARED = STATE / "mariadb"

NOBODY = 65534
"""User and group of Debian's `nobody` and `nogroup`."""

UP_WITHIN = 30.0
"""Seconds, on a busy machine; a fraction of one on an idle one."""

PACKAGES = {"mariadbd": "mariadb-server", "redis-server": "redis-server", "setpriv": "util-linux"}
"""Programs, and the packages of Debian that have them."""

USER, PASSWORD = "catalogue", "local"
"""May do everything in databases whose name begins with its own."""

INIT = f"""\
CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON `{USER}%`.* TO '{USER}'@'%';
CREATE DATABASE IF NOT EXISTS `{USER}`;
"""
"""What the server does whenever it starts."""

# A commit is with the system when it is acknowledged, so a server that is killed has it; a disk is not waited for.
MARIADB = (
    *("--bind-address", HOST, "--skip-log-bin", "--performance-schema=OFF"),
    *("--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=2"),
)
REDIS = ("--bind", HOST, "--save", "", "--appendonly", "no")


@dataclass
class Server:
    """A process that listens on `port`, and may be ended and started again on the same one."""

    name: str
    command: Sequence[str | Path]
    folder: Path
    port: int = field(default_factory=ports.free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it takes connections. Raises Failure."""
        log = self.folder / "log"
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [*_unprivileged(), *map(str, self.command)], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said,
            )  # fmt: skip
        until = time.monotonic() + UP_WITHIN
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                why = one_line(log.read_text(errors="replace")[-500:])
                raise Failure(f"{self.name} does not start ({why})", "free some memory and start again")
            time.sleep(0.02)

    def kill(self) -> None:
        """At once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """It keeps its connections and answers nobody, until `thaw`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, by: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(by)
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class MariaDb(Server):
    """A running MariaDB."""

    def url(self, database: str = USER) -> str:
        """SQLAlchemy's, for a user that may do everything in it."""
        return f"mysql+pymysql://{USER}:{PASSWORD}@{HOST}:{self.port}/{database}"

    @property
    def socket(self) -> str:
        """By which `root` comes in, without a password."""
        return str(self.folder / "socket")


class Redis(Server):
    """A running Redis."""

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"


S = TypeVar("S", bound=Server)


def require(*programs: str) -> None:
    """The programs are there, or are installed where that is allowed. Raises Failure."""
    missing = sorted({PACKAGES[name] for name in programs if not _found(name)})
    if not missing:
        return
    command = f"apt-get install {' '.join(missing)}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive", "PATH": os.environ.get("PATH", os.defpath)}
        for step in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, stdout=subprocess.DEVNULL, check=False)
        missing = sorted({PACKAGES[name] for name in programs if not _found(name)})
    if missing:
        raise Failure(f"{', '.join(missing)} is not installed", f"as root: {command}")


@contextmanager
def mariadb(*options: str) -> Iterator[MariaDb]:
    """A MariaDB until the block ends; `options` are further ones of the server's. Raises Failure."""
    require("mariadbd", "setpriv")
    with _folder("mariadb") as folder:
        shutil.copytree(_prepared(), folder / "data")
        (folder / "init.sql").write_text(INIT)
        server = MariaDb("MariaDB", (), folder)
        where = ("--datadir", str(folder / "data"), "--socket", server.socket, "--pid-file", str(folder / "pid"))
        how = ("--port", str(server.port), "--init-file", str(folder / "init.sql"), *MARIADB, *options)
        server.command = (_found("mariadbd") or "", "--no-defaults", *where, *how)
        _give_away(folder)
        yield from _running(server)


@contextmanager
def redis_server(*options: str) -> Iterator[Redis]:
    """A Redis until the block ends; `options` are further ones of the server's. Raises Failure."""
    require("redis-server", "setpriv")
    with _folder("redis") as folder:
        server = Redis("Redis", (), folder)
        server.command = (_found("redis-server") or "", "--port", str(server.port), "--dir", folder, *REDIS, *options)
        _give_away(folder)
        yield from _running(server)


def _running(server: S) -> Iterator[S]:
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _prepared() -> Path:
    """A data folder as `mariadb-install-db` makes it, made once for a version of MariaDB."""
    program = _found("mariadbd")
    version = subprocess.run([str(program), "--version"], capture_output=True, check=True).stdout
    kept = PREPARED / hashlib.sha256(version).hexdigest()[:16]
    if not kept.exists():
        with _folder("mariadb") as folder:
            data = folder / "data"
            data.mkdir()
            _give_away(folder)
            install = ("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db")
            options = ("--auth-root-authentication-method=normal", "--innodb-log-file-size=8M")
            done = subprocess.run([*_unprivileged(), *install, *options], capture_output=True, check=False, cwd=folder)
            if done.returncode != 0:
                why = one_line((done.stderr or done.stdout).decode(errors="replace")[-500:])
                raise Failure(f"MariaDB's data cannot be prepared ({why})", "mend what it names and start again")
            draft = kept.with_name(f"{kept.name}.{os.getpid()}")
            shutil.copytree(data, draft)
            with suppress(OSError):  # another process was faster
                draft.rename(kept)
            shutil.rmtree(draft, ignore_errors=True)
    return kept


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A folder for a server's files, which `nobody` can reach: not below a home."""
    folder = Path(tempfile.mkdtemp(prefix=f"gatehouse-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_away(folder: Path) -> None:
    """To `nobody`, where we are root."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def _unprivileged() -> tuple[str, ...]:
    """Runs a command as `nobody` where we are root, and ends it when we are gone."""
    whose = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups") if os.geteuid() == 0 else ()
    return (_found("setpriv") or "", *whose, "--pdeathsig", "TERM", "--")


def _found(program: str) -> str | None:
    """Where a program is; Debian keeps servers where the PATH of a user does not lead."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")))


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 0.2).close()
    except OSError:
        return False
    return True
