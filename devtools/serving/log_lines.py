"""The gateway's log as people read it: what a line says, which lines are wanted, and how one is shown.

A structured line is a JSON object with an `event` (docs/operations.md lists them). Nothing else is understood here, and
nothing is lost: a field without a column of its own follows as `name=value`, and any other text is shown as it is.

What a line says may come from anybody, so no control character of it reaches a terminal.

This file does no I/O; `tail.py` brings the text and prints what is made of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from devtools.failure import Failure, without_colours

Fields = Mapping[str, Any]

# wrangler's log file: an empty line, `--- 2026-11-24T16:36:36.581Z log`, the text, `---`.
HEAD = re.compile(r"--- (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\w+)")
FOOT = "---"
WRANGLERS_OWN = "debug"
"""The level of what wrangler notes for itself; nobody sees it on a terminal either."""

LABEL = re.compile(r"\A\s*\((?:log|info|warn|error|debug)\) (?=\{)")
"""What `wrangler tail` without `--format json` puts before a line."""

DAYTIME_WIDTH = len("16:36:36.893")
RED, GREEN, YELLOW, CYAN, DIM = "31", "32", "33", "36", "2"
STATUS_COLOURS = {2: GREEN, 3: CYAN, 4: YELLOW, 5: RED}
SHOWN_BELOW = "traceback"
FIRST = frozenset({"code", "reason", "origin_status", "origin_ms", "tries"})
LAST = frozenset({"id", "trace"})
"""Of the details: what a reader looks for, and what is long."""
COLUMNS = frozenset({"event", "time", "status", "method", "ms", "cache", "country", "path"})
"""Fields of a request's line with a place of their own; its `route` shows where it is not the path itself."""


@dataclass(frozen=True)
class Entry:
    """One line of text that was written, and when (seconds since 1970) as far as the log file says."""

    text: str
    time: float | None = None

    @property
    def line(self) -> str:
        """The text without what `wrangler tail` put before it."""
        return LABEL.sub("", self.text, count=1)

    @property
    def fields(self) -> Fields | None:
        """Those of a structured line; None for any other text."""
        try:
            value = json.loads(self.line)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) and isinstance(value.get("event"), str) else None


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The lines of wrangler's log file with their times, or those of any other text, as they come. No blank ones."""
    written: float | None = None
    inside = hidden = False
    for line in lines:
        text = line.rstrip("\r\n")
        if head := HEAD.fullmatch(text):
            written = datetime.fromisoformat(head[1]).timestamp()
            inside, hidden = True, head[2] == WRANGLERS_OWN
        elif inside and text == FOOT:
            written, inside, hidden = None, False, False
        elif text.strip() and not hidden:
            yield Entry(text, written)


# --- which lines ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which lines to show; a line must meet every condition that was set, and other text meets none.

    Wanted.read(status="404,5xx", route="/api/*", id=None)
    """

    statuses: frozenset[str] = frozenset()
    """`404`, or `5xx` for a class."""
    route: str | None = None
    """A route's pattern as configured, or a pattern of paths with `*`."""
    id: str | None = None
    """A request id or a trace id."""

    @classmethod
    def read(cls, *, status: str | None, route: str | None, id: str | None) -> Wanted:
        """Raises Failure for a status that is none."""
        statuses = frozenset(part.strip().lower() for part in status.split(",")) if status is not None else frozenset()
        if wrong := sorted(part for part in statuses if not re.fullmatch(r"[1-5](\d\d|xx)", part)):
            raise Failure(f"{wrong[0]!r} is no status", "write --status 404, --status 5xx or --status 4xx,5xx", code=2)
        return cls(statuses, route, id)

    def accepts(self, fields: Fields | None) -> bool:
        if self == Wanted():
            return True
        return fields is not None and self._has_status(fields) and self._has_route(fields) and self._has_id(fields)

    def _has_status(self, fields: Fields) -> bool:
        status = str(fields.get("status", ""))
        return not self.statuses or status in self.statuses or f"{status[:1]}xx" in self.statuses

    def _has_route(self, fields: Fields) -> bool:
        if self.route is None:
            return True
        return self.route == fields.get("route") or fnmatchcase(str(fields.get("path", "")), self.route)

    def _has_id(self, fields: Fields) -> bool:
        return self.id is None or self.id in (fields.get("id"), fields.get("trace"))


