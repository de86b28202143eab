"""What ends `dev`, and from where it may have been started."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devtools.runtime.supervise import interruptible


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
