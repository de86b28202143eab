"""JWS compact form: one spelling of each token, and nothing that two readers could read differently."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import base64url, strictjson
from identity.tokens import MAX_LENGTH, USUAL_LENGTH, Header, InvalidToken, parse_header, parse_token
from tests.signing_keys import unsigned

HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"sub": "u1", "exp": 1_900_000_000}


def token(header: Any = HEADER, claims: Any = CLAIMS, signature: str = "c2ln") -> str:
    return f"{unsigned(header, claims)}.{signature}"


def refusal(text: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        parse_token(text)
    return caught.value.reason


def test_a_token_is_taken_apart() -> None:
    text = token({"alg": "RS256", "kid": "a", "typ": "application/AT+JWT"})
    parsed = parse_token(text)
    assert parsed.header == Header("RS256", "a", "at+jwt")
    assert parsed.claims == CLAIMS
    assert parsed.signing_input == text.rpartition(".")[0].encode()
    assert parsed.signature == b"sig"


@pytest.mark.parametrize("count", [1, 2, 4, 5, 6])
def test_a_token_has_three_segments(count: int) -> None:
    assert refusal(".".join([base64url.encode(b'{"alg":"HS256"}')] * count)) == "malformed"


def test_an_encrypted_token_is_refused() -> None:
    assert refusal("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a2V5.aXY.Y2lwaGVydGV4dA.dGFn") == "malformed"


def test_a_token_is_as_long_as_it_may_be_and_no_longer() -> None:
    for most in (USUAL_LENGTH, MAX_LENGTH):
        text = token(claims={"sub": "x" * most})[:most]
        for longest, reason in ((most, "malformed"), (most - 1, "too_large")):
            with pytest.raises(InvalidToken) as caught:
                parse_token(text, longest)
            assert caught.value.reason == reason


def test_ten_kilobytes_of_kid_are_too_large() -> None:
    assert refusal(token({**HEADER, "kid": "k" * 10_240})) == "too_large"


@pytest.mark.parametrize(
    "signature", ["c2ln=", "c2ln==", "c2 ln", "c2ln\n", "\tc2ln", "c2l+", "c2l/", "c2ln!", "é", "YR", "YWF"]
)
def test_base64url_has_one_spelling(signature: str) -> None:
    """Padding, white space, the standard alphabet, other characters, unused bits that are not zero."""
    assert refusal(token(signature=signature)) == "malformed"


def test_a_single_character_is_no_base64url() -> None:
    assert refusal(token(signature="c2lnA")) == "malformed"


@given(st.binary(max_size=300))
def test_base64url_reads_what_it_writes(raw: bytes) -> None:
    assert base64url.decode(base64url.encode(raw)) == raw


@given(st.text(st.sampled_from("ABCDwxyz0189-_+/= \n"), max_size=12))
def test_base64url_accepts_only_what_it_would_write(text: str) -> None:
    try:
        raw = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(raw) == text


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidToken):
        parse_token(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"sub":"u1","sub":"u2"}',
        '{"sub":"u1","s\\u0075b":"u2"}',
        '{"sub":"u1","nested":{"a":1,"a":2}}',
        '{"exp":NaN}',
        '{"exp":Infinity}',
        '{"exp":-Infinity}',
        '{"exp":1e400}',
        '{"exp":-1e400}',
        '{"exp":' + "9" * 5000 + "}",
        '{"sub":"\\ud800"}',
        '{"sub":"u1"} {}',
        "{'sub':'u1'}",
        '{"sub":"u1",}',
        '\ufeff{"sub":"u1"}',
        "[]",
        '"u1"',
        "1",
        "null",
        "",
    ],
)
def test_a_payload_is_one_json_object_with_one_meaning(text: str) -> None:
    assert refusal(token(claims=text.encode())) == "malformed"


@pytest.mark.parametrize("raw", [b'{"sub":"\xff"}', b'{"sub":"\xed\xa0\x80"}', '{"sub":"u1"}'.encode("utf-16")])
def test_a_payload_is_utf8(raw: bytes) -> None:
    assert refusal(token(claims=raw)) == "malformed"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [33, 1000])
def test_deep_nesting_is_refused_before_parsing(opening: str, depth: int) -> None:
    assert refusal(token(claims=('{"a":' + opening * depth).encode())) == "malformed"


def test_a_string_that_does_not_end_costs_no_more_than_its_length() -> None:
    """Looking for its end again at every quote inside took seconds of a 8 KB token, which anybody can send."""
    started = time.process_time()
    with pytest.raises(ValueError, match="nested too deeply"):
        strictjson.loads(b"[" * 40 + b'"' + b'\\"' * 50_000)
    assert time.process_time() - started < 1


def test_many_brackets_that_are_not_deep_are_read() -> None:
    claims = {"roles": [[] for _ in range(50)], "text": '[[[[{{{{\\"[[[[' * 20}
    assert parse_token(token(claims=claims)).claims == claims


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x), max_leaves=20))
def test_strict_json_reads_what_json_writes(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return
    assert strictjson.loads(raw) == value


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"alg": "HS256", "crit": ["exp"], "exp": 1}, "critical"),
        ({"alg": "HS256", "crit": ["b64"], "b64": True}, "critical"),
        ({"alg": "HS256", "crit": []}, "critical"),
        ({"alg": "HS256", "crit": ["x", "x"]}, "critical"),
        ({"alg": "HS256", "crit": None}, "critical"),
        ({"alg": "HS256", "b64": False}, "critical"),
        ({"alg": "HS256", "b64": 0}, "critical"),
        ({"alg": "HS256", "b64": None}, "critical"),
        ({"typ": "JWT"}, "algorithm"),
        ({"alg": None}, "algorithm"),
        ({"alg": ["HS256"]}, "algorithm"),
        ({"alg": 256}, "algorithm"),
        ({"alg": "HS256", "kid": ["a"]}, "malformed"),
        ({"alg": "HS256", "kid": True}, "malformed"),
        ({"alg": "HS256", "typ": 7}, "malformed"),
        ({"alg": "HS256", "typ": None}, "malformed"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(members: dict[str, Any], reason: str) -> None:
    assert refusal(token(members)) == reason


@pytest.mark.parametrize("kid", [None, 7, 7.5, -1])
def test_a_kid_that_is_null_or_a_number_is_none(kid: Any) -> None:
    assert parse_token(token({"alg": "HS256", "kid": kid})).header.kid is None


def test_ed25519_has_two_names_and_is_one_algorithm() -> None:
    """RFC 9864 section 2.2."""
    assert parse_token(token({"alg": "Ed25519"})).header.alg == parse_token(token({"alg": "EdDSA"})).header.alg


def test_duplicate_header_members_are_refused() -> None:
    assert refusal(token(b'{"alg":"HS256","alg":"none"}')) == "malformed"


def test_a_header_may_not_name_its_own_key() -> None:
    """`jwk`, `jku`, `x5u` and `x5c` are not even read (RFC 8725 sections 2.4, 3.10)."""
    members = {**HEADER, "jwk": {"kty": "oct"}, "jku": "https://evil.example", "x5u": "https://evil.example", "x5c": []}
    assert parse_token(token(members)).header == Header("HS256", None, "jwt")


def test_a_refused_header_is_refused_again() -> None:
    """Headers are remembered; refusals must not become acceptances on the second sight."""
    segment = token({"alg": "HS256", "crit": ["x"]}).split(".")[0]
    for _ in range(2):
        with pytest.raises(InvalidToken):
            parse_header(segment)
