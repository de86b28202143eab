"""`python -m devtools formats`: writes `src/places/format_tables.py`, how a place and a language write and count.

From Unicode CLDR: `cldr-core` (weekData, timeData, measurementData, calendarPreferenceData, currencyData) and
`cldr-numbers-full` (the signs of numbers and the symbols of currencies, by locale), both pinned in package.json;
calling codes from `calling_codes.py`. Of a locale only what differs from the one it inherits from is written.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from devtools.failure import Failure
from devtools.generating import calling_codes, territories
from devtools.generating.territories import CLDR, WIDTH, Cldr, recorded_date
from devtools.paths import NODE_MODULES, SOURCES

sys.path.insert(0, str(SOURCES))

from places import formats, tender

NUMBERS = NODE_MODULES / "cldr-numbers-full"
TARGET = SOURCES / "places" / "format_tables.py"

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALENDARS = {"gregorian": "gregory"}
"""CLDR's names to those of BCP 47 (bcp47/calendar.xml); all others are the same."""
SYSTEMS = {"US": "ussystem", "UK": "uksystem"}
"""The same for systems of measurement (bcp47/measure.xml)."""
USUAL_DIGITS = "2"

VARIANT = re.compile(r"-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})\b")

HEADER = '''"""How a place and a language write and count. Generated; do not edit.

By `python -m devtools formats` from CLDR {version} (npm packages cldr-core and cldr-numbers-full). Each table is one
string that is taken apart when somebody first asks: `formats.py` reads them.

Data: copyright Unicode, Inc., under the Unicode License V3 (https://www.unicode.org/license.txt).
"""

from typing import Final
'''


# --- Of a territory ----------------------------------------------------------------------------------------------


def places(cldr: Cldr, codes: Iterable[str]) -> dict[str, str]:
    """Territory -> first day, weekend, system, temperature, paper, hours, calendar, calling code."""
    week, time = _supplemental(cldr, "weekData"), _supplemental(cldr, "timeData")
    measures, calendars = _supplemental(cldr, "measurementData"), _supplemental(cldr, "calendarPreferenceData")
    calling = calling_codes.by_territory()
    rows = {}
    for code in codes:
        system = _of(measures["measurementSystem"], code)
        warmth = measures["measurementSystem-category-temperature"].get(code, system)
        calendar = _of(calendars, code)[0]
        rows[code] = " ".join(
            [
                str(_day(_of(week["firstDay"], code))),
                "".join(_weekend(week, code)),
                SYSTEMS.get(system, system),
                "fahrenheit" if warmth == "US" else "celsius",
                _of(measures["paperSize"], code),
                _of(time, code)["_preferred"],
                CALENDARS.get(calendar, calendar),
                calling[code],
            ]
        )
    return rows


def _weekend(week: Any, code: str) -> list[str]:
    """The days from the start to the end of the weekend, Monday 1."""
    day, last = _day(_of(week["weekendStart"], code)), _day(_of(week["weekendEnd"], code))
    days = [day]
    while day != last:
        day = day % len(DAYS) + 1
        days.append(day)
    return [str(one) for one in days]


def _day(name: str) -> int:
    return DAYS.index(name) + 1


def _of(table: Any, code: str) -> Any:
    return table.get(code, table["001"])


def _supplemental(cldr: Cldr, name: str) -> Any:
    text = (cldr.folder / "supplemental" / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)["supplemental"][name]


def hours(cldr: Cldr) -> dict[str, str]:
    """language-REGION -> hours, where they are not the territory's."""
    time = _supplemental(cldr, "timeData")
    keys = sorted(key for key in time if re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", key))
    return {
        key: time[key]["_preferred"]
        for key in keys
        if time[key]["_preferred"] != _of(time, key.split("-")[1])["_preferred"]
    }


# --- Of a locale -------------------------------------------------------------------------------------------------


class Numbers:
    """What `cldr-numbers-full` says of every locale, by the names that `formats.py` looks for."""

    def __init__(self, folder: Path, currencies: Iterable[str]) -> None:
        if not folder.is_dir():
            raise Failure(f"{folder} is missing", "run `make setup`: npm brings cldr-numbers-full")
        self.chains: dict[str, list[str]] = {}
        self.signs: dict[str, str] = {}
        self.symbols: dict[str, dict[str, str]] = {currency: {} for currency in currencies}
        for path in sorted((folder / "main").iterdir()):
            chain = formats.chain(path.name)
            # Varieties of spelling (ca-ES-valencia) write numbers as the others of their region do.
            if not VARIANT.search(path.name) and chain[0] not in self.chains:
                self.chains[chain[0]] = chain
                self._read(path, chain[0])

    def _read(self, path: Path, name: str) -> None:
        numbers = _main(path / "numbers.json", path.name)
        system = numbers["defaultNumberingSystem"]
        signs = numbers[f"symbols-numberSystem-{system}"]
        self.signs[name] = f"{system} {signs['decimal']} {signs['group']}"
        money = _main(path / "currencies.json", path.name)["currencies"]
        for currency, symbols in self.symbols.items():
            symbols[name] = money.get(currency, {}).get("symbol", currency)


def _main(path: Path, tag: str) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))["main"][tag]["numbers"]


