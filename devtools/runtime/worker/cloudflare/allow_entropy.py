"""How many requests for randomness may still be made while the Worker is starting.

The number itself lives in JavaScript (`entropy.mjs`), which sees the requests that native code makes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from _gatehouse_entropy import get, set  # a JavaScript object's two functions

_EIO = 29  # Emscripten's number, which production raises with

TOP_LEVEL_ENTROPY_ERROR = (
    "Randomness is not allowed while a Worker is starting: what is drawn now would be the same in every isolate. "
    "Draw it inside a request. If a package does it when imported, import the package inside a function."
)

_in_request_context = False


def in_request_context() -> bool:
    return _in_request_context


def enter_request_context() -> None:
    global _in_request_context
    _in_request_context = True


def raise_unless_entropy_allowed() -> None:
    """Raises OSError, which is what a failing getentropy(3) becomes in Python."""
    if not _in_request_context and get() <= 0:
        raise OSError(_EIO, TOP_LEVEL_ENTROPY_ERROR)


@contextmanager
def allow_bad_entropy_calls(calls: int) -> Iterator[None]:
    """Let exactly `calls` requests through, with fixed bytes.

    Raises RuntimeError when some are left over: an allowance nobody needs any more would hide the next offender.
    """
    before = get()
    set(calls)
    yield
    left = get()
    set(before)
    if left > 0:
        raise RuntimeError(f"{left} unexpected leftover getentropy calls")
