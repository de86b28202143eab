"""The catalogue as it is deployed: a function under its own role, behind a URL that takes signed requests."""

import json

from devtools.application.local_aws.application import LocalApplication
from tests.origin.conftest import Gateway
from tests.unit.application.catalogue.house import priced


def test_the_tables_are_made_and_filled_by_the_deployments_own_function(gateway: Gateway) -> None:
    listed = gateway.ask("GET", "/products", x_geo_currency="JPY", x_geo_language="ja").json()["products"]
    assert [(entry["sku"], entry["price"]["minor"]) for entry in listed] == [
        ("starter", 0), ("team", 1800), ("business", 7200),
    ]  # fmt: skip
    assert listed[1]["name"] == "チーム"


def test_a_write_is_seen_by_the_next_reader_whichever_process_serves_it(gateway: Gateway) -> None:
    for price in range(1000, 1010):
        body = json.dumps(priced(price)).encode()
        assert gateway.as_admin("PUT", "/products/lamp", body=body, content_type="application/json").status_code < 300
        shown = gateway.ask("GET", "/products/lamp", x_geo_currency="EUR").json()
        assert shown["price"]["minor"] == price
    assert gateway.as_admin("DELETE", "/products/lamp").status_code == 204  # the other tests' products all have a price


def test_what_things_cost_is_asked_of_a_function_that_has_no_url(application: LocalApplication) -> None:
    name = application.deployment.physical["CataloguePrices"]
    answer = application.deployment.client("lambda").invoke(FunctionName=name, Payload=b'{"currency": "KWD"}')
    prices = json.loads(answer["Payload"].read())["prices"]
    assert prices["business"] == {"minor": 14500, "currency": "KWD"}


def test_what_could_not_be_told_is_left_to_the_sweeper(application: LocalApplication) -> None:
    name = application.deployment.physical["CatalogueSweeper"]
    answer = application.deployment.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert "told" in json.loads(answer["Payload"].read())
