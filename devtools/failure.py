"""How a tool fails: one exception, one line, and what mends it."""

from __future__ import annotations

import re

EXIT_CODE = 1


class Failure(Exception):
    """A tool cannot go on, for a reason outside its own code.

    `what` says what is wrong, `mend` what the reader can do about it. Shown as one line:

        >>> str(Failure("port 8787 is taken", "choose another with --port"))
        'port 8787 is taken: choose another with --port'
    """

    def __init__(self, what: str, mend: str, *, code: int = EXIT_CODE) -> None:
        self.what = one_line(what)
        self.mend = one_line(mend)
        self.code = code
        super().__init__(f"{self.what}: {self.mend}")


_CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def without_colours(text: str) -> str:
    """`text` without a terminal's control sequences."""
    return _CONTROL_SEQUENCE.sub("", text)


def one_line(text: str) -> str:
    """`text` without colours, line breaks and runs of blanks."""
    return " ".join(without_colours(text).split())
