"""Over many requests: the gateway's HMAC signature is good for its own request, and for no other."""

from dataclasses import replace

import pytest
from gatehouse_verifier import GatewayVerifier, Received, identity_list, identity_text
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarding import signing
from forwarding.signing import SIGNATURE_HEADER, identity_value
from tests.unit.forwarding.signed_requests import NOW, SECRET, refusal, signed, with_headers, without

ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
names = st.sampled_from([
    "x-user-id", "x-user-role", "x-user-", "x-geo-country", "x-geo-city", "accept", "content-type", "x-any", "cookie",
    "content-encoding", "idempotency-key", "range", "x", "x_user_id", "x-forwarded-prefix",
])  # fmt: skip
HOSTS = ["a.example", "a.example:8443", "A.EXAMPLE", "a.example:443", "b.example"]
requests = st.builds(
    Received,
    method=st.sampled_from(["GET", "POST", "DELETE", "PROPFIND"]),
    host=st.sampled_from(HOSTS),
    path=ascii_text.map(lambda text: "/" + text),
    query=ascii_text,
    headers=st.dictionaries(names, ascii_text),
    body=st.binary(max_size=16),
)
OPEN = GatewayVerifier([SECRET], hosts=HOSTS, asked_for=["x-any", "x", "accept"])


def meaning(request: Received) -> object:
    """What an origin acts on; two requests may share a signature only when they share this."""
    fields = {name: value.strip(" \t") for name, value in request.headers.items()}
    pairs = [pair.strip(" \t") for pair in fields.get("cookie", "").split(";")]
    fields |= {"cookie": "; ".join(filter(None, pairs))} if "cookie" in fields else {}
    host = request.host.lower().removesuffix(":443")
    return request.method, host, request.path, request.query, fields, request.body


@settings(max_examples=300, deadline=None)
@given(requests, requests)
def test_a_signature_is_good_for_its_own_request_and_no_other(one: Received, other: Received) -> None:
    signature = signed(one).headers[SIGNATURE_HEADER]
    assert OPEN.verify(replace(one, headers={**one.headers, SIGNATURE_HEADER: signature}), NOW).fields == one.headers
    moved = replace(other, headers={**other.headers, SIGNATURE_HEADER: signature})
    if meaning(one) == meaning(other):
        OPEN.verify(moved, NOW)
    else:
        refusal(moved, verifier=OPEN)


platform_fields = st.dictionaries(
    st.one_of(
        st.sampled_from(sorted(signing.REWRITTEN - {"host"})),
        st.sampled_from(["cf-ray", "cf-connecting-ip", "x-amzn-trace-id", "x-amzn-tls-version", "x-amz-cf-id"]),
    ),
    ascii_text,
)


@settings(max_examples=300, deadline=None)
@given(requests, platform_fields, platform_fields, st.data())
def test_one_change_is_refused_whatever_platforms_rewrite(
    request: Received, before: dict[str, str], after: dict[str, str], data: st.DataObject
) -> None:
    """Each change alone: a field's value, a field more, a field less, or a part of the request line."""
    before.pop("x-forwarded-for", None)
    sent = signed(replace(request, headers={**request.headers, **before}))
    arrived = replace(sent, headers={name: v for name, v in sent.headers.items() if name not in before} | after)
    OPEN.verify(arrived, NOW)
    changed = data.draw(st.one_of(
        names.filter(lambda name: name not in request.headers).map(lambda name: with_field(arrived, name, "1")),
        *(st.just(without(arrived, name)) for name in request.headers),
        *(st.just(with_field(arrived, name, request.headers[name] + "+")) for name in request.headers),
        st.sampled_from([
            replace(arrived, method="PUT"), replace(arrived, host="c.example"),
            replace(arrived, path=arrived.path + "x"), replace(arrived, query=arrived.query + "&"),
            replace(arrived, body=arrived.body + b"0"),
        ]),
    ))  # fmt: skip
    refusal(changed, verifier=OPEN)


def with_field(request: Received, name: str, value: str) -> Received:
    return replace(request, headers={**request.headers, name: value})


@settings(max_examples=300, deadline=None)
@given(requests, ascii_text.filter(bool))
def test_moving_text_from_one_field_to_the_next_is_refused(request: Received, text: str) -> None:
    """`path="/a", query="b"` must not share a signature with `path="/", query="ab"`."""
    first = replace(request, path=request.path + text)
    second = replace(request, query=text + request.query)
    signature = signed(first).headers[SIGNATURE_HEADER]
    moved = with_headers(second, x_gateway_signature=signature)
    assert refusal(moved, verifier=OPEN) == "the request is not what was signed"


@settings(max_examples=300, deadline=None)
@given(requests, st.integers(min_value=0), st.integers(0, 7))
def test_a_flipped_bit_in_the_signature_is_refused(request: Received, position: int, bit: int) -> None:
    good = signed(request)
    value = bytearray(good.headers[SIGNATURE_HEADER].encode())
    value[position % len(value)] ^= 1 << bit
    forged = value.decode("latin-1")
    assert refusal(with_headers(good, x_gateway_signature=forged), NOW, OPEN) in {
        "malformed signature", "unknown key", "the request is not what was signed",
    }  # fmt: skip


# --- identity values ------------------------------------------------------------------------------

claims = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)


@given(claims)
def test_any_claim_survives_as_a_header_value(claim: str) -> None:
    value = identity_value(claim)
    assert identity_text(value) == claim
    assert value.isascii()
    assert value.isprintable()
    assert " " not in value


@given(st.lists(claims.filter(bool), max_size=4))
def test_a_list_of_roles_arrives_as_it_was(roles: list[str]) -> None:
    assert identity_list(", ".join(map(identity_value, roles))) == roles


def test_a_role_with_a_comma_stays_one_role() -> None:
    assert identity_list(identity_value("user,admin")) == ["user,admin"]


def test_a_percent_sign_in_a_claim_is_not_an_escape() -> None:
    assert identity_value("u%2E1") != identity_value("u.1")
    assert identity_text(identity_value("u%2E1")) == "u%2E1"


@pytest.mark.parametrize("claim", ["a\r\nx-user-role: admin", "a\nb", "a\0", "\ud800"])
def test_a_claim_that_cannot_be_a_header_is_refused(claim: str) -> None:
    with pytest.raises(ValueError, match=r"header field value|surrogates"):
        identity_value(claim)


def test_an_identity_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        identity_text("%FF")
