"""Validators and preconditions (RFC 9110 sections 8.8 and 13), as a cache evaluates them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.dates import format_http_date
from fields.entity_tags import (
    entity_tags,
    is_not_modified,
    range_applies,
    strong_match,
    validation_conditions,
    weak_match,
)

NOW = 1_800_000_000


def date(offset: int) -> str:
    return format_http_date(NOW + offset)


@pytest.mark.parametrize(
    ("left", "right", "strong", "weak"),
    [
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', '"1"', True, True),
        ("1", "1", False, True),
        ("1", '"1"', False, False),
        ('w/"1"', '"1"', False, False),
    ],
)
def test_comparison(left: str, right: str, strong: bool, weak: bool) -> None:
    assert (strong_match(left, right), weak_match(left, right)) == (strong, weak)


def test_a_list_of_tags_may_hold_commas_and_backslashes_in_them() -> None:
    assert entity_tags('"a", W/"b,c" ,"d\\", e') == ['"a"', 'W/"b,c"', '"d\\"', "e"]


@pytest.mark.parametrize(
    ("condition", "etag", "not_modified"),
    [
        ('"a"', '"a"', True),
        ('"a"', 'W/"a"', True),
        ('W/"a"', '"a"', True),
        ('"b"', '"a"', False),
        ('"a", "b"', '"b"', True),
        ('"x", "a", "y"', '"a"', True),
        ("*", '"a"', True),
        (" * ", None, True),
        ('*, "b"', '"a"', False),
        ('"a"', None, False),
        ("", '"a"', False),
        ("a", '"a"', False),
        ("a", "a", True),
        ('"aü"', '"aü"', True),
        ('"A"', '"a"', False),
    ],
)
def test_if_none_match(condition: str, etag: str | None, not_modified: bool) -> None:
    stored = {} if etag is None else {"etag": etag}
    assert is_not_modified({"if-none-match": condition}, stored, NOW) is not_modified


@pytest.mark.parametrize(
    ("since", "stored", "not_modified"),
    [
        (date(-100), {"last-modified": date(-100)}, True),
        (date(-50), {"last-modified": date(-100)}, True),
        (date(-150), {"last-modified": date(-100)}, False),
        (date(0), {"date": date(-10)}, True),
        (date(-20), {"date": date(-10)}, False),
        (date(1), {}, True),
        (date(-1), {}, False),
        ("yesterday", {"last-modified": date(-100)}, False),
        (date(0), {"last-modified": "yesterday", "date": date(-10)}, False),
    ],
)
def test_if_modified_since(since: str, stored: dict[str, str], not_modified: bool) -> None:
    assert is_not_modified({"if-modified-since": since}, stored, NOW) is not_modified


def test_if_none_match_takes_precedence() -> None:
    stored = {"etag": '"a"', "last-modified": date(-100)}
    assert not is_not_modified({"if-none-match": '"b"', "if-modified-since": date(0)}, stored, NOW)
    assert is_not_modified({"if-none-match": '"a"', "if-modified-since": date(-500)}, stored, NOW)


def test_a_request_without_preconditions_gets_the_whole() -> None:
    assert not is_not_modified({"if-match": '"a"'}, {"etag": '"a"'}, NOW)


@pytest.mark.parametrize(
    ("condition", "stored", "applies"),
    [
        ('"a"', {"etag": '"a"'}, True),
        ('W/"a"', {"etag": 'W/"a"'}, False),
        ('"a"', {"etag": '"b"'}, False),
        ('"a"', {}, False),
        (date(-100), {"last-modified": date(-100), "date": date(0)}, True),
        (date(-100), {"last-modified": date(-101), "date": date(0)}, False),
        (date(-100), {"last-modified": date(-100), "date": date(-100)}, False),  # may have changed within the second
        ("foo", {"last-modified": "foo", "date": date(0)}, False),
    ],
)
def test_if_range_is_exact_and_strong(condition: str, stored: dict[str, str], applies: bool) -> None:
    assert range_applies({"if-range": condition}, stored, NOW) is applies


def test_validators_are_sent_as_they_were_received() -> None:
    assert validation_conditions({"etag": "odd", "last-modified": "then"}) == {
        "if-none-match": "odd",
        "if-modified-since": "then",
    }
    assert validation_conditions({"etag": "", "date": date(0)}) == {}


@given(st.text(), st.text(), st.text())
def test_no_field_value_raises(condition: str, etag: str, modified: str) -> None:
    stored = {"etag": etag, "last-modified": modified}
    is_not_modified({"if-none-match": condition}, stored, NOW)
    is_not_modified({"if-modified-since": condition}, stored, NOW)
    range_applies({"if-range": condition}, stored, NOW)
