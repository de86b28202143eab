"""The gateway's HMAC signature, and that the origin's verifier, a file of its own, accepts it and nothing else."""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from gatehouse_verifier import GatewayVerifier, Received, Refused, identity_list, identity_text
from hypothesis import given, settings
from hypothesis import strategies as st

from signing import SIGNATURE_HEADER, identity_value, origin_key, sign

SECRET = "first-secret-of-at-least-thirty-two-bytes"
SECOND = "second-secret-of-at-least-thirty-two-bytes"
NOW = 1_790_000_000
VERIFIER = GatewayVerifier([SECRET])

REQUEST = Received(
    method="POST",
    host="abc.lambda-url.eu-west-1.on.aws",
    path="/users/Zo%C3%AB",
    query="limit=2&q=a+b",
    headers={
        "accept": "*/*",
        "x-user-id": "auth0|42",
        "x-user-role": "user",
        "x-geo-country": "PT",
        "x-geo-currency": "EUR",
    },
    body=b'{"name":"Ada"}',
)


def signed(request: Received, secret: str = SECRET, now: float = NOW) -> Received:
    """`request` with the gateway's signature on it."""
    body_sha256 = hashlib.sha256(request.body).hexdigest() if request.body else None
    added = sign(
        request.method, request.host, request.path, request.query, request.headers, body_sha256, origin_key(secret), now
    )
    return replace(request, headers={**request.headers, **added})


def refusal(request: Received, now: float = NOW, verifier: GatewayVerifier = VERIFIER) -> str:
    with pytest.raises(Refused) as caught:
        verifier.verify(request, now)
    return caught.value.reason


def with_headers(request: Received, **headers: str) -> Received:
    return replace(request, headers={**request.headers, **{name.replace("_", "-"): v for name, v in headers.items()}})


def test_the_origin_accepts_what_the_gateway_signed() -> None:
    signature = VERIFIER.verify(signed(REQUEST), NOW)
    assert (signature.key_id, signature.signed_at) == (origin_key(SECRET).id, NOW)


def test_the_signature_is_the_one_written_down() -> None:
    """Spelt out by hand: a change to the message or the format breaks every origin that is deployed."""
    message = (
        b"19:gatehouse-origin-v1,12:b2ad2c70385b,10:1790000000,4:POST,31:abc.lambda-url.eu-west-1.on.aws,"
        b"15:/users/Zo%C3%AB,13:limit=2&q=a+b,"
        b"64:88bab6d8f6dc68a877064d584cbb5b6c50e74f617ea50d81d3a53c2ee6ffbc4f,"
        b"13:x-geo-country,2:PT,14:x-geo-currency,3:EUR,9:x-user-id,8:auth0|42,11:x-user-role,4:user,"
    )
    signature = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    assert signed(REQUEST).headers[SIGNATURE_HEADER] == f"t=1790000000,kid=b2ad2c70385b,v1={signature}"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda r: replace(r, method="PUT"), id="method"),
        pytest.param(lambda r: replace(r, host="other.lambda-url.eu-west-1.on.aws"), id="host"),
        pytest.param(lambda r: replace(r, path="/users/Zoe"), id="path"),
        pytest.param(lambda r: replace(r, path="/users/Zo%c3%ab"), id="path-spelling"),
        pytest.param(lambda r: replace(r, path="/users/Zo%C3%AB/"), id="path-trailing-slash"),
        pytest.param(lambda r: replace(r, query="limit=3&q=a+b"), id="query"),
        pytest.param(lambda r: replace(r, query="q=a+b&limit=2"), id="query-order"),
        pytest.param(lambda r: replace(r, query=""), id="query-removed"),
        pytest.param(lambda r: replace(r, path=f"{r.path}?{r.query}", query=""), id="query-moved-into-path"),
        pytest.param(lambda r: replace(r, body=b'{"name":"Eve"}'), id="body"),
        pytest.param(lambda r: replace(r, body=b""), id="body-removed"),
        pytest.param(lambda r: with_headers(r, x_user_id="auth0|43"), id="identity"),
        pytest.param(lambda r: with_headers(r, x_user_role="user,admin"), id="role-added"),
        pytest.param(lambda r: with_headers(r, x_user_email="a@example.com"), id="identity-field-added"),
        pytest.param(lambda r: with_headers(r, x_geo_country="ES"), id="locale"),
        pytest.param(lambda r: with_headers(r, x_geo_currency=""), id="locale-emptied"),
        pytest.param(lambda r: with_headers(r, x_gateway_principal="x"), id="gateway-field-added"),
        pytest.param(lambda r: replace(r, headers={**r.headers, "x_user_role": "admin"}), id="identity-field-with-_"),
        pytest.param(lambda r: replace(r, headers={**r.headers, "x.user_role": "admin"}), id="identity-field-with-dot"),
        pytest.param(
            lambda r: replace(r, headers={k: v for k, v in r.headers.items() if k != "x-user-role"}),
            id="identity-field-removed",
        ),
        pytest.param(
            lambda r: replace(r, headers={**r.headers, "x-user-id": "user", "x-user-role": "auth0|42"}),
            id="identity-fields-swapped",
        ),
    ],
)
def test_a_change_on_the_way_is_refused(changed: Any) -> None:
    assert refusal(changed(signed(REQUEST))) == "the request is not what was signed"


