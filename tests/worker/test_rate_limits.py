"""Rate limits with workerd's own simulator: who is counted together, what a refused caller is told."""

import json
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import httpx
import jwt
import pytest

from devtools.configuration import wrangler_config
from devtools.paths import TEMPLATE_TOML
from devtools.runtime.runner import Gateway
from tests.worker.injection import beside_the_sources
from tests.worker.origins import ScriptedOrigin, answer_head

SECRET = "a secret of thirty-two bytes or so"
LIMIT, PERIOD = 3, 10
PARTNERS = 5
TRIES = 4
BINDINGS = {
    "ratelimits": [
        {"name": "LIMITER", "namespace_id": "77", "simple": {"limit": LIMIT, "period": PERIOD}},
        {"name": "PARTNER_LIMITER", "namespace_id": "78", "simple": {"limit": PARTNERS, "period": PERIOD}},
    ]
}
OK = answer_head(200, "content-length: 2") + b"ok"


def routes(origin: str) -> dict[str, Any]:
    limit = {"binding": "LIMITER", "limit": LIMIT, "period": PERIOD}
    partners = {"partner": {"binding": "PARTNER_LIMITER", "limit": PARTNERS, "period": PERIOD}}
    everything = {"origin": origin, "auth": "optional", "cache": False}
    return {
        "JWT_SECRET": SECRET,
        "ROUTES": [
            {"path": "/limited", "rate_limit": limit, **everything},
            {"path": "/limited-role", "rate_limit": limit, "roles": ["admin"], **everything},
            {"path": "/by-role", "rate_limit": {**limit, "by_role": partners}, **everything},
            {"path": "/free", **everything},
            {"path": "/open", "rate_limit": "ABSENT", "on_failure": "open", **everything},
            {"path": "/closed", "rate_limit": "ABSENT", **everything},
            {"path": "/broken-open", "rate_limit": "LIMITER", "on_failure": "open", **everything},
            {"path": "/broken-closed", "rate_limit": "LIMITER", **everything},
        ],
    }


@pytest.fixture(scope="module")
def origin() -> Iterator[ScriptedOrigin]:
    with ScriptedOrigin(OK) as origin:
        yield origin


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway], origin: ScriptedOrigin) -> Iterator[Gateway]:
    config = wrangler_config.read(TEMPLATE_TOML) | BINDINGS
    with worker(config=config, vars=routes(origin.url), direct=True) as gateway:
        yield gateway


def test_the_workers_own_socket_has_the_place_the_limiter_and_kv(gateway: Gateway) -> None:
    """What the benchmark puts its load on is the whole Worker: `request.cf`, rate limits and KV are there as behind
    Miniflare's entry."""
    assert gateway.direct_url not in (None, gateway.url)
    with httpx.Client(base_url=gateway.direct_url) as direct:
        place = {"MF-CF-Blob": json.dumps({"country": "JP"})}
        assert direct.get("/geo", headers=place).json()["country"] == "JP"
        assert direct.get("/readyz").status_code == 200  # KV was asked
        told = {direct.get("/limited", headers=caller("direct")).status_code for _ in range(3 * LIMIT)}
        assert told == {200, 429}


def caller(subject: str, role: str = "user") -> dict[str, str]:
    claims = {"sub": subject, "role": role, "exp": time.time() + 600}
    return {"authorization": "Bearer " + jwt.encode(claims, SECRET, "HS256")}


def within_one_period(test: Callable[..., None]) -> Callable[..., None]:
    """Does a test again that a busy machine stretched over two of the simulator's fixed windows."""

    @wraps(test)
    def repeated(*fixtures: Any, **named: Any) -> None:
        for _ in range(TRIES):
            window = time.time() // PERIOD
            try:
                return test(*fixtures, **named)
            except AssertionError:
                if time.time() // PERIOD == window:
                    raise
            _wait_for_a_new_period()
        return test(*fixtures, **named)

    return repeated


def _wait_for_a_new_period() -> None:
    time.sleep(PERIOD - time.time() % PERIOD + 0.1)


def statuses(gateway: Gateway, count: int, headers: dict[str, str]) -> list[int]:
    return [gateway.get("/limited", headers=headers).status_code for _ in range(count)]


def refused(response: httpx.Response, status: int, code: str) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert (response.status_code, response.json()["code"]) == (status, code)


