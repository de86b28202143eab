"""From an order to its parcel: every function as it is deployed, with moto's AWS between them."""

import pytest
from application.common.prices import AMOUNTS

from tests.unit.application.clients import client
from tests.unit.application.orders.deployed import ADA, ADMIN, GRACE, ISSUER, Deployed

STATES = {"pm_card_visa": "fulfilled", "pm_card_chargeDeclined": "declined"}


def test_an_order_is_taken_at_once_and_fulfilled_behind_the_queue(shop: Deployed) -> None:
    taken = shop.order(team=2, business=1)
    assert (taken.status, taken.body["state"]) == (202, "pending")
    assert taken.headers["location"] == f"/orders/{taken.body['id']}"
    assert taken.body["total"] == {"currency": "EUR", "minor": 6700, "decimal": "67.00"}
    shop.settle()
    read = shop.request("GET", taken.headers["location"], ADA)
    assert read.body["state"] == "fulfilled"
    assert read.body["parcel"].startswith("GH")
    assert shop.told() == ["order_fulfilled", "order_confirmed"]
    assert shop.stock() == {"starter": 100, "team": 8, "business": 1}
    [charge] = [entry for entry in shop.provider.charges if entry.idempotency_key == taken.body["id"]]
    assert (charge.amount, charge.currency, charge.requests) == (6700, "EUR", 1)


def test_a_declined_card_gives_the_stock_back_and_says_why(shop: Deployed) -> None:
    taken = shop.order(card="pm_card_chargeDeclinedInsufficientFunds", team=3)
    shop.settle()
    read = shop.request("GET", taken.headers["location"], ADA).body
    assert (read["state"], read["reason"]) == ("declined", "insufficient_funds")
    assert shop.told() == ["order_declined"]
    assert shop.stock()["team"] == 10


def test_without_stock_nothing_is_charged(shop: Deployed) -> None:
    taken = shop.order(business=3, team=1)
    shop.settle()
    assert shop.state(taken.body["id"]) == "out_of_stock"
    assert shop.told() == ["order_out_of_stock"]
    assert shop.stock() == {"starter": 100, "team": 10, "business": 2}
    assert taken.body["id"] not in {charge.idempotency_key for charge in shop.provider.charges}


def test_what_costs_nothing_is_fulfilled_without_a_charge(shop: Deployed) -> None:
    taken = shop.order(starter=1)
    shop.settle()
    assert shop.state(taken.body["id"]) == "fulfilled"
    assert taken.body["id"] not in {charge.idempotency_key for charge in shop.provider.charges}


@pytest.mark.parametrize(
    ("currency", "charged"), [("JPY", (1800, "JPY")), ("KWD", (3500, "KWD")), ("EUR", (1100, "EUR"))]
)
def test_money_is_charged_in_the_visitors_currency_and_its_own_minor_unit(
    shop: Deployed, currency: str, charged: tuple[int, str]
) -> None:
    taken = shop.order(headers={**ADA, "x-geo-currency": currency}, key=currency)
    shop.settle()
    [charge] = [entry for entry in shop.provider.charges if entry.idempotency_key == taken.body["id"]]
    assert (charge.amount, charge.currency) == charged
    assert taken.body["items"][0]["unit"]["decimal"] == AMOUNTS[currency][1]


def test_a_cancelled_order_is_not_charged_and_takes_no_stock(shop: Deployed) -> None:
    taken = shop.order()
    for _ in range(2):
        cancelled = shop.request("DELETE", taken.headers["location"], ADA)
        assert (cancelled.status, cancelled.body["state"]) == (200, "cancelled")
    shop.settle()
    assert shop.state(taken.body["id"]) == "cancelled"
    assert shop.told() == ["order_cancelled"]
    assert shop.stock()["team"] == 10


def test_what_is_being_worked_on_cannot_be_cancelled(shop: Deployed) -> None:
    taken = shop.order()
    shop.settle()
    refused = shop.request("DELETE", taken.headers["location"], ADA)
    assert (refused.status, refused.body["code"], refused.body["state"]) == (409, "not_cancellable", "fulfilled")


def test_messages_carry_the_trace_of_the_request_at_the_edge(shop: Deployed) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    shop.order(headers={**ADA, "traceparent": trace, "x-request-id": "r-1"})
    seen = []
    for queue in ("processor", "fulfilment", "notifications"):
        shop.relay()
        found = client("sqs").receive_message(
            QueueUrl=shop.queues[queue], MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        [attributes] = [message["MessageAttributes"] for message in found["Messages"]]
        seen.append({name: value["StringValue"] for name, value in attributes.items()})
        shop.deliver(queue)
    assert [told.pop("eventType") for told in seen] == ["ProcessOrder", "OrderFulfilled", "order_confirmed"]
    assert seen == [{"traceparent": trace, "requestId": "r-1"}] * 3


def test_what_the_relay_could_not_send_the_sweeper_sends(shop: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = shop.order()
    rows = client("dynamodb").scan(TableName="OUTBOX_TABLE")["Items"]
    assert len(rows) == 1, "nobody relayed it"
    assert shop.functions["sweeper"]({}, None) == {"sent": 0}, "what is fresh is the relay's"
    monkeypatch.setattr("application.orders.outbox.LEFT_AFTER", -1.0)
    assert shop.functions["sweeper"]({}, None) == {"sent": 1}
    shop.deliver("processor")
    assert shop.state(taken.body["id"]) == "paid"


def test_two_issuers_adas_are_two_people(shop: Deployed) -> None:
    other = {**ADA, "x-user-issuer": "https://elsewhere.example"}
    own, others = shop.order(), shop.order(headers=other)
    assert own.body["id"] != others.body["id"]
    assert shop.request("GET", own.headers["location"], other).status == 404
    listed = shop.request("GET", "/orders", ADMIN).body["orders"]
    assert {(entry["owner"]["issuer"], entry["owner"]["id"]) for entry in listed} == {
        (ISSUER, "ada"),
        ("https://elsewhere.example", "ada"),
    }
    assert shop.told(GRACE) == []
