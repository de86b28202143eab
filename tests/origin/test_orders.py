"""Orders over real parts: a token, the gateway in workerd, signed requests, functions, tables, queues, a provider."""

from __future__ import annotations

import io
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from devtools.application.local_aws.application import LocalApplication
from devtools.application.local_aws.emulator import REGION
from devtools.runtime import runner
from devtools.runtime.runner import Runner
from devtools.runtime.v8 import QUICK_START
from tests.origin.conftest import KEYS, Gateway
from tests.unit.application.orders.port_cases import new
from tests.unit.application.orders.shelves import Shelves

JWT_SECRET = "orders-tests-token-secret-of-enough-bytes"
FINAL = {"fulfilled", "declined", "out_of_stock", "cancelled"}
PATIENCE = 150.0
"""Seconds until an order is where it belongs, on a busy machine and with a provider that hangs."""


def bearer(subject: str, role: str = "user") -> dict[str, str]:
    token = jwt.encode({"sub": subject, "role": role, "exp": time.time() + 3600}, JWT_SECRET, algorithm="HS256")
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def edge(application: LocalApplication) -> Iterator[runner.Gateway]:
    """The gateway in workerd, in front of the deployed application."""
    route = {
        "origin": application.url, "strip_prefix": "/api", "sign": "sigv4", "aws_region": REGION,
        "aws_service": "lambda", "auth": "required", "cache": False, "timeout_ms": 30_000,
    }  # fmt: skip
    variables = {
        "ROUTES": [{**route, "path": "/api/*"}],
        "JWT_SECRET": JWT_SECRET,
        "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
        "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key,
    }
    with Runner(v8_flags=QUICK_START) as started, started.start(vars=variables, cf={"country": "KW"}) as running:
        yield running


def place(edge: runner.Gateway, who: dict[str, str], key: str, card: str = "pm_card_visa", **items: int) -> Any:
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()]
    body, fields = {"items": wanted, "payment_method": card}, {**who, "idempotency-key": key}
    return until(lambda: edge.post("/api/orders", json=body, headers=fields), not_later)


def not_later(answer: Any) -> bool:
    """Whether it is for good. "Later", on a busy machine, is asked again with the same key, as it says itself."""
    return answer.status_code != 503 or "retry-after" not in answer.headers


def ends(edge: runner.Gateway, who: dict[str, str], location: str) -> Any:
    """The order once nothing more can happen to it; else as it was last."""
    return until(lambda: edge.get(location, headers=who).json(), lambda order: order["state"] in FINAL)


def until(look: Any, wanted: Any) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not wanted(found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def stock(edge: runner.Gateway) -> dict[str, int]:
    listed = edge.get("/api/stock", headers=bearer("anybody")).json()["stock"]
    return {entry["sku"]: entry["available"] for entry in listed}


def told(edge: runner.Gateway, who: dict[str, str]) -> list[str]:
    return [entry["type"] for entry in edge.get("/api/notifications", headers=who).json()["notifications"]]


def charges(application: LocalApplication, order_id: str) -> list[tuple[int, str, str]]:
    return [
        (charge.amount, charge.currency, charge.status)
        for charge in application.payments.charges
        if charge.idempotency_key == order_id
    ]


def test_an_order_goes_from_the_token_to_the_parcel(
    edge: runner.Gateway, application: LocalApplication, log: io.StringIO
) -> None:
    who, before = bearer("flow"), stock(edge)
    taken = place(edge, who, "k", team=2)
    order = taken.json()
    assert (taken.status_code, order["state"]) == (202, "pending")
    assert taken.headers["location"] == f"/api/orders/{order['id']}"
    ended = ends(edge, who, taken.headers["location"])
    assert (ended["state"], ended["total"]) == (
        "fulfilled",
        {"currency": "KWD", "minor": 7000, "decimal": "7.000"},
    )
    assert charges(application, order["id"]) == [(7000, "KWD", "succeeded")]
    assert stock(edge) == {**before, "team": before["team"] - 2}
    assert until(lambda: told(edge, who), lambda types: len(types) == 2) == ["order_fulfilled", "order_confirmed"]
    assert _worked_off(application, log, order["id"])["x-request-id"] == taken.headers["x-request-id"]


def _worked_off(application: LocalApplication, log: io.StringIO, order_id: str) -> Any:
    """The processor's line about the order."""
    application.figures.publish(time.time())
    lines = [json.loads(line) for line in log.getvalue().splitlines() if "worked off" in line and order_id in line]
    return lines[0]


def test_a_declined_card_gives_the_stock_back(edge: runner.Gateway, application: LocalApplication) -> None:
    who, before = bearer("declined"), stock(edge)
    taken = place(edge, who, "k", "pm_card_chargeDeclined", business=3)
    ended = ends(edge, who, taken.headers["location"])
    assert (ended["state"], ended["reason"]) == ("declined", "generic_decline")
    assert stock(edge) == before
    assert until(lambda: told(edge, who), bool) == ["order_declined"]


def test_a_charge_whose_answer_never_came_is_found_and_not_repeated(
    edge: runner.Gateway, application: LocalApplication
) -> None:
    who = bearer("silent")
    taken = place(edge, who, "k", "pm_card_hangsAfter", team=1)
    assert ends(edge, who, taken.headers["location"])["state"] == "fulfilled"
    assert charges(application, taken.json()["id"]) == [(3500, "KWD", "succeeded")]


def test_the_same_request_at_the_same_time_is_one_order(edge: runner.Gateway, application: LocalApplication) -> None:
    who = bearer("double")
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: place(edge, who, "k", team=1), range(4)))
    [order_id] = {answer.json()["id"] for answer in taken}
    assert ends(edge, who, f"/api/orders/{order_id}")["state"] == "fulfilled"
    assert len(charges(application, order_id)) == 1


