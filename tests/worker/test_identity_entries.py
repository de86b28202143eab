"""Entries of ISSUERS as providers make them necessary, over HTTP: shared issuers, conditions, tenants, odd key sets.

One gateway; each case has an issuer of its own.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey
from tests.worker.challenges import challenge_of
from tests.worker.identity_provider import IdentityProvider
from tests.worker.origins import ScriptedOrigin, answer_head

WHOAMI = "/_gatehouse/whoami"
NEW, OLD, RAW = (
    "the new secret of thirty-two bytes, at least",
    "the old secret of thirty-two bytes, at least",
    bytes(range(48)),
)
SHARED, MOVING, LONG = "https://shared.example", "https://moving.example", "https://long.example"
TOLD = "https://told.example"
TELLING: dict[str, Any] = {
    "id_claim": ["sub", "client_id", "common_name"],
    "role_claim": "https://hasura.io/jwt/claims.x-hasura-allowed-roles",
    "scope_claim": "permissions",
    "anonymous": {"role": "anon"},
    "forward_claims": {"email": "x-user-email", "org.id": "x-user-org"},
}
RS, ED, STAFF = (
    SigningKey.generate("RS256", "rs"),
    SigningKey.generate("EdDSA", "ed"),
    SigningKey.generate("ES256", "staff"),
)
NUMBERED = [SigningKey.generate("ES256", f"numbered-{number}") for number in range(3)]
OK = answer_head(200, "content-length: 2") + b"ok"


@dataclass
class House:
    gateway: Gateway
    provider: IdentityProvider
    origin: ScriptedOrigin
    tenants: str = field(repr=False)

    def ask(self, token: str, path: str = WHOAMI) -> httpx.Response:
        return self.gateway.get(path, headers={"authorization": f"Bearer {token}"})

    def reason(self, token: str, path: str = WHOAMI) -> str:
        response = self.ask(token, path)
        assert response.status_code in (401, 403)
        return str(response.json()["reason"])


def claims(issuer: str, **more: Any) -> dict[str, Any]:
    return {"iss": issuer, "aud": "api", "sub": "u1", "exp": int(time.time()) + 600, **more}


def key_sets(provider: IdentityProvider, tenants: str) -> dict[str, Any]:
    """What the provider answers, by path."""
    odd: list[Any] = [None, 7, {"kty": None}, {**RS.public_jwk, "d": "AQAB"}, {**RS.public_jwk, "kid": ["rs"]}]
    nothing: dict[str, Any] = {"use": None, "key_ops": [], "x5c": [], "oth": [], "d": None}
    twin = {**SigningKey.generate("RS256", "twin").public_jwk, "kid": "rs"}
    numbered = [{**key.public_jwk, "kid": number} for number, key in enumerate(NUMBERED)]
    theirs = {**STAFF.public_jwk, "issuer": f"{provider.url}/acme/v2.0"}
    everyones = {**RS.public_jwk, "issuer": tenants}
    return {
        "/common/v2.0/.well-known/openid-configuration": {"issuer": tenants, "jwks_uri": f"{provider.url}/tenants"},
        "/tenants": {"keys": [everyones, theirs]},
        "/odd": {"keys": [*odd, twin, {**RS.public_jwk, **nothing}, {**RS.public_jwk, "x5c": ["AA=="]}, *numbered]},
        "/hundred": {"keys": [RS.public_jwk, *[{"kty": "oct"}] * 99, ED.public_jwk]},
    }


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    with IdentityProvider() as provider, ScriptedOrigin(OK) as origin:
        tenants = f"{provider.url}/{{tenantid}}/v2.0"
        for path, document in key_sets(provider, tenants).items():
            provider.contents[path] = b"\xef\xbb\xbf" + json.dumps(document).encode()
        public: dict[str, Any] = {"audience": "api", "algorithms": ["RS256", "ES256", "EdDSA"]}
        inline = {**public, "jwks": {"keys": [RS.public_jwk, ED.public_jwk]}}
        hs: dict[str, Any] = {"audience": "api", "algorithms": ["HS256"]}
        issuers = [
            {"name": "staff", "issuer": SHARED, "require": {"client_id": ["cli", "console"]}, **inline},
            {"name": "customers", "issuer": SHARED, "require": {"token_use": "access"}, **inline},
            {"issuer": MOVING, "secret": ["NEW_SECRET", "OLD_SECRET"], **hs},
            {"issuer": MOVING, "secret": "RAW_SECRET", "secret_encoding": "base64", **hs},
            {"issuer": MOVING, **inline},
            {"issuer": LONG, "max_token_bytes": 32_768, **inline},
            {"issuer": TOLD, **TELLING, **inline},
            {"issuer": tenants, "tenants": ["acme", "globex"], "discovery": True, **public},
            *({"issuer": f"{provider.url}{path}", "jwks_url": f"{provider.url}{path}", **public}
              for path in ("/odd", "/hundred")),
        ]  # fmt: skip
        route = {"origin": origin.url, "cache": False}
        routes = [
            {"path": "/staff", "issuers": ["staff"], "roles": ["admin"], **route},
            {"path": "/shared", "issuers": [SHARED], **route},
            {"path": "/narrow", "audience": ["inner"], **route},
            {"path": "/maybe", "auth": "optional", **route},
            {"path": "/all", "all_scopes": ["read", "write"], **route},
        ]
        secrets = {"NEW_SECRET": NEW, "OLD_SECRET": OLD, "RAW_SECRET": b64encode(RAW).decode()}
        with worker(vars={"ISSUERS": issuers, "ROUTES": routes, **secrets}) as gateway:
            yield House(gateway, provider, origin, tenants)


def test_a_customers_role_never_opens_the_staffs_route_though_their_issuer_is_one(house: House) -> None:
    staff = RS.token(claims(SHARED, client_id="cli", role="admin"))
    customer = RS.token(claims(SHARED, token_use="access", role="admin"))
    for _ in range(2):
        assert house.ask(customer).status_code == 200
        assert house.ask(staff, "/staff").text == house.ask(customer, "/shared").text == "ok"
        assert house.reason(customer, "/staff") == "claim"
    assert house.reason(RS.token(claims(SHARED, token_use="id"))) == "claim"
    assert house.reason(RS.token(claims(SHARED, client_id=["web"], role="admin"))) == "claim"


def test_secrets_and_keys_of_one_issuer_are_exchanged_without_a_gap(house: House) -> None:
    for key in (NEW, OLD, RAW):
        assert house.ask(jwt.encode(claims(MOVING), key)).status_code == 200
    assert house.ask(RS.token(claims(MOVING))).status_code == 200
    assert house.reason(jwt.encode(claims(MOVING), "z" * 40)) == "signature"
    assert house.reason(jwt.encode(claims(MOVING), b64encode(RAW))) == "signature"
    assert house.reason(jwt.encode(claims(MOVING), RS.public_jwk["n"])) == "signature", "no key is a secret"
    forged = SigningKey("RS256", SigningKey.generate("RS256", "forger").private, "rs")
    assert house.reason(forged.token(claims(MOVING, exp=1))) == "signature"
    assert house.reason(RS.token(claims(MOVING, exp=1))) == "expired"


def test_ed25519_by_either_name(house: House) -> None:
    for alg in ("EdDSA", "Ed25519"):
        assert house.ask(ED.token(claims(LONG), alg=alg)).status_code == 200


def test_a_token_of_hundreds_of_groups(house: House) -> None:
    token = RS.token(claims(LONG, groups=[f"{number:08x}-0000-4000-8000-0123456789ab" for number in range(550)]))
    assert 28_000 < len(token) < 32_768
    assert house.ask(token).status_code == 200
    response = house.ask(RS.token(claims(MOVING, groups=["x" * 9000])))
    assert response.json()["reason"] == "too_large"
    assert "longer than 8192 characters" in response.headers["www-authenticate"]
    assert house.reason(RS.token(claims(LONG, groups=["x" * 30_000]))) == "too_large"


def test_a_route_narrows_the_audience(house: House) -> None:
    assert house.ask(RS.token(claims(LONG, aud=["api", "inner"])), "/narrow").text == "ok"
    response = house.ask(RS.token(claims(LONG)), "/narrow")
    assert (response.status_code, response.json()["code"], response.json()["reason"]) == (
        401,
        "invalid_token",
        "audience",
    )
    assert house.reason(RS.token(claims(LONG, aud="inner")), "/narrow") == "audience", "its entry asks for its own, too"


def test_tenants_are_bound_to_their_tokens_and_keys(house: House) -> None:
    def of(name: str, key: SigningKey = RS, **more: Any) -> str:
        return key.token(claims(house.tenants.replace("{tenantid}", name), **{"tid": name, **more}))

    assert house.ask(of("acme")).json()["issuer"] == f"{house.provider.url}/acme/v2.0"
    assert house.ask(of("globex")).status_code == house.ask(of("acme", STAFF)).status_code == 200
    assert house.reason(of("globex", STAFF)) == "unknown_key", "the key says whose it is"
    assert house.reason(of("acme", tid="globex")) == house.reason(of("acme", tid=None)) == "issuer"
    for name in ("initech", "acme/x", "", "{tenantid}"):
        assert house.reason(of(name)) == "issuer"


def test_a_set_of_odd_keys_with_a_byte_order_mark_spoils_nothing(house: House) -> None:
    issuer = f"{house.provider.url}/odd"
    assert house.ask(RS.token(claims(issuer))).status_code == 200, "though another key has its `kid`"
    for key in NUMBERED:
        assert house.ask(key.token(claims(issuer, jti="none"), kid=None)).status_code == 200
        assert house.ask(key.token(claims(issuer, jti="number"), kid=0)).status_code == 200
    forged = SigningKey("ES256", SigningKey.generate("ES256", "forger").private)
    assert house.reason(forged.token(claims(issuer))) == "signature"


def test_the_first_hundred_keys_are_read(house: House) -> None:
    issuer = f"{house.provider.url}/hundred"
    assert house.ask(RS.token(claims(issuer))).status_code == 200
    assert house.reason(ED.token(claims(issuer))) == "unknown_key"
    house.gateway.wait_for_log(lambda line: line.get("error") == "keys: has 101; the first 100 are read")


def test_providers_are_told_who_asks(house: House) -> None:
    assert house.provider.agents == {"gatehouse/0.1.0"}


# --- who the caller is ------------------------------------------------------------------------------------------------


def test_an_id_is_the_first_claim_that_says_something(house: House) -> None:
    for told, expected in (
        ({"sub": 42}, "42"),
        ({"sub": "", "client_id": "machine"}, "machine"),
        ({"sub": None, "client_id": "", "common_name": "abc.access"}, "abc.access"),
    ):
        assert house.ask(RS.token(claims(TOLD, **told))).json()["id"] == expected
    for wrong in (True, 7.5, ["u1"], ""):
        assert house.reason(RS.token(claims(TOLD, sub=wrong))) == "subject"


def test_roles_are_found_behind_a_name_with_dots_in_every_shape(house: House) -> None:
    for value, roles in ((["a", 7], ["a", "7"]), ({"admin": {"1": "x"}}, ["admin"]), (None, []), ([["a"]], [])):
        token = RS.token(claims(TOLD, **{"https://hasura.io/jwt/claims": {"x-hasura-allowed-roles": value}}))
        assert house.ask(token).json()["roles"] == roles
    assert house.reason(RS.token(claims(MOVING, role=["a\r\nx-user-role: admin"]))) == "claim"


def test_a_path_that_finds_nothing_is_in_the_log(house: House) -> None:
    response = house.ask(RS.token(claims(TOLD, email="a@b.example")))
    line = house.gateway.wait_for_log(lambda line: line.get("id") == response.headers["x-request-id"])
    assert line["claims_unfound"] == "role_claim,scope_claim,forward_claims.x-user-org"


def test_all_scopes_are_needed_wherever_they_come_from(house: House) -> None:
    assert house.ask(RS.token(claims(TOLD, scope="read", permissions=["write"])), "/all").text == "ok"
    assert house.ask(RS.token(claims(TOLD, scope="read", scp=["write"])), "/all").text == "ok"
    response = house.ask(RS.token(claims(TOLD, scope="read")), "/all")
    assert (response.status_code, response.json()["reason"]) == (403, "scope")
    assert response.headers["www-authenticate"].endswith('error="insufficient_scope", scope="read write"')


def test_a_token_that_is_nobodys_is_no_token(house: House) -> None:
    token = RS.token(claims(TOLD, role="anon", sub=None))
    for _ in range(2):
        response = house.ask(token)
        assert (response.status_code, response.json()["code"]) == (401, "token_missing")
        assert challenge_of(response) == 'Bearer realm="gatehouse"'
        assert house.ask(token, "/maybe").text == "ok"
        assert not [name for name, _ in house.origin.received[-1].fields if name.lower().startswith("x-user-")]
    assert house.reason(RS.token(claims(TOLD, role="anon", exp=1)), "/maybe") == "expired"


def test_origins_are_told_what_the_entry_forwards_and_no_client_can_say_it(house: House) -> None:
    token = RS.token(claims(TOLD, email="zoë, a@b.example", org={"id": 7}, scope="read write"))
    forged = {"x-user-email": "admin", "x-user-org": "1", "X_User_Email": "admin", "x-user-other": "1"}
    headers = {**forged, "authorization": f"Bearer {token}"}
    assert house.gateway.get("/all", headers=headers).text == "ok"
    fields = [(name.lower(), value) for name, value in house.origin.received[-1].fields]
    told = {name: value for name, value in fields if name.replace("_", "-").startswith("x-user-")}
    assert told == {
        "x-user-id": "u1",
        "x-user-issuer": "https://told.example",
        "x-user-email": "zo%C3%AB%2C%20a@b.example",
        "x-user-org": "7",
    }
    assert house.gateway.get("/_gatehouse/whoami", headers=headers).json()["claims"]["x-user-org"] == ["7"]