def grouped(values: Mapping[str, str], chains: Mapping[str, list[str]]) -> dict[str, str]:
    """Value -> locales that have it and do not inherit it, as words; the root is `und`."""
    rows: dict[str, list[str]] = {}
    for name in sorted(values):
        inherited = next((values[one] for one in chains[name] if one != name and one in values), None)
        if values[name] != inherited:
            rows.setdefault(values[name], []).append(name)
    return {value: " ".join(rows[value]) for value in sorted(rows)}


def symbols(numbers: Numbers) -> dict[str, str]:
    """Currency -> "symbol=locale ...|symbol=locale ...", each symbol in front of the locales that write it."""
    rows = {}
    for currency, values in sorted(numbers.symbols.items()):
        groups = grouped(values, numbers.chains)
        if clash := [symbol for symbol in groups if set(symbol) & set("=|\n")]:
            raise Failure(
                f"{currency}: a symbol holds what parts the table: {clash}", "choose another sign in formats.py"
            )
        if set(groups) != {currency}:
            rows[currency] = "|".join(f"{symbol}={names}" for symbol, names in groups.items())
    return rows


def digits(cldr: Cldr, currencies: Iterable[str]) -> dict[str, str]:
    """Digits after the decimal sign -> currencies that are shown with as many; all others have two."""
    fractions = json.loads((cldr.folder / "supplemental" / "currencyData.json").read_text(encoding="utf-8"))
    table = fractions["supplemental"]["currencyData"]["fractions"]
    rows: dict[str, list[str]] = {}
    for currency in sorted(currencies):
        if (count := table.get(currency, {}).get("_digits", USUAL_DIGITS)) != USUAL_DIGITS:
            rows.setdefault(count, []).append(currency)
    return {count: " ".join(rows[count]) for count in sorted(rows)}


# --- The file ----------------------------------------------------------------------------------------------------


def render(cldr: Cldr, folder: Path) -> str:
    """The whole of `src/places/format_tables.py`, in ASCII. What reads it says where it looks: `formats.chain`."""
    table = territories.territories(cldr, recorded_date(territories.TARGET.read_text(encoding="utf-8")) or "")
    numbers = Numbers(folder, sorted(tender.in_use()))
    parts = [
        HEADER.format(version=cldr.version),
        _text("PLACES", places(cldr, table), "ISO 3166-1 code -> first day, weekend, measures, temperature, paper, "
              "hours, calendar, calling code."),
        _text("HOURS", hours(cldr), "language-REGION -> hours, where they are not the territory's."),
        _text("SIGNS", {f"{value} {names}": "" for value, names in grouped(numbers.signs, numbers.chains).items()},
              "Numbering system, decimal and grouping sign, locales that have them."),
        _text("SYMBOLS", symbols(numbers), "Currency -> symbol=locales that write it, | between."),
        _text("DIGITS", digits(cldr, tender.in_use()), "Digits -> currencies shown with as many; others have two."),
    ]  # fmt: skip
    return "\n".join(parts)


def _text(name: str, rows: Mapping[str, str], doc: str) -> str:
    lines = [line for key, value in rows.items() for line in _wrapped(f"{key} {value}".rstrip(" "))]
    return "\n".join([f'{name}: Final = """', *lines, '"""', f'"""{doc}"""', ""])


def _wrapped(row: str) -> list[str]:
    """A row in ASCII, in lines of at most WIDTH; those after the first begin with a blank."""
    lines = [""]
    for word in row.split(" "):
        written = word.encode("unicode_escape").decode("ascii").replace('"', '\\"')
        if lines[-1] and len(lines[-1]) + 1 + len(written) > WIDTH:
            lines.append("")
        lines[-1] += f" {written}" if lines[-1] or len(lines) > 1 else written
    return lines


def main(argv: list[str]) -> int:
    """`formats [--check]`: write the tables, or fail when they are not what CLDR gives."""
    parser = argparse.ArgumentParser(prog="python -m devtools formats", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file would change")
    options = parser.parse_args(argv)
    wanted = render(Cldr(CLDR), NUMBERS)
    if not options.check:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != wanted:
        raise Failure(f"{TARGET.name} is not what CLDR gives", "run `python -m devtools formats`")
    return 0
