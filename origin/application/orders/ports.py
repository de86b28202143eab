"""What the orders need from outside, as small protocols. `processing.py` and its neighbours know nothing else.

Each has one implementation for AWS (`store.py`, `outbox.py`, `mailbox.py`, `charging/`) and one in memory, beside the
tests; the same cases hold both to what is said here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from application.common.money import Money
from application.orders.order import Change, Message, Order


class Moved(Exception):
    """The order is not, or no longer, in the state that the change begins in."""


class OutOfStock(Exception):
    """There is not enough of every item; nothing was taken."""


class Busy(Exception):
    """The store could not do it now; it did nothing, and the same may be tried again."""


class Orders(Protocol):
    """Where orders, stock and outgoing messages are kept."""

    def get(self, order_id: str) -> Order | None:
        """The order as the last change left it."""

    def commit(self, change: Change) -> None:
        """Do all of the change or nothing: the order's state, the stock, the messages into the outbox.

        Raises Moved, OutOfStock, Busy, each having done nothing. Whatever else is raised leaves open what was done.
        """


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be charged. `key` is the idempotency key: the order's id."""

    key: str
    amount: Money
    payment_method: str


@dataclass(frozen=True, slots=True)
class Charged:
    """The money was taken. `id` is the provider's for it."""

    id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """It was not taken, and under this key it never will be. `reason` is the provider's word for why."""

    reason: str


Outcome = Charged | Declined


class Unknown(Exception):
    """Whether money was taken cannot be found out now. Ask again, by the same key."""


class Refused(Exception):
    """The provider does not take the request at all: nothing was charged, and repeating it changes nothing."""


class Payments(Protocol):
    """The payment provider. Both raise Unknown and Refused."""

    def charge(self, charge: Charge) -> Outcome:
        """Charge once, however often it is called with the same key."""

    def find(self, charge: Charge) -> Outcome | None:
        """What became of an earlier `charge` with this key; None when the provider knows of none."""


class Wires(Protocol):
    """The queue and the topics."""

    def publish(self, message: Message) -> None:
        """Send it where `message.tell.channel` says. It may arrive more than once."""


class Outbox(Protocol):
    """Messages that were committed and perhaps not sent."""

    def forget(self, message_id: str) -> None:
        """It was sent."""
