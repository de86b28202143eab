"""A token in, a principal or a refusal out: credentials, issuers, algorithms, keys."""

import hmac
import json
from typing import Any

import pytest

from core import base64url
from core.faults import Misconfigured
from core.problems import Problem
from identity.hmacs import Hmac
from identity.principals import Principal
from identity.settings import AccessSettings
from identity.tokens import parse_token
from tests.signature_cases import RFC7515_PAYLOAD
from tests.signing_keys import SigningKey, unsigned
from tests.unit.identity.identity_house import (
    ANYBODY,
    ASYMMETRIC_CLAIMS,
    CLAIMS,
    ED,
    ES,
    ISSUERS,
    OTHER_SECRET,
    PS,
    RS,
    Edge,
    hs,
)
from tests.unit.in_memory import NOW


@pytest.fixture
def edge() -> Edge:
    return Edge()


# --- credentials ------------------------------------------------------------------------------------------------------


def test_no_token_is_asked_for(edge: Edge) -> None:
    assert edge.problem() == (401, "token_missing", "token_missing")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize("space", [" ", "   "])
@pytest.mark.parametrize("end", ["", "  ", "\t"])
def test_the_scheme_knows_no_case_and_space_around_is_nothing(edge: Edge, scheme: str, space: str, end: str) -> None:
    principal = edge.ask(authorization=f"{scheme}{space}{hs()}{end}")
    assert principal is not None
    assert principal.id == "u1"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "scheme"),
        ("Basic dXNlcjpwYXNz", "scheme"),
        ("Token abc", "scheme"),
        ("Bearerabc", "scheme"),
        ("Bearer\tabc", "scheme"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "scheme"),
        ("Bearer", "credentials"),
        ("Bearer ", "credentials"),
        ("Bearer a b", "credentials"),
        ("Bearer a\nb", "credentials"),
        ('Bearer "a"', "credentials"),
        ("Bearer tökén", "credentials"),
        ("Bearer \ud800", "credentials"),
        ("Bearer a, Bearer b", "repeated"),
        ("Bearer a,", "repeated"),
        ("Bearer a, Basic b", "repeated"),
    ],
)
def test_credentials_that_are_not_one_bearer_token_are_a_bad_request(edge: Edge, value: str, reason: str) -> None:
    assert edge.problem(authorization=value) == (400, "invalid_request", reason)


def test_two_valid_tokens_in_two_fields_are_a_bad_request(edge: Edge) -> None:
    assert edge.problem(authorization=f"Bearer {hs()}, Bearer {hs()}") == (400, "invalid_request", "repeated")


@pytest.mark.parametrize("value", ["abc", "a.b.c", "abc==", "a+b/c", "..", "a.b.c.d.e"])
def test_well_formed_credentials_that_are_no_jwt_are_an_invalid_token(edge: Edge, value: str) -> None:
    """RFC 6750 section 3.1 counts a malformed token under `invalid_token`."""
    assert edge.refusal(value) == "malformed"


def test_a_route_without_authentication_looks_at_no_token(edge: Edge) -> None:
    assert edge.ask(AccessSettings(auth="none"), authorization="Basic nonsense") is None


def test_an_optional_token_may_be_missing_and_may_not_be_bad(edge: Edge) -> None:
    assert edge.ask(ANYBODY) is None
    assert edge.bear(hs(), ANYBODY) is not None
    for value in ("Bearer abc", "Basic abc, Bearer def", f"Bearer {hs(key=OTHER_SECRET)}"):
        with pytest.raises(Problem):
            edge.ask(ANYBODY, authorization=value)


def test_another_scheme_is_no_token_where_none_is_needed_unless_the_origin_gets_to_see_it(edge: Edge) -> None:
    for value in ("Basic abc", "", "Digest a=b, c=d"):
        assert edge.ask(ANYBODY, authorization=value) is None
        with pytest.raises(Problem, match="invalid_request"):
            edge.ask(AccessSettings(auth="optional", forward_authorization=True), authorization=value)


# --- issuers ----------------------------------------------------------------------------------------------------------


def test_the_original_functions_tokens_work_with_nothing_but_the_secret() -> None:
    edge = Edge(issuers=None, ISSUERS=None)
    principal = edge.bear(hs())
    assert principal == Principal(None, "u1", ("admin",), frozenset({"read"}), NOW + 600)


def test_a_token_with_an_issuer_is_not_for_the_entry_without_one(edge: Edge) -> None:
    assert edge.refusal(hs({**CLAIMS, "iss": "https://unknown.example"})) == "issuer"


@pytest.mark.parametrize(
    "iss", ["https://id.example/", "HTTPS://ID.EXAMPLE", "", 7, None, ["https://id.example"], True]
)
def test_an_issuer_is_exactly_its_name(edge: Edge, iss: Any) -> None:
    assert edge.refusal(RS.token({**ASYMMETRIC_CLAIMS, "iss": iss})) == "issuer"


