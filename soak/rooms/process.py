"""The rooms' origin as a process of its own, so that its transactions delay no other origin's answers.

`python -m soak.rooms.process`: the first line of standard input is the setup as JSON, the first of standard output the
port; it ends with its input.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from devtools.paths import ROOT

PATIENCE: Final = 10.0
"""Seconds until a process that does not end is made to."""


@contextmanager
def rooms_process(secret: str) -> Iterator[str]:
    """Its URL. It is in a session of its own, so that a Ctrl-C reaches us and not it."""
    command = [sys.executable, "-m", "soak.rooms.process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps({"secret": secret}), file=process.stdin, flush=True)
        try:
            yield f"http://127.0.0.1:{json.loads(process.stdout.readline())}"
        finally:
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    from soak.rooms.house import serving  # its imports take a second, and are of no use to who starts this process

    with serving(json.loads(sys.stdin.readline())["secret"]) as port:
        print(port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
