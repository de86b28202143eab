"""The generated tables: complete, current, and what CLDR and the reviews give."""

import json
from pathlib import Path

import pytest

import geo
from devtools.failure import Failure
from devtools.generating import territories as generator
from devtools.generating import territory_reviews as reviews
from devtools.paths import ROOT
from places import languages, territories

# ISO 3166-1 alpha-2, written down apart from CLDR. XK is user-assigned; Cloudflare reports it.
CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF
GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI
VN VU WF WS YE YT ZA ZM ZW
"""
ISO_3166_1 = CODES.split()

EURO = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
UNION = EURO + " CZ DK HU PL RO SE"
OUTERMOST_AND_ALAND = "GF GP MF MQ RE YT AX"
WITHDRAWN_OR_NO_TENDER = "ANG BGN HRK SLL ZWL VED CUC XXX MRO STD BYR DEM CHE CLF USN"


def test_every_iso_territory_and_kosovo_is_there_and_nothing_else() -> None:
    assert len(ISO_3166_1) == 249
    assert set(territories.TERRITORIES) == {*ISO_3166_1, "XK"}


@pytest.mark.parametrize("code", [*ISO_3166_1, "XK"])
def test_every_territory_has_money_a_language_and_a_continent(code: str) -> None:
    row = geo.territory(code)
    assert row.currencies
    assert all(len(currency) == 3 and currency.isupper() for currency in row.currencies)
    assert "XXX" not in row.currencies
    assert 1 <= row.national <= len(row.languages)
    assert len(set(row.languages)) == len(row.languages)
    assert all(languages.canonical(tag) == tag for tag in row.languages)
    assert row.continent in {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}


@pytest.mark.parametrize(
    ("code", "currencies"),
    [
        ("BG", ("EUR",)),  # since 2026-01-01
        ("HR", ("EUR",)),
        ("CW", ("XCG",)),
        ("SX", ("XCG",)),
        ("ZW", ("ZWG", "USD")),
        ("PA", ("PAB", "USD")),
        ("LS", ("LSL", "ZAR")),
        ("NA", ("NAD", "ZAR")),
        ("BT", ("BTN", "INR")),
        ("CH", ("CHF",)),  # not the WIR units CHE and CHW
        ("SL", ("SLE",)),
        ("VE", ("VES",)),
        ("XK", ("EUR",)),
        ("AQ", ("USD",)),  # no tender: what the largest stations sell in
        ("BV", ("NOK",)),  # uninhabited: the administering state's
        ("HM", ("AUD",)),
        ("TF", ("EUR",)),
        ("GS", ("GBP",)),
        ("UM", ("USD",)),
    ],
)
def test_money_is_current_tender_most_used_first(code: str, currencies: tuple[str, ...]) -> None:
    assert geo.territory(code).currencies == currencies


def test_the_euro_area_pays_in_euro_alone() -> None:
    assert {geo.territory(code).currencies for code in EURO.split()} == {("EUR",)}


@pytest.mark.parametrize("currency", WITHDRAWN_OR_NO_TENDER.split())
def test_withdrawn_money_and_units_of_account_are_nobodys(currency: str) -> None:
    assert not any(currency in geo.territory(code).currencies for code in territories.TERRITORIES)


@pytest.mark.parametrize(
    ("code", "tags"),
    [
        ("US", ("en-US", "es-US")),
        ("GB", ("en-GB", "cy-GB", "ga-GB", "gd-GB")),
        ("CH", ("de-CH", "fr-CH", "it-CH", "rm-CH")),
        ("BE", ("nl-BE", "fr-BE", "de-BE")),
        ("CA", ("en-CA", "fr-CA", "iu-CA", "iu-Latn-CA")),
        ("TW", ("zh-TW", "nan-TW", "hak-TW")),
        ("HK", ("zh-HK", "en-HK")),
        ("RS", ("sr-RS", "sr-Latn-RS", "hu-RS", "ro-RS", "hr-RS", "sk-RS")),
        ("NO", ("nb-NO", "nn-NO")),
        ("SN", ("fr-SN", "wo-SN", "ff-SN", "srr-SN", "dyo-SN")),
        ("KZ", ("kk-KZ", "ru-KZ")),
    ],
)
def test_languages_are_the_official_ones_most_used_first(code: str, tags: tuple[str, ...]) -> None:
    assert geo.territory(code).languages == tags


def test_first_languages_are_those_a_page_for_the_place_is_written_in() -> None:
    first = {code: geo.territory(code).languages[0].split("-")[0] for code in territories.TERRITORIES}
    spot = "AE:ar AQ:en AR:es AT:de AU:en AX:sv BR:pt CN:zh CY:el DZ:ar EG:ar FI:fi GR:el HT:ht IE:en IL:he IN:hi IR:fa"
    spot += (
        " JP:ja KE:sw KR:ko LI:de LU:fr MA:ar MT:mt MX:es NG:en NZ:en PH:en PK:ur PR:es PY:es SG:en TH:th UA:uk UG:en"
    )
    expected = dict(pair.split(":") for pair in spot.split())
    assert {code: first[code] for code in expected} == expected


def test_membership_of_the_union_follows_the_treaties() -> None:
    members = [*UNION.split(), *OUTERMOST_AND_ALAND.split()]
    assert sorted(code for code in territories.TERRITORIES if geo.territory(code).is_eu) == sorted(members)


def test_every_region_belongs_to_a_territory_and_speaks_another_language_than_it() -> None:
    for code, tag in territories.REGION_LANGUAGES.items():
        country, _, region = code.partition("-")
        assert languages.canonical(tag) == tag
        assert tag.split("-")[1] == country
        assert region.isalnum()
        # Flanders is listed although it speaks as its country does first: the three regions of Belgium, whole.
        assert code == "BE-VLG" or tag.split("-")[0] != geo.territory(country).languages[0].split("-")[0]


def test_every_review_gives_its_reason_and_decides_each_code_once() -> None:
    for table in (reviews.CURRENCIES, reviews.LANGUAGES, reviews.REGION_LANGUAGES, (reviews.EUROPEAN_UNION,)):
        assert all(len(review.reason) > 20 for review in table)
        codes = [code for review in table for code in review.codes.split()]
        assert len(set(codes)) == len(codes)


# --- Generation --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cldr() -> generator.Cldr:
    return generator.Cldr(generator.CLDR)


def test_regenerating_gives_the_same_bytes(cldr: generator.Cldr) -> None:
    committed = generator.TARGET.read_text(encoding="utf-8")
    assert generator.render(cldr, territories.AS_OF) == committed


def test_the_file_names_the_cldr_that_package_json_pins(cldr: generator.Cldr) -> None:
    pinned = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["cldr-core"]
    assert territories.CLDR_VERSION == cldr.version == pinned
    assert f"CLDR {pinned}" in (territories.__doc__ or "")


@pytest.mark.parametrize(
    ("day", "currencies"),
    [("2025-12-31", ["BGN"]), ("2026-01-01", ["EUR"]), ("2026-01-31", ["EUR"]), ("2027-01-01", ["EUR"])],
)
def test_tender_is_that_of_the_day_asked_for(cldr: generator.Cldr, day: str, currencies: list[str]) -> None:
    assert generator.territories(cldr, day)["BG"].currencies == currencies


def test_what_is_decided_is_in_the_tables_before_its_day(cldr: generator.Cldr) -> None:
    text = generator.render(cldr, "2025-12-15")
    assert 'CURRENCY_CHANGES: Final = _table("""\nBG 2026-01-01/EUR\n""")' in text
    assert "\nBGN EUR 2026-01-01\n" in text
    assert "\nBG EU 1 BGN bg\n" in text
    assert "\nBG 20" not in generator.render(cldr, "2026-01-01")


def test_a_review_wins_over_cldr(cldr: generator.Cldr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "CURRENCIES", (reviews.Review("CH", "EUR CHF", "For this test only, of course."),))
    assert generator.territories(cldr, territories.AS_OF)["CH"].currencies == ["EUR", "CHF"]


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "territories.py"
    copy.write_bytes(generator.TARGET.read_bytes())
    monkeypatch.setattr(generator, "TARGET", copy)
    return copy


def test_check_passes_on_the_committed_file_and_fails_on_an_edited_one(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generator.main(["--check"]) == 0
    target.write_text(target.read_text(encoding="utf-8").replace("CHF de", "EUR de"), encoding="utf-8")
    edited = target.read_bytes()
    assert generator.main(["--check"]) == 1
    assert "python -m devtools territories" in capsys.readouterr().out
    assert target.read_bytes() == edited


def test_the_date_stays_while_nothing_changes_and_moves_with_the_tables(target: Path) -> None:
    committed = target.read_bytes()
    assert generator.main(["--on", "2099-01-01"]) == 0
    assert target.read_bytes() == committed
    assert generator.main(["--on", "2025-12-31"]) == 0
    assert generator.recorded_date(target.read_text(encoding="utf-8")) == "2025-12-31"
    assert "\nBG EU 1 BGN bg\n" in target.read_text(encoding="utf-8")


def test_a_missing_package_is_one_line_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"package\.json is missing: run `make setup`"):
        generator.main(["--check", "--cldr", str(tmp_path)])
