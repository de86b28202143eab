"""The gateway's HMAC signature, and that the origin's verifier, a file of its own, accepts it and nothing else."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from gatehouse_verifier import GatewayVerifier, Received

from forwarding.signing import SIGNATURE_HEADER, origin_key
from tests.unit.forwarding.signed_requests import (
    HOST,
    NOW,
    REQUEST,
    SECRET,
    VERIFIER,
    refusal,
    signed,
    with_headers,
    without,
)

SECOND = "second-secret-of-at-least-thirty-two-bytes"


def signed_v1(request: Received, now: float = NOW) -> Received:
    """As gateways signed before there was a second version."""
    covered = {name: value for name, value in request.headers.items() if name.startswith(("x-user-", "x-geo-"))}
    key_id, digest = origin_key(SECRET).id, hashlib.sha256(request.body).hexdigest()
    parts = ["gatehouse-origin-v1", key_id, str(int(now)), request.method, request.host, request.path, request.query]
    parts += [digest, *(text for pair in sorted(covered.items()) for text in pair)]
    message = "".join(f"{len(part)}:{part}," for part in parts).encode()
    value = f"t={int(now)},kid={key_id},v1={hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()}"
    return replace(request, headers={**request.headers, SIGNATURE_HEADER: value})


class Remembered:
    """`gatehouse_verifier.Nonces` in memory."""

    def __init__(self) -> None:
        self.until: dict[str, int] = {}

    def is_new(self, nonce: str, until: int) -> bool:
        if nonce in self.until:
            return False
        self.until[nonce] = until
        return True


def test_the_origin_accepts_what_the_gateway_signed() -> None:
    signature = VERIFIER.verify(signed(REQUEST), NOW)
    assert (signature.key_id, signature.signed_at) == (origin_key(SECRET).id, NOW)


def test_the_signature_is_the_one_written_down() -> None:
    """Spelt out by hand: a change to the message or the format breaks every origin that is deployed."""
    names = (
        "accept;content-type;cookie;idempotency-key;x-forwarded-host;x-gateway-client-ip;x-geo-country;"
        "x-geo-currency;x-request-id;x-user-id;x-user-role"
    )
    message = (
        "19:gatehouse-origin-v2,12:b2ad2c70385b,31:abc.lambda-url.eu-west-1.on.aws,4:POST,"
        "15:/users/Zo%C3%AB,13:limit=2&q=a+b,"
        "64:88bab6d8f6dc68a877064d584cbb5b6c50e74f617ea50d81d3a53c2ee6ffbc4f,"
        f"{len(names)}:{names},3:*/*,16:application/json,20:theme=dark; basket=7,3:k-1,11:api.example,"
        "11:203.0.113.7,2:PT,3:EUR,3:r-1,8:auth0|42,4:user,10:1790000000,32:000000000000000000000000000000ff,"
    )
    signature = hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert signed(REQUEST, nonce=255).headers[SIGNATURE_HEADER] == (
        f"t=1790000000,kid=b2ad2c70385b,nonce=000000000000000000000000000000ff,names={names},v2={signature}"
    )


def test_the_answer_names_the_signed_fields_and_no_other() -> None:
    fields = VERIFIER.verify(with_headers(signed(REQUEST), x_added="1"), NOW).fields
    assert fields == {
        name: value
        for name, value in {**REQUEST.headers, "x-gateway-client-ip": "203.0.113.7"}.items()
        if name not in ("accept-encoding", "x-forwarded-for")
    }


def test_the_visitors_address_is_signed_where_platforms_cannot_add_to_it() -> None:
    assert signed(REQUEST).headers["x-gateway-client-ip"] == "203.0.113.7"
    changed = with_headers(signed(REQUEST), x_gateway_client_ip="203.0.113.8")
    assert refusal(changed) == "the request is not what was signed"


CHANGES: dict[str, Callable[[Received], Received]] = {
    "method": lambda r: replace(r, method="PUT"),
    "path": lambda r: replace(r, path="/users/Zoe"),
    "path-spelling": lambda r: replace(r, path="/users/Zo%c3%ab"),
    "path-trailing-slash": lambda r: replace(r, path="/users/Zo%C3%AB/"),
    "query": lambda r: replace(r, query="limit=3&q=a+b"),
    "query-order": lambda r: replace(r, query="q=a+b&limit=2"),
    "query-removed": lambda r: replace(r, query=""),
    "query-moved-into-path": lambda r: replace(r, path=f"{r.path}?{r.query}", query=""),
    "body": lambda r: replace(r, body=b'{"name":"Eve"}'),
    "body-removed": lambda r: replace(r, body=b""),
    "identity": lambda r: with_headers(r, x_user_id="auth0|43"),
    "role-added": lambda r: with_headers(r, x_user_role="user,admin"),
    "identity-field-removed": lambda r: without(r, "x-user-role"),
    "identity-fields-swapped": lambda r: with_headers(r, x_user_id="user", x_user_role="auth0|42"),
    "locale": lambda r: with_headers(r, x_geo_country="ES"),
    "locale-emptied": lambda r: with_headers(r, x_geo_currency=""),
    "content-type": lambda r: with_headers(r, content_type="text/xml"),
    "idempotency-key": lambda r: with_headers(r, idempotency_key="k-2"),
    "idempotency-key-removed": lambda r: without(r, "idempotency-key"),
    "cookie": lambda r: with_headers(r, cookie="theme=dark; basket=8"),
    "cookie-added": lambda r: with_headers(r, cookie="theme=dark; basket=7; admin=1"),
    "cookies-turned-round": lambda r: with_headers(r, cookie="basket=7; theme=dark"),
    "cookies-made-one": lambda r: with_headers(r, cookie="theme=dark, basket=7"),
    "cookie-removed": lambda r: without(r, "cookie"),
    "accept": lambda r: with_headers(r, accept="text/html"),
    "gateways-host": lambda r: with_headers(r, x_forwarded_host="evil.example"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_on_the_way_is_refused(change: str) -> None:
    assert refusal(CHANGES[change](signed(REQUEST))) == "the request is not what was signed"


ADDED = [
    "x-user-email", "x-gateway-principal", "x_user_role", "x.user_role", "X-User-Role", "x-geo-city",
    "content-encoding", "content_type", "Idempotency_Key", "if-match", "range", "authorization", "origin",
    "x-http-method-override", "x-original-url", "X_Rewrite_URL", "x-forwarded-prefix", "x-gateway_signature",
]  # fmt: skip


@pytest.mark.parametrize("name", ADDED)
def test_a_field_added_on_the_way_is_refused_where_an_origin_acts_on_it(name: str) -> None:
    added = replace(signed(REQUEST), headers={**signed(REQUEST).headers, name: "1"})
    assert refusal(added).endswith("is not signed")


def test_a_field_that_an_origin_names_is_refused_unsigned() -> None:
    verifier = GatewayVerifier([SECRET], hosts=[HOST], asked_for=["X-Tenant"])
    assert verifier.verify(signed(with_headers(REQUEST, x_tenant="a")), NOW).fields["x-tenant"] == "a"
    for name in ("x-tenant", "X_Tenant"):
        added = replace(signed(REQUEST), headers={**signed(REQUEST).headers, name: "b"})
        assert refusal(added, verifier=verifier) == "the field x-tenant is not signed"


def test_what_platforms_rewrite_may_change_on_the_way() -> None:
    """Cloudflare's, a function URL's, API Gateway's and tracing proxies' own fields."""
    fields = dict.fromkeys(("cf-ray", "cf-worker", "cdn-loop", "cf-connecting-ip", "via", "forwarded"), "x")
    fields |= dict.fromkeys(("x-amzn-trace-id", "x-amz-cf-id", "x-forwarded-port", "x-forwarded-proto"), "x")
    fields |= {"accept-encoding": "br", "x-forwarded-for": "203.0.113.7, 172.70.0.1", "traceparent": "00-1-2-00"}
    fields |= {"connection": "close", "content-length": "14", "te": "trailers", "x-new-of-the-platform": "1"}
    request = signed(REQUEST)
    VERIFIER.verify(replace(request, headers={**request.headers, **fields}), NOW)


def test_white_space_around_a_value_is_not_part_of_it() -> None:
    VERIFIER.verify(with_headers(signed(REQUEST), x_user_id=" auth0|42\t"), NOW)


# --- the host -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["other.lambda-url.eu-west-1.on.aws", "", f"{HOST}:8443", f"{HOST}."])
def test_a_request_for_another_host_is_refused_whatever_it_says_itself(host: str) -> None:
    request = replace(REQUEST, host=host)
    assert refusal(signed(request)) == "the host is none of this origin's"
    assert refusal(replace(signed(REQUEST), host=host)) == "the host is none of this origin's"


def test_what_was_signed_for_one_of_an_origins_hosts_is_not_good_for_the_other() -> None:
    verifier = GatewayVerifier([SECRET], hosts=[HOST, "api.example"])
    verifier.verify(signed(replace(REQUEST, host="api.example")), NOW)
    moved = replace(signed(REQUEST), host="api.example")
    assert refusal(moved, verifier=verifier) == "the request is not what was signed"


def test_a_host_is_the_same_in_capitals_and_with_its_port() -> None:
    VERIFIER.verify(replace(signed(REQUEST), host=f"{HOST.upper()}:443"), NOW)


@pytest.mark.parametrize("hosts", [[], "api.example"])
def test_a_verifier_must_be_told_its_hosts(hosts: Any) -> None:
    with pytest.raises(ValueError, match="hosts"):
        GatewayVerifier([SECRET], hosts=hosts)


# --- repetition -----------------------------------------------------------------------------------


def remembering() -> tuple[GatewayVerifier, Remembered]:
    remembered = Remembered()
    return GatewayVerifier([SECRET], hosts=[HOST], nonces=remembered), remembered


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE", "get"])
def test_a_replay_of_what_changes_something_is_refused(method: str) -> None:
    verifier, remembered = remembering()
    request = signed(replace(REQUEST, method=method))
    verifier.verify(request, NOW)
    assert refusal(request, NOW + 299, verifier) == "the request was sent before"
    assert min(remembered.until.values()) > NOW + 300


def test_a_repetition_by_the_gateway_is_taken() -> None:
    verifier, _ = remembering()
    for _ in range(3):
        verifier.verify(signed(REQUEST), NOW)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_is_not_remembered(method: str) -> None:
    verifier, remembered = remembering()
    request = signed(replace(REQUEST, method=method))
    for _ in range(2):
        verifier.verify(request, NOW)
    assert not remembered.until


def test_what_is_refused_uses_no_nonce_up() -> None:
    verifier, remembered = remembering()
    request = signed(REQUEST)
    for change in CHANGES.values():
        refusal(change(request), verifier=verifier)
    refusal(request, NOW + 301, verifier)
    refusal(with_headers(request, range="bytes=0-"), verifier=verifier)
    assert not remembered.until
    verifier.verify(request, NOW)


# --- the former version ---------------------------------------------------------------------------


def test_the_former_version_is_refused_unless_it_is_accepted() -> None:
    assert refusal(signed_v1(REQUEST)) == "malformed signature"
    both = GatewayVerifier([SECRET], hosts=[HOST], accept_v1=True)
    assert set(both.verify(signed_v1(REQUEST), NOW).fields) == {
        "x-user-id", "x-user-role", "x-geo-country", "x-geo-currency",
    }  # fmt: skip
    both.verify(signed(REQUEST), NOW)


def test_the_former_version_covers_what_it_covered() -> None:
    both = GatewayVerifier([SECRET], hosts=[HOST], accept_v1=True, nonces=Remembered())
    request = signed_v1(REQUEST)
    for changed in (with_headers(request, x_user_role="admin"), with_headers(request, x_geo_city="x")):
        assert refusal(changed, verifier=both) == "the request is not what was signed"
    assert refusal(request, NOW + 301, both) == "the signature is too old"
    both.verify(request, NOW)
    assert refusal(request, NOW, both) == "the request was sent before"


def test_a_signature_cannot_be_taken_for_one_of_the_former_version() -> None:
    both = GatewayVerifier([SECRET], hosts=[HOST], accept_v1=True)
    value = signed(REQUEST).headers[SIGNATURE_HEADER]
    downgraded = re.sub(r"nonce=.*v2=", "v1=", value)
    assert refusal(with_headers(REQUEST, x_gateway_signature=downgraded), verifier=both) == (
        "the request is not what was signed"
    )


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
    verifier = GatewayVerifier([SECRET, SECOND], hosts=[HOST])
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
        GatewayVerifier([SECRET, secret], hosts=[HOST])


def test_a_verifier_without_keys_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GatewayVerifier([], hosts=[HOST])


def test_a_line_end_after_the_secret_does_not_matter() -> None:
    GatewayVerifier([f"{SECRET}\n"], hosts=[HOST]).verify(signed(REQUEST), NOW)


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
        lambda value: value.replace("v2=", "v1="),
        lambda value: value.replace("names=", "names=X"),
        lambda value: value.replace("nonce=", "nonce=0"),
        lambda value: re.sub("nonce=[^,]*,", "", value),
    ],
)
def test_a_field_of_another_form_is_refused(spoil: Any) -> None:
    request = signed(REQUEST)
    spoilt = replace(request, headers={**request.headers, SIGNATURE_HEADER: spoil(request.headers[SIGNATURE_HEADER])})
    assert refusal(spoilt) == "malformed signature"


def test_a_covered_value_that_is_not_ascii_is_refused_by_both() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        signed(with_headers(REQUEST, x_user_id="Zoë"))
    assert refusal(with_headers(signed(REQUEST), x_user_id="Zoë")) == "a covered value is not ASCII"


def test_a_field_that_is_not_ascii_is_not_signed_and_not_believed() -> None:
    """Nobody can say which bytes an origin sees of it; the rest of the request is signed all the same."""
    assert "x-name" not in VERIFIER.verify(signed(with_headers(REQUEST, x_name="Zoë")), NOW).fields
    spoilt = signed(with_headers(REQUEST, idempotency_key="Zoë"))
    assert refusal(spoilt) == "the field idempotency-key is not signed"
