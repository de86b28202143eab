"""`tail`: the log for people. Which lines are shown, how they look, and that none of them is lost on the way."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from devtools.failure import Failure
from devtools.paths import ROOT
from devtools.serving import tail
from devtools.serving.log_lines import Entry, View, Wanted, as_json, entries

REQUEST = {
    "event": "request",
    "time": 1795538196.893,
    "id": "5335636d",
    "trace": "cc8bd17f",
    "method": "GET",
    "route": "/api/*",
    "path": "/api/prices",
    "status": 200,
    "ms": 92.0,
    "country": "PT",
    "cache": 'gatehouse; fwd=uri-miss; stored; key="7Rv0"',
    "origin_status": 200,
}
REFUSED = {"event": "request", "id": "0f65", "path": "/geo", "route": "/geo", "status": 401, "code": "token_missing"}
WRANGLERS = """\

--- 2026-11-24T16:36:30.321Z debug
Writing logs to "x"

and more of it
---

--- 2026-11-24T16:36:31.104Z log
Starting local server...
---

--- 2026-11-24T16:36:36.893Z log
{"event":"origin_failed","id":"5335636d"}
---
"""


@pytest.fixture(autouse=True)
def lisbon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(fields: Any, *, colours: bool = False) -> list[str]:
    return View(colours).show(Entry(json.dumps(fields)))


# --- a line's looks ---------------------------------------------------------------------------------------------------


def test_a_request_is_one_line_in_columns_with_all_that_is_known_of_it() -> None:
    assert shown(REQUEST) == [
        "16:36:36.893 200 GET         92.0 ms uri-miss  PT /api/prices              "
        "origin_status=200 route=/api/* id=5335636d trace=cc8bd17f"
    ]


def test_columns_stand_below_each_other_whatever_a_line_has() -> None:
    (request,), (refused,) = shown(REQUEST), shown(REFUSED)
    assert request.index("/api/prices") == refused.index("/geo")
    assert request.index("origin_status") == refused.index("code=token_missing")
    assert "route=" not in refused, "it is the path"
    (revoked,) = shown({**REFUSED, "bytes": 2, "code": "invalid_token", "reason": "revoked"})
    assert "code=invalid_token reason=revoked bytes=2" in revoked


def test_an_event_is_named_and_its_time_is_the_logs_where_it_has_none() -> None:
    (line,) = View().show(Entry('{"event":"origin_failed","id":"a","reason":"no answer"}', time=1795538196.893))
    assert line == '16:36:36.893     origin_failed reason="no answer" id=a'


def test_a_traceback_stands_below_its_line() -> None:
    assert shown({"event": "exception", "id": "a", "traceback": "Traceback\n  File\nValueError: x"}) == [
        "                 exception id=a",
        "    Traceback",
        "      File",
        "    ValueError: x",
    ]


def test_a_hit_and_the_members_of_other_caches_are_read() -> None:
    (line,) = shown(REFUSED | {"cache": "other; fwd=miss, gatehouse; hit; ttl=5"})
    assert " hit " in line
    assert "fwd" not in line


@pytest.mark.parametrize("text", ["[1]", "null", '{"a": 1}', '{"event": 5}', "{", "[" * 100_000, "Ready on http://x"])
def test_text_that_is_no_line_of_the_gateway_is_shown_as_it_is(text: str) -> None:
    assert View().show(Entry(text)) == [text]


@pytest.mark.parametrize(
    "odd", [{"time": 1e999}, {"time": {}}, {"status": None}, {"status": [5]}, {"ms": "x"}, {"cache": 5}, {"path": {}}]
)
def test_a_field_of_an_odd_kind_costs_no_line(odd: dict[str, Any]) -> None:
    (line,) = shown(REQUEST | odd)
    assert "id=5335636d" in line


HARMS = ["\x1b]0;title\x07", "\x1b[2J", "\x9b2J", "\r", "\x7f", "\x85", "\u202e", "\u2028", "\ud800", "\U000e0041"]
"""Escape sequences, controls of either set, line ends, marks of direction, what is no character, tags."""


@pytest.mark.parametrize("harm", HARMS)
def test_nothing_in_a_line_is_obeyed_by_the_terminal(harm: str) -> None:
    written = [
        *shown(REQUEST | {"path": harm, "reason": harm, harm: "x"}),
        *shown({"event": harm, "traceback": harm + "x"}),
        *View().show(Entry(harm)),
    ]
    assert all(line.isprintable() for line in written)


@pytest.mark.parametrize("harm", HARMS)
def test_json_for_programs_holds_nothing_that_a_terminal_obeys_and_says_the_same(harm: str) -> None:
    fields = REQUEST | {"path": harm, harm: "\\" + harm}
    raw = "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in json.dumps(fields, ensure_ascii=False))
    written = as_json(Entry(f"\t (log) {raw}"))
    assert written.isprintable()
    assert json.loads(written) == fields
    assert as_json(Entry(f"no line {harm} of ours")).isprintable()
    assert as_json(Entry('{"event":\r\t"x"}')).isprintable()


def test_a_label_is_one_only_where_a_line_begins() -> None:
    fields = REQUEST | {"reason": "a (log) {b}"}
    assert json.loads(as_json(Entry(f"  (log) {json.dumps(fields)}"))) == fields


def test_a_programs_own_colours_are_left_out() -> None:
    assert View().show(Entry("\x1b[31mred\x1b[0m")) == ["red"]


def test_colours_say_what_went_wrong_when_they_are_asked_for() -> None:
    assert "\x1b[33m401\x1b[0m" in shown(REFUSED, colours=True)[0]
    assert "\x1b[31mexception\x1b[0m" in shown({"event": "exception"}, colours=True)[0]
    assert "\x1b" not in shown(REFUSED)[0]


# --- which lines ------------------------------------------------------------------------------------------------------


def accepted(fields: Any, **conditions: str) -> bool:
    return Wanted.read(**{"status": None, "route": None, "id": None} | conditions).accepts(fields)


def test_without_a_filter_everything_is_shown() -> None:
    assert accepted(REQUEST)
    assert accepted(None)


@pytest.mark.parametrize(
    ("conditions", "request_too", "refused_too"),
    [
        ({"status": "200"}, True, False),
        ({"status": "4xx"}, False, True),
        ({"status": "2XX, 401"}, True, True),
        ({"route": "/api/*"}, True, False),
        ({"route": "/*"}, True, True),
        ({"route": "/geo"}, False, True),
        ({"id": "5335636d"}, True, False),
        ({"id": "cc8bd17f"}, True, False),
        ({"status": "4xx", "id": "5335636d"}, False, False),
    ],
)
def test_a_line_is_shown_when_it_meets_every_condition(
    conditions: dict[str, str], request_too: bool, refused_too: bool
) -> None:
    assert accepted(REQUEST, **conditions) is request_too
    assert accepted(REFUSED, **conditions) is refused_too
    assert not accepted(None, **conditions), "text meets none"


def test_an_id_finds_the_events_of_its_request_too() -> None:
    assert accepted({"event": "origin_failed", "id": "a"}, id="a")


@pytest.mark.parametrize("status", ["6xx", "20", "ok", "", "200;404"])
def test_a_status_that_is_none_is_one_line_with_the_mend(status: str) -> None:
    with pytest.raises(Failure, match="--status 5xx") as failure:
        accepted(REQUEST, status=status)
    assert failure.value.code == 2


# --- where they come from ---------------------------------------------------------------------------------------------


def test_wranglers_log_is_read_without_what_it_notes_for_itself() -> None:
    first, second = entries(StringIO(WRANGLERS))
    assert first.text == "Starting local server..."
    assert second.fields == {"event": "origin_failed", "id": "5335636d"}
    assert second.time == pytest.approx(1795538196.893)


def test_a_line_of_wrangler_tail_is_read_behind_its_label() -> None:
    (entry,) = entries(['  (log) {"event":"request","status":200}\n'])
    assert entry.fields == {"event": "request", "status": 200}
    assert entry.line == '{"event":"request","status":200}'


def test_the_newest_log_is_the_one_that_is_followed(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"no log yet: start `make dev`"):
        tail.newest_log(tmp_path)
    folder = tail.log_of(tmp_path, 8787).parent
    folder.mkdir(parents=True)
    for name, written in (("dev-8787.log", 20), ("dev-9000.log", 30), ("wrangler-2026.log", 40)):
        (folder / name).touch()
        os.utime(folder / name, (written, written))
    assert tail.newest_log(tmp_path) == tail.log_of(tmp_path, 9000)


def steps(*moves: Callable[[], object]) -> Callable[[], bool]:
    """What happens while `follow` waits: one move each time, and then no more."""
    remaining = list(moves)

    def more() -> bool:
        if not remaining:
            return False
        remaining.pop(0)()
        return True

    return more


def test_a_log_is_followed_line_by_line_and_a_half_written_line_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntw")

    def append(content: bytes) -> Callable[[], object]:
        def move() -> None:
            with log.open("ab") as file:
                file.write(content)

        return move

    followed = list(tail.follow(log, steps(append("o ü".encode()[:-1]), append("ü".encode()[-1:] + b"\nthree"))))
    assert followed == ["one", "two ü", "three"]


def test_a_log_that_is_started_anew_is_followed_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old and long\nhalf")

    def cut_short() -> None:
        log.write_text("new\n")

    def replace() -> None:
        log.unlink()
        log.write_text("newer, and longer than what was there before\n")

    followed = list(tail.follow(log, steps(cut_short, log.unlink, lambda: log.write_text("back\n"), replace)))
    assert followed == ["old and long", "half", "new", "back", "newer, and longer than what was there before"]


def test_a_log_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"nothing\.log cannot be read"):
        tail.main(["--once", str(tmp_path / "nothing.log")])
    with pytest.raises(Failure, match="tail --help"):
        tail.main(["--follow"])


# --- the command ------------------------------------------------------------------------------------------------------


def run(*options: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "devtools", "tail", *options]
    return subprocess.run(
        command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60, env=os.environ | environment
    )


@pytest.mark.parametrize(("no_color", "status"), [("", "\x1b[32m200\x1b[0m"), ("1", " 200 ")])
def test_on_a_terminal_the_log_is_followed_until_ctrl_c_which_is_no_error(
    tmp_path: Path, no_color: str, status: str
) -> None:
    log = tmp_path / "log"
    log.write_text(f"{json.dumps(REQUEST)}\n")
    follower, terminal = pty.fork()
    if follower == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in the background of a shell without job control
        os.chdir(ROOT)
        os.execve(
            sys.executable, [sys.executable, "-m", "devtools", "tail", str(log)], os.environ | {"NO_COLOR": no_color}
        )
    said = until(terminal, b"cc8bd17f")
    with log.open("a") as file:
        file.write("and then\n")
    said += until(terminal, b"and then")
    os.write(terminal, b"\x03")
    said += until(terminal, b"nothing more is said")
    _, ended = os.waitpid(follower, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(ended) == 0
    assert status in said
    assert said.split("and then")[1].strip() in ("", "^C"), "Ctrl-C is silent"


def until(terminal: int, wanted: bytes) -> str:
    """What is printed on a terminal until `wanted`, or until the program has ended."""
    said = b""
    with suppress(OSError):  # the other end is closed
        while wanted not in said:
            said += os.read(terminal, 65536)
    return said.decode()


def test_a_pipe_is_read_and_json_is_for_programs_with_all_else_on_standard_error() -> None:
    given = f"Ready\n  (log) {json.dumps(REQUEST)}\n"
    ended = run("--json", "-", given=given)
    assert (ended.returncode, json.loads(ended.stdout), ended.stderr) == (0, REQUEST, "Ready\n")
    ended = run("-", given=given)
    assert ended.stdout.splitlines()[0] == "Ready"
    assert "/api/prices" in ended.stdout
    assert "\x1b" not in ended.stdout, "this is no terminal"