def test_the_issuer_is_chosen_before_anything_is_verified(edge: Edge) -> None:
    """A token of one issuer signed with another's secret is that issuer's bad token."""
    assert edge.refusal(hs({**CLAIMS, "iss": "https://id.example"})) == "algorithm"


def test_no_issuer_at_all_takes_no_token() -> None:
    edge = Edge(issuers=[], JWT_SECRET=None)
    assert edge.refusal(hs()) == "issuer"
    assert edge.problem() == (401, "token_missing", "token_missing")


def test_the_type_of_a_token_is_checked_where_it_is_configured() -> None:
    edge = Edge([{**ISSUERS[0], "typ": ["at+jwt"]}])
    assert edge.bear(hs(typ="at+jwt")) is not None
    assert edge.bear(hs(typ="application/AT+JWT")) is not None
    assert edge.refusal(hs(typ="JWT")) == "type"
    assert edge.refusal(f"{unsigned({'alg': 'HS256'}, CLAIMS)}.c2ln") == "type"


# --- algorithms and keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_hmac_tokens_are_verified(edge: Edge, algorithm: str) -> None:
    assert edge.bear(hs(algorithm=algorithm)) is not None
    assert edge.refusal(hs(algorithm=algorithm, key=OTHER_SECRET)) == "signature"
    assert edge.verified == 0


def test_the_example_of_rfc_7515_appendix_a1_is_verified() -> None:
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    text = f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{RFC7515_PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert Hmac("sha256", base64url.decode(key)).accepts(parse_token(text))
    assert not Hmac("sha256", base64url.decode(key)[1:]).accepts(parse_token(text))


@pytest.mark.parametrize("key", [RS, ES, ED, PS], ids=lambda key: key.algorithm)
def test_public_key_tokens_are_verified(edge: Edge, key: SigningKey) -> None:
    principal = edge.bear(key.token(ASYMMETRIC_CLAIMS))
    assert principal is not None
    assert principal.issuer == "https://id.example"
    forged = SigningKey(key.algorithm, SigningKey.generate(key.algorithm, "forger").private, key.kid)
    assert edge.refusal(forged.token(ASYMMETRIC_CLAIMS)) == "signature"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "HS384", "hs256", "RS256", "ES256K", "HS256 "])
@pytest.mark.parametrize("signature", ["", "c2ln"])
def test_only_the_issuers_algorithms_are_accepted(edge: Edge, alg: str, signature: str) -> None:
    assert edge.refusal(f"{unsigned({'alg': alg}, CLAIMS)}.{signature}") == "algorithm"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_never_an_hmac_secret(edge: Edge, algorithm: str) -> None:
    """The classic confusion: HS256 with the provider's public key as the secret (RFC 8725 section 2.1)."""
    for secret in (RS.public_jwk["n"], json.dumps(RS.public_jwk).ljust(64), str(RS.public_jwk).ljust(64)):
        signing_input = unsigned({"alg": algorithm, "kid": "rs"}, ASYMMETRIC_CLAIMS)
        mac = hmac.digest(secret.encode(), signing_input.encode(), algorithm.replace("HS", "sha"))
        assert edge.refusal(f"{signing_input}.{base64url.encode(mac)}") == "algorithm"


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 64 + "\n-----END PUBLIC KEY-----\n",
        "ssh-rsa " + "A" * 64,
        json.dumps(RS.public_jwk),
    ],
)
def test_a_secret_that_is_a_public_key_is_refused_at_configuration(secret: str) -> None:
    with pytest.raises(Misconfigured, match="JWT_SECRET is a public key"):
        Edge(JWT_SECRET=secret)