def test_fields_that_say_nothing_of_the_caller_may_change_on_the_way() -> None:
    VERIFIER.verify(with_headers(signed(REQUEST), accept="text/html", x_amzn_trace_id="1", via="1.1 x"), NOW)


def test_white_space_around_a_value_is_not_part_of_it() -> None:
    VERIFIER.verify(with_headers(signed(REQUEST), x_user_id=" auth0|42\t"), NOW)


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [-60, 0, 1, 300])
def test_a_signature_is_good_for_five_minutes(age: int) -> None:
    VERIFIER.verify(signed(REQUEST), NOW + age)


@pytest.mark.parametrize("age", [300.5, 301, 86400])
def test_a_replay_after_five_minutes_is_refused(age: float) -> None:
    assert refusal(signed(REQUEST), NOW + age) == "the signature is too old"


def test_a_signature_from_the_future_is_refused() -> None:
    assert refusal(signed(REQUEST), NOW - 61) == "the signature is from the future"


def test_a_replay_cannot_be_made_young_again() -> None:
    old = signed(REQUEST)
    young = old.headers[SIGNATURE_HEADER].replace(f"t={NOW}", f"t={NOW + 301}")
    forged = replace(old, headers={**old.headers, SIGNATURE_HEADER: young})
    assert refusal(forged, NOW + 301) == "the request is not what was signed"


# --- keys -----------------------------------------------------------------------------------------


def test_both_keys_are_accepted_while_one_replaces_the_other() -> None:
    verifier = GatewayVerifier([SECRET, SECOND])
    assert verifier.verify(signed(REQUEST, SECRET), NOW).key_id == origin_key(SECRET).id
    assert verifier.verify(signed(REQUEST, SECOND), NOW).key_id == origin_key(SECOND).id


def test_a_dropped_key_is_refused() -> None:
    assert refusal(signed(REQUEST, SECOND)) == "unknown key"


def test_one_key_cannot_sign_in_the_name_of_another() -> None:
    by_second = signed(REQUEST, SECOND)
    renamed = by_second.headers[SIGNATURE_HEADER].replace(origin_key(SECOND).id, origin_key(SECRET).id)
    forged = replace(by_second, headers={**by_second.headers, SIGNATURE_HEADER: renamed})
    assert refusal(forged) == "the request is not what was signed"


@pytest.mark.parametrize("secret", ["", "short", " " * 40, "x" * 31])
def test_a_short_secret_is_refused_on_both_sides(secret: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        origin_key(secret)
    with pytest.raises(ValueError, match="32 bytes"):
        GatewayVerifier([SECRET, secret])


def test_a_verifier_without_keys_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GatewayVerifier([])


def test_a_line_end_after_the_secret_does_not_matter() -> None:
    GatewayVerifier([f"{SECRET}\n"]).verify(signed(REQUEST), NOW)


def test_the_secret_does_not_show_in_a_representation() -> None:
    assert SECRET not in repr(origin_key(SECRET))


# --- the field itself -----------------------------------------------------------------------------


def test_a_request_without_signature_is_refused() -> None:
    assert refusal(REQUEST) == "no signature"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: "",
        lambda value: value.upper(),
        lambda value: value + " ",
        lambda value: value + "\n",
        lambda value: f"{value},{value}",
        lambda value: f"{value}, {value}",
        lambda value: value.replace("t=", "t=0"),
        lambda value: value.replace("t=", "t=-"),
        lambda value: value.replace("t=1", "t=\u0661"),
        lambda value: value[:-1],
        lambda value: value.replace("v1=", "v0="),
    ],
)
def test_a_field_of_another_form_is_refused(spoil: Any) -> None:
    request = signed(REQUEST)
    spoilt = replace(request, headers={**request.headers, SIGNATURE_HEADER: spoil(request.headers[SIGNATURE_HEADER])})
    assert refusal(spoilt) == "malformed signature"


def test_a_covered_value_that_is_not_ascii_is_refused_by_both() -> None:
    with pytest.raises(ValueError, match="ascii"):
        signed(with_headers(REQUEST, x_user_id="Zoë"))
    assert refusal(with_headers(signed(REQUEST), x_user_id="Zoë")) == "a covered value is not ASCII"


