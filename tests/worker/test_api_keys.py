"""API keys over HTTP: believed from KV, told from tokens, never let out. `test_documented_lines.py` makes them."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from devtools.configuration import wrangler_config
from devtools.paths import TEMPLATE_TOML
from devtools.runtime.runner import Gateway
from identity.api_keys import write_record
from identity.key_format import ApiKey, digest, write_key
from tests.worker.origins import ScriptedOrigin, answer_head
from tests.worker.patience import until

SECRET = "the secret of sessions, of thirty-two bytes"
OK = answer_head(200, "cache-control: max-age=60\r\ncontent-length: 2") + b"ok"
BINDINGS = {"ratelimits": [{"name": "LIMITER", "namespace_id": "77", "simple": {"limit": 3, "period": 10}}]}
NUMBERS = iter(range(1, 1000))


def token(**claims: Any) -> str:
    return jwt.encode({"iss": "https://id.example", "sub": "u1", "exp": int(time.time()) + 600, **claims}, SECRET)


@dataclass
class House:
    gateway: Gateway
    origin: ScriptedOrigin

    def ask(self, path: str = "/any", method: str = "GET", **fields: str) -> httpx.Response:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        return self.gateway.request(method, path, headers=headers)

    def refused(self, path: str = "/any", **fields: str) -> tuple[int, str]:
        response = self.ask(path, **fields)
        return response.status_code, str(response.json()["reason"])

    def key(self, owner: str = "billing", **public: Any) -> str:
        """A key that stands in KV."""
        id = f"{next(NUMBERS):012}"
        text = write_key("gh", id, id.encode() * 2 + bytes(8))
        told = {"owner": owner, "roles": ["reader"], "scopes": ["read"], "created": 1, "expires": None, **public}
        record = write_record(ApiKey(id, digest(text)), told)
        self.gateway.kv_put(f"key:{id}", record, namespace="KEYS")
        return text

    @property
    def arrived(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.origin.received[-1].fields}


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    ways = ["authorization", "cookie:session"]
    entry = {"issuer": "https://id.example", "audience": [], "algorithms": ["HS256"], "secret": "KEY", "from": ways}
    with ScriptedOrigin(OK) as origin:
        to: dict[str, Any] = {"origin": origin.url, "cache": False}
        routes = [
            {"path": "/any", "methods": ["GET", "POST"], **to},
            {"path": "/tokens", "credentials": ["token"], **to},
            {"path": "/keys", "credentials": ["key"], "scopes": ["read"], "roles": ["reader"], **to},
            {"path": "/writers", "scopes": ["write"], **to},
            {"path": "/staff", "issuers": ["https://id.example"], **to},
            {"path": "/own/{id}", "credentials": ["key"], "match": {"id": "sub"}, **to},
            {"path": "/passed", "auth": "optional", "forward_authorization": True, **to},
            {"path": "/public", "auth": "none", "forward_authorization": True, **to},
            {"path": "/limited", "rate_limit": {"binding": "LIMITER", "limit": 3, "period": 10}, **to},
            {"path": "/mine", "origin": origin.url, "cache": {"partition": "user"}},
            {"path": "/signed", "sign": "hmac", **to},
        ]
        variables = {
            "ISSUERS": [entry], "ROUTES": routes, "KEY": SECRET, "ORIGIN_SECRET": SECRET,
            "API_KEYS": {"from": ["header:x-api-key", "authorization"], "prefix": "gh"},
        }  # fmt: skip
        config = wrangler_config.read(TEMPLATE_TOML) | BINDINGS
        with worker(config=config, vars=variables, faults=True) as gateway:
            yield House(gateway, origin)


def test_a_key_that_was_taken_back_is_dead_in_an_isolate_within_ten_seconds(house: House) -> None:
    key = house.key()
    assert house.ask("/keys", x_api_key=key).text == "ok"
    house.gateway.kv_delete(f"key:{key.split('_')[1]}", namespace="KEYS")
    assert house.ask("/keys", x_api_key=key).text == "ok", "it is remembered"
    dead = until(lambda: house.ask("/keys", x_api_key=key), lambda answer: answer.status_code != 200, every=0.2)
    assert (dead.status_code, dead.json()["reason"]) == (401, "key_unknown")


def test_origins_are_told_who_the_key_is_of_and_never_get_to_see_it(house: House) -> None:
    key = house.key("billing", roles=["reader", "clerk"])
    for path, fields in (
        ("/any", {"x_api_key": key}),
        ("/any", {"authorization": f"Bearer {key}"}),
        ("/any", {"authorization": f"Bearer {key}", "x_api_key": key}),
        ("/passed", {"authorization": f"Bearer {key}"}),
        ("/passed", {"x_api_key": key}),
        ("/signed", {"x_api_key": key}),
    ):
        assert house.ask(path, x_user_id="admin", **fields).text == "ok"
        assert (house.arrived["x-user-id"], house.arrived["x-user-issuer"]) == ("billing", "api-key")
        assert house.arrived["x-user-role"] == "reader,clerk"
        assert key not in json.dumps(house.origin.received[-1].fields)
    assert house.arrived["x-gateway-signature"]
    assert house.ask("/public", authorization=f"Bearer {key}", x_api_key=key, X_API_KEY=key).text == "ok"
    assert key not in json.dumps(house.origin.received[-1].fields)
    assert house.ask("/public", authorization="Bearer another").text == "ok"
    assert house.arrived["authorization"] == "Bearer another"
    assert house.ask("/_gatehouse/whoami", x_api_key=key).json() == {
        "issuer": "api-key", "id": "billing", "roles": ["reader", "clerk"], "scopes": ["read"], "expires": None,
    }  # fmt: skip


def test_what_is_no_key_of_this_gateway_is_refused(house: House) -> None:
    key = house.key()
    unknown = write_key("gh", "zzzzzzzzzzzz", bytes(32))
    others = write_key("gh", key.split("_")[1], bytes(32))
    for shown, reason in (
        (key[:-1], "key_malformed"), ("x", "key_malformed"), (unknown, "key_unknown"), (others, "key_unknown"),
        (house.key(expires=int(time.time()) - 1), "key_expired"), (token(), "key_malformed"),
    ):  # fmt: skip
        assert house.refused(x_api_key=shown) == (401, reason)
    assert house.refused(authorization=f"Bearer {key[:-1]}") == (401, "key_malformed")


def test_a_route_takes_tokens_keys_or_both_and_says_so(house: House) -> None:
    key, bearer = house.key(), f"Bearer {token()}"
    assert house.ask("/tokens", authorization=bearer).text == house.ask("/any", authorization=bearer).text == "ok"
    assert house.refused("/tokens", x_api_key=key) == (401, "credential")
    assert house.refused("/staff", x_api_key=key) == (401, "credential")
    assert house.refused("/keys", authorization=bearer) == (401, "credential")
    own = 'ApiKey realm="gatehouse", header="x-api-key"'
    assert house.ask("/keys").headers["www-authenticate"].endswith(f", {own}")
    assert own not in house.ask("/tokens").headers["www-authenticate"]
    assert "an API key: send" in house.ask("/keys").json()["detail"]
    for fields in ({"authorization": bearer}, {"cookie": f"session={token()}"}):
        assert house.refused("/any", x_api_key=key, **fields) == (400, "repeated")


def test_roles_scopes_and_what_is_ones_own_hold_for_keys(house: House) -> None:
    key = house.key("ada")
    assert house.ask("/keys", x_api_key=key).text == house.ask("/own/ada", x_api_key=key).text == "ok"
    assert house.refused("/writers", x_api_key=key) == (403, "scope")
    assert house.ask("/own/grace", x_api_key=key).json()["code"] == "not_yours"
    assert house.refused("/keys", x_api_key=house.key(roles=[])) == (403, "role")


def test_limits_and_stored_answers_are_by_the_keys_owner(house: House) -> None:
    one, same, other = house.key("anna"), house.key("anna"), house.key("bert")
    assert "hit" not in house.ask("/mine", x_api_key=one).headers["cache-status"]
    until(lambda: house.ask("/mine", x_api_key=same), lambda answer: "hit" in answer.headers["cache-status"])
    assert "hit" in house.ask("/mine", authorization=f"Bearer {same}").headers["cache-status"]
    assert "hit" not in house.ask("/mine", x_api_key=other).headers["cache-status"]
    statuses = [house.ask("/limited", x_api_key=key).status_code for key in (one, same) * 4]
    assert 429 in statuses
    assert house.ask("/limited", x_api_key=other).status_code == 200


@pytest.mark.stand_in
def test_while_kv_fails_no_key_lets_anybody_in(house: House) -> None:
    key = house.key()
    try:
        for fault in ({"fail": "KV GET failed: 500"}, {"delay": 5000}):
            house.gateway.kv_faults(get=fault)
            for path in ("/any", "/passed"):
                response = house.ask(path, x_api_key=key)
                assert (response.status_code, response.json()["code"]) == (503, "keys_unavailable")
                assert response.headers["retry-after"] == "5"
        assert house.ask("/any", authorization=f"Bearer {token()}").text == "ok", "tokens need no namespace"
    finally:
        house.gateway.kv_faults()
    assert house.ask("/any", x_api_key=key).text == "ok"


def test_no_key_is_in_a_log(house: House) -> None:
    key = house.key()
    for fields in ({"x_api_key": key}, {"authorization": f"Bearer {key}"}, {"x_api_key": key[:-1]}):
        house.ask("/any", **fields)
    house.ask("/healthz", x_request_id="the-last")
    house.gateway.wait_for_log(lambda line: line.get("id") == "the-last")
    assert not any(key.split("_")[2] in written for _, written in house.gateway.output())


def test_keys_are_described(house: House) -> None:
    described = house.gateway.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["x-api-key"]["in"] == "header"
    assert described["components"]["securitySchemes"]["bearer"]["description"] == "A JWT or an API key."
    assert described["paths"]["/keys"]["get"]["security"] == [{"bearer": []}, {"x-api-key": []}]
    assert described["paths"]["/tokens"]["get"]["security"] == [{"bearer": []}, {"cookie-session": []}]
