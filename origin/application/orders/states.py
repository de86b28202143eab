"""The states of an order: one table from (state, event) to (state, effects).

Everything that decides what an order may become stands in this file, and nothing else does: no time, no storage, no
message's form. Who reads it are `order.py`, which applies it, and docs/origins.md, whose picture is drawn from it.

No state is entered twice: the table has no circle (a test holds that). So the state alone is the version that a
conditional write compares, and every event is told at most once in an order's life.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an order stands. The values are stored and shown."""

    PENDING = "pending"
    RESERVED = "reserved"
    PAID = "paid"
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    OUT_OF_STOCK = "out_of_stock"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What happens to an order."""

    PLACED = "placed"
    CANCELLED = "cancelled"
    STOCK_TAKEN = "stock taken"
    STOCK_SHORT = "stock short"
    CHARGED = "charged"
    NOTHING_TO_PAY = "nothing to pay"
    CHARGE_DECLINED = "charge declined"
    PARCEL_SENT = "parcel sent"


class Stock(StrEnum):
    """What an event does to the stock of every item, in the transaction that changes the state."""

    TAKE = "take stock"
    RETURN = "return stock"


class Channel(StrEnum):
    """Where a message goes: the orders' queue, or one of the two topics."""

    ORDERS = "orders"
    FULFILMENT = "fulfilment"
    NOTIFICATIONS = "notifications"


@dataclass(frozen=True, slots=True)
class Tell:
    """A message of this type is sent; it is written in the transaction that changes the state (the outbox)."""

    channel: Channel
    type: str


Effect = Stock | Tell
Transitions = Mapping[tuple[State | None, Event], tuple[State, tuple[Effect, ...]]]

PROCESS = "ProcessOrder"
FULFIL = "OrderFulfilled"
"""The event's name on the fulfilment topic: it is paid, and the goods are to be sent."""

_process = Tell(Channel.ORDERS, PROCESS)
_fulfil = Tell(Channel.FULFILMENT, FULFIL)


def _notify(type_: str) -> Tell:
    return Tell(Channel.NOTIFICATIONS, type_)


TRANSITIONS: Final[Transitions] = {
    (None, Event.PLACED): (State.PENDING, (_process,)),
    (State.PENDING, Event.CANCELLED): (State.CANCELLED, (_notify("order_cancelled"),)),
    (State.PENDING, Event.STOCK_SHORT): (State.OUT_OF_STOCK, (_notify("order_out_of_stock"),)),
    (State.PENDING, Event.STOCK_TAKEN): (State.RESERVED, (Stock.TAKE,)),
    (State.RESERVED, Event.CHARGE_DECLINED): (State.DECLINED, (Stock.RETURN, _notify("order_declined"))),
    (State.RESERVED, Event.CHARGED): (State.PAID, (_fulfil, _notify("order_confirmed"))),
    (State.RESERVED, Event.NOTHING_TO_PAY): (State.PAID, (_fulfil, _notify("order_confirmed"))),
    (State.PAID, Event.PARCEL_SENT): (State.FULFILLED, (_notify("order_fulfilled"),)),
}

FINAL: Final = frozenset(State) - {before for before, _ in TRANSITIONS}
"""States that nothing leads out of."""


class NotNow(Exception):
    """The event cannot happen to an order in this state."""

    def __init__(self, state: State | None, event: Event) -> None:
        super().__init__(f"{event} cannot happen to an order that is {state or 'not there'}")
        self.state = state
        self.event = event


def follow(state: State | None, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """What becomes of an order, and what has to be done with that. Raises NotNow."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise NotNow(state, event) from None


def table() -> str:
    """The transitions as a table of Markdown, for docs/origins.md."""
    rows = ["| state | event | becomes | in the same transaction |", "| --- | --- | --- | --- |"]
    for (before, event), (after, effects) in TRANSITIONS.items():
        rows.append(f"| {_shown(before)} | {event} | {_shown(after)} | {', '.join(map(_words, effects))} |")
    return "\n".join(rows)


def diagram() -> str:
    """The transitions as a Mermaid state diagram, for docs/origins.md."""
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _arrows())])


def _arrows() -> Iterator[str]:
    for (before, event), (after, _) in TRANSITIONS.items():
        yield f"{before or '[*]'} --> {after}: {event}"
    for state in State:
        if state in FINAL:
            yield f"{state} --> [*]"


def _shown(state: State | None) -> str:
    return f"`{state}`" if state else ""


def _words(effect: Effect) -> str:
    return f"`{effect.type}` to {effect.channel}" if isinstance(effect, Tell) else str(effect)
