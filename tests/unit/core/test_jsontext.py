"""Flat JSON objects: whatever the short way writes, any JSON parser reads back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jsontext import flat_object, text_object

NAMES = st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), NUMBERS, st.lists(st.text(), max_size=3))


@given(st.dictionaries(NAMES, st.text()))
def test_header_sections_come_back_as_they_went_in(fields: dict[str, str]) -> None:
    assert json.loads(text_object(fields)) == fields


@given(st.dictionaries(NAMES, VALUES))
def test_log_lines_come_back_as_they_went_in(fields: dict[str, Any]) -> None:
    assert json.loads(flat_object(fields)) == fields


@pytest.mark.parametrize("text", ["line\r\nbreak", 'quote"backslash\\', "Zürich", "\ud800", "\x00", "</script>"])
def test_what_could_break_a_line_or_a_string_is_escaped(text: str) -> None:
    written = text_object({"name": text})
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written) == {"name": text}


def test_true_is_not_written_as_a_number() -> None:
    assert flat_object({"hit": True, "tries": 1}) == '{"hit":true,"tries":1}'


def test_a_number_that_json_does_not_know_is_null() -> None:
    assert flat_object({"ms": float("nan"), "ttl": float("inf")}) == '{"ms":null,"ttl":null}'
