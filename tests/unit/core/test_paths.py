"""One meaning for a path (RFC 3986 section 6.2.2), and a refusal for every path that could have two."""

import re
from urllib.parse import unquote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.paths import FAULTS, comparable_path, normalise_path
from core.problems import Problem

PCHAR_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})+")

fragments = st.sampled_from(
    [
        "/",
        "//",
        ".",
        "..",
        ";",
        "%",
        "%2",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "%25",
        "%32",
        "%65",
        "%00",
        "%61",
        "%c3%a9",
        "%C0%AF",
    ]
    + [
        "\\",
        "a",
        "api",
        "~",
        "%7e",
        "é",
        "\x00",
        "\x7f",
        " ",
        "[",
        "%40",
        "@",
        ":",
        "%3a",
        "%3B",
        "%0a",
        "%252e",
        "%ff",
    ]
)
paths = st.lists(fragments, max_size=10).map(lambda parts: "/" + "".join(parts)) | st.text().map(
    lambda text: "/" + text
)


def accepted(raw: str) -> str | None:
    try:
        return normalise_path(raw)
    except Problem as problem:
        refused = (problem.status, problem.code)
    assert refused == (400, "ambiguous_path")
    return None


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/users",
        "/users/",
        "/a/b/c",
        "/a.b/..c/.d/...",
        "/.well-known/jwks.json",
        "/a;v=1/b",
        "/users:batch",
        "/a@b,c",
    ]
    + ["/100%25ab", "/a%2561", "/a%2520b", "/a%2525", "/a%25C3%25A9", "/%25zz"]
    + ["/~zoe/(x)!*'$&+=", "/caf%C3%A9", "/a%20b", "/100%25", "/a%3Fb%23c", "/x/%F0%9F%98%80", "/a%3Ab", "/%5Bx%5D"],
)
def test_a_path_in_normal_form_is_kept_as_it_is(path: str) -> None:
    assert normalise_path(path) == path


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("/%61pi/%55sers", "/api/Users"),
        ("/%7Ezoe/%2dx%5f%30", "/~zoe/-x_0"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/café", "/caf%C3%A9"),
        ("/a b", "/a%20b"),
        ('/[x]|{y}^`<>"', "/%5Bx%5D%7C%7By%7D%5E%60%3C%3E%22"),
        ("/a?b#c", "/a%3Fb%23c"),
        ("/😀", "/%F0%9F%98%80"),
    ],
)
def test_other_spellings_of_one_path_become_its_normal_form(raw: str, normal: str) -> None:
    assert normalise_path(raw) == normal


@pytest.mark.parametrize(
    "raw",
    ["", "*", "api", "?x", "http://evil.example/", "%2Fapi"]
    + ["//", "//api", "/api//users", "/api/users//", "///"]
    + ["/.", "/..", "/./api", "/api/.", "/api/..", "/api/../admin", "/api/./users", "/a/b/../../c"]
    + ["/%2e", "/%2E%2e/x", "/a/.%2e/b", "/a/%2e./b", "/file%2Ejson", "/a%2e"]
    + ["/api%2fusers", "/api%2Fusers", "/%2f", "/api%5cusers", "/api%5Cusers", "/api\\users", "/..\\admin"]
    + ["/a\x00", "/a\n", "/a\r\nX: y", "/a\tb", "/a\x1f", "/a\x7f", "/a\x85", "/\x9f"]
    + ["/a%00", "/a%0a", "/a%0D%0A", "/a%1f", "/a%7f", "/a%7F", "/a%C2%85", "/a%c2%80"]
    + ["/%", "/a%", "/a%4", "/a%zz", "/a%4g/b", "/%%61", "/a%u0041", "/%-1", "/% 1", "/%é1"]
    + [
        "/a%252eb",
        "/a%252Fb",
        "/a%255cb",
        "/%2500",
        "/a%25252e",
        "/a%25%32e",
        "/a%25%32%65",
        "/%25%2532e",
        "/a%250ab",
        "/a%253B",
        "/a%25c0%25af",
        "/a%25EF%25BC%258Fb",
        "/a%25u002e",
        "/a%2525252525252561",
    ]
    + ["/a%c0%afb", "/a%c0%ae", "/%e0%80%af", "/%ff", "/caf%e9", "/%ed%a0%80", "/a\ud800", "/%c3"]
    + ["/public/..;/admin", "/..;x=1", "/.;/a", "/;/admin", "/a/;x", "/a/%3Bx", "/a/..%3b/b"],
)
def test_a_path_that_could_mean_two_things_is_refused(raw: str) -> None:
    with pytest.raises(Problem) as refusal:
        normalise_path(raw)
    assert (refusal.value.status, refusal.value.code) == (400, "ambiguous_path")


