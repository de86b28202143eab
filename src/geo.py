"""Where the visitor is, what money they pay in and what language they read: the `Locale` of a request.

Pure: plain values in, plain values out. The place comes from Cloudflare's `request.cf` and never from the client's
address; money and languages come from CLDR (`territories.py`). For every choice the first rule that can answer wins,
and the answer says which one it was:

    currency   ?currency=   cookie                      country   default
    language   ?lang=       cookie   Accept-Language    region    country   default

A per-request path does lookups: what was chosen for the same country, header and wishes is kept in bounded caches.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from json.encoder import encode_basestring as quoted
from typing import Any, Final

from core.messages import Request, Response
from core.ports import Clock
from core.problems import Problem
from core.records import record
from places import tender, territories
from places.formats import formats_json
from places.languages import canonical, direction
from places.matching import Matcher
from places.negotiation import MAX_HEADER, Reader, capped, negotiate, reader
from places.preferences import (
    CURRENCIES,
    NO_WISH,
    NO_WORDS,
    Wish,
    Words,
    existing_currency,
    from_body,
    from_cookie,
    from_foreign_query,
    from_query,
    profile_asked,
    remembering,
    set_cookie,
)
from places.settings import LocaleSettings
from places.visitors import place_of

__all__ = [
    "CURRENCIES",
    "Locale",
    "Locator",
    "canonical",
    "country_response",
    "remembering",
    "requested",
    "set_cookie",
    "territories",
    "visitor_response",
]

CONTENT: Final = {"content-type": "application/json"}

VISITOR_FIELDS: Final = {
    **CONTENT,
    # One visitor's answer: a browser may keep it, no cache in between may (RFC 9111 section 5.2.2.7, RFC 9213).
    "cache-control": "private, max-age=3600",
    "cdn-cache-control": "no-store",
    "vary": "Accept-Language, Cookie",
}

COUNTRY_FIELDS: Final = {**CONTENT, "cache-control": "public, max-age=3600, s-maxage=86400"}
"""An answer that is a function of its URL alone."""


# --- Territories -------------------------------------------------------------------------------------------------


@record
class Territory:
    """A country's row: `territory("CH").languages == ("de-CH", "fr-CH", "it-CH", "rm-CH")`."""

    continent: str
    """AF, AN, AS, EU, NA, OC or SA (UN M49)."""
    is_eu: bool
    currencies: tuple[str, ...]
    """Tender on the day of the tables, most used first; never empty."""
    languages: tuple[str, ...]
    """Official ones, national before those of a part of the country, each by its number of speakers; never empty."""
    national: int
    """How many of `languages` are official in the whole country; at least 1."""


@lru_cache(maxsize=256)
def territory(code: str) -> Territory:
    """The row of an ISO 3166-1 code (and XK). Raises KeyError for anything else."""
    continent, is_eu, currencies, national, *regional = territories.TERRITORIES[code].split(" ")
    everywhere = national.split(",")
    partly = regional[0].split(",") if regional else []
    languages = tuple(f"{language}-{code}" for language in (*everywhere, *partly))
    return Territory(continent, is_eu == "1", tuple(currencies.split(",")), languages, len(everywhere))


# --- Locale ------------------------------------------------------------------------------------------------------


@record
class Source:
    """The rule that decided each choice: query (the URL), cookie, accept-language, region, country or default."""

    country: str
    currency: str
    language: str


