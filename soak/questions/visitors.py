"""Visitors: where they are and what they read, and the questions about that. Predicted by `src/geo.py` in CPython."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.messages import Request, Response
from core.problems import Problem
from devtools.runtime.runner import CF_HEADER
from geo import Locale, country_response, visitor_response
from places.preferences import set_cookie
from places.territories import TERRITORIES
from soak.exchanges import Answer, Question
from soak.model import expect_content, expect_fields, expect_status
from soak.world import World

COUNTRIES: Final = (*TERRITORIES, "XX", "T1", "")
COMMON: Final = ("DE", "FR", "US", "BR", "JP", "CA", "CH", "PT", "IN", "ZA")
REGIONS: Final = {"CA": "QC", "CH": "TI", "BE": "VLG", "ES": "CT", "DE": "BE", "US": "CA"}
ACCEPTED: Final = (
    "en-US,en;q=0.9",
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7",
    "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5",
    "pt-BR,pt;q=0.9",
    "zh-TW,zh;q=0.9,en;q=0.1",
    "ja",
    "ar-EG,ar;q=0.9,en;q=0.1",
    "sr-Latn-RS,sr;q=0.5",
    "*",
    "en;q=0, *",
    "de;q=nonsense,,;;",
    "",
)
COOKIES: Final = ("", "", "", "gatehouse_locale=currency=CHF&language=it", "a=b; gatehouse_locale=language=sv", "x=y")
QUERIES: Final = ("", "", "", "currency=eur", "lang=fr-CA", "currency=JPY&lang=ja", "lang=xx-!!", "currency=ZZZ", "u=1")
PREFERENCES: Final = (
    {"currency": "EUR", "language": "de-AT"},
    {"currency": "chf"},
    {"language": None},
    {"currency": "ZZZ"},
    {"language": "no language"},
    {"colour": "red"},
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a place, with a browser."""

    cf: Mapping[str, Any]
    accepted: str | None
    cookie: str | None

    @property
    def headers(self) -> dict[str, str]:
        fields = {CF_HEADER: json.dumps(self.cf), "accept-language": self.accepted, "cookie": self.cookie}
        return {name: value for name, value in fields.items() if value is not None}

    def locale(self, world: World, query: str = "") -> Locale:
        """As the gateway tells it to origins."""
        return world.locator.locate_forwarded(Request("GET", "https", "", "/", query, self.headers, self.cf))


def visitor(world: World) -> Visitor:
    """A visitor from anywhere, more often from a few countries."""
    chance = world.random
    country = chance.choice(COMMON if chance.random() < 0.7 else COUNTRIES)
    cf: dict[str, Any] = {"country": country or None, "city": f"City of {country}", "timezone": "Etc/UTC"}
    if country in REGIONS and chance.random() < 0.5:
        cf |= {"region": "Région", "regionCode": REGIONS[country]}
    accepted = chance.choice(ACCEPTED) if chance.random() < 0.9 else None
    return Visitor(cf, accepted or None, chance.choice(COOKIES) or None)


def visitor_geo(world: World, now: float) -> Question:
    """`GET /geo`: another visitor's answer would be noticed, and so would a wrong one."""
    who = visitor(world)
    query = world.random.choice(QUERIES)
    return _predicted(
        world,
        "/geo" + (f"?{query}" if query else ""),
        who.headers,
        lambda tag: visitor_response(world.locator.locate(who.cf, who.accepted, who.cookie, query), tag),
    )


def country_geo(world: World, now: float) -> Question:
    """`GET /geo/{country}`."""
    country = world.random.choice(COUNTRIES) or "nowhere"
    query = world.random.choice(("", "", "lang=de", "lang=xx-!!"))
    return _predicted(
        world,
        f"/geo/{country}" + (f"?{query}" if query else ""),
        {},
        lambda tag: country_response(world.locator.for_country(country, query), tag),
    )


def _predicted(world: World, target: str, headers: dict[str, str], predict: Any) -> Question:
    """A question whose answer the prediction gives, a Problem included; now and then with the tag it should have."""
    try:
        expected: Response | Problem = predict(None)
        if isinstance(expected, Response) and world.random.random() < 0.2:
            headers = {**headers, "if-none-match": expected.headers["etag"]}
            expected = predict(expected.headers["etag"])
    except Problem as problem:
        expected = problem
    method = "HEAD" if world.random.random() < 0.1 else "GET"
    return Question("geo", method, target, lambda question, answer: _as_predicted(question, answer, expected), headers)


def _as_predicted(question: Question, answer: Answer, expected: Response | Problem) -> Iterator[str]:
    if isinstance(expected, Problem):
        yield from expect_status(answer, expected.status, expected.code)
        return
    yield from expect_status(answer, expected.status)
    yield from expect_content(question, answer, expected.body if isinstance(expected.body, bytes) else b"")
    for name, value in expected.headers.items():
        given = answer.headers.get(name, "")
        if given != value and not (name == "vary" and given.startswith(value)):  # `origin` may come after it
            yield f"{name} should be {value!r}"


def save_preferences(world: World, now: float) -> Question:
    """`POST /geo/preferences`, good ones and bad ones."""
    body = json.dumps(world.random.choice(PREFERENCES)).encode()
    return Question(
        "preferences",
        "POST",
        "/geo/preferences",
        lambda question, answer: _as_saved(world, body, answer),
        {"content-type": "application/json"},
        body,
    )


def _as_saved(world: World, body: bytes, answer: Answer) -> Iterator[str]:
    try:
        wish = world.locator.preferences(body)
    except Problem as problem:
        yield from expect_status(answer, problem.status, problem.code)
        return
    yield from expect_status(answer, 204)
    yield from expect_fields(answer, cache_control="no-store")
    if answer.cookies != [set_cookie(wish)]:
        yield f"the cookie should be {set_cookie(wish)!r}"
