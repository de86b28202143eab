"""Sending what was paid for."""

from __future__ import annotations

from collections.abc import Callable

from application.orders.order import Order, happen, timestamp
from application.orders.ports import Moved, Orders
from application.orders.processing import UnknownOrder
from application.orders.states import Event, State


def parcel_of(order_id: str) -> str:
    """The number of the order's parcel: the same one each time, should a crash make us pack it twice."""
    return f"GH{int(order_id, 16) % 10**18:018d}"


def fulfil(order_id: str, orders: Orders, clock: Callable[[], float]) -> Order:
    """Send the parcel; an order that has one already stays as it is.

    The message came after the commit that made the order paid, so an order that is neither paid nor fulfilled is a
    message that nobody wrote. Raises UnknownOrder, NotNow and what the port raises.
    """
    while True:
        order = orders.get(order_id)
        if order is None:
            raise UnknownOrder(order_id)
        if order.state is State.FULFILLED:
            return order
        change = happen(order, Event.PARCEL_SENT, timestamp(clock()), parcel=parcel_of(order.id))
        try:
            orders.commit(change)
        except Moved:
            continue
