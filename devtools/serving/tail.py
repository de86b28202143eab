"""`tail`: the gateway's log for people, as it is written.

    python -m devtools tail                            # follows the log of the newest `make dev`, from its start
    python -m devtools tail --status 5xx --route '/api/*'
    python -m devtools tail --once --id 5335636ddca1…  # what is there about one request or trace, and no waiting
    python -m devtools tail --json | jq .ms            # the lines themselves, for programs
    wrangler tail --env production --format pretty | python -m devtools tail -

`make dev` keeps its log in .wrangler/logs/dev-<port>.log, anew at every start, and tail follows on.
Text that is no line of the gateway is shown as it is, without a filter; under `--json` it goes to standard error.
Colours are for terminals alone, and not when NO_COLOR is set.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from devtools.failure import Failure
from devtools.paths import ROOT
from devtools.runtime.supervise import interruptible
from devtools.serving import log_lines
from devtools.serving.log_lines import View, Wanted, entries

LOGS = Path(".wrangler", "logs")
"""Within a project; `.wrangler` is where wrangler keeps its state."""

LOOK_EVERY = 0.2
"""Seconds between two looks at a log that is followed."""

READ_AT_ONCE = 1 << 20
"""Bytes."""

STANDARD_INPUT = "-"


def log_of(project: Path, port: int) -> Path:
    """Where `dev` keeps the log of the gateway on `port`; `project` is the folder of its wrangler.toml."""
    return project / LOGS / f"dev-{port}.log"


def main(argv: list[str]) -> int:
    """Show the log until Ctrl-C, or to its end with `--once`. Raises Failure."""
    options = _parse(argv)
    wanted = Wanted.read(status=options.status, route=options.route, id=options.id)
    with suppress(KeyboardInterrupt), interruptible():
        _show(_lines(options), wanted, as_json=options.json)
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devtools tail", allow_abbrev=False, add_help=False)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--status")
    parser.add_argument("--route")
    parser.add_argument("--id")
    parser.add_argument("-h", "--help", action="store_true")
    parser.error = _misused  # type: ignore[method-assign]
    options = parser.parse_args(argv)
    if options.help:
        print(__doc__)
        raise SystemExit(0)
    return options


def _misused(message: str) -> Any:
    raise Failure(f"tail: {message}", "see `python -m devtools tail --help`", code=2)


def _show(lines: Iterator[str], wanted: Wanted, *, as_json: bool) -> None:
    view = View(colours=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    for entry in entries(lines):
        if not wanted.accepts(entry.fields):
            continue
        shown = [log_lines.as_json(entry)] if as_json else view.show(entry)
        print(*shown, sep="\n", flush=True, file=sys.stderr if as_json and entry.fields is None else sys.stdout)


def _lines(options: argparse.Namespace) -> Iterator[str]:
    if options.file == STANDARD_INPUT:
        return (line.decode(errors="replace") for line in sys.stdin.buffer)
    path = Path(options.file) if options.file else newest_log()
    if options.once:
        return follow(path, lambda: False)
    return follow(path, _wait)


def _wait() -> bool:
    time.sleep(LOOK_EVERY)
    return True


def newest_log(project: Path = ROOT) -> Path:
    """The log of `project` that was written last. Raises Failure when there is none."""
    found = sorted((project / LOGS).glob("dev-*.log"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise Failure("there is no log yet", "start `make dev` in another terminal, or name a file, or - for a pipe")
    return found[-1]


def follow(path: Path, more: Callable[[], bool]) -> Iterator[str]:
    """The lines of the file at `path`, and those that are added while `more` waits and says that it goes on.

    Whole lines only, until the end: a half written one is kept back. A file that was replaced or cut short is read
    from its start. Raises Failure when it cannot be read.
    """
    rest = b""
    file = _open(path)
    try:
        while True:
            anew = _was_started_anew(path, file)
            while read := file.read(READ_AT_ONCE):
                *lines, rest = (rest + read).split(b"\n")
                yield from (line.decode(errors="replace") for line in lines)
            if anew:
                yield from _last(rest)
                file.close()
                file, rest = _open(path), b""
            elif not more():
                yield from _last(rest)
                return
    finally:
        file.close()


def _last(rest: bytes) -> Iterator[str]:
    if rest:
        yield rest.decode(errors="replace")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Failure(
            f"{path} cannot be read ({error.strerror})", "name the log of a gateway, or - for a pipe"
        ) from None


def _was_started_anew(path: Path, file: BinaryIO) -> bool:
    """Also while a program is about to write it anew: then the old one is kept until the new one is there."""
    with suppress(FileNotFoundError):
        there, ours = path.stat(), os.fstat(file.fileno())
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino) or there.st_size < file.tell()
    return False
