"""Presets over HTTP: every provider's tokens by its preset alone, its keys had from where it publishes them."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest

from devtools.identity.local_keys import LIKENESSES
from devtools.identity.shapes import SHAPES
from devtools.runtime.runner import Gateway
from tests.provider_tokens import NEARLY, SEEN
from tests.signing_keys import SigningKey
from tests.worker.identity_provider import IdentityProvider

SECRET = "a secret of a project, of thirty-two bytes"
KEYS = {name: SigningKey.generate(name, name) for name in ("RS256", "ES256")}
FIELDS = {"cloudflare-access": ("cf-access-jwt-assertion", ""), "": ("authorization", "Bearer ")}
SHOWN = [*LIKENESSES, "entra", "supabase", "cloudflare-access-service"]


@dataclass
class House:
    gateway: Gateway
    provider: IdentityProvider = field(repr=False)

    def ask(self, name: str, changes: Mapping[str, Any] | None = None) -> httpx.Response:
        shape = SHAPES[name]
        claims = {"exp": int(time.time()) + 600, **shape.claims, **(changes or {})}
        symmetric = shape.algorithm == "HS256"
        token = jwt.encode(claims, SECRET) if symmetric else KEYS[shape.algorithm].token(claims)
        header, scheme = FIELDS.get(str(shape.entry["preset"]), FIELDS[""])
        return self.gateway.get("/_gatehouse/whoami", headers={header: scheme + token})


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    """Whatever is asked for, the provider answers with its keys, as all of them would."""
    with IdentityProvider() as provider:
        provider.keys = [*KEYS.values()]
        issuers = json.dumps([SHAPES[name].entry for name in LIKENESSES])
        with worker(vars={"ISSUERS": issuers, "JWT_SECRET": SECRET}, outbound=provider.url) as gateway:
            yield House(gateway, provider)


@pytest.mark.parametrize("name", SHOWN)
def test_a_providers_tokens_are_told_from_those_that_are_nearly_so(house: House, name: str) -> None:
    response = house.ask(name)
    assert response.status_code == 200, response.text
    assert (response.json()["id"], tuple(response.json()["roles"])) == SEEN[name]
    if name not in (
        "entra",
        "supabase",
    ):  # of other tenants, and by a secret, the same provider's other entry takes them
        for changes, reason in NEARLY[name]:
            refused = house.ask(name, changes)
            assert (refused.status_code, refused.json()["reason"]) == (401, reason)


def test_keys_are_had_from_where_each_provider_publishes_them(house: House) -> None:
    for name in LIKENESSES:
        assert house.ask(name).status_code == 200
    assert {path.partition("?")[0] for path in house.provider.requests} >= {
        "/.well-known/jwks.json",
        "/eu-west-1_Local1234/.well-known/jwks.json",
        "/common/discovery/v2.0/keys",
        "/realms/main/protocol/openid-connect/certs",
        "/oauth2/default/v1/keys",
        "/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
        "/oauth2/v3/certs",
        "/oauth/v2/keys",
        "/auth/keys",
        "/cdn-cgi/access/certs",
    }
