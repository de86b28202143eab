"""Where a visitor is, what they pay in and what they read: the rules and their order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo
from core.messages import Request
from core.problems import Problem
from geo import Locale, Locator, Source
from places import territories
from places.languages import canonical
from places.preferences import COOKIE

LOCATOR = Locator()


def locate(
    country: str | None = None,
    accept_language: str | None = None,
    cookie: str | None = None,
    query: str = "",
    locator: Locator = LOCATOR,
    **cf: Any,
) -> Locale:
    return locator.locate({"country": country, **cf}, accept_language, cookie, query)


def chosen(locale: Locale) -> tuple[str, str]:
    return locale.currency, locale.language


# --- Country -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "currency", "language"),
    [
        ("US", "USD", "en-US"),
        ("GB", "GBP", "en-GB"),
        ("DE", "EUR", "de-DE"),
        ("FR", "EUR", "fr-FR"),
        ("JP", "JPY", "ja-JP"),
        ("BR", "BRL", "pt-BR"),
        ("TW", "TWD", "zh-TW"),
        ("EG", "EGP", "ar-EG"),
        ("PA", "PAB", "es-PA"),
        ("BG", "EUR", "bg-BG"),
        ("XK", "EUR", "sq-XK"),
        ("AQ", "USD", "en-AQ"),
    ],
)
def test_a_country_gives_its_money_and_its_language(country: str, currency: str, language: str) -> None:
    locale = locate(country)
    assert chosen(locale) == (currency, language)
    assert locale.source == Source("country", "country", "country")


def test_the_place_is_cloudflares() -> None:
    cf = {"region": "Zurich", "regionCode": "ZH", "city": "Zürich", "timezone": "Europe/Zurich", "continent": "EU"}
    assert LOCATOR.locate({"country": "CH", **cf}, "it-CH", None) == Locale(
        country="CH",
        region="Zurich",
        city="Zürich",
        timezone="Europe/Zurich",
        currency="CHF",
        language="it-CH",
        region_code="ZH",
        source=Source("country", "country", "accept-language"),
    )


def test_the_countrys_facts_come_along() -> None:
    locale = locate("CH")
    assert (locale.continent, locale.is_eu, locale.direction) == ("EU", False, "ltr")
    assert (locale.currencies, locale.languages) == (("CHF",), ("de-CH", "fr-CH", "it-CH", "rm-CH"))
    assert locate("PA").currencies == ("PAB", "USD")
    assert locate("DE").is_eu


@pytest.mark.parametrize("country", ["XX", "T1", "", None, "ZZ", "UK", "de", "DEU", 49, ["DE"], {}, "D\0"])
def test_a_country_nobody_knows_is_the_default_one_and_says_so(country: Any) -> None:
    locale = locate(country, region="Somewhere", regionCode="QC", city="Somewhere", timezone="Europe/Berlin")
    assert locale == Locale("US", "", "", "", "USD", "en-US", "", Source("default", "default", "default"))


def test_the_defaults_are_the_settings() -> None:
    locator = Locator("CH", "fr-CH", "EUR")
    locale = locate("T1", locator=locator)
    assert (locale.country, *chosen(locale)) == ("CH", "EUR", "fr-CH")
    assert locate("DE", locator=locator).source == Source("country", "country", "country")


@pytest.mark.parametrize("garbage", [None, 7, True, [], {}, ["Berlin"]])
def test_a_place_that_is_no_text_is_empty(garbage: Any) -> None:
    locale = locate("DE", region=garbage, regionCode=garbage, city=garbage, timezone=garbage)
    assert (locale.region, locale.region_code, locale.city, locale.timezone) == ("", "", "", "")


# --- Region ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "region", "language"),
    [
        ("CA", "QC", "fr-CA"),
        ("BE", "WAL", "fr-BE"),
        ("BE", "BRU", "fr-BE"),
        ("CH", "GE", "fr-CH"),
        ("CH", "VS", "fr-CH"),
        ("CH", "TI", "it-CH"),
        ("ES", "CT", "ca-ES"),
        ("ES", "VC", "ca-ES-valencia"),
        ("ES", "PV", "eu-ES"),
        ("ES", "GA", "gl-ES"),
        ("IT", "BZ", "de-IT"),
        ("FI", "01", "sv-FI"),
        ("IN", "TN", "ta-IN"),
        ("LK", "4", "ta-LK"),
        ("CM", "SW", "en-CM"),
    ],
)
def test_some_regions_speak_another_language_than_their_country(country: str, region: str, language: str) -> None:
    locale = locate(country, regionCode=region)
    assert (locale.language, locale.source.language) == (language, "region")
    assert locale.currency == locate(country).currency


@pytest.mark.parametrize(
    ("country", "region"), [("CA", "ON"), ("CA", "NB"), ("CH", "ZH"), ("ES", "MD"), ("IT", "23"), ("US", "QC")]
)
def test_all_other_regions_speak_as_their_country_does(country: str, region: str) -> None:
    locale = locate(country, regionCode=region)
    assert (locale.language, locale.source.language) == (locate(country).language, "country")


# --- The order of the rules --------------------------------------------------------------------------------------


def test_currency_is_the_querys_then_the_cookies_then_the_countrys() -> None:
    cookie = f"theme=dark; {COOKIE}=currency=GBP; other=1"
    query = locate("CH", None, cookie, "currency=cad")
    assert (query.currency, query.source.currency) == ("CAD", "query")
    saved = locate("CH", None, cookie)
    assert (saved.currency, saved.source.currency) == ("GBP", "cookie")
    assert (saved.language, saved.source.language) == ("de-CH", "country")
    country = locate("CH", None, "theme=dark")
    assert (country.currency, country.source.currency) == ("CHF", "country")


def test_language_is_the_querys_then_the_cookies_then_the_headers_then_the_regions() -> None:
    cookie = f"{COOKIE}=language=pt-BR"
    place = {"country": "CA", "regionCode": "QC"}
    steps = [
        LOCATOR.locate(place, "it,en;q=0.5", cookie, "lang=FR"),
        LOCATOR.locate(place, "it,en;q=0.5", cookie),
        LOCATOR.locate(place, "it,en;q=0.5", None),
        LOCATOR.locate(place, None, None),
        LOCATOR.locate({"country": "CA"}, None, None),
        LOCATOR.locate({}, None, None),
    ]
    assert [(step.language, step.source.language) for step in steps] == [
        ("fr", "query"),
        ("pt-BR", "cookie"),
        ("it", "accept-language"),
        ("fr-CA", "region"),
        ("en-CA", "country"),
        ("en-US", "default"),
    ]


def test_lang_and_currency_are_chosen_apart() -> None:
    locale = locate("DE", "en-US,en;q=0.9", None, "lang=fr&currency=CAD")
    assert chosen(locale) == ("CAD", "fr")
    assert locale.source == Source("country", "query", "query")


def test_a_german_visitor_with_an_english_browser_reads_english_and_pays_in_euro() -> None:
    assert chosen(locate("DE", "en-US,en;q=0.9")) == ("EUR", "en-US")


def test_an_excluded_language_is_not_the_countrys_either() -> None:
    assert locate("DE", "de;q=0").language == "en-US"
    assert locate("CH", "de;q=0").language == "fr-CH"
    assert locate("CH", "de-CH;q=0, fr;q=0, it;q=0").source.language == "default"
    assert locate("CA", "fr;q=0", regionCode="QC").language == "en-CA"


def test_when_everything_is_excluded_the_default_is_still_an_answer() -> None:
    # RFC 9110 section 12.5.4: better a language not asked for than none.
    assert locate("DE", "*;q=0").language == "en-US"


def test_any_language_means_the_places_own() -> None:
    locale = locate("JP", "*")
    assert (locale.language, locale.source.language) == ("ja-JP", "country")
    # Anything rather than German: Switzerland has more.
    assert locate("CH", "*, de;q=0.1").language == "fr-CH"


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("fa", "rtl"),
        ("ur", "rtl"),
        ("az-Arab", "rtl"),
        ("pa-Arab", "rtl"),
        ("pa-PK", "rtl"),
        ("az", "ltr"),
        ("pa", "ltr"),
        ("en", "ltr"),
    ],
)
def test_direction_is_the_scripts(language: str, direction: str) -> None:
    assert locate("US", language).direction == direction


# --- Supported languages and currencies --------------------------------------------------------------------------

SHOP = Locator("US", "en-US", "USD", ["en-US", "de", "fr", "zh-Hans", "ar"], ["USD", "EUR", "JPY"])


@pytest.mark.parametrize(
    ("country", "header", "currency", "language", "rules"),
    [
        ("AT", "de-AT,de;q=0.9", "EUR", "de", ("country", "accept-language")),
        ("CH", None, "USD", "de", ("default", "country")),
        ("CH", "it", "USD", "de", ("default", "country")),
        ("BE", "nl", "EUR", "fr", ("country", "country")),
        ("PA", None, "USD", "en-US", ("country", "default")),
        ("GB", "en-GB", "USD", "en-US", ("default", "accept-language")),
        ("TW", "zh-TW", "USD", "en-US", ("default", "default")),
        ("TW", "zh-TW,zh;q=0.9", "USD", "zh-Hans", ("default", "accept-language")),
        ("SG", "zh-SG", "USD", "zh-Hans", ("default", "accept-language")),
        ("EG", None, "USD", "ar", ("default", "country")),
        ("JP", "ja", "JPY", "en-US", ("country", "default")),
        ("DE", "*, de;q=0.1", "EUR", "en-US", ("country", "default")),
        ("US", "en;q=0", "USD", "de", ("country", "default")),
    ],
)
def test_the_answer_is_always_a_supported_one(
    country: str, header: str | None, currency: str, language: str, rules: tuple[str, str]
) -> None:
    locale = locate(country, header, locator=SHOP)
    assert chosen(locale) == (currency, language)
    assert (locale.source.currency, locale.source.language) == rules


def test_a_wish_that_exists_but_is_not_offered_gives_way_to_the_next_rule() -> None:
    locale = locate("DE", None, None, "currency=GBP&lang=ja", SHOP)
    assert chosen(locale) == ("EUR", "de")
    assert locale.source == Source("country", "country", "country")
    saved = locate("DE", "fr", f"{COOKIE}=currency=GBP&language=ja", "", SHOP)
    assert chosen(saved) == ("EUR", "fr")


def test_a_wish_is_met_by_the_nearest_supported_language() -> None:
    assert locate("US", None, None, "lang=fr-CA", SHOP).language == "fr"
    assert locate("US", None, f"{COOKIE}=language=de-CH", "", SHOP).language == "de"


@pytest.mark.parametrize(
    ("country", "language"),
    [("MX", "es-419"), ("ES", "es"), ("AO", "pt-PT"), ("BR", "pt"), ("AU", "en-GB"), ("US", "en"), ("NO", "no")],
)
def test_a_visitor_without_a_header_is_served_the_variety_of_the_country(country: str, language: str) -> None:
    locator = Locator(supported_languages=["en", "es", "es-419", "pt", "pt-PT", "en-GB", "no"])
    locale = locate(country, locator=locator)
    assert (locale.language, locale.source.language) == (language, "country")


def test_a_language_to_make_do_with_is_for_those_who_asked() -> None:
    locator = Locator(supported_languages=["en", "ru"])
    assert locate("AM", locator=locator).language == "en"
    assert locate("AM", "hy", locator=locator).language == "ru"


def test_defaults_that_are_not_supported_give_way_to_supported_ones() -> None:
    locator = Locator("US", "en-US", "USD", ["fr", "en-GB"], ["EUR", "GBP"])
    assert chosen(locate("T1", locator=locator)) == ("EUR", "en-GB")
    assert locate("T1", locator=Locator(supported_languages=["fr", "de"])).language == "fr"


def test_supported_languages_are_answered_as_configured() -> None:
    assert locate("IL", None, None, "", Locator(supported_languages=["en-us", "iw"])).language == "iw"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"default_country": "XX"}, "DEFAULT_COUNTRY: 'XX'"),
        ({"default_country": "us"}, "DEFAULT_COUNTRY: 'us'"),
        ({"default_language": "english"}, "DEFAULT_LANGUAGE: 'english'"),
        ({"default_currency": "XXQ"}, "DEFAULT_CURRENCY: 'XXQ'"),
        ({"supported_languages": ["en", "x"]}, "'x' is not a language tag"),
        ({"supported_currencies": ["EUR", "XXX"]}, "SUPPORTED_CURRENCIES: 'XXX'"),
    ],
)
def test_settings_that_name_nothing_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Locator(**settings)


# --- /geo/{country} ----------------------------------------------------------------------------------------------


def test_a_country_asked_for_is_answered_without_a_visitor() -> None:
    assert LOCATOR.for_country("CH") == Locale(
        "CH", "", "", "", "CHF", "de-CH", "", Source("query", "country", "country")
    )
    assert LOCATOR.for_country("ch") == LOCATOR.for_country("CH")
    french = LOCATOR.for_country("CH", "lang=FR-ch")
    assert (french.language, french.source.language) == ("fr-CH", "query")


@pytest.mark.parametrize(
    "code", ["XX", "T1", "ZZ", "EU", "AN", "UK", "", "C", "CHE", "ß", "\u017fe", "C\0", "../CH", "zz" * 999]
)
def test_a_country_that_does_not_exist_is_a_404_naming_it(code: str) -> None:
    with pytest.raises(Problem) as raised:
        LOCATOR.for_country(code)
    assert (raised.value.status, raised.value.members["field"]) == (404, "country")


# --- Wrong input -------------------------------------------------------------------------------------------------

WRONG = [
    ("currency=XXQ", "currency"),
    ("currency=", "currency"),
    ("currency", "currency"),
    ("currency=XXX", "currency"),
    ("currency=BGN", "currency"),
    ("currency=EURO", "currency"),
    ("currency=%E2%82%AC", "currency"),
    ("currency=%C5%BFek", "currency"),
    ("currency=EUR%00", "currency"),
    ("lang=%00", "lang"),
    ("lang=", "lang"),
    ("lang=de__DE", "lang"),
    ("lang=%FF%FE", "lang"),
    ("lang=english", "lang"),
    ("lang=und", "lang"),
    ("lang=de%0d%0aset-cookie:%20a=b", "lang"),
    ("a=1&lang=*&b=2", "lang"),
    ("lang=" + "a" * 65536, "lang"),
]


@pytest.mark.parametrize(("query", "field"), WRONG)
def test_a_wish_for_what_does_not_exist_is_a_400_naming_it(query: str, field: str) -> None:
    with pytest.raises(Problem) as visitors:
        locate("DE", query=query)
    with pytest.raises(Problem) as countries:
        LOCATOR.for_country("DE", query)
    for raised in (visitors, countries):
        assert (raised.value.status, raised.value.members["field"]) == (400, field)


def forwarded(
    locator: Locator, cf: dict[str, Any], header: str | None = None, cookie: str | None = None, query: str = ""
) -> Locale:
    """The locale that an origin is told."""
    fields = {"accept-language": header, "cookie": cookie}
    sent = {name: value for name, value in fields.items() if value is not None}
    return locator.locate_forwarded(Request("GET", "https", "gw.example", "/", query, sent, cf))


@pytest.mark.parametrize("query", [query for query, _ in WRONG])
def test_a_query_on_its_way_to_an_origin_is_the_origins(query: str) -> None:
    assert forwarded(LOCATOR, {"country": "DE"}, query=query) == locate("DE")


def test_a_wish_on_its_way_to_an_origin_is_met() -> None:
    locale = forwarded(LOCATOR, {"country": "DE"}, query="page=2&currency=CAD&lang=fr")
    assert chosen(locale) == ("CAD", "fr")


@pytest.mark.parametrize(
    "query", ["", "page=2", "language=xx", "xlang=%00", "mycurrency=XXQ", "q=lang", "q=currency%3DXXQ"]
)
def test_other_parameters_are_not_wishes(query: str) -> None:
    assert locate("DE", query=query) == locate("DE")


def test_of_a_parameter_given_twice_the_first_counts() -> None:
    assert chosen(locate("DE", query="currency=CAD&currency=USD&lang=fr&lang=%00")) == ("CAD", "fr")


def test_parameters_are_decoded() -> None:
    assert chosen(locate("DE", query="currency=%43AD&lang=fr%2DCA")) == ("CAD", "fr-CA")


# --- Whatever comes ----------------------------------------------------------------------------------------------

ANYTHING = st.text(max_size=60) | st.none() | st.integers() | st.lists(st.text(max_size=3), max_size=2)
COUNTRIES = st.sampled_from([*territories.TERRITORIES, "XX", "T1"])
HEADERS = st.text(alphabet="abdefhintuzAQ-_*;=q01.9, ", max_size=60) | st.text(max_size=30)


@given(
    cf=st.dictionaries(st.sampled_from(["region", "regionCode", "city", "timezone"]), ANYTHING),
    country=COUNTRIES | ANYTHING,
    header=HEADERS | st.none(),
    cookie=HEADERS.map(lambda text: f"{COOKIE}={text}") | st.none(),
    query=HEADERS,
)
def test_every_visitor_has_a_locale(
    cf: dict[str, Any], country: Any, header: str | None, cookie: str | None, query: str
) -> None:
    for locator in (LOCATOR, SHOP):
        locale = forwarded(locator, {**cf, "country": country}, header, cookie, query)
        assert locale.country in territories.TERRITORIES
        assert canonical(locale.language) == locale.language
        rules = {locale.source.country, locale.source.currency, locale.source.language}
        assert rules <= {"query", "cookie", "accept-language", "country", "region", "default"}
    assert locale.currency in {"USD", "EUR", "JPY"}
    assert locale.language in {"en-US", "de", "fr", "zh-Hans", "ar"}


@given(COUNTRIES, st.lists(st.sampled_from(["en", "de", "fr", "it", "zh", "ja", "ar", "*"]), max_size=6, unique=True))
def test_a_refused_language_is_answered_only_when_nothing_else_is_left(country: str, refused: list[str]) -> None:
    header = ",".join(f"{language};q=0" for language in refused)
    answer = locate(country, header, locator=SHOP).language
    left = [
        tag for tag in ("en-US", "de", "fr", "zh-Hans", "ar") if tag.split("-")[0] not in refused and "*" not in refused
    ]
    assert answer.split("-")[0] not in refused or not left


def test_what_is_remembered_between_requests_is_bounded() -> None:
    locator = Locator()
    for number in range(3000):
        locate("DE", f"de,x-{number}", f"{COOKIE}=language=de-x-{number}", f"lang=de-x-{number}", locator)
        locate("DE", "de," + "x" * 5000 + str(number), None, "", locator)
    info = locator._choose.cache_info()
    assert info.maxsize is not None
    assert info.currsize <= info.maxsize <= 1024
    assert geo._fragments.cache_info().maxsize == 1024
