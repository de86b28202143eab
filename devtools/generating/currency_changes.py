"""The tables of `src/places/territories.py` about money that was replaced, or will be: CLDR's currencyData by its days.

A territory's tender is looked at on every day on which one of its currencies came or went. So a change that is decided
and dated in CLDR is in the tables before it happens, and the Worker makes it when its day begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devtools.generating.territories import Cldr, Territory

SINCE = "1999-01-01"
"""Money that went before the euro came is not looked up any more."""

Tender = Callable[["Cldr", str, str], list[str]]
"""(CLDR, territory, day) -> tender of that day: `territories.tender`."""


def changes(
    cldr: Cldr, table: dict[str, Territory], reviewed: Iterable[str], on: str, tender: Tender
) -> dict[str, str]:
    """Territory -> "day/currencies", for every change after the day `on`; the reviewed ones change by a review."""
    rows: dict[str, list[str]] = {}
    for code in sorted(set(table) - set(reviewed)):
        before = table[code].currencies
        for day in _days(cldr, code):
            now = tender(cldr, code, day)
            if day > on and now and now != before:
                rows.setdefault(code, []).append(f"{day}/{','.join(now)}")
                before = now
    return {code: " ".join(days) for code, days in rows.items()}


def successors(
    cldr: Cldr, table: dict[str, Territory], reviewed: Iterable[str], on: str, tender: Tender
) -> dict[str, str]:
    """Currency that no territory has any more, or will have -> "successor day": its last territory's, from that day."""
    gone: dict[str, tuple[str, str]] = {}
    lasting: dict[str, list[str]] = {}
    for code in sorted(set(table) - set(reviewed)):
        states = {day: tender(cldr, code, day) for day in _days(cldr, code)}
        lasting[code] = next((now for day, now in reversed(states.items()) if day > on and now), table[code].currencies)
        for currency, day in _replaced(states):
            gone[currency] = max(gone.get(currency, ("", "")), (day, lasting[code][0]))
    staying = {currency for code in table for currency in lasting.get(code, table[code].currencies)}
    return {
        currency: f"{successor} {day}"
        for currency, (day, successor) in sorted(gone.items())
        if day >= SINCE and currency not in staying
    }


def _replaced(states: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """(currency, first day without it) whenever one is tender no longer."""
    before: list[str] = []
    for day, now in states.items():
        yield from ((currency, day) for currency in before if now and currency not in now)
        before = now


def _days(cldr: Cldr, code: str) -> list[str]:
    """The days on which one of a territory's currencies is new, or is tender no longer."""
    days = set()
    for entry in cldr.currencies[code]:
        for facts in entry.values():
            days.add(facts.get("_from", ""))
            days.add(_after(facts.get("_to", "")))
    return sorted(days - {""})


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat() if day else ""