def test_an_order_is_seen_by_its_owner_and_an_admin_alone(edge: runner.Gateway) -> None:
    location = place(edge, bearer("owner"), "k", starter=1).headers["location"]
    answers = [edge.get(location, headers=who).status_code for who in (bearer("other"), bearer("root", "admin"))]
    assert answers == [404, 200]
    assert edge.get("/api/orders").status_code == 401


def test_of_many_who_want_the_last_ones_as_many_get_them_as_there_are(application: LocalApplication) -> None:
    from application.orders.order import happen, placed
    from application.orders.ports import Busy, OutOfStock
    from application.orders.states import Event

    shelves = Shelves(application.deployment.client("dynamodb"), {"team": 5})
    orders = [new(team=1) for _ in range(16)]
    for order in orders:
        shelves.orders.commit(placed(order))

    def take(order: Any) -> bool:
        while True:
            try:
                shelves.orders.commit(happen(order, Event.STOCK_TAKEN, order.changed_at))
                return True
            except OutOfStock:
                return False
            except Busy:
                continue

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, orders))
    assert (sum(taken), shelves.stock()) == (5, {"team": 0})


# --- many at once (a thousand: tests/unit/application/orders/test_thousand.py) ----------------------------------

ORDERS = 24
FAULTY = ["pm_card_failsBefore", "pm_card_failsAfter", "pm_card_hangsUp", "pm_card_garbage", "pm_card_answersTwice"]
UNIT = {"starter": 0, "team": 1100, "business": 4500}
CALLERS = 8


def test_many_orders_at_once_with_faults_end_as_the_model_says(application: LocalApplication, gateway: Gateway) -> None:
    chance = random.Random(1)
    wanted = []
    for number in range(ORDERS):
        card = chance.choices(["pm_card_visa", "pm_card_chargeDeclined", chance.choice(FAULTY)], weights=[90, 8, 2])[0]
        wanted.append((f"many-{number}", chance.choice(list(UNIT)), chance.randint(1, 3), card))
    before = _stock(gateway)
    with ThreadPoolExecutor(CALLERS) as threads:
        ids = list(threads.map(lambda one: _place(gateway, *one), wanted))
    states = _states(application, ids)

    expected = [
        "declined" if card == "pm_card_chargeDeclined" and UNIT[sku] else "fulfilled" for _, sku, _, card in wanted
    ]
    assert Counter(states) == Counter(expected)
    assert states == expected
    sold: Counter[str] = Counter()
    for (_, sku, quantity, _), state in zip(wanted, states, strict=True):
        sold[sku] += quantity * (state == "fulfilled")
    assert _stock(gateway) == {sku: count - sold[sku] for sku, count in before.items()}
    booked = [charge for charge in application.payments.charges if charge.idempotency_key in set(ids)]
    assert len({charge.idempotency_key for charge in booked}) == len(booked)
    assert sum(charge.amount for charge in booked if charge.status == "succeeded") == sum(
        UNIT[sku] * count for sku, count in sold.items()
    )


def _place(gateway: Gateway, key: str, sku: str, quantity: int, card: str) -> str:
    body = json.dumps({"items": [{"sku": sku, "quantity": quantity}], "payment_method": card}).encode()

    def ask() -> Any:
        return gateway.ask(
            "POST", "/orders", body=body, content_type="application/json", x_user_id="many", x_geo_currency="EUR",
            idempotency_key=key,
        )  # fmt: skip

    answer = until(ask, not_later)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def _stock(gateway: Gateway) -> dict[str, int]:
    answer = gateway.ask("GET", "/stock", x_user_id="many")
    return {entry["sku"]: entry["available"] for entry in answer.json()["stock"]}


def _states(application: LocalApplication, ids: list[str]) -> list[str]:
    """The state of each order, once all are final: waited for as long as they get on."""
    database, table = application.deployment.client("dynamodb"), application.deployment.physical["OrdersTable"]
    seen: dict[str, str] = {}
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        pages = database.get_paginator("scan").paginate(
            TableName=table, ProjectionExpression="id, #state", ExpressionAttributeNames={"#state": "state"}
        )
        found = {row["id"]["S"]: row["state"]["S"] for page in pages for row in page["Items"]}
        if all(found.get(id_) in FINAL for id_ in ids):
            return [found[id_] for id_ in ids]
        if found != seen:
            seen, deadline = found, time.monotonic() + PATIENCE
        time.sleep(0.5)
    return [seen.get(id_, "nowhere") for id_ in ids]
