"""The policies that are shipped: a tenant from the host, a rollout by caller, webhooks that only the genuine pass."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import rollout, standard_webhook, stripe_webhook, tenant
from policy import Call, Request, Response, Secret
from tests.unit.in_memory import run

# --- tenant -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("acme.tenants.example.com", "acme"),
        ("ACME.Tenants.Example.com.:8787", "acme"),
        ("tenants.example.com", None),
        ("a.b.tenants.example.com", None),
        (".tenants.example.com", None),
        ("acme.tenants.example.com.evil.example", None),
        ("evil.example", None),
    ],
)
def test_the_tenant_is_the_one_label_before_the_domain(host: str, expected: str | None) -> None:
    call = Call(
        Request(host=host, headers={"x-tenant": "forged"}), settings=tenant.Settings(domain="tenants.example.com")
    )
    answer = tenant.on_request(call)
    if expected is None:
        assert answer is not None
        assert answer.status == 404
    else:
        assert (answer, call.request.headers["x-tenant"]) == (None, expected)


# --- rollout ----------------------------------------------------------------------------------------------------------


def is_in(visitor: str, percent: float, name: str = "rollout") -> bool:
    call = Call(visitor=visitor, settings=rollout.Settings(percent=percent, name=name))
    assert rollout.on_request(call) is None
    return call.request.headers["x-rollout"] == "on"


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=40), st.floats(0, 100), st.floats(0, 100))
def test_whoever_is_in_stays_in_while_the_percentage_rises(visitor: str, one: float, other: float) -> None:
    assert is_in(visitor, min(one, other)) <= is_in(visitor, max(one, other))
    assert (is_in(visitor, 0), is_in(visitor, 100)) == (False, True)


def test_the_share_is_the_percentage_and_another_name_draws_anew() -> None:
    visitors = [str(number) for number in range(4000)]
    first = {visitor for visitor in visitors if is_in(visitor, 20)}
    second = {visitor for visitor in visitors if is_in(visitor, 20, "another")}
    assert abs(len(first) / 4000 - 0.2) < 0.02
    assert abs(len(first & second) / 4000 - 0.04) < 0.012


# --- webhooks ---------------------------------------------------------------------------------------------------------

MESSAGE_ID, TIMESTAMP, PAYLOAD = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""Of the test suite of the Standard Webhooks libraries (`test_sign_function`)."""

STRIPE_SECRET = "whsec_test_secret"


def standard(content: bytes = PAYLOAD, secret: str = STANDARD_SECRET, at: str = str(TIMESTAMP)) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{MESSAGE_ID}.{at}.".encode() + content
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": MESSAGE_ID, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}


def stripe(content: bytes = PAYLOAD, secret: str = STRIPE_SECRET, at: str = str(TIMESTAMP)) -> dict[str, str]:
    signature = hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    return {
        "stripe-signature": f"t={at},v1={signature},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
    }


STANDARD = standard_webhook.Settings(
    secrets=(Secret("whsec_" + base64.b64encode(b"n" * 24).decode()), Secret(STANDARD_SECRET))
)
STRIPE = stripe_webhook.Settings(secrets=(Secret("whsec_older"), Secret(STRIPE_SECRET)))


def answer_of(headers: dict[str, str], content: bytes = PAYLOAD, now: float = TIMESTAMP) -> Response | None:
    module: Any = stripe_webhook if "stripe-signature" in headers else standard_webhook
    request = Request("POST", "/hooks", headers=headers, content=content)
    call = Call(request, settings=STRIPE if module is stripe_webhook else STANDARD, now=now)
    answer: Response | None = run(module.on_request(call))
    assert answer is None or answer.status == 401
    return answer


def passes(headers: dict[str, str], content: bytes = PAYLOAD, now: float = TIMESTAMP) -> bool:
    return answer_of(headers, content, now) is None


def test_what_the_specifications_libraries_sign_passes() -> None:
    assert standard()["webhook-signature"] == PUBLISHED
    assert passes(standard())


@pytest.mark.parametrize("signed", [standard, stripe])
def test_the_genuine_passes_within_the_tolerance_either_way(signed: Any) -> None:
    for offset, expected in ((0, True), (300, True), (-300, True), (301, False), (-301, False)):
        assert passes(signed(), now=TIMESTAMP + offset) is expected


@pytest.mark.parametrize("signed", [standard, stripe])
def test_nothing_else_passes(signed: Any) -> None:
    genuine = signed()
    other = "whsec_" + base64.b64encode(b"o" * 24).decode()
    assert not passes(signed(secret=other))
    assert not passes(genuine, content=PAYLOAD + b" ")
    assert not passes(genuine, content=b"")
    for name in genuine:
        assert not passes({other: value for other, value in genuine.items() if other != name} | {name: ""})
    for at in ("", "x", "-1", "1e9", "1614265330.0", " 1614265330", "\uff19", "9" * 400):
        assert not passes(signed(at=at))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,{PUBLISHED[3:]} {PUBLISHED}", True),
        (f"v1a,abc {PUBLISHED}", True),
        (PUBLISHED.replace("v1,", "v2,"), False),
        (PUBLISHED.replace("v1,", "v1a,"), False),
        (PUBLISHED[:-2] + "A=", False),
        (PUBLISHED.rstrip("="), False),
        (PUBLISHED.replace("v1,", "v1,v1,"), False),
        (PUBLISHED[3:], False),
        (" ".join([PUBLISHED] * 17), False),
        (PUBLISHED + " " * 4000, False),
    ],
)
def test_one_of_several_signatures_of_the_version_must_fit(header: str, expected: bool) -> None:
    assert passes({**standard(), "webhook-signature": header}) is expected


SIGNATURE = stripe()["stripe-signature"].split("v1=")[1][:64]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"t={TIMESTAMP},v1={'0' * 64},v1={SIGNATURE}", True),
        (f"v1={SIGNATURE},t={TIMESTAMP}", True),
        (f"t={TIMESTAMP}, v1={SIGNATURE}", True),
        (f"t={TIMESTAMP},v0={SIGNATURE}", False),
        (f"t={TIMESTAMP},v1={SIGNATURE.upper()}", False),
        (f"t={TIMESTAMP},t={TIMESTAMP},v1={SIGNATURE}", False),
        (f"t={TIMESTAMP},v1={SIGNATURE[:-1]}", False),
        (f"t={TIMESTAMP}", False),
        (f"v1={SIGNATURE}", False),
        (f"t={TIMESTAMP}," + f"v1={SIGNATURE}," * 17, False),
        ("=,=,=", False),
    ],
)
def test_one_of_stripes_v1_signatures_must_fit(header: str, expected: bool) -> None:
    assert passes({"stripe-signature": header}) is expected


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=64), st.binary(max_size=64))
def test_a_signature_is_of_its_content_alone(content: bytes, other: bytes) -> None:
    for signed in (standard, stripe):
        assert passes(signed(content), content)
        assert passes(signed(content), other) is (content == other)


def test_why_is_logged_and_not_told() -> None:
    call = Call(Request("POST", "/", headers=stripe(secret="wrong")), settings=STRIPE, now=TIMESTAMP)
    answer = run(stripe_webhook.on_request(call))
    assert isinstance(answer, Response)
    assert answer.code == "webhook_refused"
    assert "signature" not in str(answer.body).replace("is not signed as its sender signs", "")
    assert call.log.written == [{"refused": "signature"}]  # type: ignore[attr-defined]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"])
def test_a_secret_that_is_no_key_is_a_fault(secret: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        standard_webhook.Settings(secrets=(Secret(secret, "WEBHOOK_SECRET"),))
