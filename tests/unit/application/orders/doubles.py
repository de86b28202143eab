"""The ports of the orders in memory. `test_ports.py` holds them and the ones for AWS to the same cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from application.common.money import Money
from application.orders.order import Change, Line, Message, Order, Owner, timestamp
from application.orders.ports import Charge, Charged, Declined, Moved, Outcome, OutOfStock
from application.orders.states import State

NOW = 1_790_000_000.0
"""Seconds since 1970, on a day in 2026."""

ADA = Owner("https://login.example", "ada")


def an_order(
    id_: str = "0" * 31 + "1", *, items: Mapping[str, int] | None = None, owner: Owner = ADA, at: float = NOW
) -> Order:
    """A new order of `items` (sku: number), at eleven euros each."""
    lines = tuple(Line(sku, number, Money(1100, "EUR")) for sku, number in (items or {"team": 1}).items())
    now = timestamp(at)
    return Order(id_, owner, State.PENDING, lines, "pm_card_visa", now, now, "f" * 64, "00-trace-01", "request-1")


class MemoryOrders:
    """Implements `ports.Orders` and `ports.Outbox`."""

    def __init__(self, stock: Mapping[str, int]) -> None:
        self.orders: dict[str, Order] = {}
        self.stock = dict(stock)
        self.outbox: dict[str, Message] = {}

    def get(self, order_id: str) -> Order | None:
        return self.orders.get(order_id)

    def commit(self, change: Change) -> None:
        before = self.orders.get(change.after.id)
        if (before and before.state) != change.before:
            raise Moved
        left = Counter(self.stock)
        left.update(change.stock)
        if any(count < 0 and left[sku] < 0 for sku, count in change.stock.items()):
            raise OutOfStock
        self.stock = dict(left)
        self.orders[change.after.id] = change.after
        self.outbox |= {message.id: message for message in change.messages}

    def forget(self, message_id: str) -> None:
        self.outbox.pop(message_id, None)


class MemoryPayments:
    """Implements `ports.Payments`: a key charges once. `declines` are the payment methods that are declined."""

    def __init__(self, declines: frozenset[str] = frozenset()) -> None:
        self.declines = declines
        self.outcomes: dict[str, Outcome] = {}
        self.charged: Counter[str] = Counter()

    def charge(self, charge: Charge) -> Outcome:
        if charge.key not in self.outcomes:
            declined = charge.payment_method in self.declines
            self.outcomes[charge.key] = Declined("generic_decline") if declined else Charged(f"ch_{charge.key}")
            self.charged[charge.key] += not declined
        return self.outcomes[charge.key]

    def find(self, charge: Charge) -> Outcome | None:
        return self.outcomes.get(charge.key)
