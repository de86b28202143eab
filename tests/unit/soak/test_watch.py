"""The soak's watch over log and memory, its client, its schedule and its options."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from devtools.failure import Failure
from soak.__main__ import _options
from soak.client import Connection
from soak.exchanges import Answer, Question
from soak.frames import CLOSE, TEXT, accepted, frame, lengths, unmasked
from soak.log_lines import LogLines
from soak.memory import Sample, Verdict, grown_kinds, verdicts
from soak.report import Tally, faults, in_full, table
from soak.schedule import OUTAGE, PROVIDER_FAILS, TURN, Schedule
from tests.unit.soak.soak_house import NOW, arrived, question

# --- log --------------------------------------------------------------------------------------------------------------


def line(event: str = "request", request_id: str = "soak-1", status: int = 200) -> str:
    return json.dumps({"event": event, "id": request_id, "status": status})


@pytest.fixture
def log() -> LogLines:
    return LogLines(["the secret"])


def both(log: LogLines, first: str, text: str) -> None:
    """A line, and a client that was answered 200."""
    if first == "answer":
        log.answered("soak-1", 200)
    log.wrote("log", text)
    if first == "line":
        log.answered("soak-1", 200)


@pytest.mark.parametrize("first", ["line", "answer"])
def test_an_answer_and_its_line_find_each_other_in_either_order(log: LogLines, first: str) -> None:
    both(log, first, line())
    assert log.missing() == []
    assert log.unhandled == []


@pytest.mark.parametrize("first", ["line", "answer"])
def test_a_line_with_another_status_is_noticed(log: LogLines, first: str) -> None:
    both(log, first, line(status=500))
    assert len(log.unhandled) == 1


def test_an_answer_without_a_line_is_noticed(log: LogLines) -> None:
    log.answered("soak-1", 200)
    assert log.missing() == ["soak-1 was answered 200, and the log has no line"]


@pytest.mark.parametrize(
    "text",
    [
        line("exception"),
        "Traceback (most recent call last):",
        "Error: the script will never generate a response",
        '{"no": "event"}',
        json.dumps({"event": "request", "path": "/the secret"}),
        json.dumps({"event": "request", "path": "/eyJhbGciOiJIUzI1NiJ9"}),
    ],
)
def test_a_line_that_no_fault_explains_is_noticed(log: LogLines, text: str) -> None:
    log.wrote("error", text)
    assert log.unhandled_count == 1


# --- memory -----------------------------------------------------------------------------------------------------------


def samples(leak: float, *, noise: float = 0.0, count: int = 60) -> list[Sample]:
    """A run of `count` samples, 1,500 requests apart, with so many objects more for every request."""
    chance = Random(1)
    flat = Sample(0, 70_000, 300, 0, 30e6, 50e6, 600e6)
    return [
        replace(flat, requests=n * 1500, objects=70_000 + leak * n * 1500 + chance.uniform(-noise, noise))
        for n in range(count)
    ]


def of(name: str, found: list[Verdict]) -> Verdict:
    return next(verdict for verdict in found if verdict.limit.name == name)


def test_flat_memory_is_flat_though_caches_go_up_and_down() -> None:
    assert all(verdict.is_flat for verdict in verdicts(samples(0.0, noise=600)))


def test_what_goes_up_and_down_each_minute_is_flat() -> None:
    tide = [replace(sample, objects=70_000 + n % 6 * 1_000) for n, sample in enumerate(samples(0.0, count=59))]
    assert of("objects", verdicts(tide)).growth == 0


def test_one_object_left_behind_by_every_fiftieth_request_is_found() -> None:
    assert not of("objects", verdicts(samples(0.02, noise=200))).is_flat


def test_growth_while_it_warms_up_is_none() -> None:
    cold = [replace(sample, objects=10_000 + n * 2_500) for n, sample in enumerate(samples(0.0)[:14])]
    assert of("objects", verdicts(cold + samples(0.0)[14:])).is_flat


def test_a_coroutine_that_never_ends_is_found() -> None:
    stuck = [replace(sample, tasks=n) for n, sample in enumerate(samples(0.0))]
    assert not of("tasks", verdicts(stuck)).is_flat


@pytest.mark.parametrize(("steps", "flat"), [((30,), True), ((30, 44), False), ((18, 24, 30), False)])
def test_a_heap_may_grow_by_one_step_late_and_not_by_two(steps: tuple[int, ...], flat: bool) -> None:
    grown = [
        replace(sample, heap=50e6 * 1.2 ** sum(n > step for step in steps)) for n, sample in enumerate(samples(0.0))
    ]
    assert of("heap", verdicts(grown)).is_flat is flat


def test_what_caches_take_before_they_are_full_is_not_judged() -> None:
    few = [replace(sample, requests=sample.requests // 10) for sample in samples(1.0)]
    assert not any(verdict.judged for verdict in verdicts(few))


def test_what_has_grown_is_named() -> None:
    grown = [replace(sample, kinds={"dict": 9, "method": n}) for n, sample in enumerate(samples(0.0))]
    assert grown_kinds(grown) == ["method +45"]


def test_a_few_samples_are_not_judged() -> None:
    found = verdicts(samples(5.0, count=6))
    assert not any(verdict.judged for verdict in found)
    assert verdicts([]) == []


# --- report -----------------------------------------------------------------------------------------------------------


def test_a_wrong_answer_is_shown_in_full_and_fails_the_run(log: LogLines) -> None:
    tally = Tally()
    tally.count(question(), arrived(200, {"etag": '"1"'}, b"content"), ["it should be another"])
    shown = in_full(question(), arrived(200, {"etag": '"1"'}, b"content"), ["it should be another"])
    assert all(part in shown for part in ("! it should be another", "GET /x HTTP/1.1", 'etag: "1"', "b'content'"))
    assert faults(tally, log, []) == ["1 wrong answers"]
    assert "test" in table(tally, log, {"reset": 3}, samples(0.0), 10.0)


def test_what_is_right_is_no_fault(log: LogLines) -> None:
    tally = Tally()
    tally.count(question(), arrived(200, {}), [])
    assert faults(tally, log, samples(0.0)) == []


def test_growth_unhandled_lines_and_missing_ones_are_faults(log: LogLines) -> None:
    log.answered("soak-1", 200)
    log.wrote("error", "oops")
    found = faults(Tally(), log, samples(1.0))
    assert [fault.split(" ")[0] for fault in found] == ["objects:", "objects:", "1", "error:", "1", "soak-1"]


# --- client -----------------------------------------------------------------------------------------------------------


async def answered(answer: bytes, method: str = "GET") -> Answer:
    """What the client makes of these bytes, after which the other side closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        connection = Connection("127.0.0.1", server.sockets[0].getsockname()[1])
        return await connection.ask(Question("test", method, "/", lambda *_: (), id="soak-1"))


