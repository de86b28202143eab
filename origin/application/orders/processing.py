"""Working an order off: reserve its stock, charge it, and write down what came of that.

    pending   -> take the stock; when there is not enough: out of stock, and nothing is charged
    reserved  -> charge; declined: the stock goes back
    anything else is nothing to do

Each step ends in one change that is committed whole or not at all, in the state it was decided in. So the same order
may be worked off twice, at the same time, or from the middle after a crash: who comes second finds the state moved on,
reads it and goes on from there. The charge is the one thing outside of that, and the provider keeps it single by the
order's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from application.orders.order import Order, happen, seconds_of, timestamp
from application.orders.ports import Charge, Charged, Moved, Orders, OutOfStock, Payments
from application.orders.states import Event, State

ASK_FIRST_AFTER = 60.0
"""Seconds since the stock was taken after which the provider is asked before it is told: providers forget their
idempotency keys some day, and an order that lay among the dead letters for a week must not be charged anew."""


class UnknownOrder(Exception):
    """A message names an order that there is not."""


class Processing:
    """`clock` gives seconds since 1970."""

    def __init__(self, orders: Orders, payments: Payments, clock: Callable[[], float]) -> None:
        self._orders = orders
        self._payments = payments
        self._clock = clock

    def work_off(self, order_id: str) -> Order:
        """Take the order as far as it goes; gives it as it then is.

        Raises UnknownOrder, and what the ports raise: the message is then to be delivered again.
        """
        while True:
            order = self._orders.get(order_id)
            if order is None:
                raise UnknownOrder(order_id)
            step = STEPS.get(order.state)
            if step is None:
                return order
            try:
                step(self, order)
            except Moved:
                continue

    def take_stock(self, order: Order) -> None:
        try:
            self._commit(order, Event.STOCK_TAKEN)
        except OutOfStock:
            self._commit(order, Event.STOCK_SHORT)

    def charge(self, order: Order) -> None:
        if order.total.minor == 0:
            self._commit(order, Event.NOTHING_TO_PAY)
            return
        charge = Charge(order.id, order.total, order.payment_method)
        waited = self._clock() - seconds_of(order.changed_at)
        outcome = self._payments.find(charge) if waited > ASK_FIRST_AFTER else None
        match outcome or self._payments.charge(charge):
            case Charged(id=charge_id):
                self._commit(order, Event.CHARGED, charge=charge_id)
            case declined:
                self._commit(order, Event.CHARGE_DECLINED, reason=declined.reason)

    def _commit(self, order: Order, event: Event, **known: str) -> None:
        self._orders.commit(happen(order, event, timestamp(self._clock()), **known))


STEPS: Final[Mapping[State, Callable[[Processing, Order], Any]]] = {
    State.PENDING: Processing.take_stock,
    State.RESERVED: Processing.charge,
}
