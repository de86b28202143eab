"""A price on its way: an admin through the gateway to the catalogue, from there a purge to the gateway, and the next
reader sees it.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from application.catalogue.database import Database, connect
from application.catalogue.migrations import upgrade
from application.catalogue.samples import put_samples
from application.catalogue.shelf import Process, changes_of
from application.catalogue.store import CatalogueStore
from application.common.purging import HttpGateway

from devtools.application.function_url import FunctionUrlServer
from devtools.runtime.runner import Gateway
from tests.unit.application.catalogue.house import SECRET, House, priced

JWT_SECRET = "catalogue-flow-token-secret-of-enough-bytes"
DAY = 24 * 3600

GERMAN = {"cookie": "gatehouse_locale=currency=EUR&language=de"}
JAPANESE = {"cookie": "gatehouse_locale=currency=JPY&language=ja"}


def token(subject: str, role: str) -> str:
    return jwt.encode({"sub": subject, "role": role, "exp": time.time() + DAY}, JWT_SECRET, algorithm="HS256")


def bearer(role: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token('ada', role)}"}


@pytest.fixture(scope="module")
def server() -> Iterator[FunctionUrlServer]:
    def nobody(event: Any, context: Any) -> Any:
        raise AssertionError("the catalogue is made after the gateway, which it is told of")

    running = FunctionUrlServer(nobody, 0)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway], server: FunctionUrlServer) -> Iterator[Gateway]:
    route = {"path": "/api/products/*", "origin": server.url, "strip_prefix": "/api", "sign": "hmac", "retries": 0}
    routes = [
        {**route, "methods": ["GET"], "auth": "none"},
        {**route, "methods": ["PUT", "DELETE"], "auth": "required", "roles": ["admin"]},
    ]
    variables = {"ROUTES": routes, "JWT_SECRET": JWT_SECRET, "ORIGIN_SECRET": SECRET}
    with worker(vars=variables, cf={"country": "US"}) as running:
        yield running


@pytest.fixture(scope="module")
def catalogue(gateway: Gateway, server: FunctionUrlServer, tmp_path_factory: pytest.TempPathFactory) -> House:
    file: Path = tmp_path_factory.mktemp("catalogue") / "catalogue.db"
    engine = connect(f"sqlite:///{file}")
    upgrade(engine)
    put_samples(CatalogueStore(Database(engine)))
    told = HttpGateway(gateway.url, lambda: token("catalogue", "gatehouse:purge"))
    hosts = (f"127.0.0.1:{server.server_port}",)
    house = House(engine, Process(changed=changes_of(file)), told=told, hosts=hosts)
    server.handler = house.handler
    return house


def verdict(answer: Any) -> str:
    return str(answer.headers["cache-status"])


def test_one_url_is_kept_in_a_variant_a_currency_and_language(gateway: Gateway, catalogue: House) -> None:
    first, other = (gateway.get("/api/products", headers=visitor) for visitor in (GERMAN, JAPANESE))
    assert [first.json()["products"][1][name] for name in ("name", "language")] == ["Team", "de"]
    assert [other.json()["products"][1][name] for name in ("name", "language")] == ["チーム", "ja"]
    for visitor, minor in ((GERMAN, 1100), (JAPANESE, 1800)):
        again = gateway.get("/api/products", headers=visitor)
        assert again.json()["products"][1]["price"]["minor"] == minor
        assert "; hit" in verdict(again)


@pytest.mark.usefixtures("catalogue")
def test_the_next_reader_sees_the_price_that_an_admin_has_set(gateway: Gateway) -> None:
    def read(target: str) -> tuple[int, str]:
        answer = gateway.get(target, headers=GERMAN)
        shown = answer.json()
        product = next(entry for entry in shown.get("products", [shown]) if entry["sku"] == "team")
        return product["price"]["minor"], verdict(answer)

    for price in range(1200, 1210):
        for target in ("/api/products", "/api/products/team", "/api/products?limit=2"):
            read(target)
            assert "; hit" in read(target)[1]
        changed = gateway.request("PUT", "/api/products/team", json=priced(price), headers=bearer("admin"))
        assert changed.status_code == 200
        for target in ("/api/products", "/api/products/team", "/api/products?limit=2"):
            assert read(target)[0] == price


def test_nobody_but_an_admin_reaches_the_catalogue_with_a_change(gateway: Gateway, catalogue: House) -> None:
    before = len(catalogue.statements)
    assert gateway.request("PUT", "/api/products/team", json=priced(1)).status_code == 401
    assert gateway.request("PUT", "/api/products/team", json=priced(1), headers=bearer("user")).status_code == 403
    assert len(catalogue.statements) == before


def test_a_purge_that_fails_is_made_up_for_by_the_sweeper(gateway: Gateway, catalogue: House) -> None:
    gateway.get("/api/products/business", headers=GERMAN)
    assert "; hit" in verdict(gateway.get("/api/products/business", headers=GERMAN))
    with_a_wrong_credential = HttpGateway(gateway.url, lambda: token("catalogue", "user"))
    reasons: list[str] = []
    elsewhere = House(catalogue.engine, catalogue.shelf, told=with_a_wrong_credential)
    assert elsewhere.put("business", priced(4321)).status == 200
    assert elsewhere.telling.tell(reasons.append) == 0
    assert "403" in reasons[0]
    assert gateway.get("/api/products/business", headers=GERMAN).json()["price"]["minor"] == 4500
    assert catalogue.telling.tell(reasons.append) == 1
    assert gateway.get("/api/products/business", headers=GERMAN).json()["price"]["minor"] == 4321
