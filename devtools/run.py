"""`run`: one program, with the project's Node, npm tools and virtual environment first on PATH.

For what has no command of its own: `python -m devtools run pywrangler deploy`, `python -m devtools run wrangler kv …`.
Credentials of the environment reach programs that deploy, and no others (devtools/credentials.py).
"""

from __future__ import annotations

import os
import shutil
import sys

from devtools import credentials, node
from devtools.failure import Failure


def main(argv: list[str]) -> int:
    """`run program [arguments]`: becomes the program, so that its exit code and its signals are the caller's."""
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: python -m devtools run <program> [arguments]")
        return 0 if argv else 2
    environment = credentials.for_program(argv, node.locate().environment())
    program = shutil.which(argv[0], path=environment["PATH"])
    if program is None:
        raise Failure(f"there is no program {argv[0]!r}", "run `make setup`, and check the name")
    sys.stdout.flush()
    return os.execve(program, argv, environment)
