"""What ends `dev`, and from where it may have been started."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devtools.runtime import supervise
from devtools.runtime.supervise import Child, interruptible


@contextmanager
def ignored(number: signal.Signals) -> Iterator[None]:
    """As a shell without job control starts what goes to the background."""
    former = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, former)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_end_is_heard_although_the_shell_had_it_ignored(number: signal.Signals) -> None:
    with ignored(number):
        with pytest.raises(KeyboardInterrupt), interruptible():
            signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN, "only in the block"


DEAF = """
import signal
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""


def test_a_child_that_does_not_hear_is_made_to_end_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "PATIENCE", 0.2)
    deaf = threading.Event()

    def shown(line: str) -> list[str]:
        deaf.set()
        return [line]

    child = Child([sys.executable, "-c", DEAF], env=os.environ, shown=shown)
    assert deaf.wait(60)
    with child._process._waitpid_lock:  # type: ignore[attr-defined]  # an interrupt at a bad moment leaves it so
        child.stop()
    assert child.poll() == -signal.SIGKILL
