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

from core import base64url
from tests import private_keys
from tests.private_keys import PrivateKey


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
        return {**private_keys.public_parameters(self.private), **named, "alg": self.algorithm, "use": "sig"}

    def sign(self, signing_input: bytes) -> bytes:
        """The JWS signature."""
        return private_keys.sign(self.private, self.algorithm, signing_input)

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
    return private_keys.generate(algorithm, bits)
