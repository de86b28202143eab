"""Identity over HTTP, in workerd: who is let in, and the challenge of every refusal byte for byte."""

import base64
import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey, unsigned
from tests.worker.challenges import WELL_KNOWN, challenge_of, metadata_url
from tests.worker.identity_provider import IdentityProvider

SECRET = "a secret of at least thirty-two bytes"
WHOAMI = "/_gatehouse/whoami"
ALGORITHMS = ["RS256", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"]
ORIGIN = "https://origin.example"


@dataclass
class House:
    """A gateway, the provider it asks, and the provider's keys by algorithm."""

    gateway: Gateway
    provider: IdentityProvider
    keys: dict[str, SigningKey]

    def whoami(self, token: str) -> httpx.Response:
        return self.gateway.get(WHOAMI, headers={"authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    with IdentityProvider() as provider:
        keys = {name: provider.add_key(name, f"key-{name}") for name in ALGORITHMS}
        inline = SigningKey.generate("ES256", "inline")
        issuers = [
            {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
            {
                "issuer": provider.url,
                "audience": [],
                "algorithms": ALGORITHMS,
                "jwks_url": provider.jwks_url,
                "role_claim": "realm_access.roles",
            },
            {
                "issuer": "https://inline.example",
                "audience": "api",
                "algorithms": ["ES256"],
                "jwks": {"keys": [inline.public_jwk]},
            },
        ]
        routes = [
            {"path": "/admin", "origin": ORIGIN, "auth": "required", "roles": ["admin", "owner"]},
            {"path": "/scoped", "origin": ORIGIN, "auth": "required", "scopes": ["users:read", "users:write"]},
            {"path": "/optional", "origin": ORIGIN, "auth": "optional", "roles": ["admin"]},
        ]
        variables = {
            "ISSUERS": issuers,
            "ROUTES": routes,
            "JWT_SECRET": SECRET,
            "CORS_ORIGINS": ["https://app.example"],
        }
        with worker(vars=variables) as gateway:
            yield House(gateway, provider, {**keys, "inline": inline})


def hs(**claims: Any) -> str:
    return jwt.encode({"sub": "u1", "exp": int(time.time()) + 600, **claims}, SECRET)


# --- let in -----------------------------------------------------------------------------------------------------------


def test_a_token_of_the_original_function_works(house: House) -> None:
    expires = int(time.time()) + 600
    response = house.whoami(hs(role="admin", scope="b a", exp=expires))
    assert response.status_code == 200
    assert response.json() == {"issuer": None, "id": "u1", "roles": ["admin"], "scopes": ["a", "b"], "expires": expires}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_public_key_algorithm_is_verified_by_webcrypto(house: House, algorithm: str) -> None:
    key = house.keys[algorithm]
    token = house.provider.token(key, realm_access={"roles": ["editor"]})
    for _ in range(2):
        response = house.whoami(token)
        assert response.status_code == 200
        assert response.json()["roles"] == ["editor"]
    forger = SigningKey(algorithm, SigningKey.generate(algorithm, "forger").private, key.kid)
    assert house.whoami(house.provider.token(forger)).json()["reason"] == "signature"


def test_an_inline_key_set_is_asked_of_nobody(house: House) -> None:
    claims = {"iss": "https://inline.example", "aud": ["api"], "sub": "u2", "exp": time.time() + 60.5}
    assert house.whoami(house.keys["inline"].token(claims)).json()["id"] == "u2"


@pytest.mark.parametrize("value", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer {}  "])
def test_the_scheme_knows_no_case_and_space_around_is_nothing(house: House, value: str) -> None:
    connection = http.client.HTTPConnection(house.gateway.url.removeprefix("http://"))  # httpx trims values
    connection.request("GET", WHOAMI, headers={"authorization": value.format(hs())})
    assert connection.getresponse().status == 200
    connection.close()


# --- whose tokens are taken, for whoever asks -------------------------------------------------------------------------


def test_what_a_challenge_names_is_the_metadata_of_what_was_asked_for(house: House) -> None:
    """RFC 9728 section 2 says what must be in it, section 3.3 that the resource is the URL that was asked for."""
    for path, scopes in (("/admin", None), ("/scoped", ["users:read", "users:write"]), ("/optional", None)):
        refusal = house.gateway.get(path, headers={"authorization": f"Bearer {hs(exp=1)}"})
        named = re.search(r'resource_metadata="([^"]+)"', refusal.headers["www-authenticate"])
        assert named is not None
        assert named[1] == metadata_url(refusal)
        response = httpx.get(named[1])
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        assert response.headers["cache-control"] == "no-store"
        told = response.json()
        assert told["resource"] == str(refusal.request.url)
        assert told["authorization_servers"] == [house.provider.url, "https://inline.example"]
        assert told.get("scopes_supported") == scopes
        assert told["bearer_methods_supported"] == ["header"]
        known = {"resource", "authorization_servers", "scopes_supported", "bearer_methods_supported"}
        assert set(told) <= known
        assert all(told[name] for name in set(told) & known), "what has no value is left out (section 3.2)"


def test_the_host_as_a_whole_and_the_gateways_own_endpoints_are_resources(house: House) -> None:
    whole = house.gateway.get(WELL_KNOWN)
    assert whole.json()["resource"] == house.gateway.url
    assert whole.json()["scopes_supported"] == ["users:read", "users:write"]
    assert house.gateway.get(WELL_KNOWN + WHOAMI).json()["resource"] == house.gateway.url + WHOAMI
    for path in ("/nothing", "/healthz", "/geo", "/"):
        assert house.gateway.get(WELL_KNOWN + path).json()["code"] == "not_found"
    assert house.gateway.request("POST", WELL_KNOWN).status_code == 405


def test_another_host_is_told_to_whoever_names_it(house: House) -> None:
    response = house.gateway.get("/admin", headers={"host": "api.example"})
    named = f'resource_metadata="http://api.example{WELL_KNOWN}/admin"'
    assert response.headers["www-authenticate"] == f'Bearer realm="gatehouse", {named}'
    for host in ('a"b.example', "a'b", "a,b"):
        refused_host = house.gateway.get("/admin", headers={"host": host})
        assert "resource_metadata" not in refused_host.headers.get("www-authenticate", "")


def test_metadata_can_be_switched_off(house: House, worker: Callable[..., Gateway]) -> None:
    with worker(vars={"JWT_SECRET": SECRET, "RESOURCE_METADATA": False}) as gateway:
        assert gateway.get(WHOAMI).headers["www-authenticate"] == 'Bearer realm="gatehouse"'
        for path in ("", WHOAMI):
            assert gateway.get(WELL_KNOWN + path).status_code == 404
        assert WELL_KNOWN not in gateway.get("/openapi.json").text


# --- the challenges ---------------------------------------------------------------------------------------------------


def refused(response: httpx.Response, status: int, code: str, challenge: str | None) -> dict[str, Any]:
    """The problem of a refusal that has exactly this status, code and challenge."""
    assert (response.status_code, challenge_of(response)) == (status, challenge)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def test_no_token(house: House) -> None:
    body = refused(house.gateway.get(WHOAMI), 401, "token_missing", 'Bearer realm="gatehouse"')
    assert body["error"] == "Authorization token required"


@pytest.mark.parametrize(
    "fields",
    [
        [("authorization", "Basic " + base64.b64encode(b"user:pass").decode())],
        [("authorization", "Bearer")],
        [("authorization", "Bearer a b")],
        [("authorization", "Bearer a,b")],
        [("authorization", "Bearer one"), ("authorization", "Bearer two")],
    ],
    ids=["basic", "empty", "space", "comma", "two fields"],
)
def test_not_one_bearer_token(house: House, fields: list[tuple[str, str]]) -> None:
    response = house.gateway.get(WHOAMI, headers=fields)
    refused(response, 400, "invalid_request", 'Bearer realm="gatehouse", error="invalid_request"')


def test_two_fields_with_the_same_valid_token(house: House) -> None:
    fields = [("authorization", f"Bearer {hs()}")] * 2
    assert house.gateway.get(WHOAMI, headers=fields).json()["reason"] == "repeated"


def bad_tokens() -> dict[str, tuple[str, str, str]]:
    """Name -> token, reason, description."""
    past, future = int(time.time()) - 3600, int(time.time()) + 3600
    key = SigningKey.generate("ES256", "stranger")
    good = {"sub": "u1", "exp": future}
    inline = {**good, "iss": "https://inline.example"}
    return {
        "garbage": ("garbage", "malformed", "The token is not a signed JWT in compact form"),
        "encrypted": ("a.b.c.d.e", "malformed", "The token is not a signed JWT in compact form"),
        "9 KB": ("x" * 9000, "too_large", "The token is longer than 8192 characters"),
        "forged": (jwt.encode(good, "x" * 32), "signature", "The signature of the token is not valid"),
        "none": (f"{unsigned({'alg': 'none'}, good)}.", "algorithm", "The algorithm of the token is not accepted"),
        "expired": (hs(exp=past), "expired", "The token has expired"),
        "early": (hs(nbf=future), "not_yet_valid", "The token is not valid yet"),
        "no exp": (jwt.encode({"sub": "u1"}, SECRET), "no_expiry", "The token does not say when it expires"),
        "no sub": (jwt.encode({"exp": future}, SECRET), "subject", "The token does not name its subject"),
        "iss": (hs(iss="https://who.example"), "issuer", "The issuer of the token is not accepted"),
        "kid": (key.token({**inline, "aud": "api"}), "unknown_key", "The key that signed the token is not known"),
        "crit": (f"{unsigned({'alg': 'HS256', 'crit': ['x']}, good)}.YQ", "critical",
                 "The token needs an extension that is not supported"),
        "deep": (unsigned({"alg": "HS256"}, b'{"a":' + b"[" * 3000) + ".YQ", "malformed",
                 "The token is not a signed JWT in compact form"),
        "date": (hs(nbf=True), "claim", "A claim of the token has the wrong type"),
    }  # fmt: skip


@pytest.mark.parametrize("name", bad_tokens())
def test_a_token_that_is_not_accepted(house: House, name: str) -> None:
    token, reason, description = bad_tokens()[name]
    response = house.whoami(token)
    challenge = f'Bearer realm="gatehouse", error="invalid_token", error_description="{description}"'
    body = refused(response, 401, "invalid_token", challenge)
    assert (body["error"], body["reason"]) == ("Invalid or expired token", reason)
    assert token not in response.text


def test_the_wrong_audience(house: House) -> None:
    claims = {"iss": "https://inline.example", "aud": "other", "sub": "u1", "exp": time.time() + 60}
    challenge = (
        'Bearer realm="gatehouse", error="invalid_token", error_description="The token is meant for another audience"'
    )
    refused(house.whoami(house.keys["inline"].token(claims)), 401, "invalid_token", challenge)


@pytest.mark.parametrize(
    ("path", "challenge", "reason"),
    [
        ("/admin", 'Bearer realm="gatehouse", error="insufficient_scope"', "role"),
        ("/scoped", 'Bearer realm="gatehouse", error="insufficient_scope", scope="users:read users:write"', "scope"),
    ],
)
def test_a_missing_role_or_scope(house: House, path: str, challenge: str, reason: str) -> None:
    response = house.gateway.get(path, headers={"authorization": f"Bearer {hs(role='guest', scope='other')}"})
    assert refused(response, 403, "insufficient_scope", challenge)["reason"] == reason


def test_an_optional_token_may_not_be_bad(house: House) -> None:
    response = house.gateway.get("/optional", headers={"authorization": f"Bearer {hs(exp=1)}"})
    assert (response.status_code, response.json()["reason"]) == (401, "expired")


def test_a_refusal_can_be_read_by_the_page_that_caused_it(house: House) -> None:
    response = house.gateway.get(WHOAMI, headers={"origin": "https://app.example"})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert "www-authenticate" in response.headers["access-control-expose-headers"].lower()


def test_a_preflight_is_never_challenged(house: House) -> None:
    fields = {
        "origin": "https://app.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    response = house.gateway.request("OPTIONS", "/admin", headers=fields)
    assert response.status_code == 204
    assert "www-authenticate" not in response.headers


def test_no_token_is_ever_logged(house: House) -> None:
    tokens = [hs(), hs(exp=1), "not-a-token-but-a-secret"]
    for token in tokens:
        house.whoami(token)
    house.gateway.get(WHOAMI, headers={"x-request-id": "last-one"})
    house.gateway.wait_for_log(lambda line: line.get("id") == "last-one")
    written = "\n".join(text for _, text in house.gateway.output())
    assert not any(token in written for token in tokens)
    assert SECRET not in written


# --- what is refused before the first request -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "fault"),
    [
        ({"JWT_SECRET": "short"}, "ISSUERS[0].secret"),
        ({"ROUTES": [{"path": "/x", "origin": ORIGIN}]}, "ROUTES[0].auth"),
        (
            {"ISSUERS": [{"issuer": "https://a.example", "audience": [], "algorithms": ["RS256"],
                          "jwks": {"keys": [SigningKey.generate("RS256", "weak", bits=1024).public_jwk]}}]},
            "ISSUERS[0].jwks",
        ),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_trusted_opens_nothing(
    worker: Callable[..., Gateway], variables: dict[str, Any], fault: str
) -> None:
    with worker(vars=variables) as gateway:
        assert gateway.get(WHOAMI).status_code == 503
        assert gateway.get("/healthz").status_code == 200
        line = gateway.wait_for_log(lambda line: line["event"] == "misconfigured")
        assert line["fault"].startswith(fault)


# --- key sets -------------------------------------------------------------------------------------------------------


def test_discovery_finds_the_keys(worker: Callable[..., Gateway]) -> None:
    with IdentityProvider() as provider:
        key = provider.add_key("ES256", "k1")
        issuers = [{"issuer": provider.url, "audience": [], "algorithms": ["ES256"], "discovery": True}]
        with worker(vars={"ISSUERS": issuers}) as gateway:
            response = gateway.get(WHOAMI, headers={"authorization": f"Bearer {provider.token(key)}"})
            assert response.status_code == 200
        assert provider.requests == ["/.well-known/openid-configuration", "/jwks.json"]


def test_discovery_of_an_issuer_elsewhere_cannot_point_to_this_machine(worker: Callable[..., Gateway]) -> None:
    with IdentityProvider() as provider:
        key = provider.add_key("ES256", "k1")
        issuer = "https://id.example"
        metadata = {"issuer": issuer, "jwks_uri": provider.jwks_url}
        provider.contents["/.well-known/openid-configuration"] = json.dumps(metadata).encode()
        issuers = [{"issuer": issuer, "audience": [], "algorithms": ["ES256"], "discovery": True}]
        with worker(vars={"ISSUERS": issuers}, outbound=provider.url) as gateway:
            token = key.token({"iss": issuer, "sub": "u1", "exp": time.time() + 60})
            response = gateway.get(WHOAMI, headers={"authorization": f"Bearer {token}"})
            assert (response.status_code, response.json()["code"]) == (503, "keys_unavailable")
        assert provider.requests == ["/.well-known/openid-configuration"]


def test_members_of_keys_that_are_null_or_empty_count_as_absent(worker: Callable[..., Gateway]) -> None:
    """And odd keys beside the good ones spoil nothing."""
    nothing: dict[str, Any] = {"use": None, "key_ops": [], "alg": None, "x5c": [], "x5t": "", "d": None, "ext": {}}
    with IdentityProvider() as provider:
        keys = {name: provider.add_key(name, f"key-{name}") for name in ("RS256", "ES256", "EdDSA")}
        odd: list[Any] = [
            None,
            7,
            [],
            {"kty": None},
            {"kty": ["RSA"]},
            {"kid": None},
            {**keys["RS256"].public_jwk, "kid": []},
        ]
        good = [{**key.public_jwk, **nothing} for key in keys.values()]
        provider.contents["/jwks.json"] = json.dumps({"keys": [*odd, *good, good[0]]}).encode()
        entry = {"issuer": provider.url, "audience": [], "algorithms": list(keys), "jwks_url": provider.jwks_url}
        with worker(vars={"ISSUERS": [entry]}) as gateway:
            for key in keys.values():
                bearer = {"authorization": f"Bearer {provider.token(key)}"}
                assert gateway.get(WHOAMI, headers=bearer).status_code == 200


def test_without_a_secret_the_log_names_callers_by_a_key_of_the_isolates_own(worker: Callable[..., Gateway]) -> None:
    def labels(**variables: str) -> list[str]:
        found = []
        for number in range(2):
            with worker(vars={"JWT_SECRET": SECRET, **variables}) as gateway:
                headers = {"authorization": f"Bearer {hs()}", "x-request-id": f"asked-{number}"}
                assert gateway.get(WHOAMI, headers=headers).status_code == 200
                line = gateway.wait_for_log(lambda line, own=f"asked-{number}": line.get("id") == own)  # type: ignore[misc]
                found.append(line["principal"])
        return found

    first, second = labels()
    assert len(first) == len(second) == 16
    assert first != second
    assert len(set(labels(LOG_SECRET="a log secret of thirty-two bytes or so"))) == 1
