"""Child processes that end with us: each in a process group of its own, which is signalled as a whole.

wrangler starts workerd, and workerd must not outlive a Ctrl-C, a SIGTERM or a crash of wrangler. On a terminal the
child gets the foreground, as a shell would give it, so that wrangler's keys work and Ctrl-C reaches it once.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PATIENCE = 5.0
"""Seconds between asking a group to end and making it."""

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals by which people, shells and supervisors end a program."""

TAIL = 200
"""Lines of standard error that are kept to explain a failure."""


class Child:
    """A running command. Its standard error is passed on and its last lines are kept.

    With `shown`, that is all it writes, and what is passed on of a line is what `shown(line)` gives.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        foreground: bool = False,
        shown: Callable[[str], Iterable[str]] | None = None,
    ) -> None:
        self.said: list[str] = []
        self._shown = shown
        self._process = subprocess.Popen(
            [str(part) for part in command],
            env=env,
            stdin=None if foreground else subprocess.DEVNULL,
            stdout=subprocess.PIPE if shown else None,
            stderr=subprocess.STDOUT if shown else subprocess.PIPE,
            process_group=0,
        )
        self._terminal = sys.stdin.fileno() if foreground and sys.stdin and sys.stdin.isatty() else None
        if self._terminal is not None:
            _give_terminal(self._terminal, self._process.pid)
        written = self._process.stdout if shown else self._process.stderr
        assert written is not None
        self._pump = threading.Thread(target=self._pass_on, args=(written,), daemon=True)
        self._pump.start()

    def poll(self) -> int | None:
        return self._process.poll()

    def wait(self, tick: Callable[[], None], interval: float) -> int:
        """The exit code, once there is one; calls `tick` every `interval` seconds until then."""
        while True:
            try:
                code = self._process.wait(interval)
            except subprocess.TimeoutExpired:
                tick()
                continue
            self._pump.join(1)
            return code

    def stop(self) -> None:
        """End the whole group: politely, then firmly. Safe to call when it is over."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if not self._signal(number):
                break
            deadline = time.monotonic() + PATIENCE
            while self._alive() and time.monotonic() < deadline:
                time.sleep(0.05)
        with suppress(subprocess.TimeoutExpired):  # it was made to end: an interrupt at a bad moment only hides that
            self._process.wait(PATIENCE)
        if self._terminal is not None:
            _give_terminal(self._terminal, os.getpgrp())

    def _alive(self) -> bool:
        self._process.poll()  # a child that nobody waited for would count as alive
        return self._signal(0)

    def _signal(self, number: int) -> bool:
        """Whether there was anybody in the group to receive it."""
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _pass_on(self, stream: IO[bytes]) -> None:
        for line in stream:
            text = line.decode(errors="replace")
            passed_on = line if self._shown is None else "".join(f"{part}\n" for part in self._shown(text)).encode()
            with suppress(OSError, ValueError):  # our own standard error may be gone
                sys.stderr.buffer.write(passed_on)
                sys.stderr.flush()
            self.said.append(text)
            del self.said[:-TAIL]


def _give_terminal(terminal: int, group: int) -> None:
    """Make `group` the terminal's foreground process group. We may be in the background then: that must not stop us."""
    former = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with suppress(OSError):  # the group is gone already, or the terminal is
        os.tcsetpgrp(terminal, group)
    signal.signal(signal.SIGTTOU, former)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt in the block, as SIGINT does, so that `finally` runs.

    SIGINT, too, has to be told: a shell without job control, such as a pipeline's, starts what goes to the background
    with SIGINT ignored, and Python leaves it so.
    """

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
