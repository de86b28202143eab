"""The work: what is asked of every contender, and what of the answers must be equal."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from bench.load import message
from bench.tokens import Keys

BROWSER: Final = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "accept": "application/json, text/plain, */*",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-origin",
}

CF_HEADER: Final = "MF-CF-Blob"
"""Miniflare takes `request.cf` from it: for every contender alike, before its own code."""

PLACES: Final = {
    "DE": ("Berlin", "BE", "Berlin", "Europe/Berlin", "EU", True),
    "AT": ("Vienna", "9", "Vienna", "Europe/Vienna", "EU", True),
    "FR": ("Île-de-France", "IDF", "Paris", "Europe/Paris", "EU", True),
    "ES": ("Madrid", "MD", "Madrid", "Europe/Madrid", "EU", True),
    "IT": ("Lazio", "62", "Rome", "Europe/Rome", "EU", True),
    "PT": ("Lisbon", "11", "Lisbon", "Europe/Lisbon", "EU", True),
    "NL": ("North Holland", "NH", "Amsterdam", "Europe/Amsterdam", "EU", True),
    "PL": ("Mazovia", "14", "Warsaw", "Europe/Warsaw", "EU", True),
    "SE": ("Stockholm", "AB", "Stockholm", "Europe/Stockholm", "EU", True),
    "DK": ("Capital Region", "84", "Copenhagen", "Europe/Copenhagen", "EU", True),
    "GB": ("England", "ENG", "London", "Europe/London", "EU", False),
    "NO": ("Oslo", "03", "Oslo", "Europe/Oslo", "EU", False),
    "TR": ("Istanbul", "34", "Istanbul", "Europe/Istanbul", "AS", False),
    "JP": ("Tokyo", "13", "Tokyo", "Asia/Tokyo", "AS", False),
    "KR": ("Seoul", "11", "Seoul", "Asia/Seoul", "AS", False),
    "BR": ("São Paulo", "SP", "São Paulo", "America/Sao_Paulo", "SA", False),
    "MX": ("Mexico City", "CMX", "Mexico City", "America/Mexico_City", "NA", False),
    "US": ("California", "CA", "San Francisco", "America/Los_Angeles", "NA", False),
    "AU": ("New South Wales", "NSW", "Sydney", "Australia/Sydney", "OC", False),
    "ZA": ("Gauteng", "GP", "Johannesburg", "Africa/Johannesburg", "AF", False),
}
"""country: region, its ISO 3166-2 code, city, time zone, continent, in the EU."""

ACCEPTED: Final = (
    "en-US,en;q=0.9",
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7",
    "fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7",
    "es-ES,es;q=0.9,en;q=0.8",
    "it-IT,it;q=0.9,en;q=0.8",
    "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7",
    "nl-NL,nl;q=0.8,en-US;q=0.5,en;q=0.3",
    "pl-PL,pl;q=0.9,en;q=0.8",
    "ja,en-US;q=0.9,en;q=0.8",
    "sv-SE,sv;q=0.8,en-US;q=0.5,en;q=0.3",
)
"""As browsers send them; the first language of each is one that every contender offers."""

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ja", "sv")
"""What the contenders offer: without such a list, Hono's middleware has nothing to choose from."""

GEO_KEYS: Final = ("country", "region", "city", "timezone", "currency", "language")

MANY: Final = 1000
"""Distinct tokens that an isolate can remember."""
TOO_MANY: Final = 4096
"""More than it remembers, in turn: every one of them is verified anew."""

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Case:
    """One kind of work."""

    name: str
    title: str
    messages: Callable[[Keys], list[str]]
    status: int = 200
    compared: tuple[str, ...] = ()
    """Members of the JSON answer that must be equal; the whole content when empty."""
    origin_path: str | None = None
    """What the origin is asked for, when it is asked: its own time to first byte is taken off."""


