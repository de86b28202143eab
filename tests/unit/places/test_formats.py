"""How a place and a language write and count: every territory, every locale of CLDR, and which of the two decides."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pytest

from devtools.failure import Failure
from devtools.generating import formats as generator
from geo import Locator
from places import format_tables, formats, tender, territories
from places.languages import canonical

LOCATOR = Locator()


def of(country: str, language: str, currency: str = "EUR") -> dict[str, Any]:
    return formats.formats(country, False, currency, language)


# country, language, currency | decimal, group | symbol, digits | hours, first day, weekend
CHOICES = """
DE de-DE   EUR | , .         | €     2 | h23 1 67
AT de-AT   EUR | , \xa0      | €     2 | h23 1 67
CH de-CH   CHF | . '         | CHF   2 | h23 1 67
CH fr-CH   CHF | , '         | CHF   2 | h23 1 67
FR fr-FR   EUR | , \u202f    | €     2 | h23 1 67
CA fr-CA   CAD | , \xa0      | $     2 | h23 7 67
CA en-CA   USD | . ,         | US$   2 | h12 7 67
US en-US   USD | . ,         | $     2 | h12 7 67
GB en-GB   GBP | . ,         | £     2 | h23 1 67
MX es-MX   MXN | . ,         | $     2 | h12 7 67
AR es-AR   ARS | , .         | $     2 | h12 1 67
PT pt-PT   EUR | , \xa0      | €     2 | h23 7 67
BR pt-BR   BRL | , .         | R$    2 | h23 7 67
JP ja-JP   JPY | . ,         | ￥    0 | h23 7 67
IN hi-IN   INR | . ,         | ₹     2 | h12 7 7
BH ar-BH   BHD | \u066b \u066c | د.ب.\u200f 3 | h12 6 56
TW zh-TW   TWD | . ,         | $     2 | h12 7 67
HK zh-HK   USD | . ,         | US$   2 | h12 7 67
RS sr-Latn RSD | , .         | RSD   2 | h23 1 67
# a language without a region is read as the country's
CH de      CHF | . '         | CHF   2 | h23 1 67
DE en      EUR | , .         | €     2 | h23 1 67
MX es-419  MXN | . ,         | $     2 | h12 7 67
# a region that is named stays; hours and weeks are the country's
DE en-US   EUR | . ,         | €     2 | h23 1 67
US de-DE   USD | , .         | $     2 | h12 7 67
# a language that CLDR does not know is written as the root is
US tlh     USD | . ,         | US$   2 | h12 7 67
"""


@pytest.mark.parametrize("row", [row for row in CHOICES.strip("\n").split("\n") if not row.startswith("#")])
def test_the_language_decides_signs_and_symbols_and_the_country_hours_and_weeks(row: str) -> None:
    asked, signs, money, week = ([word for word in part.split(" ") if word] for part in row.split("|"))
    found = of(*asked)
    assert [found["decimal"], found["group"]] == signs
    assert [found["currencySymbol"], str(found["currencyDigits"])] == money
    weekend = "".join(str(day) for day in found["weekend"])
    assert [found["hourCycle"], str(found["firstDayOfWeek"]), weekend] == week


@pytest.mark.parametrize(
    ("country", "system", "temperature", "paper", "calendar", "calling"),
    [
        ("US", "ussystem", "fahrenheit", "US-Letter", "gregory", "+1"),
        ("GB", "uksystem", "celsius", "A4", "gregory", "+44"),
        ("LR", "ussystem", "celsius", "A4", "gregory", "+231"),
        ("BS", "metric", "fahrenheit", "A4", "gregory", "+1"),
        ("CA", "metric", "celsius", "US-Letter", "gregory", "+1"),
        ("IR", "metric", "celsius", "A4", "persian", "+98"),
        ("TH", "metric", "celsius", "A4", "buddhist", "+66"),
        ("VA", "metric", "celsius", "A4", "gregory", "+39"),
        ("XK", "metric", "celsius", "A4", "gregory", "+383"),
    ],
)
def test_measures_paper_calendar_and_calling_code_are_the_countrys(
    country: str, system: str, temperature: str, paper: str, calendar: str, calling: str
) -> None:
    found = of(country, "en")
    assert found["measurementSystem"] == system
    assert found["temperatureUnit"] == temperature
    assert found["paperSize"] == paper
    assert found["calendar"] == calendar
    assert found["callingCode"] == calling


def test_the_economic_area_is_the_union_and_three_more() -> None:
    inside = {code for code in territories.TERRITORIES if json.loads(_profile(code))["formats"]["isEEA"]}
    union = {code for code in territories.TERRITORIES if LOCATOR.for_country(code).is_eu}
    assert inside == union | {"IS", "LI", "NO"}


def _profile(code: str) -> bytes:
    return LOCATOR.for_country(code).profile.json


@pytest.mark.parametrize("code", sorted(territories.TERRITORIES))
def test_every_territory_has_formats_in_each_of_its_languages(code: str) -> None:
    locale = LOCATOR.for_country(code)
    for language in locale.languages:
        for currency in locale.currencies:
            found = formats.formats(code, locale.is_eu, currency, canonical(language) or "")
            assert all(value not in (None, "", []) for value in found.values())
            assert 1 <= found["firstDayOfWeek"] <= 7
            assert set(found["weekend"]) <= set(range(1, 8))


def test_an_import_takes_no_table_apart() -> None:
    """What nobody asks for costs nothing: `?include=formats` pays when it first comes."""
    spec = spec_from_file_location("formats_afresh", formats.__file__)
    assert spec is not None
    assert spec.loader is not None
    afresh = module_from_spec(spec)
    spec.loader.exec_module(afresh)
    assert {cache.cache_info().currsize for cache in afresh.CACHES} == {0}


# --- Generation --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def numbers() -> generator.Numbers:
    return generator.Numbers(generator.NUMBERS, sorted(tender.in_use()))


def test_regenerating_gives_the_same_bytes() -> None:
    assert generator.main(["--check"]) == 0


def test_every_locale_of_cldr_is_read_back_as_it_is_written(numbers: generator.Numbers) -> None:
    assert len(numbers.signs) > 600
    for name, signs in numbers.signs.items():
        chain = numbers.chains[name]
        assert formats._inherited(formats._signs(), chain) == signs, name
        for currency, symbols in numbers.symbols.items():
            assert formats._inherited(formats._symbols(currency), chain) == symbols[name], (name, currency)


def test_the_tables_name_the_cldr_that_the_territories_do() -> None:
    assert f"CLDR {territories.CLDR_VERSION}" in (format_tables.__doc__ or "")


def test_a_missing_package_is_one_line_with_the_mend(tmp_path: Any) -> None:
    with pytest.raises(Failure, match="run `make setup`"):
        generator.Numbers(tmp_path / "cldr-numbers-full", ())
