"""Placing an order: what may be said, which order it is, and where a list goes on."""

from typing import Any

import pytest
from application.common.problems import Problem
from application.orders.cursors import BadCursor, cursor, place_of
from application.orders.order import Owner
from application.orders.placing import order_id, parse_new_order, price
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.application.orders.price_list import FUNCTION, prices_in

ITEM = {"sku": "team", "quantity": 1}
ORDER = {"items": [ITEM], "payment_method": "pm_card_visa"}


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ([], ["body"]),
        ({}, ["items", "payment_method"]),
        ({**ORDER, "items": []}, ["items"]),
        ({**ORDER, "items": [ITEM] * 2}, ["items"]),
        ({**ORDER, "items": [{**ITEM, "sku": f"s{number}"} for number in range(21)]}, ["items"]),
        ({**ORDER, "items": [{**ITEM, "quantity": 0}]}, ["items.0.quantity"]),
        ({**ORDER, "items": [{**ITEM, "quantity": 100}]}, ["items.0.quantity"]),
        ({**ORDER, "items": [{**ITEM, "quantity": 1.0}]}, ["items.0.quantity"]),
        ({**ORDER, "items": [{**ITEM, "quantity": True}]}, ["items.0.quantity"]),
        ({**ORDER, "items": [{**ITEM, "quantity": "1"}]}, ["items.0.quantity"]),
        ({**ORDER, "items": [{**ITEM, "quantity": -1}]}, ["items.0.quantity"]),
        ({**ORDER, "items": [{"sku": "gold", "quantity": 1}]}, ["items.0.sku"]),
        ({**ORDER, "items": [{**ITEM, "price": 1}]}, ["items.0.price"]),
        ({**ORDER, "total": {"minor": 1}}, ["total"]),
        ({**ORDER, "currency": "JPY"}, ["currency"]),
        ({**ORDER, "payment_method": "4242424242424242"}, ["payment_method"]),
        ({**ORDER, "payment_method": "pm card"}, ["payment_method"]),
        ({**ORDER, "payment_method": ""}, ["payment_method"]),
        ({**ORDER, "payment_method": None}, ["payment_method"]),
    ],
)
def test_what_cannot_be_ordered_is_refused_field_by_field(document: Any, fields: list[str]) -> None:
    with pytest.raises(Problem) as refused:
        price(parse_new_order(document), prices_in("EUR"))
    assert (refused.value.status, refused.value.code) == (400, "invalid_order")
    assert [error["field"] for error in refused.value.members["errors"]] == fields
    assert "4242" not in str(refused.value.members)


def test_an_order_costs_what_the_list_says_in_the_visitors_currency() -> None:
    [line] = price(parse_new_order({**ORDER, "items": [{"sku": "team", "quantity": 3}]}), prices_in("KWD"))
    assert line.total.document() == {"currency": "KWD", "minor": 10500, "decimal": "10.500"}


owners = st.builds(Owner, st.text(max_size=5), st.text(min_size=1, max_size=5))


@given(owners, owners, st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5))
def test_an_orders_id_is_that_of_one_owner_and_one_key(one: Owner, other: Owner, key: str, another: str) -> None:
    same = order_id(one, key) == order_id(other, another)
    assert same == ((one, key) == (other, another))
    assert (one.key == other.key) == (one == other)


@given(st.dictionaries(st.sampled_from(["id", "placed_at"]), st.text("abc/:#|", min_size=1), min_size=2))
def test_a_cursor_leads_back_to_its_place(place: dict[str, str]) -> None:
    assert place_of(cursor(place), ("id", "placed_at")) == place


@pytest.mark.parametrize(
    "next_",
    ["x", "!!!", "e30", "bnVsbA", "W10", "a" * 2000, cursor({"id": "1"}), cursor({"at": "1", "owner": "2"}),
     cursor({"id": "", "placed_at": ""}), "W1tbW1tbW1tbW1tbW1tb" * 50],
)  # fmt: skip
def test_a_cursor_that_no_list_gave_out_is_refused(next_: str) -> None:
    with pytest.raises(BadCursor):
        place_of(next_, ("id", "placed_at"))


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"errorMessage": "Task timed out"}', b"[]", b'{"prices": {"a": 1}}',
    b'{"prices": {"team": {"minor": 1.5, "currency": "EUR"}}}', EndpointConnectionError(endpoint_url="x")])  # fmt: skip
def test_without_the_catalogues_word_nothing_has_a_price(answer: bytes | Exception) -> None:
    FUNCTION.answer = answer
    with pytest.raises(Problem) as refused:
        prices_in("EUR")
    assert (refused.value.status, refused.value.code) == (503, "prices_unavailable")
