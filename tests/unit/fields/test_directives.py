"""Cache directives: what a response permits and a client asks, however oddly it is written."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.directives import (
    DELTA_MAX,
    RequestDirectives,
    ResponseDirectives,
    parse_delta,
    parse_directives,
    request_directives,
    response_directives,
)
from fields.lists import split_list


def said(text: str) -> ResponseDirectives:
    return response_directives({"cache-control": text})


def targeted(text: str) -> ResponseDirectives:
    return response_directives({"cdn-cache-control": text, "cache-control": "max-age=1"})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("max-age=60", 60),
        ("MaX-AgE=60", 60),
        ("max-age=003600", 3600),
        ('max-age="60"', 60),
        ('max-age="6\\0"', 60),
        ("public , max-age=60\t,", 60),
        (",,max-age=60", 60),
        ("max-age=60, max-age=1", 60),
        ("max-age=1, max-age=60", 1),
        ("foo=bar, max-age=60", 60),
        ('extension="max-age=3600", max-age=1', 1),
        ('max-age=1, extension="max-age=3600"', 1),
        ('extension="\\", max-age=3600", max-age=1', 1),
        ("extension='a, max-age=60", 60),
        ('extension="never closed, max-age=60', 60),
        ("max-age=2147483647", 2**31 - 1),
        ("max-age=2147483649", DELTA_MAX),
        ("max-age=99999999999", DELTA_MAX),
        ("max-age=" + "9" * 1000, DELTA_MAX),
    ],
)
def test_a_lifetime_is_read(text: str, seconds: int) -> None:
    assert said(text).max_age == seconds


@pytest.mark.parametrize(
    "text",
    [
        "max-age", "max-age=", "max-age=-1", "max-age=3600.0", "max-age=3600.5", "max-age=a3600", "max-age=3600a",
        "max-age =3600", "max-age= 3600", "max-age='3600'", 'max-age=""', "max-age=٣", "max-age=1e3", "max-age=+60",
        "max-age=soon, max-age=60",
    ],
)  # fmt: skip
def test_a_lifetime_that_cannot_be_read_is_none_at_all(text: str) -> None:
    assert said(text).max_age == 0
    assert said(text.replace("max-age", "s-maxage")).s_maxage == 0


@pytest.mark.parametrize("text", ["no-store", "NO-STORE", "no-store=x", 'no-store="x"', "no-store =1"])
def test_a_restriction_holds_however_it_is_written(text: str) -> None:
    assert said(text).no_store


@pytest.mark.parametrize(
    ("text", "whole", "fields"),
    [
        ("private", True, set()),
        ('private="set-cookie"', False, {"set-cookie"}),
        ('private="Set-Cookie, x-a"', False, {"set-cookie", "x-a"}),
        ("private=x-a", False, {"x-a"}),
        ('private="x-a", private="x-b"', False, {"x-a", "x-b"}),
        ('private="x-a", private', True, set()),
        ('private=""', True, set()),
        ('private="???"', True, set()),
        ("private='x'", False, {"'x'"}),
        ("private= x", True, set()),
    ],
)
def test_a_restriction_is_narrowed_only_by_a_readable_list_of_fields(text: str, whole: bool, fields: set[str]) -> None:
    private, no_cache = said(text), said(text.replace("private", "no-cache"))
    assert (private.private, set(private.private_fields)) == (whole, fields)
    assert (no_cache.no_cache, set(no_cache.no_cache_fields)) == (whole, fields)


def test_a_permission_that_cannot_be_read_permits_nothing() -> None:
    directives = said("stale-if-error=soon, stale-while-revalidate, stale-if-error=60")
    assert directives.stale_if_error == 0
    assert directives.stale_while_revalidate == 0


def test_unknown_directives_mean_nothing() -> None:
    assert said("no-stor, xprivate, max-aged=3") == ResponseDirectives(field="cache-control")


class TestTargetedFields:
    """RFC 9213."""

    def test_the_most_specific_valid_field_is_in_force_alone(self) -> None:
        headers = {
            "cache-control": "no-store",
            "cdn-cache-control": "max-age=60",
            "cloudflare-cdn-cache-control": "max-age=30",
        }
        directives = response_directives(headers)
        assert (directives.field, directives.max_age) == ("cloudflare-cdn-cache-control", 30)
        assert not directives.no_store
        headers["cloudflare-cdn-cache-control"] = "max-age=30,"
        assert response_directives(headers).max_age == 60

    @pytest.mark.parametrize(
        "text",
        [
            "", " ", "max-age=60, &&&&&", 'max-age="60"', "max-age=60.0", "max-age=-1", "max-age", "MaX-aGe=60",
            "max-age =60", "max-age= 60", "no-store=1", "no-store=?0", "no-cache=x-a", "private=?0", "max-age=?1",
        ],
    )  # fmt: skip
    def test_an_empty_or_invalid_field_does_not_exist(self, text: str) -> None:
        assert targeted(text) == said("max-age=1")

    @pytest.mark.parametrize(
        "text", ["max-age=60", "foobar, max-age=60", "max-age=60;x=y", "x=1.5, max-age=60", "max-age=1, max-age=60"]
    )
    def test_a_valid_field_is_read_as_a_structured_field(self, text: str) -> None:
        assert (targeted(text).max_age, targeted(text).targeted) == (60, True)

    def test_field_lists_are_strings(self) -> None:
        assert targeted('private="set-cookie"').private_fields == {"set-cookie"}
        assert targeted("no-cache").no_cache

    def test_seconds_are_clamped(self) -> None:
        assert targeted("max-age=99999999999").max_age == DELTA_MAX


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({}, RequestDirectives()),
        ({"pragma": "no-cache"}, RequestDirectives(no_cache=True)),
        ({"pragma": "foo, No-Cache"}, RequestDirectives(no_cache=True)),
        ({"pragma": "no-cache", "cache-control": "foo"}, RequestDirectives()),
        ({"cache-control": "no-cache"}, RequestDirectives(no_cache=True)),
        ({"cache-control": "no-store, only-if-cached"}, RequestDirectives(no_store=True, only_if_cached=True)),
        ({"cache-control": "max-age=0, min-fresh=5"}, RequestDirectives(max_age=0, min_fresh=5)),
        ({"cache-control": "max-stale"}, RequestDirectives(max_stale=inf)),
        ({"cache-control": "max-stale=10"}, RequestDirectives(max_stale=10)),
        ({"cache-control": "max-stale=x, max-age=x, min-fresh=-1"}, RequestDirectives()),
        ({"cache-control": "stale-if-error=60"}, RequestDirectives(stale_if_error=60)),
    ],
)
def test_what_a_client_asks(headers: dict[str, str], asked: RequestDirectives) -> None:
    assert request_directives(headers) == asked


def test_every_argument_is_kept_in_order() -> None:
    assert parse_directives('Max-Age="60", a="1, 2", b, A=3') == {"max-age": ("60",), "a": ("1, 2", "3"), "b": (None,)}


def test_a_backslash_outside_quotes_hides_nothing() -> None:
    assert said("a\\, no-store").no_store
    assert said('a="x\\\\", no-store').no_store


def test_lists_split_at_commas_outside_quotes() -> None:
    assert split_list('a, b="1, 2" ,, c') == ["a", 'b="1, 2"', "c"]
    assert split_list('"a\\", "b', escapes=False) == ['"a\\"', '"b']
    assert split_list("") == []


@given(st.text(alphabet=st.sampled_from('a=-",\\ 0\t'), max_size=60))
def test_splitting_loses_nothing_but_commas_and_whitespace(text: str) -> None:
    kept = "".join(split_list(text))
    outside = str.maketrans("", "", ", \t")
    assert kept.translate(outside) == text.translate(outside)


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_no_field_value_raises(text: str) -> None:
    response_directives({"cache-control": text, "cdn-cache-control": text})
    request_directives({"cache-control": text, "pragma": text})


@given(st.text(max_size=12))
def test_delta_seconds_are_digits_and_nothing_else(text: str) -> None:
    is_delta = text != "" and all("0" <= character <= "9" for character in text)
    assert parse_delta(text) == (min(int(text), DELTA_MAX) if is_delta else None)
