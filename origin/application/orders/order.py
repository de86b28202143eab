"""What an order is, and what an event makes of it. Pure: time and everything else from outside are handed in.

change = happen(order, Event.CHARGED, now, charge="ch_1")
change.after.state            "paid"
change.messages               what has to be told, with ids that are the same however often this is computed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from application.common.caller_keys import caller_key
from application.common.money import Money
from application.orders.states import Event, State, Stock, Tell, follow


@dataclass(frozen=True, slots=True)
class Owner:
    """A caller as the gateway vouches for it: an id means something only together with its issuer ("" for none)."""

    issuer: str
    id: str

    @property
    def key(self) -> str:
        return caller_key(self.issuer, self.id)


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one thing, at the price it had when it was ordered."""

    sku: str
    quantity: int
    unit: Money

    @property
    def total(self) -> Money:
        return self.unit * self.quantity


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is stored. Times are RFC 3339 in UTC with milliseconds.

    `fingerprint` is that of the request that made it, `trace` the W3C traceparent and `request_id` the gateway's id of
    that request: every message about the order carries them. `payment_method` is the provider's token for a card.
    """

    id: str
    owner: Owner
    state: State
    lines: tuple[Line, ...]
    payment_method: str
    placed_at: str
    changed_at: str
    fingerprint: str
    trace: str = ""
    request_id: str = ""
    charge: str | None = None
    parcel: str | None = None
    reason: str | None = None

    @property
    def total(self) -> Money:
        """The sum of its lines, of which there is at least one."""
        total = self.lines[0].total
        for line in self.lines[1:]:
            total += line.total
        return total

    def document(self) -> dict[str, Any]:
        """As its owner sees it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "state": self.state.value,
            "items": [
                {"sku": line.sku, "quantity": line.quantity, "unit": line.unit.document()} for line in self.lines
            ],
            "total": self.total.document(),
            "placed_at": self.placed_at,
            "changed_at": self.changed_at,
        }
        known = {"parcel": self.parcel, "reason": self.reason}
        return shown | {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told. The id is its own for ever: who has seen it has seen it, however often it arrives."""

    id: str
    tell: Tell
    body: Mapping[str, Any]
    at: str
    trace: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one event does, all of it or nothing: `before` is the state it is done in, `stock` adds to each sku."""

    before: State | None
    after: Order
    stock: Mapping[str, int]
    messages: tuple[Message, ...]


def placed(order: Order) -> Change:
    """The change that makes a new order."""
    return _change(None, order, Event.PLACED)


def happen(
    order: Order,
    event: Event,
    now: str,
    *,
    charge: str | None = None,
    parcel: str | None = None,
    reason: str | None = None,
) -> Change:
    """The change that an event makes of an order, with what became known by it. Raises NotNow."""
    told = replace(
        order,
        changed_at=now,
        charge=charge or order.charge,
        parcel=parcel or order.parcel,
        reason=reason or order.reason,
    )
    return _change(order.state, told, event)


def _change(before: State | None, order: Order, event: Event) -> Change:
    state, effects = follow(before, event)
    after = replace(order, state=state)
    stock: Counter[str] = Counter()
    messages = []
    for effect in effects:
        match effect:
            case Tell():
                messages.append(_message(after, effect))
            case Stock():
                sign = -1 if effect is Stock.TAKE else 1
                stock.update({line.sku: sign * line.quantity for line in after.lines})
    return Change(before, after, dict(stock), tuple(messages))


def _message(order: Order, tell: Tell) -> Message:
    message_id = f"{order.id}.{tell.type}"
    body = {
        "id": message_id,
        "type": tell.type,
        "at": order.changed_at,
        "owner": {"issuer": order.owner.issuer, "id": order.owner.id},
        "order": order.document(),
    }
    return Message(message_id, tell, body, order.changed_at, order.trace, order.request_id)


def timestamp(seconds: float) -> str:
    """RFC 3339, UTC, milliseconds: sorts as text. `seconds` since 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(text: str) -> float:
    """What `timestamp` was given, to the millisecond."""
    return datetime.fromisoformat(text).timestamp()
