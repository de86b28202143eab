"""How much a GraphQL document asks for: counted on its tokens as a full parser counts on its tree."""

import pytest
from graphql import GraphQLSyntaxError, parse
from hypothesis import given
from hypothesis import strategies as st

from fields.graphql import Measure, TooManyTokens, Unreadable, measure
from tests.unit.fields.graphql_tree import of_tree

MOST = 1_000


def found(text: str) -> tuple[int, int, bool]:
    measured = measure(text, MOST)
    return measured.depth, measured.aliases, measured.introspects


@pytest.mark.parametrize(
    ("text", "depth", "aliases", "introspects"),
    [
        ("{ a }", 1, 0, False),
        ("{ a { b { c } } d }", 3, 0, False),
        ("query Q($a: I = 1 @d(x: 2), $b: [I!]! = [{c: {d: 1}}]) @e(f: {g: 1}) { a(b: {c: [$a]}) { e } }", 2, 0, False),
        ("{ x: a y: b { z: c } }", 2, 3, False),
        ("{ a { ... { b } ... on T { c { d } } ... @d(if: true) { e } ... on T @d(e: {f: 1}) { g } } }", 3, 0, False),
        ("{ ...F } fragment F on T { a { ...G } } fragment G on T { b x: c }", 2, 1, False),
        ("{ ...F ...F x: a { ...F } } fragment F on T { y: b }", 2, 4, False),
        ("{ ...Missing }", 0, 0, False),
        ("fragment F on T { a { b { c } } } { d }", 1, 0, False),
        ("query a { b } query c { d { e } }", 2, 0, False),
        ("mutation { a } subscription S { b { c } }", 2, 0, False),
        ("{ __typename }", 1, 0, False),
        ("{ __schema { types { name } } }", 3, 0, True),
        ("{ x: __type(name: \"T\") { name } }", 2, 1, True),
        ("{ __schema: a }", 1, 1, False),
        ("{ a @__schema ...__type } fragment __type on __schema { b }", 1, 0, False),
        ("{ a(b: \"{ : } # \\\" \") }", 1, 0, False),
        ('{ a(b: """ { : \\""" " "" } """) }', 1, 0, False),
        ("{ # a { b { c\n a }", 1, 0, False),
        ("\ufeff,,{,a,},", 1, 0, False),
        ("{ query { mutation { fragment { on } } } }", 4, 0, False),
        ("{ on: query fragment: on }", 1, 2, False),
    ],
)  # fmt: skip
def test_a_document_is_counted(text: str, depth: int, aliases: int, introspects: bool) -> None:
    assert found(text) == (depth, aliases, introspects)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "#", "a", "{", "}", "{ a", "{ a } }", "{ a(b: 1 }", "{ a) }", "{ a(b: \"c) }", "{ a(b: \"\"\"c\") }",
        "query", "query a", "type T { a: Int }", "fragment F on T { a }", "{ : a }", "{ a: : b }", "{ 1 }", "{ \"a\" }",
        "{ $a }", "{ a ? }", "{ a - }", "{ a(b: 01) }", "{ a(b: 1.) }", "{ a(b: 1x) }", "{ é }", "{ a\x00 }",
        "{ ...F } fragment F on T { ...F }", "{ a } fragment F on T { ...G } fragment G on T { ...F }",
        "{ ...F } fragment F on T { a } fragment F on T { b { c { d } } }", "... { a }", ": { a }", "{ ... }",
    ],
)  # fmt: skip
def test_what_is_no_document_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable):
        measure(text, MOST)


def test_tokens_are_counted_as_a_parser_counts_them() -> None:
    text = 'query Q($a: Int = -1.5e3) { a(b: [$a, """c""", "d"]) @e ... on T { ...F } } # f\n fragment F on T { g: h }'
    tokens = measure(text, MOST).tokens
    parse(text, max_lexical_tokens=tokens)
    with pytest.raises(GraphQLSyntaxError):
        parse(text, max_lexical_tokens=tokens - 1)
    with pytest.raises(TooManyTokens):
        measure(text, tokens - 1)


def test_fragments_that_double_each_other_end() -> None:
    """2^150 aliases, as far as they are ever written out."""
    chain = "".join(f"fragment f{n} on T{{...f{n + 1} ...f{n + 1}}}" for n in range(150))
    assert measure(f"{{...f0}}{chain}fragment f150 on T{{a: b}}", 5_000).aliases >= 1_000_000


def test_fragments_that_lead_far_are_followed_without_recursion() -> None:
    chain = "".join(f"fragment f{n} on T{{a{{...f{n + 1}}}}}" for n in range(1_500))
    assert measure(f"{{...f0}}{chain}fragment f1500 on T{{b}}", 20_000) == Measure(16_511, 1_501, 0, False)


# --- against a full parser -------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "on", "query", "fragment", "__schema", "__typename", "true"])
VALUES = st.sampled_from(["1", "-0.5e1", '"x"', '"}"', '"\\""', '"""{"""', '""', "{c: {d: [1]}}", "[$v]", "true", "ON"])
ARGUMENTS = st.one_of(st.just(""), st.builds("({}: {})".format, NAMES, VALUES))
DIRECTIVES = st.one_of(st.just(""), st.builds(" @{}{}".format, NAMES, ARGUMENTS))
ALIASES = st.one_of(st.just(""), st.builds("{}: ".format, NAMES))
SPREADS = st.builds("...{}{}".format, st.sampled_from(["F", "G", "H", "query"]), DIRECTIVES)
FIELDS = st.builds("{}{}{}{}".format, ALIASES, NAMES, ARGUMENTS, DIRECTIVES)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sets = st.lists(inner, min_size=1, max_size=3).map(lambda found: "{ " + " ".join(found) + " }")
    inline = st.builds("... {}{} {}".format, st.sampled_from(["", "on T", "on on"]), DIRECTIVES, sets)
    return st.one_of(st.builds("{} {}".format, FIELDS, sets), inline)


SELECTIONS = st.recursive(st.one_of(FIELDS, SPREADS), nested, max_leaves=8)
SETS = st.lists(SELECTIONS, min_size=1, max_size=4).map(lambda found: "{ " + "\n".join(found) + " }")
HEADS = st.sampled_from(["", "query ", "mutation M ", "query Q($v: Int = 1, $w: T = {a: {b: 1}} @d(c: 1)) @e "])
FRAGMENTS = st.lists(SETS, max_size=3).map(
    lambda sets: " ".join(f"fragment {name} on T {chosen}" for name, chosen in zip("FGH", sets, strict=False))
)
DOCUMENTS = st.builds("{}{} {}".format, HEADS, SETS, FRAGMENTS)


@given(DOCUMENTS)
def test_a_document_is_counted_as_a_full_parser_counts_it(text: str) -> None:
    expected = of_tree(text)
    if expected is None:
        return
    assert found(text) == expected


@given(
    DOCUMENTS,
    st.integers(0, 400),
    st.sampled_from(["", '"', "#", "{", "}", "(", ")", ":", "...", '"""', "@", "\n", "\\", ","]),
)
def test_a_document_with_one_change_is_counted_so_or_not_at_all(text: str, place: int, change: str) -> None:
    place %= len(text)
    changed = text[:place] + change + text[place + 1 :]
    expected = of_tree(changed)
    if expected is not None:
        assert found(changed) == expected