@pytest.mark.parametrize(
    ("answer", "status", "content", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello", 200, b"hello", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, b"hello", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", 200, b"hello", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhello", 200, b"hello", False),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", 200, b"", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, b"", True),
        (b"HTTP/1.1 200 O", 0, b"", False),
    ],
)
def test_the_client_knows_whether_an_answer_is_complete(
    answer: bytes, status: int, content: bytes, complete: bool
) -> None:
    given = asyncio.run(answered(answer))
    assert (given.status, given.content, given.complete) == (status, content, complete)
    assert complete or given.trouble


@pytest.mark.parametrize(("longest", "opened"), [(60.0, 1), (0.0, 2)])
def test_a_connection_is_kept_unless_the_server_may_be_closing_it(
    longest: float, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soak.client.IDLE", longest)
    connections: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 204 No\r\n\r\n")
        writer.close()

    async def ask_twice() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            connection = Connection("127.0.0.1", server.sockets[0].getsockname()[1])
            ask = partial(connection.ask, Question("test", "GET", "/", lambda *_: (), id="soak-1"))
            assert (await ask()).status == 204
            assert (await ask()).status == 204
            connection.close()

    asyncio.run(ask_twice())
    assert len(connections) == opened


def test_the_client_joins_fields_but_for_cookies() -> None:
    head = b"HTTP/1.1 204 No\r\nVary: a\r\nvary: b\r\nset-cookie: c=1\r\nset-cookie: d=2\r\n\r\n"
    given = asyncio.run(answered(head))
    assert (given.headers["vary"], given.cookies) == ("a, b", ["c=1", "d=2"])


def test_frames_are_those_of_the_standard() -> None:
    """RFC 6455 sections 1.3 and 5.7."""
    assert accepted("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert frame(TEXT, b"Hello", masked=False) == bytes((0x81, 0x05, *b"Hello"))
    masked = frame(TEXT, b"Hello", masked=True)
    assert lengths(masked[:2]) == (TEXT, 4, 5)
    assert unmasked(masked[6:], masked[2:6]) == b"Hello"
    assert lengths(frame(CLOSE, b"", masked=False)) == (CLOSE, 0, 0)


# --- schedule, options ------------------------------------------------------------------------------------------------


def test_a_key_is_published_a_turn_before_and_after_it_signs() -> None:
    schedule = Schedule(NOW)
    for now in (NOW, NOW + 2.5 * TURN, NOW + 7 * TURN):
        turn = schedule.turn(now)
        assert all(turn in schedule.published(now + shift * TURN) for shift in (-1, 0, 1))
        assert turn not in schedule.published(now - 2 * TURN)


def test_the_provider_fails_in_every_turn_but_the_first() -> None:
    schedule = Schedule(NOW)
    moods = [schedule.mood(NOW + turn * TURN + PROVIDER_FAILS[0]) for turn in range(4)]
    assert moods[0] == "well"
    assert set(moods[1:]) == {"error", "hang", "drop"}


def test_an_outage_may_show_until_the_breaker_has_closed_again() -> None:
    schedule = Schedule(NOW)
    out = NOW + OUTAGE[0] + 1
    assert schedule.is_out(out)
    assert schedule.may_be_out(out, out)
    assert schedule.may_be_out(out - 5, out)
    assert schedule.may_be_out(out + 30, out + 30)
    assert not schedule.may_be_out(NOW + 1, NOW + 2)
    assert not schedule.may_be_out(NOW + TURN + 10, NOW + TURN + 11)


@pytest.mark.parametrize(
    "options",
    [["--minutes", "soon"], ["--minutes", "0"], ["--connections", "0"], ["--faults", "2"], ["--source", "nowhere"]],
)
def test_an_option_that_makes_no_sense_is_one_line(options: list[str]) -> None:
    with pytest.raises(Failure) as failure:
        _options(options)
    assert "\n" not in str(failure.value)


def test_options_are_as_given() -> None:
    options = _options(["--minutes", "0.5", "--connections", "8"])
    assert (options.minutes, options.connections, options.faults) == (0.5, 8, 0.02)
