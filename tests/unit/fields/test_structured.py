"""Dictionaries of RFC 9651, with its own examples and its own errors."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.structured import Date, Decimal, Member, NotStructured, Token, parse_dictionary


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", {}),
        ("   ", {}),
        ('en="Applepie", da=:w4ZibGV0w6ZydGU=:', {"en": "Applepie", "da": "Æbletærte".encode()}),
        ("a=?0, b, c; foo=bar", {"a": False, "b": True, "c": True}),
        (
            "rating=1.5, feelings=(joy sadness)",
            {"rating": Decimal("1.5"), "feelings": (Token("joy"), Token("sadness"))},
        ),
        ("a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid", {"a": (1, 2), "b": 3, "c": 4, "d": (5, 6)}),
        ("a=1,b=2\t,\t c=3", {"a": 1, "b": 2, "c": 3}),
        ("a=1, a=2", {"a": 2}),
        ("a=@1659578233", {"a": Date(1_659_578_233)}),
        ('a=%"f%c3%bc%c3%bc"', {"a": "füü"}),
        ('a="\\"quoted\\" \\\\"', {"a": '"quoted" \\'}),
        ("a=-999999999999999", {"a": -999_999_999_999_999}),
        ("*a_b-c.d=( )", {"*a_b-c.d": ()}),
        ("a=(1;x=2 3);y", {"a": (1, 3)}),
    ],
)
def test_a_valid_dictionary_is_read(text: str, members: dict[str, Member]) -> None:
    assert parse_dictionary(text) == members


@pytest.mark.parametrize(
    "text",
    [
        "A=1", "1a=1", "a=1,", "a=1,,b=2", ",a=1", "a=1 b=2", "a =1", "a= 1", "a=", "a=1.", "a=.5", "a=1.1234", "a=--1",
        "a=1234567890123456", "a=1234567890123.1", 'a="x', 'a="\\x"', 'a="é"', "a=?2", "a=:?:", "a=:a:", "a=@1.5",
        'a=%"%zz"', 'a=%"%FF"', 'a=%"%ff"', "a=(1", "a=(1,2)", 'a=("x""y")', "a=1;", "a=1;B", "&&&&&",
        "max-age=10000, &&&&&", "\ta=1",
    ],
)  # fmt: skip
def test_an_invalid_dictionary_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(NotStructured):
        parse_dictionary(text)


def test_a_token_is_told_apart_from_a_string() -> None:
    members = parse_dictionary('a=x, b="x"')
    assert isinstance(members["a"], Token)
    assert not isinstance(members["b"], Token)


@given(st.text(alphabet=st.sampled_from("abz09*-._=;,()?:@%\"\\ \t'é"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(NotStructured):
        parse_dictionary(text)