@pytest.mark.parametrize(("algorithm", "size"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_shorter_than_its_hash_is_refused_at_configuration(algorithm: str, size: int) -> None:
    issuers = [{**ISSUERS[0], "algorithms": [algorithm]}]
    Edge(issuers, JWT_SECRET="x" * size)
    with pytest.raises(Misconfigured, match=f"needs at least {size}"):
        Edge(issuers, JWT_SECRET="x" * (size - 1))


def test_a_key_must_be_of_the_headers_algorithm(edge: Edge) -> None:
    assert edge.refusal(RS.token(ASYMMETRIC_CLAIMS, alg="PS384")) == "unknown_key"
    assert edge.refusal(RS.token(ASYMMETRIC_CLAIMS, alg="ES256")) == "unknown_key"
    assert edge.refusal(ES.token(ASYMMETRIC_CLAIMS, alg="RS256")) == "unknown_key"


def test_a_kid_that_is_not_in_the_set_is_an_unknown_key(edge: Edge) -> None:
    for kid in ("../rs", "rs' OR 1=1", "RS", "", "https://evil.example/keys"):
        assert edge.refusal(RS.token(ASYMMETRIC_CLAIMS, kid=kid)) == "unknown_key"


def twins(count: int) -> list[dict[str, Any]]:
    """Other keys under the same `kid`."""
    return [{**SigningKey.generate("RS256", f"twin-{number}").public_jwk, "kid": "rs"} for number in range(count)]


def test_keys_that_fit_are_tried_in_turn_and_no_more_than_four() -> None:
    """Each costs a verification, and anybody may send a token."""
    for others, reason in ((1, None), (3, None), (4, "ambiguous_key")):
        keys = {"keys": [*twins(others), RS.public_jwk]}
        edge = Edge([{**ISSUERS[1], "jwks": keys}])
        if reason is None:
            assert edge.bear(RS.token(ASYMMETRIC_CLAIMS)) is not None
            assert edge.bear(RS.token({**ASYMMETRIC_CLAIMS, "jti": "2"}, kid=None)) is not None
        else:
            assert edge.refusal(RS.token(ASYMMETRIC_CLAIMS)) == reason
            assert edge.verified == 4
        stranger = SigningKey.generate("RS256", "stranger")
        assert edge.refusal(stranger.token(ASYMMETRIC_CLAIMS, kid="rs")) == (reason or "signature")


def test_a_token_cannot_bring_its_own_key(edge: Edge) -> None:
    forger = SigningKey.generate("RS256", "forger")
    own = {"jwk": forger.public_jwk, "jku": "https://evil.example/jwks", "x5u": "https://evil.example", "x5c": ["AA=="]}
    assert edge.refusal(forger.token(ASYMMETRIC_CLAIMS, **own)) == "unknown_key"
    assert edge.refusal(forger.token(ASYMMETRIC_CLAIMS, **own, kid="rs")) == "signature"
    assert edge.world.requests == []


@pytest.mark.parametrize("key", [RS, ES, ED, PS], ids=lambda key: key.algorithm)
def test_a_signature_of_wrong_length_or_all_zero_never_reaches_the_platform(edge: Edge, key: SigningKey) -> None:
    """ECDSA with r = s = 0 was valid for any message once (CVE-2022-21449)."""
    signing_input, _, signature = key.token(ASYMMETRIC_CLAIMS).rpartition(".")
    raw = base64url.decode(signature)
    for wrong in (bytes(len(raw)), raw[:-1], raw + b"\0", b"", raw + raw):
        assert edge.refusal(f"{signing_input}.{base64url.encode(wrong)}") == "signature"
    assert edge.verified == 0


def der(signature: bytes) -> bytes:
    """An ECDSA signature as certificates have it: a SEQUENCE of two INTEGERs (RFC 3279 section 2.2.3)."""
    numbers = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    encoded = [number.to_bytes(number.bit_length() // 8 + 1) for number in numbers]
    content = b"".join(bytes([2, len(integer)]) + integer for integer in encoded)
    return bytes([0x30, len(content)]) + content


def test_a_der_encoded_ecdsa_signature_is_refused(edge: Edge) -> None:
    signing_input, _, signature = ES.token(ASYMMETRIC_CLAIMS).rpartition(".")
    assert edge.refusal(f"{signing_input}.{base64url.encode(der(base64url.decode(signature)))}") == "signature"


def test_a_key_the_platform_cannot_import_is_no_key() -> None:
    off_curve = {**ES.public_jwk, "y": base64url.encode(b"\x01" * 32)}
    edge = Edge([{**ISSUERS[1], "jwks": {"keys": [off_curve]}}])
    assert edge.refusal(ES.token(ASYMMETRIC_CLAIMS)) == "unknown_key"
    assert [line["event"] for line in edge.world.log] == ["jwks_key_refused"]


def test_a_forged_token_is_told_nothing_of_its_claims(edge: Edge) -> None:
    """The signature is judged first: an expired forgery is a forgery."""
    expired = {**ASYMMETRIC_CLAIMS, "exp": NOW - 3600}
    forger = SigningKey("RS256", SigningKey.generate("RS256", "forger").private, "rs")
    assert edge.refusal(forger.token(expired)) == "signature"
    assert edge.refusal(RS.token(expired)) == "expired"
    assert edge.refusal(hs({**CLAIMS, "exp": NOW - 3600}, key=OTHER_SECRET)) == "signature"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"aud": "other"}, "audience"),
        ({"exp": None}, "claim"),
        ({"nbf": NOW + 3600}, "not_yet_valid"),
        ({"sub": ""}, "subject"),
    ],
)
def test_claims_are_judged_after_the_signature(edge: Edge, change: dict[str, Any], reason: str) -> None:
    assert edge.refusal(RS.token({**ASYMMETRIC_CLAIMS, **change})) == reason