# --- how they look ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """Shows entries, one or more lines each.

    16:36:36.720 401 GET          1.0 ms              /api/users               code=token_missing bytes=279 id=0f65…
    16:36:36.893 200 GET         92.0 ms uri-miss  US /api/prices              origin_ms=23.0 bytes=252 id=5335…
    16:36:37.004     origin_failed code=origin_timeout reason="no answer within 10 s" id=5335…
    """

    colours: bool = False

    def show(self, entry: Entry) -> list[str]:
        fields = entry.fields
        if fields is None:
            return [printable(entry.text)]
        daytime = _daytime(fields.get("time", entry.time)).ljust(DAYTIME_WIDTH)
        shown = self._request(fields) if fields["event"] == "request" else self._event(fields)
        below = str(fields.get(SHOWN_BELOW, "")).splitlines()
        return [f"{self._in(DIM, daytime)} {shown}".rstrip(), *(f"    {printable(line)}" for line in below)]

    def _request(self, fields: Fields) -> str:
        status = _column(fields.get("status"), 3)
        cells = [
            self._in(STATUS_COLOURS.get(int(status[0])) if status[0].isdecimal() else None, status),
            _column(fields.get("method"), 7),
            _column(_milliseconds(fields.get("ms")), 11, right=True),
            _column(_cache(fields.get("cache")), 9),
            _column(fields.get("country"), 2),
            _column(fields.get("path"), 24),
        ]
        same = {"route"} if fields.get("route") == fields.get("path") else set()
        return " ".join([*cells, self._details(fields, COLUMNS | same)])

    def _event(self, fields: Fields) -> str:
        event = printable(str(fields["event"]))
        colour = None if event == "summary" else RED if event in ("exception", "misconfigured") else YELLOW
        return " ".join(["   ", self._in(colour, event), self._details(fields, {"event", "time", SHOWN_BELOW})])

    def _details(self, fields: Fields, shown: Set[str]) -> str:
        names = [name for name in fields if name not in shown]
        names.sort(key=lambda name: (name in LAST, name not in FIRST))
        return self._in(DIM, " ".join(f"{printable(name)}={_value(fields[name])}" for name in names))

    def _in(self, colour: str | None, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours and colour and text else text


def printable(text: str) -> str:
    r"""`text` without colours, and with every other character that a terminal might obey written out (`\x07`)."""
    plain = without_colours(text)
    if plain.isprintable():
        return plain
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in plain)


def as_json(entry: Entry) -> str:
    r"""The line of a structured entry, for programs, with everything a terminal might obey as a JSON escape (`\u0007`).

    Any other text as `printable` has it. Between its tokens JSON takes a blank for any other white space, and within
    them it takes no control character as it is.
    """
    if entry.fields is None:
        return printable(entry.line)
    return "".join(c if c.isprintable() else " " if c in "\t\r\n" else _json_escape(c) for c in entry.line)


def _json_escape(character: str) -> str:
    """In units of UTF-16 (RFC 8259 section 7)."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _daytime(seconds: object) -> str:
    """On this machine's clock; empty for what is no time."""
    try:
        return datetime.fromtimestamp(float(str(seconds))).strftime("%H:%M:%S.%f")[:DAYTIME_WIDTH]
    except (ValueError, OverflowError, OSError):
        return ""


def _column(value: object, width: int, *, right: bool = False) -> str:
    text = "" if value is None else printable(str(value))
    return (text.rjust(width) if right else text.ljust(width)) or " "


def _milliseconds(value: object) -> str:
    return "" if value is None else f"{value} ms"


def _cache(value: object) -> str:
    """Our member of a `Cache-Status` in one word: `hit`, `stale`, or why it was no hit."""
    member = str(value or "").rpartition("gatehouse; ")[2]
    return member.partition(";")[0].removeprefix("fwd=")


def _value(value: object) -> str:
    if isinstance(value, str) and value and not re.search(r'[\s"=]', value):
        return printable(value)
    return printable(json.dumps(value, ensure_ascii=False))
