"""Runs the emulator, on its own Python, until whoever started it closes our standard input or is gone.

A process that is killed cannot tell its children; the end of a pipe can.
"""

import os
import signal
import sys
import threading


def _end_with_the_pipe() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_pipe, daemon=True).start()
    from ministack.app import main

    main()
