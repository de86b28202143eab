"""Private keys on the `cryptography` package, for `signing_keys.py` alone: JOSE algorithms in, JOSE encodings out.

Everything that test keys need of that package is here, so that an interpreter without it can have another module of the
same names in this one's place.
"""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from core import base64url

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

HASHES: Mapping[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
CURVES: Mapping[str, tuple[str, ec.EllipticCurve, int]] = {
    "ES256": ("P-256", ec.SECP256R1(), 32),
    "ES384": ("P-384", ec.SECP384R1(), 48),
    "ES512": ("P-521", ec.SECP521R1(), 66),
}
"""Algorithm -> curve by its JOSE name, curve, bytes of a coordinate."""


def generate(algorithm: str, bits: int) -> PrivateKey:
    """A new key for `algorithm`; `bits` is the size of an RSA key."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm][1])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def sign(private: PrivateKey, algorithm: str, signing_input: bytes) -> bytes:
    """The JWS signature: for ECDSA the two numbers side by side, not DER (RFC 7518 section 3.4)."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(signing_input)
    chosen = HASHES[algorithm[2:]]
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signing_input, _rsa_padding(algorithm), chosen)
    size = CURVES[algorithm][2]
    r, s = decode_dss_signature(private.sign(signing_input, ec.ECDSA(chosen)))
    return r.to_bytes(size) + s.to_bytes(size)


def public_parameters(private: PrivateKey) -> dict[str, Any]:
    """The public half as the members of a JWK that RFC 7518 section 6 and RFC 8037 section 2 require."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(private.public_key().public_bytes_raw())}
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(rsa_numbers.n), "e": _number(rsa_numbers.e)}
    numbers = private.public_key().public_numbers()
    name, size = next((name, size) for name, curve, size in CURVES.values() if curve.name == numbers.curve.name)
    return {"kty": "EC", "crv": name, "x": _number(numbers.x, size), "y": _number(numbers.y, size)}


def _rsa_padding(algorithm: str) -> padding.PKCS1v15 | padding.PSS:
    if algorithm.startswith("RS"):
        return padding.PKCS1v15()
    chosen = HASHES[algorithm[2:]]
    return padding.PSS(padding.MGF1(chosen), chosen.digest_size)


def _number(value: int, size: int | None = None) -> str:
    return base64url.encode(value.to_bytes(size or (value.bit_length() + 7) // 8))
