"""Money by the day: decided changes happen at midnight UTC, and what was replaced is answered by its successor."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import geo
from geo import Locale, Locator
from places import tender, territories

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""When Bulgaria began to pay in euro."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now


@pytest.fixture
def december(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tables as they were generated two weeks before."""
    row = territories.TERRITORIES["BG"].replace("EUR", "BGN")
    monkeypatch.setattr(territories, "AS_OF", "2025-12-15")
    monkeypatch.setattr(territories, "TERRITORIES", {**territories.TERRITORIES, "BG": row})
    monkeypatch.setattr(territories, "CURRENCY_CHANGES", {"BG": "2026-01-01/EUR"})
    caches = (tender.currencies, geo.territory, geo._fragments)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def bulgarian(locator: Locator) -> Locale:
    return locator.locate({"country": "BG"}, "bg", None)


def test_money_changes_at_midnight_utc_of_its_day_and_not_before(december: None) -> None:
    clock = Clock(MIDNIGHT - 1)
    locator = Locator(clock=clock)
    assert (bulgarian(locator).currency, bulgarian(locator).currencies) == ("BGN", ("BGN",))
    tag = bulgarian(locator).etag
    clock.now = MIDNIGHT
    after = bulgarian(locator)
    assert (after.currency, after.source.currency) == ("EUR", "country")
    assert json.loads(after.json)["currencies"] == ["EUR"]
    assert after.etag != tag
    assert locator.for_country("BG").currency == "EUR"


def test_what_is_configured_changes_with_it(december: None) -> None:
    clock = Clock(MIDNIGHT - 1)
    locator = Locator(default_currency="BGN", supported_currencies=["BGN", "USD"], clock=clock)
    assert (bulgarian(locator).currency, locator.for_country("JP").currency) == ("BGN", "BGN")
    clock.now = MIDNIGHT + 86400
    assert (bulgarian(locator).currency, locator.for_country("JP").currency) == ("EUR", "EUR")


def test_a_gateway_that_starts_after_the_day_starts_with_the_new_money(december: None) -> None:
    assert bulgarian(Locator(clock=Clock(MIDNIGHT + 40 * 86400))).currency == "EUR"


def test_the_clock_is_not_asked_once_nothing_is_to_come(december: None) -> None:
    clock = Clock(MIDNIGHT)
    locator = Locator(clock=clock)
    bulgarian(locator)
    asked = clock.asked
    for _ in range(3):
        bulgarian(locator)
    assert clock.asked == asked == 1


@pytest.mark.parametrize(
    ("code", "successor"),
    [("BGN", "EUR"), ("HRK", "EUR"), ("DEM", "EUR"), ("VEB", "VES"), ("ANG", "XCG"), ("SLL", "SLE")],
)
def test_money_of_the_past_in_the_configuration_is_answered_by_its_successor(code: str, successor: str) -> None:
    locator = Locator(default_currency=code, supported_currencies=[code])
    assert locator.locate({"country": "JP"}, None, None).currency == successor


def test_two_names_of_the_same_money_are_one() -> None:
    locator = Locator(supported_currencies=["HRK", "EUR", "USD"])
    assert [locator.for_country(code).currency for code in ("HR", "US", "JP")] == ["EUR", "USD", "USD"]


def test_no_successor_is_replaced_itself() -> None:
    for code, row in territories.CURRENCY_SUCCESSORS.items():
        successor, day = row.split()
        assert tender.replaced(code) == tender.Replaced(successor, day)
        assert tender.replaced(successor) is None
        assert successor in tender.in_use()
