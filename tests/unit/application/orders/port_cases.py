"""What every store of orders does: cases for the one in memory, for DynamoDB by moto, and for the local AWS.

A module that runs them imports them all and has a fixture `store`, which gives a `Store` with ten of team and two of
business in stock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest
from application.orders.order import Change, Message, Order, happen, placed
from application.orders.ports import Moved, Orders, OutOfStock
from application.orders.states import Event, State

from tests.unit.application.orders.doubles import an_order

LATER = "2026-09-21T14:13:30.000Z"


@dataclass(frozen=True)
class Store:
    """A store and a look into what it keeps."""

    orders: Orders
    stock: Callable[[], Mapping[str, int]]
    outbox: Callable[[], Mapping[str, Message]]
    forget: Callable[[str], None]


def new(**quantities: int) -> Order:
    return an_order(uuid4().hex, items=quantities)


def kept(store: Store, order: Order) -> Order:
    found = store.orders.get(order.id)
    assert found is not None
    return found


def reserved(store: Store, order: Order) -> Order:
    store.orders.commit(placed(order))
    store.orders.commit(happen(order, Event.STOCK_TAKEN, LATER))
    return kept(store, order)


def changes(order: Order) -> Iterator[Change]:
    """The change of every event that may happen to a pending order."""
    for event in (Event.CANCELLED, Event.STOCK_TAKEN, Event.STOCK_SHORT):
        yield happen(order, event, LATER)


def test_an_order_is_read_as_it_was_placed_with_its_message_beside_it(store: Store) -> None:
    order = new(team=2, business=1)
    assert store.orders.get(order.id) is None
    store.orders.commit(placed(order))
    assert kept(store, order) == order
    [message] = placed(order).messages
    assert store.outbox()[message.id] == message


def test_an_order_is_placed_once(store: Store) -> None:
    order = new()
    store.orders.commit(placed(order))
    with pytest.raises(Moved):
        store.orders.commit(placed(replace(order, payment_method="pm_other")))
    assert kept(store, order) == order


def test_stock_is_taken_with_the_state(store: Store) -> None:
    before, order = store.stock(), new(team=3, business=1)
    assert reserved(store, order).state is State.RESERVED
    assert store.stock() == {**before, "team": before["team"] - 3, "business": before["business"] - 1}


def test_without_enough_of_one_thing_nothing_of_any_is_taken(store: Store) -> None:
    before, order = store.stock(), new(team=1, business=3)
    store.orders.commit(placed(order))
    with pytest.raises(OutOfStock):
        store.orders.commit(happen(order, Event.STOCK_TAKEN, LATER))
    assert (kept(store, order).state, store.stock()) == (State.PENDING, before)


def test_the_very_last_one_can_be_taken(store: Store) -> None:
    order = new(business=store.stock()["business"])
    assert reserved(store, order).state is State.RESERVED
    assert store.stock()["business"] == 0


def test_what_was_never_in_stock_is_out_of_stock(store: Store) -> None:
    order = new(gold=1)
    store.orders.commit(placed(order))
    with pytest.raises(OutOfStock):
        store.orders.commit(happen(order, Event.STOCK_TAKEN, LATER))


def test_a_change_is_done_in_the_state_it_was_decided_in_and_in_no_other(store: Store) -> None:
    order = new(team=1)
    reserved(store, order)
    before, told = store.stock(), store.outbox()
    for change in changes(order):
        with pytest.raises(Moved):
            store.orders.commit(change)
    assert (kept(store, order).state, store.stock(), store.outbox()) == (State.RESERVED, before, told)


def test_an_order_that_moved_is_said_to_have_moved_even_without_stock(store: Store) -> None:
    order = new(business=2)
    reserved(store, order)
    with pytest.raises(Moved):
        store.orders.commit(happen(order, Event.STOCK_TAKEN, LATER))


def test_a_declined_order_gives_its_stock_back_and_says_why(store: Store) -> None:
    before, order = store.stock(), new(team=2)
    change = happen(reserved(store, order), Event.CHARGE_DECLINED, LATER, reason="lost_card")
    store.orders.commit(change)
    assert (kept(store, order), store.stock()) == (change.after, before)
    assert f"{order.id}.order_declined" in store.outbox()


def test_a_paid_order_tells_both_topics_and_is_fulfilled_with_its_parcel(store: Store) -> None:
    paid = happen(reserved(store, new(team=1)), Event.CHARGED, LATER, charge="ch_1")
    store.orders.commit(paid)
    assert {f"{paid.after.id}.{name}" for name in ("OrderFulfilled", "order_confirmed")} <= set(store.outbox())
    sent = happen(kept(store, paid.after), Event.PARCEL_SENT, LATER, parcel="GH1")
    store.orders.commit(sent)
    assert kept(store, paid.after) == sent.after
    assert (sent.after.charge, sent.after.parcel) == ("ch_1", "GH1")


def test_a_message_that_was_sent_is_forgotten_and_forgetting_it_again_is_nothing(store: Store) -> None:
    order = new()
    store.orders.commit(placed(order))
    [message] = placed(order).messages
    for _ in range(2):
        store.forget(message.id)
        assert message.id not in store.outbox()
