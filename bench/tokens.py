"""Tokens and keys of the benchmark, made anew for every run."""

import base64
import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

HS_ISSUER = "https://hs.example"
RS_ISSUER = "https://rs.example"
AUDIENCE = "https://api.example"
KEY_ID = "bench-1"
HOUR = 3600


@dataclass(frozen=True)
class Keys:
    """One HMAC secret and one RSA key."""

    secret: str
    private: rsa.RSAPrivateKey

    def jwks(self) -> dict[str, Any]:
        """The key set that the origin publishes."""
        jwk = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"keys": [{"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}

    def hs256(self, subject: str = "user-1") -> str:
        return jwt.encode(_claims(HS_ISSUER, subject), self.secret, "HS256")

    def rs256(self, subject: str = "user-1") -> str:
        return jwt.encode(_claims(RS_ISSUER, subject), self.private, "RS256", headers={"kid": KEY_ID})

    def forged(self, subject: str = "user-1") -> str:
        """An HS256 token under somebody else's key."""
        return jwt.encode(_claims(HS_ISSUER, subject), self.secret[::-1], "HS256")


@lru_cache(maxsize=1)
def keys() -> Keys:
    """The keys of this run."""
    secret = base64.b64encode(bytes(range(48))).decode()
    return Keys(secret, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _claims(issuer: str, subject: str) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": issuer, "sub": subject, "aud": AUDIENCE, "role": "user", "iat": now, "exp": now + 12 * HOUR}
