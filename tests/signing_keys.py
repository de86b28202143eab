"""Private keys that sign tokens, for tests: every algorithm of RFC 7518 section 3.1 and RFC 8037 that a gateway takes.

key = SigningKey.generate("ES256", kid="a")
key.public_jwk                      # what a provider would publish
key.token({"sub": "u1", "exp": 1_900_000_000})
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import base64url

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


@dataclass(frozen=True)
class SigningKey:
    """One private key and the algorithm it signs with."""

    algorithm: str
    private: PrivateKey
    kid: str | None = None

    @classmethod
    def generate(cls, algorithm: str, kid: str | None = None, *, bits: int = 2048) -> "SigningKey":
        return cls(algorithm, _generate(algorithm, bits, kid), kid)

    @property
    def public_jwk(self) -> dict[str, Any]:
        named = {} if self.kid is None else {"kid": self.kid}
        return {**_public_parameters(self.private), **named, "alg": self.algorithm, "use": "sig"}

    def sign(self, signing_input: bytes) -> bytes:
        """The JWS signature: for ECDSA the two numbers side by side, not DER (RFC 7518 section 3.4)."""
        private = self.private
        if isinstance(private, ed25519.Ed25519PrivateKey):
            return private.sign(signing_input)
        chosen = HASHES[self.algorithm[2:]]
        if isinstance(private, rsa.RSAPrivateKey):
            return private.sign(signing_input, _rsa_padding(self.algorithm), chosen)
        size = CURVES[self.algorithm][2]
        r, s = decode_dss_signature(private.sign(signing_input, ec.ECDSA(chosen)))
        return r.to_bytes(size) + s.to_bytes(size)

    def token(self, claims: Mapping[str, Any] | bytes, **header: Any) -> str:
        """A signed JWT. `header` adds to or overrides `alg` and `kid`; None leaves a member out."""
        members = {"alg": self.algorithm, "kid": self.kid, **header}
        signing_input = unsigned({name: value for name, value in members.items() if value is not None}, claims)
        return f"{signing_input}.{base64url.encode(self.sign(signing_input.encode()))}"


def unsigned(header: Mapping[str, Any] | bytes, claims: Mapping[str, Any] | bytes) -> str:
    """The first two segments of a token. Bytes are taken as they are, so that malformed JSON can be written."""
    return ".".join(
        base64url.encode(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, claims)
    )


@lru_cache
def _generate(algorithm: str, bits: int, name: str | None) -> PrivateKey:
    """Making RSA keys is slow, so tests that ask for the same `name` share one."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm][1])
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def _rsa_padding(algorithm: str) -> padding.PKCS1v15 | padding.PSS:
    if algorithm.startswith("RS"):
        return padding.PKCS1v15()
    chosen = HASHES[algorithm[2:]]
    return padding.PSS(padding.MGF1(chosen), chosen.digest_size)


def _public_parameters(private: PrivateKey) -> dict[str, Any]:
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(private.public_key().public_bytes_raw())}
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(rsa_numbers.n), "e": _number(rsa_numbers.e)}
    numbers = private.public_key().public_numbers()
    name, size = next((name, size) for name, curve, size in CURVES.values() if curve.name == numbers.curve.name)
    return {"kty": "EC", "crv": name, "x": _number(numbers.x, size), "y": _number(numbers.y, size)}


def _number(value: int, size: int | None = None) -> str:
    return base64url.encode(value.to_bytes(size or (value.bit_length() + 7) // 8))