@record(slots=False)
class Locale:
    """A visitor's place, money and language. For a reader of Italian in Zürich:

    Locale(country="CH", region="Zurich", city="Zürich", timezone="Europe/Zurich", currency="CHF", language="it-CH",
           region_code="ZH", source=Source(country="country", currency="country", language="accept-language"))

    As `json`, the six keys of the original function first:

    {"country": "CH", "region": "Zurich", "city": "Zürich", "timezone": "Europe/Zurich", "currency": "CHF",
     "language": "it-CH", "regionCode": "ZH", "continent": "EU", "isEU": false, "currencies": ["CHF"],
     "languages": ["de-CH", "fr-CH", "it-CH", "rm-CH"], "direction": "ltr",
     "source": {"country": "country", "currency": "country", "language": "accept-language"}}
    """

    country: str
    """ISO 3166-1, or XK."""
    region: str
    """Name of the first-level subdivision; like `city`, `timezone` and `region_code` empty when it is not known."""
    city: str
    timezone: str
    """IANA name: `Europe/Zurich`."""
    currency: str
    """ISO 4217."""
    language: str
    """BCP 47."""
    region_code: str
    """ISO 3166-2 without the country: `ZH`."""
    source: Source
    day: str = territories.AS_OF
    """The day (UTC) whose tender counts: YYYY-MM-DD."""

    @property
    def continent(self) -> str:
        return territory(self.country).continent

    @property
    def is_eu(self) -> bool:
        return territory(self.country).is_eu

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every legal tender of the country, most used first."""
        return tender.currencies(self.country, self.day)

    @property
    def languages(self) -> tuple[str, ...]:
        """Every official language of the country, most used first."""
        return territory(self.country).languages

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`: how `language` is written."""
        return direction(self.language)

    @cached_property
    def json(self) -> bytes:
        """The answer of `/geo`, in UTF-8. Only what differs from visitor to visitor is written anew."""
        rules = (self.source.country, self.source.currency, self.source.language)
        head, choice, rest = _fragments(self.country, self.day, self.currency, self.language, rules)
        place = f'{head}{quoted(self.region)},"city":{quoted(self.city)},"timezone":{quoted(self.timezone)}'
        # A lone surrogate of a broken city name cannot be sent as UTF-8.
        return f"{place}{choice}{quoted(self.region_code)}{rest}".encode("utf-8", "replace")

    @cached_property
    def etag(self) -> str:
        return entity_tag(self.json)

    @cached_property
    def profile(self) -> "Profile":
        return Profile(self)


class Profile:
    """A Locale and how its people write and count: the answer of `?include=formats`.

    The members of `Locale.json`, and after them `formats` as `places/formats.py` has them.
    """

    def __init__(self, locale: Locale) -> None:
        formats = formats_json(locale.country, locale.is_eu, locale.currency, locale.language)
        self.json = locale.json[:-1] + b',"formats":' + formats + b"}"
        self.etag = entity_tag(self.json)


def entity_tag(content: bytes) -> str:
    """The same bytes always have the same tag, and other bytes another: a strong validator (RFC 9110 section 8.8.1)."""
    return f'"{hashlib.sha256(content).hexdigest()[:24]}"'


@lru_cache(maxsize=1024)
def _fragments(country: str, day: str, currency: str, language: str, rules: tuple[str, ...]) -> tuple[str, str, str]:
    """The JSON before `region`, between `timezone` and `regionCode`, and after that."""
    row = territory(country)
    rest = {
        "continent": row.continent,
        "isEU": row.is_eu,
        "currencies": tender.currencies(country, day),
        "languages": row.languages,
        "direction": direction(language),
        "source": dict(zip(Source.__match_args__, rules, strict=True)),
    }
    return (
        f'{{"country":{quoted(country)},"region":',
        f',"currency":{quoted(currency)},"language":{quoted(language)},"regionCode":',
        "," + json.dumps(rest, separators=(",", ":"))[1:],
    )


# --- Locator -----------------------------------------------------------------------------------------------------


@record
class Choice:
    """Money and language, and the rules that chose them."""

    currency: str
    currency_rule: str
    language: str
    language_rule: str


