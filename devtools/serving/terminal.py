"""What a person reads on the terminal of `dev`: what wrangler writes without what only its log is for.

wrangler says for each start and each save which modules and bindings there are, some hundred lines; all of it stays in
its log file. Here everything is shown that is not known to be of that kind: what the Worker prints, and every error.

This file does no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from devtools.failure import without_colours

FOR_THE_LOG = re.compile(
    "|".join(
        (
            r"[┌├│└]",
            r"\[custom build\] Running: ",
            r"The file .+ changed, restarting build",
            r"Using secrets defined in ",
            r"Attaching additional modules:",
            r"⎔ Starting local server",
            r"\[wrangler:info\] (?:✨|[A-Z]+ .* \(\d+ms\))",
            r".{1,4}Logs were written to ",
        )
    )
)
"""Lines for the log alone. A request has a line of the gateway's own beside wrangler's."""

BLOCKS = (
    (re.compile(r"▲ \[WARNING\]"), re.compile(r"\S")),
    (re.compile(r"Your Worker has access to"), re.compile(r"$")),
)
"""The same of several lines: the first, and the first that is no more of it."""

ERROR = re.compile(r"✘ \[ERROR\]")
READY = re.compile(r"\[wrangler:info\] Ready on (\S+)")
RELOADING = re.compile(r"⎔ Reloading local server")
SERVED = re.compile(r"⎔ Local server updated and ready")

IN_THE_ISOLATE = "/session/metadata/"
"""Where the runtime has the sources, and so where a traceback says that they are."""


@dataclass
class Terminal:
    """The lines of one run, in their order.

    `sources` is the folder of the Worker's, as a person would write it; `ready(url)` gives the lines that say what runs
    where; `clock()` is in seconds.
    """

    sources: str
    ready: Callable[[str], Sequence[str]]
    clock: Callable[[], float]
    _end_of_block: re.Pattern[str] | None = None
    _saved_at: float | None = None
    _failed: bool = False

    def shown(self, line: str) -> Iterator[str]:
        """What is shown for a line that was written, without line breaks: itself, something shorter, or nothing."""
        plain = without_colours(line).rstrip()
        if self._end_of_block and not self._end_of_block.match(plain):
            return
        self._end_of_block = next((end for head, end in BLOCKS if head.match(plain)), None)
        if self._end_of_block or not plain or FOR_THE_LOG.match(plain):
            return
        if found := READY.match(plain):
            yield from self.ready(found[1])
        elif RELOADING.match(plain):
            self._failed = False
        elif SERVED.match(plain):
            yield from self._served()
        else:
            self._failed = self._failed or bool(ERROR.match(plain))
            yield line.rstrip().replace(IN_THE_ISOLATE, f"{self.sources}/")

    def saved(self, path: str) -> Iterator[str]:
        """What is shown when the source of this path, in the sources' folder, was saved."""
        self._saved_at = self.clock()
        yield f"gatehouse: {self.sources}/{path} was saved …"

    def _served(self) -> Iterator[str]:
        took = "" if self._saved_at is None else f" after {self.clock() - self._saved_at:.1f} s"
        if self._failed:
            yield f"gatehouse: the Worker cannot start{took}: mend what is named above and save it"
        else:
            yield f"gatehouse: what was saved is served{took}"
        self._saved_at = None


def what_runs(url: str, gateway: str, page: bool, origin: str, region: str, log: str) -> list[str]:
    """What runs where, in six lines.

    `gateway` says by which runtime, `page` whether it has pages; `origin` and `region` are addresses, or why there is
    none; `log` is the path of wrangler's log.
    """
    rows = (
        ("gateway", f"{url} ({gateway})"),
        ("demo page", f"{url}/ in a browser" if page else "none: no [assets] in the configuration"),
        ("origin", origin),
        ("other region", region),
        ("log", f"{log} has all that was written; `make tail` shows it in columns"),
        ("stop", "Ctrl-C; a file that is saved meanwhile is served at once"),
    )
    return [f"gatehouse: {name:<12}  {said}" for name, said in rows]
