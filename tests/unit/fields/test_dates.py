"""HTTP dates, as RFC 9110 section 5.6.7 writes them and RFC 9111 section 4.2 has caches read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.dates import format_http_date, parse_first_http_date, parse_http_date

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
EXAMPLE = 784_111_777


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sUn, 06 nOV 1994 08:49:37 gmt",
    ],
)
def test_each_format_is_read_in_any_case(text: str) -> None:
    assert parse_http_date(text, NOW) == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 0٦ Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "Nob, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_http_date(text, NOW) is None


def test_a_leap_second_is_a_second() -> None:
    assert parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == 1_483_228_800


@pytest.mark.parametrize(("two_digits", "year"), [("27", 2027), ("77", 2077), ("78", 1978), ("99", 1999), ("00", 2000)])
def test_a_two_digit_year_is_at_most_fifty_years_ahead(two_digits: str, year: int) -> None:
    seconds = parse_http_date(f"Monday, 15-Mar-{two_digits} 00:00:00 GMT", NOW)
    assert seconds is not None
    assert format_http_date(seconds).split()[3] == str(year)


def test_of_several_joined_dates_the_first_counts() -> None:
    first, second = "Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT"
    assert parse_first_http_date(f"{first}, {second}", NOW) == EXAMPLE
    assert parse_first_http_date(f"0, {second}", NOW) is None
    assert parse_first_http_date(f"{first} or so", NOW) is None


@given(st.integers(0, 253_402_300_799))
def test_what_is_written_is_read_back(seconds: int) -> None:
    assert parse_http_date(format_http_date(seconds), NOW) == seconds


@given(st.text())
def test_no_text_raises(text: str) -> None:
    parse_http_date(text, NOW)
    parse_first_http_date(text, NOW)