class Locator:
    """Chooses a Locale for a request. Compiled once per isolate from the settings.

        Locator(supported_languages=["de", "en"]).locate({"country": "AT"}, "de-AT,de;q=0.9", None).language == "de"

    With `supported_languages` or `supported_currencies` the answer is always one of them, spelled as given. Raises
    ValueError naming the setting when a default or supported value does not exist.
    """

    def __init__(
        self,
        default_country: str = "US",
        default_language: str = "en-US",
        default_currency: str = "USD",
        supported_languages: Iterable[str] = (),
        supported_currencies: Iterable[str] = (),
        *,
        clock: Clock = time.time,
    ) -> None:
        if default_country not in territories.TERRITORIES:
            raise ValueError(f"DEFAULT_COUNTRY: {default_country!r} is not an ISO 3166-1 code")
        self._country = default_country
        try:
            self._matcher = Matcher(supported_languages)
        except ValueError as error:
            raise ValueError(f"SUPPORTED_LANGUAGES: {error}") from None
        self._named_currencies = [existing_currency(code, "SUPPORTED_CURRENCIES") for code in supported_currencies]
        self._named_currency = existing_currency(default_currency, "DEFAULT_CURRENCY")
        self._clock = clock
        self._turn(territories.AS_OF)
        self._language = self._default_language(default_language)

    @classmethod
    def configured(
        cls, settings: LocaleSettings, clock: Clock = time.time, site: tuple[str, Iterable[str]] | None = None
    ) -> "Locator":
        """The locator of a gateway's settings, or of a `site`: its default and its languages. Raises ValueError."""
        language, languages = site or (settings.default_language, settings.supported_languages)
        country, currency = settings.default_country, settings.default_currency
        return cls(country, language, currency, languages, settings.supported_currencies, clock=clock)

    def _turn(self, day: str) -> None:
        """A day begins, and with it what was decided for it: what was chosen before holds no longer."""
        self._day = day
        self._next_change = tender.next_change(day)
        self._is_for_good = self._next_change == tender.NEVER
        self._currencies = [*dict.fromkeys(tender.current(code, day) for code in self._named_currencies)]
        self._currency = self._default_currency(tender.current(self._named_currency, day))
        self._choose = lru_cache(maxsize=1024)(self._chosen)
        self._remembered = lru_cache(maxsize=2048)(self._decided)

    def _keep_up(self) -> None:
        """Turn when the next change is due. The clock is asked only while one is still to come."""
        if not self._is_for_good and (now := self._clock()) >= self._next_change:
            self._turn(tender.day_of(now))

    def locate(
        self,
        cf: Mapping[str, Any],
        accept_language: str | None,
        cookie: str | None,
        query: str = "",
        asked: Callable[[str], Wish] = from_query,
    ) -> Locale:
        """The locale of a visitor.

        `cf` is Cloudflare's `request.cf`; `accept_language` and `cookie` are field values as they came; `query` is the
        part after "?", in which `asked` finds a wish. Raises a 400 Problem naming the field for a `currency` or `lang`
        in it that does not exist.
        """
        wish = asked(query).words if query else NO_WORDS
        saved = from_cookie(cookie).words if cookie else NO_WORDS
        header = accept_language or ""
        if len(header) > MAX_HEADER:
            header = capped(header)
        if not self._is_for_good:
            self._keep_up()
        return self._remembered(place_of(cf), header, wish, saved)

    def locate_forwarded(self, request: Request) -> Locale:
        """The same for a request on its way to an origin, whose query is the origin's: never raises."""
        cf, headers, query = request.cf, request.headers, request.query
        return self.locate(cf, headers.get("accept-language"), headers.get("cookie"), query, from_foreign_query)

    def country(self, cf: Mapping[str, Any]) -> str:
        """The country alone of what `locate` would say."""
        known = cf.get("country")
        return known if isinstance(known, str) and known in territories.TERRITORIES else self._country

    def for_country(self, code: str, query: str = "") -> Locale:
        """The locale of `/geo/{country}?lang=`: a function of the URL alone. Raises a 404 or 400 Problem."""
        country = code.upper() if code.isascii() else ""
        if country not in territories.TERRITORIES:
            raise Problem(404, "unknown_country", "There is no such ISO 3166-1 country code.", field="country")
        self._keep_up()
        choice = self._choose(country, "", "", from_query(query) if query else NO_WISH, NO_WISH)
        source = Source("query", choice.currency_rule, choice.language_rule)
        return Locale(country, "", "", "", choice.currency, choice.language, "", source, self._day)

    def preferences(self, body: bytes) -> Wish:
        """What `POST /geo/preferences` may save. Raises a 400 Problem for what does not exist or is not supported."""
        wish = from_body(body)
        if wish.currency and self._offered(wish.currency) is None:
            raise Problem(400, "unsupported_currency", "This currency is not offered here.", field="currency")
        if wish.language and self._fitting(wish.language) is None:
            raise Problem(400, "unsupported_language", "This language is not offered here.", field="language")
        return wish

    def _decided(self, place: tuple[str, ...], header: str, query: Words, cookie: Words) -> Locale:
        """The locale of everybody in one city with the same preferences: they are many, so it is remembered."""
        asked, saved = Wish(*query), Wish(*cookie)
        country, region, region_code, city, timezone = place
        if country not in territories.TERRITORIES:
            # XX, T1 (Tor) or nothing: then the region and city beside it, if any, are not the default country's.
            choice = self._choose("", "", header, asked, saved)
            source = Source("default", choice.currency_rule, choice.language_rule)
            return Locale(self._country, "", "", "", choice.currency, choice.language, "", source, self._day)
        regional = territories.REGION_LANGUAGES.get(f"{country}-{region_code}", "")
        choice = self._choose(country, regional, header, asked, saved)
        return Locale(
            country,
            region,
            city,
            timezone,
            choice.currency,
            choice.language,
            region_code,
            Source("country", choice.currency_rule, choice.language_rule),
            self._day,
        )

    def _chosen(self, country: str, regional: str, header: str, asked: Wish, saved: Wish) -> Choice:
        """`country` is empty when it is not known, `regional` when the region speaks as the country does."""
        return Choice(
            *self._chosen_currency(country, asked, saved),
            *self._chosen_language(country, regional, reader(header), asked, saved),
        )

    def _chosen_currency(self, country: str, asked: Wish, saved: Wish) -> tuple[str, str]:
        for code, rule in ((asked.currency, "query"), (saved.currency, "cookie")):
            if code and (offered := self._offered(code)):
                return offered, rule
        for code in tender.currencies(country, self._day) if country else ():
            if offered := self._offered(code):
                return offered, "country"
        return self._currency, "default"

    def _chosen_language(
        self, country: str, regional: str, visitor: Reader, asked: Wish, saved: Wish
    ) -> tuple[str, str]:
        for tag, rule in ((asked.language, "query"), (saved.language, "cookie")):
            if tag and (fitting := self._fitting(tag)):
                return fitting, rule
        if wanted := negotiate(visitor, self._matcher):
            return wanted, "accept-language"
        # Nothing the visitor named can be had, or anything will do: ours to choose, the least disliked first.
        choices = (
            (visitor.quality(canonical(tag) or tag), tag, rule) for tag, rule in self._own_choices(country, regional)
        )
        allowed = [choice for choice in choices if choice[0] != 0]
        _, tag, rule = max(allowed, key=lambda choice: choice[0] or 0, default=(None, self._language, "default"))
        return tag, rule

    def _own_choices(self, country: str, regional: str) -> Iterator[tuple[str, str]]:
        """Languages that can be answered in, in the order of the rules: region, country, default."""
        if regional and (fitting := self._fitting(regional)):
            yield fitting, "region"
        if country:
            row = territory(country)
            for tag in row.languages[: row.national]:
                if fitting := self._fitting(tag):
                    yield fitting, "country"
        yield self._language, "default"
        yield from ((self._matcher.spelling(tag), "default") for tag in self._matcher)

    def _fitting(self, tag: str) -> str | None:
        """What is answered to a reader of the canonical `tag`: itself, or the supported tag that serves best."""
        return self._matcher.best(tag) if self._matcher else tag

    def _offered(self, wanted: str) -> str | None:
        code = tender.current(wanted, self._day)
        return code if not self._currencies or code in self._currencies else None

    def _default_currency(self, code: str) -> str:
        return self._offered(code) or self._currencies[0]

    def _default_language(self, tag: str) -> str:
        known = canonical(tag)
        if known is None:
            raise ValueError(f"DEFAULT_LANGUAGE: {tag!r} is not a language tag (BCP 47)")
        return self._fitting(known) or self._matcher.spelling(next(iter(self._matcher)))


def requested(locale: Locale, query: str) -> Locale | Profile:
    """What `include` in a query asks for. Raises a 400 Problem for what cannot be included."""
    return locale.profile if "include" in query and profile_asked(query) else locale


# --- Answers -----------------------------------------------------------------------------------------------------


def _response(fields: dict[str, str], locale: Locale | Profile, if_none_match: str | None = None) -> Response:
    headers = fields | {"etag": locale.etag}
    # An opaque tag holds no quote, so ours stands in the list exactly when it is in the text (section 13.1.2).
    if if_none_match and (locale.etag in if_none_match or if_none_match.strip() == "*"):
        return Response(304, {name: value for name, value in headers.items() if name not in CONTENT})
    return Response(200, headers, locale.json)


visitor_response: Final = partial(_response, VISITOR_FIELDS)
"""The answer of `GET /geo`; 304 when the visitor's browser holds it already."""

country_response: Final = partial(_response, COUNTRY_FIELDS)
"""The answer of `GET /geo/{country}`."""
