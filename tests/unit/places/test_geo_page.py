"""docs/geo.md: every row of its tables is what the gateway does."""

import re
from collections.abc import Iterator

import pytest

from devtools.paths import ROOT
from geo import Locator
from places.formats import formats
from places.matching import Matcher
from places.negotiation import negotiate, reader

PAGE = (ROOT / "docs" / "geo.md").read_text(encoding="utf-8")


def rows(first: str) -> Iterator[list[str]]:
    """The cells, without backticks, of the table whose first column has this title."""
    table = PAGE.partition(f"| {first} |")[2].partition("\n\n")[0].splitlines()[2:]
    assert table
    return ([cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table)


@pytest.mark.parametrize(("header", "supported", "served", "because"), [*rows("Accept-Language")])
def test_a_header_is_served_as_the_page_says(header: str, supported: str, served: str, because: str) -> None:
    assert because
    assert (negotiate(reader(header), Matcher(supported.split(", "))) or "-") == served


@pytest.mark.parametrize(("configured", "answered"), [*rows("configured")])
def test_money_that_was_replaced_is_answered_as_the_page_says(configured: str, answered: str) -> None:
    locator = Locator(default_currency=configured, supported_currencies=[configured])
    assert locator.for_country("JP").currency == answered


@pytest.mark.parametrize("row", [*rows("country | language")], ids=" ".join)
def test_formats_are_as_the_page_says(row: list[str]) -> None:
    country, language, currency, *written = row
    found = formats(country, False, currency, language)
    names = ("decimal", "currencySymbol", "currencyDigits", "hourCycle", "firstDayOfWeek")
    assert [str(found[name]) for name in names] == written