def test_a_refusal_says_what_is_wrong_without_repeating_the_path() -> None:
    with pytest.raises(Problem) as refusal:
        normalise_path("/secret%2Fthing")
    assert "encoded slash" in refusal.value.detail
    assert "secret" not in refusal.value.detail


def test_letter_case_and_trailing_slash_are_significant() -> None:
    assert len({normalise_path(path) for path in ("/api", "/API", "/api/", "/Api")}) == 4


@given(paths)
def test_normalising_twice_changes_nothing(raw: str) -> None:
    path = accepted(raw)
    assert path is None or normalise_path(path) == path


@given(paths)
def test_an_accepted_path_has_only_characters_of_a_path_and_no_fault(raw: str) -> None:
    path = accepted(raw)
    if path is not None:
        assert PCHAR_PATH.fullmatch(path)
        assert not any(pattern.search(path) for pattern, _ in FAULTS)


@given(paths)
def test_normalising_keeps_what_the_path_means_to_an_origin_that_decodes(raw: str) -> None:
    path = accepted(raw)
    if path is not None:
        assert unquote_to_bytes(path) == unquote_to_bytes(raw)


@given(paths)
def test_an_accepted_path_never_gains_a_segment_by_being_decoded_any_number_of_times(raw: str) -> None:
    path = accepted(raw)
    if path is None:
        return
    segments, decoded = path.count("/"), path
    for _ in range(4):
        decoded = unquote(decoded)
        assert decoded.count("/") == segments
        assert "\\" not in decoded
        assert not {".", ".."} & set(decoded.split("/"))


@pytest.mark.parametrize("spelling", ["/admin", "/%61dmin", "/%61%64%6D%69%6E", "/a%64min"])
def test_a_protected_prefix_cannot_be_spelt_around(spelling: str) -> None:
    assert normalise_path(spelling) == "/admin"


@pytest.mark.parametrize(
    ("path", "same"), [("/users%3Abatch", "/users:batch"), ("/a%40b%2C%21", "/a@b,!"), ("/a", "/a")]
)
def test_encoded_delimiters_compare_equal_to_bare_ones(path: str, same: str) -> None:
    assert comparable_path(normalise_path(path)) == same


@pytest.mark.parametrize("path", ["/caf%C3%A9", "/a%20b", "/100%25", "/a%3Fb%23c"])
def test_comparing_leaves_every_other_escape_alone(path: str) -> None:
    assert comparable_path(path) == path


@given(paths)
def test_comparing_keeps_the_number_of_segments(raw: str) -> None:
    path = accepted(raw)
    assert path is None or comparable_path(path).count("/") == path.count("/")


@pytest.mark.parametrize(
    "raw",
    [
        "/a/..%20/b",
        "/a/%20../b",
        "/a/.%20",
        "/a/..+/b",
        "/a/+.",
        "/a/..%3Fx",
        "/a/..%23",
        "/a/..::$DATA/b",
        "/a/..%3a$i/b",
    ]
    + [
        "/a/..+%20;x/b",
        "/a/%EF%BC%8E%EF%BC%8E/b",
        "/a/%EF%BC%8E/b",
        "/a/%E2%80%A5/b",
        "/a%EF%BC%8Fb",
        "/a%EF%BC%BCb",
        "/a/..%EF%BC%9Fx",
        "/a/%E3%80%80..",
        "/%25u002e./a",
    ],
)
def test_dots_in_disguise_are_dots(raw: str) -> None:
    """Whoever cuts off, decodes or replaces what hides them sees a dot segment, or a slash."""
    assert accepted(raw) is None


@pytest.mark.parametrize(
    "raw", ["/a/...", "/½", "/東京%EF%BC%8Etxt", "/a/..b%20", "/a+b/.c", "/¿qué?", "/a:$b", "/...+x"]
)
def test_dots_and_other_characters_that_hide_nothing_pass(raw: str) -> None:
    assert accepted(raw) is not None


MANY_MARKS = "\u0301\u0316" * 16


@pytest.mark.parametrize(
    "between", ["", "\u200b", "\u00ad", "\u2065"], ids=["nothing", "space", "hyphen", "unassigned"]
)
@pytest.mark.parametrize("mark", ["\u0301", "\uff9e"], ids=["mark", "in disguise"])
def test_a_pile_of_marks_is_refused_before_it_is_put_in_order(mark: str, between: str) -> None:
    assert accepted("/a" + (mark + between) * 31) is None
    assert accepted("/a" + f"{mark}b" * 40) is not None


@pytest.mark.parametrize(
    "raw", ["/a" + MANY_MARKS[:30], "/%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%8D%E0%A4%B0%E0%A5%80", "/👩‍👩‍👧‍👦"]
)
def test_words_and_pictures_of_many_marks_pass(raw: str) -> None:
    assert accepted(raw) is not None