# --- properties -----------------------------------------------------------------------------------

ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
covered = st.dictionaries(
    st.sampled_from(["x-user-id", "x-user-role", "x-user-", "x-geo-country", "x-geo-city", "x-gateway-a"]), ascii_text
)
requests = st.builds(
    Received,
    method=st.sampled_from(["GET", "POST", "DELETE", "PROPFIND"]),
    host=st.sampled_from(["a.example", "a.example:8443", "A.EXAMPLE", "a.example:443"]),
    path=ascii_text.map(lambda text: "/" + text),
    query=ascii_text,
    headers=covered,
    body=st.binary(max_size=16),
)


def meaning(request: Received) -> object:
    """What an origin acts on; two requests may share a signature only when they share this."""
    fields = sorted((name, value.strip(" \t")) for name, value in request.headers.items())
    return request.method, request.host.lower().removesuffix(":443"), request.path, request.query, fields, request.body


@settings(max_examples=300, deadline=None)
@given(requests, requests)
def test_a_signature_is_good_for_its_own_request_and_no_other(one: Received, other: Received) -> None:
    signature = signed(one).headers[SIGNATURE_HEADER]
    VERIFIER.verify(replace(one, headers={**one.headers, SIGNATURE_HEADER: signature}), NOW)
    moved = replace(other, headers={**other.headers, SIGNATURE_HEADER: signature})
    if meaning(one) == meaning(other):
        VERIFIER.verify(moved, NOW)
    else:
        assert refusal(moved) == "the request is not what was signed"


@settings(max_examples=300, deadline=None)
@given(requests, ascii_text.filter(bool))
def test_moving_text_from_one_field_to_the_next_is_refused(request: Received, text: str) -> None:
    """`path="/a", query="b"` must not share a signature with `path="/", query="ab"`."""
    first = replace(request, path=request.path + text)
    second = replace(request, query=text + request.query)
    signature = signed(first).headers[SIGNATURE_HEADER]
    assert refusal(with_headers(second, x_gateway_signature=signature)) == "the request is not what was signed"


@settings(max_examples=300, deadline=None)
@given(requests, st.integers(min_value=0), st.integers(0, 7))
def test_a_flipped_bit_in_the_signature_is_refused(request: Received, position: int, bit: int) -> None:
    good = signed(request)
    value = bytearray(good.headers[SIGNATURE_HEADER].encode())
    value[position % len(value)] ^= 1 << bit
    forged = value.decode("latin-1")
    assert refusal(with_headers(good, x_gateway_signature=forged), NOW) in {
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


# --- Lambda events --------------------------------------------------------------------------------


def event_of(request: Received, *, domain: str, raw_path: str, base64_body: bool = True) -> dict[str, Any]:
    body = base64.b64encode(request.body).decode() if base64_body else request.body.decode()
    return {
        "version": "2.0",
        "rawPath": raw_path,
        "rawQueryString": request.query,
        "headers": {**request.headers, "host": request.host},
        "requestContext": {"domainName": domain, "http": {"method": request.method}},
        "body": body,
        "isBase64Encoded": base64_body,
    }


@pytest.mark.parametrize("base64_body", [True, False])
def test_a_function_url_event_verifies(base64_body: bool) -> None:
    request = signed(REQUEST)
    event = event_of(request, domain=request.host, raw_path=request.path, base64_body=base64_body)
    VERIFIER.verify(Received.from_event(event), NOW)


@pytest.mark.parametrize("path", ["/users/Zo%C3%AB", "/a%20b/c,d:e@f", "/100%25", "/"])
def test_an_http_api_event_verifies_although_its_path_is_decoded(path: str) -> None:
    request = signed(replace(REQUEST, host="a1.execute-api.eu-west-1.amazonaws.com", path=path))
    VERIFIER.verify(Received.from_event(event_of(request, domain=request.host, raw_path=unquote(path))), NOW)
    assert quote(unquote(path), safe="/,:@") == path


def test_an_event_without_body_verifies() -> None:
    request = signed(replace(REQUEST, method="GET", body=b""))
    event = event_of(request, domain=request.host, raw_path=request.path)
    del event["body"]
    VERIFIER.verify(Received.from_event(event), NOW)


GET = {"http": {"method": "GET"}}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"version": "1.0", "path": "/", "httpMethod": "GET", "headers": {}},
        {"requestContext": GET, "rawPath": "/", "headers": None},
        {"requestContext": GET, "rawPath": "/", "headers": {}, "body": "?", "isBase64Encoded": True},
    ],
)
def test_an_event_of_another_format_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"payload format 2\.0"):
        Received.from_event(event)
