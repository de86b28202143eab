"""How the people of a place write and count: the `formats` of a visitor's profile.

What belongs to the place (its week, hours, measures, paper, calendar, calling code) follows the country; what belongs
to the language (signs of numbers, the currency's symbol) follows the language, in the variety of the country unless the
tag names a region of its own. All from CLDR (`format_tables.py`), in the words of BCP 47, so that `Intl` takes them.
"""

import json
from functools import cache, lru_cache
from typing import Any, Final

from places import format_tables
from places.languages import canonical, likely, named_region
from places.matching import ancestors

ROOT: Final = "und"
"""What every locale inherits from in the end."""

SYMBOLS_REMEMBERED: Final = 64
"""Currencies whose symbols are kept apart, of the some 150 that are in use."""

EFTA_OF_THE_EEA: Final = frozenset({"IS", "LI", "NO"})
"""Members of the European Economic Area beside the European Union (EEA Agreement art. 2)."""

HOUR_CYCLES: Final = {"H": "h23", "h": "h12", "K": "h11", "k": "h24"}
"""CLDR's letters to those of BCP 47 (UTS #35 part 4, section 4.1)."""


def formats(country: str, is_eu: bool, currency: str, language: str) -> dict[str, Any]:
    """The formats of a territory and a canonical language tag.

    formats("AT", True, "EUR", "de-AT")["decimal"] == ","
    """
    first, weekend, measures, temperature, paper, hours, calendar, calling = _places()[country].split(" ")
    names = chain(language, country)
    system, decimal, group = _inherited(_signs(), names).split(" ")
    hours = _hours().get(f"{language.partition('-')[0]}-{country}", hours)
    return {
        "currencyDigits": int(_digits().get(currency, "2")),
        "currencySymbol": _inherited(_symbols(currency), names),
        "numberingSystem": system,
        "decimal": decimal,
        "group": group,
        "hourCycle": HOUR_CYCLES[hours],
        "firstDayOfWeek": int(first),
        "weekend": [int(day) for day in weekend],
        "calendar": calendar,
        "measurementSystem": measures,
        "temperatureUnit": temperature,
        "paperSize": paper,
        "callingCode": f"+{calling}",
        "isEEA": is_eu or country in EFTA_OF_THE_EEA,
    }


@lru_cache(maxsize=1024)
def formats_json(country: str, is_eu: bool, currency: str, language: str) -> bytes:
    """The same in UTF-8, for a language as it was configured."""
    members = formats(country, is_eu, currency, canonical(language) or language)
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def chain(tag: str, country: str = "") -> list[str]:
    """The names under which CLDR may have a locale, nearest first: `de-AT`, `de`, `und`.

    Without a script that the language has anyway. A tag without a region, or with a group of regions that the country
    belongs to (`es-419` in MX), is read as the country's.
    """
    subtags = likely(tag)
    language, script = subtags.language, subtags.script
    stem = language if likely(language).script == script else f"{language}-{script}"
    region = named_region(tag)
    if not region or region in ancestors(stem, country):
        region = country or region
    if not region:
        return [stem, ROOT]
    return [f"{stem}-{region}", *(f"{stem}-{group}" for group in ancestors(stem, region)), stem, ROOT]


def _inherited(table: dict[str, str], names: list[str]) -> str:
    return next(table[name] for name in names if name in table)


def _rows(text: str) -> list[str]:
    return text.strip("\n").replace("\n ", " ").split("\n")


def _keyed(text: str) -> dict[str, str]:
    """First word of a row -> the rest of it."""
    return {key: rest for key, _, rest in (row.partition(" ") for row in _rows(text))}


@cache
def _places() -> dict[str, str]:
    return _keyed(format_tables.PLACES)


@cache
def _hours() -> dict[str, str]:
    return _keyed(format_tables.HOURS)


@cache
def _signs() -> dict[str, str]:
    """Locale -> numbering system, decimal and grouping sign."""
    found = {}
    for row in _rows(format_tables.SIGNS):
        system, decimal, group, *names = row.split(" ")
        found.update(dict.fromkeys(names, f"{system} {decimal} {group}"))
    return found


@cache
def _digits() -> dict[str, str]:
    rows = (row.split(" ") for row in _rows(format_tables.DIGITS))
    return {currency: count for count, *currencies in rows for currency in currencies}


@cache
def _symbol_rows() -> dict[str, str]:
    return _keyed(format_tables.SYMBOLS)


@lru_cache(maxsize=SYMBOLS_REMEMBERED)
def _symbols(currency: str) -> dict[str, str]:
    """Locale -> symbol of the currency, which is its code where CLDR has no other."""
    found = {ROOT: currency}
    for group in _symbol_rows().get(currency, f"{currency}={ROOT}").split("|"):
        symbol, _, names = group.partition("=")
        found.update(dict.fromkeys(names.split(" "), symbol))
    return found


CACHES: Final = (_places, _hours, _signs, _digits, _symbol_rows, _symbols)
"""What is taken apart when it is first asked for, and not before."""
