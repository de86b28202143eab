"""Comments between events change nothing that a client is told, wherever they may stand."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.event_stream import HEARTBEAT, TAIL, asks_for_events, is_between_events, is_event_stream

LINE_END = re.compile(rb"\r\n|\r|\n")
LINES = st.sampled_from([b"data: a", b"data", b"event: e", b"id: 1", b"retry: 9", b":c", b":", b"x", b""])
ENDS = st.sampled_from([b"\r\n", b"\r", b"\n", b""])
TEXTS = st.lists(st.tuples(LINES, ENDS), max_size=6).map(lambda parts: b"".join(line + end for line, end in parts))


def events_of(stream: bytes) -> list[tuple[tuple[bytes, bytes], ...]]:
    """What a client dispatches, event by event (HTML standard, section 9.2.6); ids and times of retrying included."""
    found: list[tuple[tuple[bytes, bytes], ...]] = []
    fields: list[tuple[bytes, bytes]] = []
    *lines, _unfinished = LINE_END.split(stream)
    for line in lines:
        if not line:
            if any(name == b"data" for name, _ in fields):
                found.append(tuple(fields))
            fields = [(name, value) for name, value in fields if name not in (b"data", b"event")]
        elif not line.startswith(b":"):
            name, _, value = line.partition(b":")
            fields.append((name, value.removeprefix(b" ")))
    return found


@settings(max_examples=300)
@given(TEXTS, TEXTS)
def test_a_comment_where_one_may_stand_changes_no_event(sent: bytes, rest: bytes) -> None:
    if is_between_events(sent[-TAIL:]):
        assert events_of(sent + HEARTBEAT + rest) == events_of(sent + rest)


@pytest.mark.parametrize("end", [b"", b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r\n", b"\r\n\n", b"\r\r\n", b"x\r\r"])
def test_between_events_is_after_a_blank_line_and_at_the_beginning(end: bytes) -> None:
    assert is_between_events(end)


@pytest.mark.parametrize("end", [b"x", b"\n", b"x\n", b"x\r\n", b"\r\n", b"x\r", b"\n:", b"\n\nx"])
def test_within_an_event_nothing_may_stand(end: bytes) -> None:
    assert not is_between_events(end)


@pytest.mark.parametrize(
    ("field", "is_one"),
    [("text/event-stream", True), ("Text/Event-Stream ; charset=utf-8", True), ("text/event-streams", False)]
    + [("application/json", False), ("text/html; a=text/event-stream", False), ("", False)],
)
def test_a_stream_of_events_is_known_by_its_media_type(field: str, is_one: bool) -> None:
    assert is_event_stream({"content-type": field}) == is_one
    assert not is_event_stream({})


def test_who_names_the_media_type_asks_for_events() -> None:
    assert asks_for_events({"accept": "text/html, Text/Event-Stream;q=0.9"})
    assert not asks_for_events({"accept": "*/*"})
    assert not asks_for_events({})