def visitor(country: str = "DE", accepted: str = ACCEPTED[1], token: str | None = None) -> dict[str, str]:
    """The fields of one visitor's request."""
    region, code, city, timezone, continent, in_eu = PLACES[country]
    cf: dict[str, Any] = {"country": country, "region": region, "regionCode": code, "city": city, "timezone": timezone}
    cf |= {"continent": continent, "colo": "FRA", "asn": 3320, "httpProtocol": "HTTP/2", "tlsVersion": "TLSv1.3"}
    if in_eu:
        cf["isEUCountry"] = "1"
    fields = {**BROWSER, "accept-language": accepted, CF_HEADER: json.dumps(cf)}
    return fields if token is None else {**fields, "authorization": f"Bearer {token}"}


def _visitors(_: Keys) -> list[str]:
    """200 pairs of country and language, neighbours in time being strangers in both."""
    countries = list(PLACES)
    pairs = [(countries[i % 20], ACCEPTED[(i + i // 20) % 10]) for i in range(200)]
    return [message("/geo", visitor(country, accepted)) for country, accepted in pairs]


def _one(path: str, token: Callable[[Keys], str] | None = None) -> Callable[[Keys], list[str]]:
    return lambda keys: [message(path, visitor(token=token(keys) if token else None))]


def _users(path: str, count: int) -> Callable[[Keys], list[str]]:
    return lambda keys: [message(path, visitor(token=token)) for token in islice(_tokens(keys), count)]


def _forgers(path: str) -> Callable[[Keys], list[str]]:
    return lambda keys: [message(path, visitor(token=keys.forged(f"user-{number}"))) for number in range(TOO_MANY)]


_signed: list[str] = []


def _tokens(keys: Keys) -> Iterator[str]:
    """RS256 tokens of user-0, user-1, …; each is signed once a run, which takes half a millisecond."""
    for number in range(TOO_MANY):
        if number == len(_signed):
            _signed.append(keys.rs256(f"user-{number}"))
        yield _signed[number]


GEO: Final = Case("geo", "GET /geo, 200 visitors", _visitors, compared=GEO_KEYS)

CASES: Final = (
    GEO,
    Case("hs256", "HS256, to the origin", _one("/hs/users/me", Keys.hs256), origin_path="/users/me"),
    Case("rs256", "RS256 with JWKS, to the origin", _one("/rs/users/me", Keys.rs256), origin_path="/users/me"),
    Case("rs256_kept", "the same, Hono keeping keys", _one("/kept/users/me", Keys.rs256), origin_path="/users/me"),
    Case("rs256_1000", "RS256, 1,000 tokens in turn", _users("/rs/users/me", MANY), origin_path="/users/me"),
    Case("rs256_new", "RS256, never seen before", _users("/rs/users/me", TOO_MANY), origin_path="/users/me"),
    Case("public_1k", "cached, 1 KB", _one("/public/1k")),
    Case("public_64k", "cached, 64 KB", _one("/public/64k")),
    Case("public_1m", "cached, 1 MB", _one("/public/1m")),
    Case("mine", "cached for one user", _one("/mine", Keys.hs256)),
    Case("refused", "401, forged token", _one("/hs/users/me", Keys.forged), status=401, compared=("error",)),
    Case("refused_new", "401, forged, never seen before", _forgers("/hs/users/me"), status=401, compared=("error",)),
    Case("stream", "miss, 1 MB streamed", _one("/stream/1m"), origin_path="/stream/1m"),
)


def routes(origin: str) -> list[Mapping[str, Any]]:
    """Gatehouse's routes for this work."""
    return [
        {"path": "/hs/*", "origin": origin, "strip_prefix": "/hs", "cache": False},
        {"path": "/rs/*", "origin": origin, "strip_prefix": "/rs", "cache": False},
        {"path": "/kept/*", "origin": origin, "strip_prefix": "/kept", "cache": False},
        {"path": "/mine", "origin": origin, "cache": {"partition": "user"}},
        {"path": "/public/*", "origin": origin, "auth": "none"},
        {"path": "/stream/*", "origin": origin, "auth": "none", "cache": False},
    ]
