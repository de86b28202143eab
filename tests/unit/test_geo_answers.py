"""The answers of `/geo`: their JSON, their caching, and that one visitor's never reaches another."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Response
from core.problems import Problem
from geo import (
    COUNTRY_FIELDS,
    VISITOR_FIELDS,
    Locale,
    Locator,
    Source,
    country_response,
    requested,
    visitor_response,
)

LOCATOR = Locator()
ZURICH = {"country": "CH", "region": "Zürich", "regionCode": "ZH", "city": "Zürich", "timezone": "Europe/Zurich"}


def body_of(response: Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def test_the_six_original_keys_come_first_as_strings_and_the_rest_beside_them() -> None:
    members = json.loads(LOCATOR.locate(ZURICH, "it-CH", None).json)
    assert list(members) == [
        *("country", "region", "city", "timezone", "currency", "language"),
        *("regionCode", "continent", "isEU", "currencies", "languages", "direction", "source"),
    ]
    assert members == {
        "country": "CH",
        "region": "Zürich",
        "city": "Zürich",
        "timezone": "Europe/Zurich",
        "currency": "CHF",
        "language": "it-CH",
        "regionCode": "ZH",
        "continent": "EU",
        "isEU": False,
        "currencies": ["CHF"],
        "languages": ["de-CH", "fr-CH", "it-CH", "rm-CH"],
        "direction": "ltr",
        "source": {"country": "country", "currency": "country", "language": "accept-language"},
    }


def test_the_six_original_keys_are_strings_when_nothing_is_known() -> None:
    members = json.loads(LOCATOR.locate({}, None, None).json)
    original = [members[key] for key in ("country", "region", "city", "timezone", "currency", "language")]
    assert original == ["US", "", "", "", "USD", "en-US"]


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_any_name_of_a_place_is_written_as_json(region: str, city: str, code: str) -> None:
    locale = Locale("DE", region, city, "Europe/Berlin", "EUR", "de", code, Source("country", "country", "country"))
    members = json.loads(locale.json)
    assert (members["region"], members["city"], members["regionCode"]) == (region, city, code)


def test_half_a_surrogate_pair_in_a_name_is_replaced_not_fatal() -> None:
    members = json.loads(LOCATOR.locate({**ZURICH, "city": "Z\ud800rich"}, None, None).json)
    assert members["city"] == "Z?rich"


def test_a_profile_is_the_answer_and_the_formats_after_it() -> None:
    locale = LOCATOR.locate(ZURICH, "it-CH", None)
    plain, profile = json.loads(locale.json), json.loads(requested(locale, "include=formats").json)
    assert list(profile) == [*plain, "formats"]
    assert {**plain, "formats": profile["formats"]} == profile
    assert list(profile["formats"]) == [
        *("currencyDigits", "currencySymbol", "numberingSystem", "decimal", "group", "hourCycle", "firstDayOfWeek"),
        *("weekend", "calendar", "measurementSystem", "temperatureUnit", "paperSize", "callingCode", "isEEA"),
    ]


def test_a_profile_is_kept_as_the_answer_is_and_has_a_tag_of_its_own() -> None:
    locale = LOCATOR.locate(ZURICH, "it-CH", None)
    plain, profile = visitor_response(locale), visitor_response(requested(locale, "lang=it&include=formats"))
    assert profile.headers["etag"] != plain.headers["etag"]
    assert {**profile.headers, "etag": ""} == {**plain.headers, "etag": ""}
    assert visitor_response(locale.profile, profile.headers["etag"]).status == 304
    assert visitor_response(locale, profile.headers["etag"]).status == 200
    assert country_response(LOCATOR.for_country("CH").profile).headers["cache-control"].startswith("public")


@pytest.mark.parametrize("query", ["include=", "include=everything", "include=formats,formats", "include=Formats"])
def test_what_cannot_be_included_is_a_400_naming_it(query: str) -> None:
    with pytest.raises(Problem) as told:
        requested(LOCATOR.for_country("CH"), query)
    assert (told.value.status, told.value.code) == (400, "invalid_include")
    assert told.value.members == {"field": "include"}


@pytest.mark.parametrize("query", ["", "lang=fr", "included=1", "x=include"])
def test_without_include_the_answer_is_the_plain_one(query: str) -> None:
    locale = LOCATOR.for_country("CH")
    assert requested(locale, query) is locale


def test_a_visitors_answer_is_theirs_alone() -> None:
    response = visitor_response(LOCATOR.locate(ZURICH, "it-CH", None))
    assert response.status == 200
    assert {name: value for name, value in response.headers.items() if name != "etag"} == {
        "content-type": "application/json",
        "cache-control": "private, max-age=3600",
        "cdn-cache-control": "no-store",
        "vary": "Accept-Language, Cookie",
    }


def test_a_countrys_answer_is_everybodys() -> None:
    response = country_response(LOCATOR.for_country("CH"))
    assert response.headers["cache-control"] == "public, max-age=3600, s-maxage=86400"
    assert "vary" not in response.headers
    assert "cdn-cache-control" not in response.headers


def test_the_entity_tag_is_strong_and_follows_the_content() -> None:
    first, again = (visitor_response(LOCATOR.locate(ZURICH, "it-CH", None)) for _ in range(2))
    other = visitor_response(LOCATOR.locate(ZURICH, "fr-CH", None))
    assert first.headers["etag"] == again.headers["etag"] != other.headers["etag"]
    assert first.headers["etag"].startswith('"')
    assert first.headers["etag"].endswith('"')


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{}, "third"', "*", " * "])
@pytest.mark.parametrize("respond", [visitor_response, country_response])
def test_an_answer_held_already_is_not_sent_again(form: str, respond: Callable[[Locale, str | None], Response]) -> None:
    locale = LOCATOR.for_country("CH")
    full = respond(locale, None)
    answer = respond(locale, form.format(full.headers["etag"]))
    assert (answer.status, answer.body) == (304, None)
    # RFC 9110 section 15.4.5: what a cache needs to refresh what it holds.
    assert answer.headers == {name: value for name, value in full.headers.items() if name != "content-type"}


@pytest.mark.parametrize("form", ["", '"other"', "{}x", 'W/"', "{0}-gzip"])
def test_another_tag_is_no_match(form: str) -> None:
    etag = visitor_response(LOCATOR.for_country("CH")).headers["etag"].strip('"')
    assert visitor_response(LOCATOR.for_country("CH"), form.format(etag)).status == 200


def test_an_answer_to_a_visitor_like_an_earlier_one_is_lookups_only() -> None:
    header, cookie = "de-CH,de;q=0.9,en-US;q=0.8,en;q=0.7", "gatehouse_locale=currency=CAD"
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    visitor_response(LOCATOR.locate({**ZURICH, "city": "Winterthur"}, header, cookie))
    sys.setprofile(count)
    try:
        visitor_response(LOCATOR.locate(ZURICH, header, cookie))
    finally:
        sys.setprofile(None)
    # Each is a Python function entered; what negotiates, parses or encodes JSON would be dozens.
    assert calls <= 25


# --- Behind a shared cache ---------------------------------------------------------------------------------------


@dataclass
class Visitor:
    country: str
    headers: Mapping[str, str] = field(default_factory=dict)


Origin = Callable[[str, Visitor], Response]


class SharedCache:
    """A CDN that obeys headers: RFC 9111 sections 3 and 4, RFC 9213 section 2.2. No clock: everything stays fresh."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._stored: dict[str, list[tuple[dict[str, str], Response]]] = {}
        self.hits = 0

    def get(self, url: str, visitor: Visitor) -> Response:
        for selecting, response in self._stored.get(url, []):
            if all(visitor.headers.get(name, "") == value for name, value in selecting.items()):
                self.hits += 1
                return response
        response = self._origin(url, visitor)
        names = [name.strip().lower() for name in response.headers.get("vary", "").split(",") if name.strip()]
        if "*" not in names and self._may_store(response):
            selecting = {name: visitor.headers.get(name, "") for name in names}
            self._stored.setdefault(url, []).append((selecting, response))
        return response

    @staticmethod
    def _may_store(response: Response) -> bool:
        policy = response.headers.get("cdn-cache-control") or response.headers.get("cache-control", "")
        directives = {item.strip().partition("=")[0].lower() for item in policy.split(",")}
        return not directives & {"no-store", "private", "no-cache"} and bool(directives & {"s-maxage", "max-age"})


