"""Placing an order: what may be said, what it costs, and which order it is.

Prices are the price list's, in the currency that the gateway vouches for; a client says what and how many, and that is
all it says about money. An order's id is made of who orders and their `Idempotency-Key`, so that the same request sent
twice, even at the same time and even if the first one's answer was lost, is one order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError, parse
from pydantic import AfterValidator, ConfigDict, Field, StrictInt, StrictStr

from application.common.money import Money
from application.common.problems import Problem
from application.common.texts import told
from application.orders.order import Line, Order, Owner
from application.orders.states import State

MOST_ITEMS = 20
"""Different things in an order. Each is a write of one transaction, which DynamoDB takes a hundred of."""
MOST_OF_ONE = 99

PAYMENT_METHOD = re.compile(r"[A-Za-z0-9_]{1,255}")
"""A payment provider's token for a card, such as Stripe's `pm_card_visa`. Never a card's number."""

PriceList = Mapping[str, Money]
"""What can be ordered (sku), and for how much, in one currency."""


def _is_payment_method(value: str) -> str:
    if not PAYMENT_METHOD.fullmatch(value):
        raise ValueError("must be a payment provider's token, such as pm_card_visa")
    if value.isdecimal():
        raise ValueError("must not be a card's number")
    return value


@dataclass(frozen=True, slots=True)
class Edge:
    """The request that an order comes from: its W3C traceparent and the gateway's id for it, or ""."""

    trace: str
    request_id: str


class Item(BaseModel):
    """So many of one thing."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    sku: Annotated[StrictStr, Field(min_length=1, max_length=64)]
    quantity: Annotated[StrictInt, Field(ge=1, le=MOST_OF_ONE)]


class NewOrder(BaseModel):
    """What a client sends to order something. Unknown members are refused: a price would be one."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    items: Annotated[list[Item], Field(min_length=1, max_length=MOST_ITEMS)]
    payment_method: Annotated[StrictStr, AfterValidator(_is_payment_method), told(PAYMENT_METHOD)]


def parse_new_order(document: object) -> NewOrder:
    """A NewOrder out of a JSON document. Raises Problem 400 that names every field at fault."""
    if not isinstance(document, dict):
        raise _invalid([{"field": "body", "message": "must be a JSON object"}])
    try:
        new: NewOrder = parse(event=document, model=NewOrder)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise _invalid([_fault(item["loc"], item["msg"]) for item in details]) from error
    skus = [item.sku for item in new.items]
    if twice := sorted({sku for sku in skus if skus.count(sku) > 1}):
        raise _invalid([{"field": "items", "message": f"each sku once; twice here: {', '.join(twice)}"}])
    return new


def price(new: NewOrder, prices: PriceList) -> tuple[Line, ...]:
    """The order's lines. Raises Problem 400 for what is not on the list."""
    unknown = [number for number, item in enumerate(new.items) if item.sku not in prices]
    if unknown:
        raise _invalid([{"field": f"items.{number}.sku", "message": "is not on the price list"} for number in unknown])
    return tuple(Line(item.sku, item.quantity, prices[item.sku]) for item in new.items)


def order_id(owner: Owner, key: str) -> str:
    """The id of the order that `owner` places with this `Idempotency-Key`: 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps([owner.issuer, owner.id, key]).encode()).hexdigest()[:32]


def fingerprint(new: NewOrder) -> str:
    """Of what was said, to tell a repeated request from another one with the same key."""
    return hashlib.sha256(new.model_dump_json().encode()).hexdigest()


def new_order(new: NewOrder, owner: Owner, key: str, prices: PriceList, now: str, edge: Edge) -> Order:
    """The order that is to be placed."""
    return Order(
        id=order_id(owner, key),
        owner=owner,
        state=State.PENDING,
        lines=price(new, prices),
        payment_method=new.payment_method,
        placed_at=now,
        changed_at=now,
        fingerprint=fingerprint(new),
        trace=edge.trace,
        request_id=edge.request_id,
    )


def _fault(location: tuple[int | str, ...], message: str) -> dict[str, str]:
    return {"field": ".".join(map(str, location)), "message": message.removeprefix("Value error, ")}


def _invalid(faults: list[dict[str, Any]]) -> Problem:
    fields = ", ".join(fault["field"] for fault in faults)
    return Problem(400, "invalid_order", f"The order cannot be placed; mend: {fields}.", errors=faults)
