"""What the application says it offers is what it offers: a table a room, and the document that is made of them."""

import json
import re

import pytest
from application.catalogue import app as catalogue_app
from application.catalogue import description as catalogue
from application.common.http import Resources
from application.common.openapi import Operation
from application.graph import app as graph_app
from application.graph import description as graph
from application.orders import app as orders_app
from application.orders import description as orders
from application.rooms import app as rooms_app
from application.rooms import description as rooms
from application.users import app as users_app
from application.users import description as users

from devtools.failure import Failure
from devtools.generating import openapi
from tests.unit.endpoints import openapi_validation

ROOMS = [
    (users_app.RESOURCES, users.OPERATIONS),
    (orders_app.RESOURCES, orders.OPERATIONS),
    (catalogue_app.RESOURCES, catalogue.OPERATIONS),
    (graph_app.RESOURCES, graph.OPERATIONS),
    (rooms_app.RESOURCES, rooms.OPERATIONS),
]


@pytest.mark.parametrize(("resources", "operations"), ROOMS, ids=["users", "orders", "catalogue", "graph", "rooms"])
def test_every_operation_is_described_and_no_other(resources: Resources, operations: tuple[Operation, ...]) -> None:
    offered = {
        (re.sub(r"\[\^/\]\+", "{}", path), method)
        for path, methods in resources
        for method in methods.split(", ")
        if method not in ("HEAD", "OPTIONS")
    }
    assert {(re.sub(r"\{\w+\}", "{}", one.path), one.method) for one in operations} == offered


def test_the_document_is_valid_and_has_nothing_that_is_not_used() -> None:
    document = openapi.document()
    openapi_validation.validate(document)
    text = json.dumps(document)
    assert all(f'"#/components/schemas/{name}"' in text for name in document["components"]["schemas"])


def test_the_document_that_is_served_is_what_the_tables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert openapi.main(["--check"]) == 0
    monkeypatch.setattr(openapi, "TITLE", "Another")
    with pytest.raises(Failure, match="python -m devtools openapi"):
        openapi.main(["--check"])
