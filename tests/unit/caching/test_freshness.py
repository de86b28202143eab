"""Age and freshness lifetime (RFC 9111 section 4.2), in seconds around one moment."""

import pytest

from caching.freshness import Lifetime, age_field, current_age, freshness_lifetime, received_age
from caching.settings import CacheSettings
from caching.stored_response import StoredResponse
from fields.dates import format_http_date

NOW = 1_800_000_000
Headers = dict[str, str | int]
"""Numbers are dates, in seconds from NOW."""


def stored(headers: Headers, status: int = 200, delay: float = 0.0) -> StoredResponse:
    fields = {
        name: format_http_date(NOW + value) if isinstance(value, int) else value for name, value in headers.items()
    }
    return StoredResponse(status, fields, NOW - delay, NOW)


@pytest.mark.parametrize(
    ("headers", "delay", "later", "age"),
    [
        ({"date": 0}, 0, 0, 0),
        ({"date": 0}, 0, 30, 30),
        ({"date": -10}, 0, 0, 10),  # apparent age
        ({"date": 10}, 0, 5, 5),  # an origin whose clock is fast
        ({"date": 0, "age": "7"}, 0, 3, 10),
        ({"date": 0, "age": "7"}, 2, 3, 12),  # the response's way counts
        ({"date": -20, "age": "7"}, 2, 0, 20),
        ({"date": "foo", "age": "7"}, 0, 0, 7),
        ({}, 0, 4, 4),
        ({"date": 0}, 0, -5, 0),  # our own clock went back
    ],
)
def test_age(headers: Headers, delay: float, later: float, age: float) -> None:
    assert current_age(stored(headers, delay=delay), NOW + later) == age


@pytest.mark.parametrize(
    ("field", "age"),
    [
        ("", 0), ("5", 5), ("abc", 0), ("-5", 0), ("7.0", 0), ("5, 0", 5), ("0, 5", 0), ("abc, 5", 0), ("5;a=b", 0),
        ("2147483649", 2**31), ("9" * 40, 2**31), ("007", 7), (", 5", 5),
    ],
)  # fmt: skip
def test_of_several_ages_the_first_counts_and_an_invalid_one_is_none(field: str, age: int) -> None:
    assert received_age(field) == age


def test_an_age_is_sent_in_whole_seconds() -> None:
    assert age_field(12.9) == "12"
    assert age_field(1e12) == str(2**31)


EXPLICIT: list[tuple[Headers, int, str]] = [
    ({"cache-control": "max-age=60"}, 60, "max-age"),
    ({"cache-control": "max-age=60, s-maxage=10"}, 10, "s-maxage"),
    ({"cache-control": "s-maxage=10, max-age=60"}, 10, "s-maxage"),
    ({"cache-control": "max-age=0, s-maxage=10", "expires": -5}, 10, "s-maxage"),
    ({"cache-control": "max-age=60", "expires": -5}, 60, "max-age"),
    ({"cache-control": "max-age=60", "expires": "0"}, 60, "max-age"),
    ({"cache-control": "max-age=0", "expires": 500}, 0, "max-age"),
    ({"cache-control": "max-age=x", "expires": 500}, 0, "max-age"),
    ({"cache-control": "foo", "expires": 500}, 500, "expires"),
    ({"expires": 500}, 500, "expires"),
    ({"expires": 500, "date": 400}, 100, "expires"),
    ({"expires": 300, "date": 400}, 0, "expires"),
    ({"expires": 500, "date": "foo"}, 500, "expires"),
    ({"expires": "0"}, 0, "expires"),
    ({"expires": ""}, 0, "expires"),
    ({"expires": "Thu, 18 Aug 2050 02:01:18 UTC"}, 0, "expires"),
    ({"cdn-cache-control": "max-age=5", "cache-control": "max-age=60", "expires": 500}, 5, "max-age"),
    ({"cdn-cache-control": "max-age=5,", "cache-control": "max-age=60"}, 60, "max-age"),
]


@pytest.mark.parametrize(("headers", "seconds", "source"), EXPLICIT)
def test_what_a_response_says_of_its_lifetime(headers: Headers, seconds: int, source: str) -> None:
    lifetime = freshness_lifetime(stored({"date": 0, **headers}), CacheSettings(default_ttl=77))
    assert (lifetime.seconds, lifetime.source) == (seconds, source)
    assert lifetime.explicit


def test_of_two_expires_the_first_counts() -> None:
    both = f"{format_http_date(NOW + 500)}, {format_http_date(NOW - 500)}"
    assert freshness_lifetime(stored({"date": 0, "expires": both}), CacheSettings()).seconds == 500


DAY = 86_400


GUESSING = CacheSettings(heuristic=True)


@pytest.mark.parametrize(
    ("headers", "status", "settings", "lifetime"),
    [
        ({"last-modified": -1000}, 200, GUESSING, Lifetime(100, "heuristic")),
        ({"last-modified": -1000 * DAY}, 200, GUESSING, Lifetime(DAY, "heuristic")),
        ({"last-modified": -1000, "date": -500}, 404, GUESSING, Lifetime(50, "heuristic")),
        ({"last-modified": 1000}, 200, GUESSING, Lifetime(0, "none")),
        ({"last-modified": "foo"}, 200, GUESSING, Lifetime(0, "none")),
        ({}, 200, GUESSING, Lifetime(0, "none")),
        ({"last-modified": -1000}, 201, GUESSING, Lifetime(0, "none")),
        ({"last-modified": -1000, "cache-control": "public"}, 201, GUESSING, Lifetime(100, "heuristic")),
        ({"last-modified": -1000}, 200, CacheSettings(), Lifetime(0, "none")),
        ({"last-modified": -1000, "pragma": "no-cache"}, 200, GUESSING, Lifetime(0, "none")),
        ({"last-modified": -1000, "pragma": "no-cache", "cache-control": "foo"}, 200, GUESSING,
         Lifetime(100, "heuristic")),
        ({"cdn-cache-control": "public", "expires": 500}, 200, GUESSING, Lifetime(0, "none")),
        ({"last-modified": -1000}, 200, CacheSettings(default_ttl=7), Lifetime(7, "default")),
        ({}, 500, CacheSettings(default_ttl=7), Lifetime(0, "none")),
        ({}, 500, CacheSettings(default_ttl=7, statuses=(500,)), Lifetime(0, "none")),
        ({"cache-control": "max-age=60"}, 200, CacheSettings(override_ttl=7), Lifetime(7, "override")),
    ],
)  # fmt: skip
def test_what_is_assumed_of_a_response_that_says_nothing(
    headers: Headers, status: int, settings: CacheSettings, lifetime: Lifetime
) -> None:
    assert freshness_lifetime(stored({"date": 0, **headers}, status), settings) == lifetime


@pytest.mark.parametrize("status", range(200, 600))
def test_a_routes_default_is_for_what_is_there_and_what_moved_for_good(status: int) -> None:
    """A 404 or a 302 of a moment would else be everybody's for as long as a page is."""
    given = freshness_lifetime(stored({"date": 0}, status), CacheSettings(default_ttl=7, statuses=(status,)))
    assert given.seconds == (7 if status in (200, 203, 204, 301, 308) else 0)
