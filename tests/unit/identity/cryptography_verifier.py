"""`ports.SignatureVerifier` on the `cryptography` package: what WebCrypto is in the Worker, this is under CPython."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from core import base64url

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


async def verify(algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
    try:
        _verify(algorithm, jwk, signature, signing_input)
    except InvalidSignature:
        return False
    return True


def _verify(algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> None:
    """Raises InvalidSignature; ValueError for a key that is none."""
    if algorithm == "EdDSA":
        ed25519.Ed25519PublicKey.from_public_bytes(base64url.decode(jwk["x"])).verify(signature, signing_input)
        return
    chosen = _HASHES[algorithm[2:]]
    if algorithm.startswith("ES"):
        half = len(signature) // 2
        der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        curve = _CURVES[jwk["crv"]]
        ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), curve).public_key().verify(
            der, signing_input, ec.ECDSA(chosen)
        )
        return
    scheme = padding.PKCS1v15() if algorithm.startswith("RS") else padding.PSS(padding.MGF1(chosen), chosen.digest_size)
    rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key().verify(
        signature, signing_input, scheme, chosen
    )


def _number(text: str) -> int:
    return int.from_bytes(base64url.decode(text))