@within_one_period
def test_beyond_the_limit_a_caller_is_told_when_to_come_back(gateway: Gateway, origin: ScriptedOrigin) -> None:
    before = len(origin.received)
    assert statuses(gateway, LIMIT, caller("anna")) == [200] * LIMIT
    response = gateway.get("/limited", headers=caller("anna"))
    refused(response, 429, "rate_limited")
    assert response.headers["retry-after"] == str(PERIOD)
    assert response.headers["ratelimit-policy"] == f'"LIMITER";q={LIMIT};w={PERIOD}'
    assert len(origin.received) == before + LIMIT
    line = gateway.wait_for_log(lambda line: line.get("id") == response.headers["x-request-id"])
    assert (line["status"], line["code"], line["route"]) == (429, "rate_limited", "/limited")
    assert gateway.get("/free", headers=caller("anna")).status_code == 200


REFUSALS = {
    "forged": {"authorization": "Bearer " + jwt.encode({"sub": "anna", "exp": 1e10}, "x" * 32, "HS256")},
    "garbage": {"authorization": "Bearer garbage"},
}


@pytest.mark.parametrize("kind", REFUSALS)
@within_one_period
def test_refused_tokens_are_counted_by_address(gateway: Gateway, kind: str) -> None:
    """Guessing is not free, and costs nobody with a good token anything."""
    address = {"cf-connecting-ip": f"192.0.2.{len(kind)}"}
    found = statuses(gateway, LIMIT + 1, REFUSALS[kind] | address)
    assert found[LIMIT] == 429
    assert set(found[:LIMIT]) <= {400, 401}
    assert statuses(gateway, 1, address) == [429], "as nobody in particular from that address is"
    assert statuses(gateway, 1, caller(f"not {kind}") | address) == [200]


@within_one_period
def test_a_role_may_have_a_limit_of_its_own(gateway: Gateway) -> None:
    def until_refused(who: dict[str, str]) -> tuple[int, str | None]:
        taken = 0
        while (response := gateway.get("/by-role", headers=who)).status_code == 200 and taken <= PARTNERS:
            taken += 1
        return taken, response.headers.get("ratelimit-policy")

    assert until_refused(caller("paula", "partner")) == (PARTNERS, f'"PARTNER_LIMITER";q={PARTNERS};w={PERIOD}')
    assert until_refused(caller("ute")) == (LIMIT, f'"LIMITER";q={LIMIT};w={PERIOD}')


@within_one_period
def test_another_scheme_is_no_token_and_counted_as_nobody(gateway: Gateway) -> None:
    sent = {"authorization": "Basic dXNlcjpwYXNz", "cf-connecting-ip": "192.0.2.99"}
    assert statuses(gateway, LIMIT + 1, sent) == [200] * LIMIT + [429]


@within_one_period
def test_a_caller_without_the_role_is_counted_as_itself(gateway: Gateway) -> None:
    found = [gateway.get("/limited-role", headers=caller("egon")).status_code for _ in range(LIMIT + 1)]
    assert found == [403] * LIMIT + [429]
    assert statuses(gateway, 1, {"cf-connecting-ip": "192.0.2.77"}) == [200]


@within_one_period
def test_callers_are_counted_apart(gateway: Gateway) -> None:
    assert statuses(gateway, LIMIT + 1, caller("bert")) == [200] * LIMIT + [429]
    assert statuses(gateway, 1, caller("carl")) == [200]
    assert statuses(gateway, 1, {}) == [200]


@within_one_period
def test_a_new_period_begins_at_nothing(gateway: Gateway) -> None:
    assert statuses(gateway, LIMIT + 1, caller("dora"))[-1] == 429
    _wait_for_a_new_period()
    assert statuses(gateway, 1, caller("dora")) == [200]


def test_a_binding_that_is_missing_refuses_or_lets_through_as_the_route_says(gateway: Gateway) -> None:
    gateway.clear_logs()
    assert gateway.get("/open").text == "ok"
    response = gateway.get("/closed")
    refused(response, 503, "limiter_unavailable")
    assert response.headers["retry-after"] == "5"
    for on_failure in ("open", "closed"):
        line = gateway.wait_for_log(lambda line, wanted=on_failure: line.get("on_failure") == wanted)  # type: ignore[misc]
        assert (line["event"], line["binding"]) == ("limiter_failed", "ABSENT")


def test_a_binding_that_fails_refuses_or_lets_through_as_the_route_says(
    worker: Callable[..., Gateway], origin: ScriptedOrigin, tmp_path_factory: pytest.TempPathFactory
) -> None:
    options = beside_the_sources(tmp_path_factory.mktemp("limits"), "broken_limiter")
    options["config"] |= BINDINGS
    with worker(vars=routes(origin.url), **options) as gateway:
        assert gateway.get("/broken-open").text == "ok"
        refused(gateway.get("/broken-closed"), 503, "limiter_unavailable")
        line = gateway.wait_for_log(lambda line: line.get("event") == "limiter_failed")
        assert line["error"] == "the counters are gone"
        assert gateway.get("/free").text == "ok"
