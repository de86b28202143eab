"""The stores of orders, held to the same cases: in memory, and in a DynamoDB by moto."""

import pytest

from tests.unit.application.orders.doubles import MemoryOrders
from tests.unit.application.orders.port_cases import *  # noqa: F403  # the cases
from tests.unit.application.orders.port_cases import Store
from tests.unit.application.orders.shelves import STOCK, Shelves


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        orders = MemoryOrders(STOCK)
        return Store(orders, lambda: dict(orders.stock), lambda: dict(orders.outbox), orders.forget)
    shelves: Shelves = request.getfixturevalue("shelves")
    return shelves.store()
