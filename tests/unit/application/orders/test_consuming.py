"""Functions behind queues: poison alone goes to the dead letters, and what was done is not done again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devtools.application.function_url import Context
from tests.unit.application.clients import client
from tests.unit.application.orders.deployed import Deployed


def queue_with(shop: Deployed, *bodies: str) -> None:
    for body in bodies:
        client("sqs").send_message(QueueUrl=shop.queues["processor"], MessageBody=body)


def waiting(shop: Deployed) -> dict[str, int]:
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = client("sqs").get_queue_attributes(QueueUrl=shop.queues["processor"], AttributeNames=list(names))
    visible, not_visible = (int(found["Attributes"][name]) for name in names)
    return {"visible": visible, "in flight": not_visible}


@pytest.mark.parametrize(
    "poison",
    ["", "x", "[]", "{}", '{"type": "ProcessOrder"}', '{"type": "Other", "order": {"id": "1"}}', "null",
     '{"type": "ProcessOrder", "order": {"id": "there-is-none"}}', '{"type": "ProcessOrder", "order": {"id": 1}}',
     "[" * 5000],
)  # fmt: skip
def test_poison_stays_alone_and_the_rest_of_its_batch_is_done(shop: Deployed, poison: str) -> None:
    first = shop.order(key="first", starter=1).body["id"]
    shop.relay()
    queue_with(shop, poison or " ")
    second = shop.order(key="second", starter=1).body["id"]
    shop.relay()
    assert shop.deliver("processor") == 3
    assert {shop.state(first), shop.state(second)} == {"paid"}
    assert waiting(shop) == {"visible": 0, "in flight": 1}, "the poison comes again, and nothing else"


def test_a_message_without_enough_time_left_is_not_begun(shop: Deployed) -> None:
    taken = shop.order(starter=1).body["id"]
    shop.relay()
    shop.deliver("processor", Context())  # ten seconds are not enough
    assert (shop.state(taken), waiting(shop)["in flight"]) == ("pending", 1)


def test_a_message_that_failed_comes_again_sooner_than_one_whose_function_died(
    shop: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.orders.working.COMES_AGAIN_AFTER", (0,))
    taken = shop.order(card="pm_card_hangsUp").body["id"]
    monkeypatch.setattr("application.orders.charging.by_http.SENDS", 0)
    shop.relay()
    shop.deliver("processor")
    assert (shop.state(taken), waiting(shop)) == ("reserved", {"visible": 1, "in flight": 0})
    monkeypatch.setattr("application.orders.charging.by_http.SENDS", 2)
    shop.settle()
    assert shop.state(taken) == "fulfilled"
    assert len(shop.provider.charges) == 1


def test_a_message_delivered_twice_does_nothing_the_second_time(shop: Deployed) -> None:
    taken = shop.order().body["id"]
    shop.relay()
    queue_with(shop, json.dumps({"type": "ProcessOrder", "order": {"id": taken}}))
    shop.settle()
    for function, type_ in (("fulfilment", "OrderFulfilled"), ("notifications", "order_confirmed")):
        again = json.dumps({"id": f"{taken}.{type_}", "type": type_, **_told(shop, taken)})
        client("sqs").send_message(QueueUrl=shop.queues[function], MessageBody=again)
    shop.settle()
    assert shop.told() == ["order_fulfilled", "order_confirmed"]
    assert [charge.requests for charge in shop.provider.charges] == [1]


def _told(shop: Deployed, order_id: str) -> dict[str, Any]:
    """The rest of what the notification of the payment said."""
    [confirmed] = [
        entry
        for entry in client("dynamodb").scan(TableName="MAILBOX_TABLE")["Items"]
        if entry["type"]["S"] == "order_confirmed"
    ]
    return {
        "at": confirmed["happened_at"]["S"],
        "owner": {"issuer": confirmed["issuer"]["S"], "id": confirmed["user"]["S"]},
        "order": {"id": order_id, "state": "paid", "total": {"currency": "EUR", "minor": 1100, "decimal": "11.00"}},
    }


def test_a_message_is_logged_with_the_request_at_the_edge_and_why_it_failed(
    shop: Deployed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR", logger="orders-processor")
    client("sqs").send_message(
        QueueUrl=shop.queues["processor"],
        MessageBody="{}",
        MessageAttributes={"traceparent": {"DataType": "String", "StringValue": "00-1"}},
    )
    shop.deliver("processor")
    [record] = [record for record in caplog.records if record.name == "orders-processor"]
    fields = vars(record)
    assert fields["reason"] == "Unreadable: the message cannot be read: type, order"
    assert fields["message_id"]
