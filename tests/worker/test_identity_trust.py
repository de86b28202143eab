"""Issuers are not interchangeable, over HTTP: what one is trusted for, the roles of another do not open."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey
from tests.worker.challenges import challenge_of
from tests.worker.origins import ScriptedOrigin, answer_head

STAFF, CUSTOMERS, PARTNERS = "https://staff.example", "https://customers.example", "https://partners.example"
SECRETS = {STAFF: "the secret of staff of thirty-two bytes", CUSTOMERS: "the secret of customers, 32 bytes or so"}
OK = answer_head(200, "content-length: 2") + b"ok"
ISSUER_CHALLENGE = (
    'Bearer realm="gatehouse", error="invalid_token", error_description="The issuer of the token is not accepted"'
)


@dataclass
class House:
    gateway: Gateway
    origin: ScriptedOrigin
    partner: SigningKey = field(repr=False)

    def token(self, issuer: str, **claims: Any) -> str:
        payload = {"iss": issuer, "sub": "u1", "exp": int(time.time()) + 600, **claims}
        return self.partner.token(payload) if issuer == PARTNERS else jwt.encode(payload, SECRETS[issuer])

    def get(self, path: str, issuer: str, **claims: Any) -> httpx.Response:
        return self.gateway.get(path, headers={"authorization": f"Bearer {self.token(issuer, **claims)}"})

    def purge(self, issuer: str, **claims: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token(issuer, **claims)}"}
        return self.gateway.post("/_gatehouse/purge", json={"urls": ["/x"]}, headers=headers)


@pytest.fixture(scope="module")
def variables() -> dict[str, Any]:
    symmetric = {"audience": [], "algorithms": ["HS256"]}
    return {
        "ISSUERS": [
            {"issuer": STAFF, "name": "staff", "secret": "STAFF_SECRET", **symmetric},
            {"issuer": CUSTOMERS, "secret": "CUSTOMER_SECRET", "header": "x-customer-token", **symmetric},
            {"issuer": PARTNERS, "audience": [], "algorithms": ["ES256"], "role_separator": " "},
        ],
        "STAFF_SECRET": SECRETS[STAFF],
        "CUSTOMER_SECRET": SECRETS[CUSTOMERS],
    }


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], variables: dict[str, Any]) -> Iterator[House]:
    partner = SigningKey.generate("ES256", "partner")
    variables["ISSUERS"][2]["jwks"] = {"keys": [partner.public_jwk]}
    with ScriptedOrigin(OK) as origin:
        route = {"origin": origin.url, "cache": False}
        variables["ROUTES"] = [
            {"path": "/staff", "issuers": ["staff"], "roles": ["admin"], **route},
            {"path": "/partners", "issuers": [PARTNERS], "roles": ["admin"], **route},
            {"path": "/either", "issuers": ["staff", PARTNERS], **route},
            {"path": "/maybe", "auth": "optional", "issuers": ["staff"], **route},
            {"path": "/anybody", **route},
        ]
        with worker(vars=variables) as gateway:
            yield House(gateway, origin, partner)


def refused(response: httpx.Response) -> None:
    """401 with the challenge of an issuer that is not accepted (RFC 6750 section 3.1)."""
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert response.json()["reason"] == "issuer"
    assert challenge_of(response) == ISSUER_CHALLENGE


def test_a_customers_role_never_opens_the_staffs_route(house: House) -> None:
    assert house.get("/staff", STAFF, role="admin").text == "ok"
    for _ in range(2):
        assert house.get("/anybody", PARTNERS, role="admin").text == "ok"
        refused(house.get("/staff", PARTNERS, role="admin"))
    assert house.get("/partners", PARTNERS, role="admin").text == "ok"
    refused(house.get("/partners", STAFF, role="admin"))


def test_an_optional_route_refuses_a_token_it_does_not_trust(house: House) -> None:
    assert house.gateway.get("/maybe").text == "ok"
    assert house.get("/maybe", STAFF).text == "ok"
    refused(house.get("/maybe", PARTNERS))


def test_a_route_may_trust_several(house: House) -> None:
    assert house.get("/either", STAFF).text == house.get("/either", PARTNERS).text == "ok"
    customer = house.gateway.get("/either", headers={"x-customer-token": house.token(CUSTOMERS)})
    refused(customer)
    assert house.gateway.get("/anybody", headers={"x-customer-token": house.token(CUSTOMERS)}).text == "ok"


def test_only_the_first_issuers_roles_purge(house: House) -> None:
    assert house.purge(STAFF, role="gatehouse:purge").status_code == 200
    assert house.purge(STAFF, role="admin").status_code == 403
    refused(house.purge(PARTNERS, role="gatehouse:purge"))


def test_whoami_takes_any(house: House) -> None:
    for issuer in (STAFF, PARTNERS):
        assert house.get("/_gatehouse/whoami", issuer).json()["issuer"] == issuer


def test_operators_may_be_named(worker: Callable[..., Gateway], house: House, variables: dict[str, Any]) -> None:
    with worker(vars={**variables, "OPERATOR_ISSUERS": [PARTNERS]}) as gateway:
        named = House(gateway, house.origin, house.partner)
        refused(named.purge(STAFF, role="gatehouse:purge"))
        assert named.purge(PARTNERS, role="gatehouse:purge").status_code == 200


def test_a_role_string_is_one_role(house: House) -> None:
    response = house.get("/staff", STAFF, role="pending admin")
    assert (response.status_code, response.json()["reason"]) == (403, "role")
    assert house.get("/_gatehouse/whoami", STAFF, role="pending admin").json()["roles"] == ["pending admin"]
    assert house.get("/partners", PARTNERS, role="pending admin").text == "ok", "its entry separates roles by spaces"


# --- credentials in several places ------------------------------------------------------------------------------------


def test_two_different_credentials_are_a_bad_request(house: House) -> None:
    staff, customer = house.token(STAFF), house.token(CUSTOMERS)
    for _ in range(2):
        response = house.gateway.get(
            "/anybody", headers={"authorization": f"Bearer {staff}", "x-customer-token": customer}
        )
        assert (response.status_code, response.json()["reason"]) == (400, "repeated")
        assert challenge_of(response) == 'Bearer realm="gatehouse", error="invalid_request"'
        assert house.gateway.get("/anybody", headers={"x-customer-token": customer}).text == "ok"


def test_the_same_credential_twice_is_one(house: House) -> None:
    customer = house.token(CUSTOMERS)
    both = {"authorization": f"Bearer {customer}", "x-customer-token": customer}
    assert house.gateway.get("/anybody", headers=both).text == "ok"
    refused(house.gateway.get("/anybody", headers={"authorization": f"Bearer {customer}"}))
