"""An authenticator with a secret and four public keys, on a platform in memory."""

from collections.abc import Collection, Mapping
from typing import Any

import jwt
import pytest

from auth import Authenticator
from browsers.sharing import TrustedSites
from configuration.loading import load_settings
from core.messages import Request
from core.problems import Problem
from identity.principals import Principal
from identity.settings import AccessSettings
from tests.signing_keys import SigningKey
from tests.unit.identity import cryptography_verifier
from tests.unit.in_memory import NOW, World, run

SECRET, OTHER_SECRET = "s" * 64, "o" * 64
RS = SigningKey.generate("RS256", "rs")
ES = SigningKey.generate("ES256", "es")
ED = SigningKey.generate("EdDSA", "ed")
PS = SigningKey.generate("PS384", "ps")
CLAIMS = {"sub": "u1", "role": "admin", "scope": "read", "exp": NOW + 600}
ASYMMETRIC_CLAIMS = {**CLAIMS, "iss": "https://id.example", "aud": "api"}

ANYBODY = AccessSettings(auth="optional")
REQUIRED = AccessSettings(auth="required")

ISSUERS: list[dict[str, Any]] = [
    {"audience": [], "algorithms": ["HS256", "HS512"], "secret": "JWT_SECRET"},
    {
        "issuer": "https://id.example",
        "audience": "api",
        "algorithms": ["RS256", "ES256", "EdDSA", "PS384"],
        "jwks": {"keys": [RS.public_jwk, ES.public_jwk, ED.public_jwk, PS.public_jwk]},
    },
]


class Edge:
    """A gateway's authenticator on a platform in memory."""

    def __init__(
        self, issuers: list[dict[str, Any]] | None = None, *, bindings: Collection[str] = (), **variables: Any
    ) -> None:
        self.world = World()
        self.verified = 0
        given = {"JWT_SECRET": SECRET, "ISSUERS": ISSUERS if issuers is None else issuers, **variables}
        settings = load_settings({name: value for name, value in given.items() if value is not None}, bindings)
        self.world.verify = self._verify  # type: ignore[method-assign]
        self.authenticator = Authenticator(settings, self.world.platform(), TrustedSites(settings, settings.routes).of)

    async def _verify(self, algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
        self.verified += 1
        return await cryptography_verifier.verify(algorithm, jwk, signature, signing_input)

    def ask(self, route: AccessSettings = REQUIRED, **headers: str) -> Principal | None:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        principal = run(self._ask(Request("GET", "https", "api.example", "/", headers=fields), route))
        assert principal is None or isinstance(principal, Principal)
        return principal

    async def _ask(self, request: Request, route: AccessSettings) -> Principal | None:
        try:
            return await self.authenticator.authenticate(request, route, self.world.background)
        finally:
            await self.world.settle()

    def bear(self, token: str, route: AccessSettings = REQUIRED) -> Principal | None:
        return self.ask(route, authorization=f"Bearer {token}")

    def refusal(self, token: str) -> str:
        """The reason of the 401 that `token` gets."""
        with pytest.raises(Problem) as caught:
            self.bear(token)
        assert (caught.value.status, caught.value.code) == (401, "invalid_token")
        assert token not in str(vars(caught.value))
        return str(caught.value.members["reason"])

    def problem(self, **headers: str) -> tuple[int, str, str]:
        with pytest.raises(Problem) as caught:
            self.ask(REQUIRED, **headers)
        return caught.value.status, caught.value.code, caught.value.members["reason"]


def hs(claims: Mapping[str, Any] = CLAIMS, key: str = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers=header or None)