def gateway(url: str, visitor: Visitor) -> Response:
    path, _, query = url.partition("?")
    if path != "/geo":
        return country_response(LOCATOR.for_country(path.removeprefix("/geo/"), query))
    headers = visitor.headers
    cf = {"country": visitor.country}
    return visitor_response(LOCATOR.locate(cf, headers.get("accept-language"), headers.get("cookie"), query))


GERMAN, JAPANESE = Visitor("DE"), Visitor("JP")


def countries_seen(cache: SharedCache, url: str) -> list[str]:
    return [json.loads(body_of(cache.get(url, visitor)))["country"] for visitor in (GERMAN, JAPANESE, GERMAN)]


def test_one_visitors_answer_never_reaches_another_through_a_shared_cache() -> None:
    cache = SharedCache(gateway)
    assert countries_seen(cache, "/geo") == ["DE", "JP", "DE"]
    assert countries_seen(cache, "/geo?lang=fr&currency=CAD") == ["DE", "JP", "DE"]
    assert cache.hits == 0


@pytest.mark.parametrize("kept", ["cache-control", "cdn-cache-control"])
def test_each_of_the_two_cache_fields_is_enough_on_its_own(kept: str) -> None:
    def halved(url: str, visitor: Visitor) -> Response:
        response = gateway(url, visitor)
        dropped = ({"cache-control", "cdn-cache-control"} - {kept}).pop()
        del response.headers[dropped]
        return response

    assert countries_seen(SharedCache(halved), "/geo") == ["DE", "JP", "DE"]


def test_the_originals_headers_would_have_handed_one_visitors_country_to_the_next() -> None:
    def original(url: str, visitor: Visitor) -> Response:
        response = gateway(url, visitor)
        del response.headers["cdn-cache-control"]
        response.headers["cache-control"] = "public, s-maxage=3600"
        return response

    assert countries_seen(SharedCache(original), "/geo") == ["DE", "DE", "DE"]


def test_a_countrys_answer_is_shared_and_the_same_for_everybody() -> None:
    cache = SharedCache(gateway)
    visitors = [Visitor("DE"), Visitor("JP", {"accept-language": "it-CH", "cookie": "gatehouse_locale=currency=CAD"})]
    answers = {body_of(cache.get("/geo/CH", visitor)) for visitor in visitors}
    assert len(answers) == 1
    assert cache.hits == 1
    members = json.loads(answers.pop())
    assert (members["country"], members["currency"], members["language"]) == ("CH", "CHF", "de-CH")
    assert {body_of(gateway("/geo/CH", visitor)) for visitor in visitors} == {body_of(cache.get("/geo/CH", GERMAN))}


def test_the_two_policies_are_not_mixed_up() -> None:
    assert "public" not in "".join(VISITOR_FIELDS.values())
    assert "private" not in "".join(COUNTRY_FIELDS.values())
