"""JWK Sets: what is usable of what a provider publishes, and which key a token is verified with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import base64url
from identity.jose import ASYMMETRIC, canonical_algorithm
from identity.publickeys import MAX_KEYS, KeySet, UnusableKey, read_key
from tests.signing_keys import SigningKey

RSA = SigningKey.generate("RS256", "rsa").public_jwk
EC = SigningKey.generate("ES256", "ec").public_jwk
ED = SigningKey.generate("EdDSA", "ed").public_jwk


def without(jwk: dict[str, Any], *names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**jwk, **changes}.items() if name not in names}


def fault(member: Any) -> str:
    with pytest.raises(UnusableKey) as caught:
        read_key(member, ASYMMETRIC)
    return str(caught.value)


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_key_serves_the_algorithm_it_names(algorithm: str) -> None:
    kind = "RS256" if algorithm[:2] in ("RS", "PS") else canonical_algorithm(algorithm)
    jwk = without(SigningKey.generate(kind, "k").public_jwk, alg=algorithm)
    for settings in (ASYMMETRIC, [algorithm], [canonical_algorithm(algorithm)]):
        assert read_key(jwk, settings).algorithms == {canonical_algorithm(algorithm)}


def test_an_rsa_key_without_alg_serves_every_rsa_algorithm_of_the_issuer() -> None:
    assert read_key(without(RSA, "alg"), ["RS256", "PS512", "ES256"]).algorithms == {"RS256", "PS512"}


def test_what_a_verifier_needs_is_all_that_is_kept() -> None:
    extra = without(RSA, x5c=["..."], ext=True, key_ops=["verify"], x5u="https://evil.example")
    assert set(read_key(extra, ASYMMETRIC).jwk) == {"kty", "n", "e"}


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ("not an object", "not an object"),
        (None, "not an object"),
        ({}, "not supported"),
        (without(RSA, kid=["rsa"]), "'kid'"),
        (without(RSA, kid=True), "'kid'"),
        (without(RSA, issuer=7), "'issuer'"),
        (without(RSA, use="enc"), "'use'"),
        (without(RSA, key_ops=["encrypt"]), "'key_ops'"),
        (without(RSA, key_ops="verify"), "'key_ops'"),
        (without(RSA, alg="RSA-OAEP"), "algorithms"),
        (without(RSA, alg="ES256"), "algorithms"),
        (without(RSA, alg="none"), "algorithms"),
        (without(RSA, d="AQAB"), "private"),
        ({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}, "symmetric"),
        (without(RSA, "n"), "0 bits"),
        (without(RSA, n=7), "0 bits"),
        (without(RSA, n=RSA["n"] + "="), "base64url"),
        (SigningKey.generate("RS256", "weak", bits=1024).public_jwk, "1024 bits"),
        (without(RSA, n=base64url.encode(b"\xff" * 1200)), "9600 bits"),
        (without(RSA, n=base64url.encode(b"\xff" * 255 + b"\xfe")), "no key generator"),
        (without(RSA, e="AQ"), "no key generator"),
        (without(RSA, e="Ag"), "no key generator"),
        (without(EC, crv="P-521"), "wrong length"),
        (without(EC, crv="secp256k1"), "not supported"),
        (without(EC, crv=["P-256"]), "not supported"),
        (without(EC, "y"), "wrong length"),
        (without(EC, kty="OKP"), "not supported"),
        (without(ED, kty="EC"), "not supported"),
        (without(ED, crv="X25519"), "not supported"),
        (without(ED, x="AAAA"), "wrong length"),
    ],
)
def test_a_key_that_cannot_verify_is_left_out_with_a_reason(member: Any, says: str) -> None:
    assert says in fault(member)


@pytest.mark.parametrize("nothing", [None, "", [], {}])
@pytest.mark.parametrize("name", ["use", "key_ops", "alg", "kid", "x5c", "x5t", "x5u", "d", "k", "oth", "ext", "e5"])
def test_a_member_that_is_null_or_empty_counts_as_absent(name: str, nothing: Any) -> None:
    for jwk in (RSA, EC, ED):
        assert read_key(without(jwk, **{name: nothing}), ASYMMETRIC) == read_key(without(jwk, name), ASYMMETRIC)


@pytest.mark.parametrize("name", ["n", "e", "x", "y", "kty", "crv"])
@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_a_parameter_that_is_null_or_empty_makes_no_key(name: str, nothing: Any) -> None:
    for jwk in (RSA, EC, ED):
        if name in jwk:
            assert fault(without(jwk, **{name: nothing}))


@pytest.mark.parametrize("value", ["AQAB", 0, False, [None], {"a": None}])
def test_what_has_a_value_is_private_all_the_same(value: Any) -> None:
    assert "private" in fault(without(RSA, d=value))
    assert "private" in fault(without(EC, k=value))


ODD_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = ("kty", "use", "key_ops", "alg", "kid", "n", "e", "d", "k", "crv", "x", "y", "x5c", "x5t#S256", "oth", "exp")


@given(st.sampled_from([RSA, EC, ED]), st.dictionaries(st.sampled_from(MEMBERS), ODD_VALUES, max_size=5), ODD_VALUES)
def test_an_odd_key_never_spoils_the_others(jwk: dict[str, Any], changes: dict[str, Any], other: Any) -> None:
    """Whatever stands beside them, the good keys are found; an odd one is read or named, and never raises."""
    odd = {**jwk, "kid": "odd", **changes}
    keys = KeySet.read({"keys": [odd, RSA, other, EC]}, ASYMMETRIC)
    for algorithm, good in (("RS256", RSA), ("ES256", EC)):
        if odd["kid"] != good["kid"]:
            [found] = keys.select(algorithm, good["kid"])
            assert found.jwk == {name: good[name] for name in found.jwk}


def test_a_key_that_is_published_twice_is_one() -> None:
    keys = KeySet.read({"keys": [RSA, without(RSA, x5c=["..."]), EC]}, ASYMMETRIC)
    assert keys.select("RS256", "rsa") == keys.keys[:1]
    assert len(keys.keys) == 2


def test_malformed_keys_do_not_spoil_the_others() -> None:
    keys = KeySet.read({"keys": [None, RSA, without(RSA, e="AQ"), EC]}, ASYMMETRIC)
    assert [key.kid for key in keys.keys] == ["rsa", "ec"]
    assert [fault.partition(":")[0] for fault in keys.faults] == ["keys[0]", "keys[2]"]


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": {}}, "keys"])
def test_what_is_no_key_set_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="keys"):
        KeySet.read(document, ASYMMETRIC)


# --- selection --------------------------------------------------------------------------------------------------------


def test_the_first_hundred_keys_are_read_and_the_rest_are_told() -> None:
    keys = KeySet.read({"keys": [{}] * (MAX_KEYS - 1) + [RSA, EC]}, ASYMMETRIC)
    assert [key.kid for key in keys.keys] == ["rsa"]
    assert keys.faults[-1] == "keys: has 101; the first 100 are read"


def test_every_key_that_fits_is_found_in_the_sets_order() -> None:
    other = without(SigningKey.generate("RS256", "other").public_jwk, kid="rsa")
    keys = KeySet.read({"keys": [RSA, without(RSA, kid="rsa2"), EC, other]}, ASYMMETRIC)
    rsa, rsa2, ec, twin = keys.keys
    assert keys.select("RS256", "rsa") == (rsa, twin)
    assert keys.select("ES256", None) == (ec,)
    assert keys.select("RS256", "ec") == keys.select("ES256", "rsa") == ()
    assert keys.select("RS256", None) == (rsa, rsa2, twin)


def test_a_kid_that_is_a_number_is_none() -> None:
    keys = KeySet.read({"keys": [without(RSA, kid=7)]}, ASYMMETRIC)
    assert keys.select("RS256", None) == keys.keys
    assert keys.select("RS256", "7") == ()


@pytest.mark.parametrize(
    ("declared", "issuer", "fits"),
    [
        (None, "https://id.example/a", True),
        (None, None, True),
        ("https://id.example/a", "https://id.example/a", True),
        ("https://id.example/a", "https://id.example/b", False),
        ("https://id.example/a", None, False),
        ("https://id.example/{tenantid}/v2", "https://id.example/a/v2", True),
        ("https://id.example/{tenantid}/v2", "https://id.example/a/b/v2", False),
        ("https://id.example/{tenantid}/v2", "https://id.example//v2", False),
        ("https://id.example/{tenantid}/v2", "https://id.example/../v2", False),
        ("https://id.example/{tenantid}/v2", "https://id.example/{tenantid}/v2", False),
    ],
)
def test_a_key_that_names_an_issuer_is_that_ones_alone(declared: str | None, issuer: str | None, fits: bool) -> None:
    assert read_key(without(RSA, issuer=declared), ASYMMETRIC).is_of(issuer) is fits


def test_one_kid_of_two_types_is_told_apart_by_the_algorithm() -> None:
    keys = KeySet.read({"keys": [RSA, without(EC, kid="rsa")]}, ASYMMETRIC)
    assert keys.select("ES256", "rsa") == keys.keys[1:]


@pytest.mark.parametrize(
    "kid",
    ["../../../../etc/passwd", "rsa' OR '1'='1", "rsa\x00", "RSA", "", "https://evil.example/jwks.json", "r" * 4000],
)
def test_a_kid_is_compared_and_never_interpreted(kid: str) -> None:
    assert KeySet.read({"keys": [RSA]}, ASYMMETRIC).select("RS256", kid) == ()


def test_a_token_with_a_kid_is_not_verified_by_a_key_without() -> None:
    keys = KeySet.read({"keys": [without(RSA, "kid")]}, ASYMMETRIC)
    assert keys.select("RS256", "rsa") == ()
    assert keys.select("RS256", None) == keys.keys
