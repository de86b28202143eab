"""The origin's process, as those see it who start it."""

import json
import subprocess
import sys
from typing import Any, Self

from devtools.paths import ROOT

PATIENCE = 10.0
"""Seconds until a process that does not end is made to."""


class OriginProcess:
    """`soak.origin` in a process of its own. `well` and `brittle` are the URLs of its two sockets.

    It is in a session of its own, so that a Ctrl-C reaches us and not it, and ends with our end of its input.
    """

    def __init__(self, setup: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "soak.origin"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(setup), file=self._process.stdin, flush=True)
        well, brittle = json.loads(self._process.stdout.readline())
        self.well, self.brittle = f"http://127.0.0.1:{well}", f"http://127.0.0.1:{brittle}"
        self.committed: dict[str, int] = {}
        """How often each fault was committed; known when it has ended."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            said, _nothing = self._process.communicate(timeout=PATIENCE)
            self.committed = json.loads(said or "{}")
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
