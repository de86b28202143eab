"""What the orders API offers, for people and programs that ask: `../common/openapi.py` makes a document of it."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from application.common.event_stream import CONTENT_TYPE
from application.common.openapi import (
    IDEMPOTENCY_KEY,
    LAST_EVENT_ID,
    NEXT,
    PAGE,
    Amount,
    Operation,
    Shown,
    absent,
    in_path,
)
from application.orders.app import Counted
from application.orders.placing import NewOrder
from application.orders.states import State


class OrderedItem(Shown):
    """So many of one thing, and what each costs."""

    sku: str
    quantity: int = Field(ge=1)
    unit: Amount


class OrderOwner(Shown):
    issuer: str
    id: str


NOBODY: Final = OrderOwner(issuer="", id="")


class PlacedOrder(Shown):
    """An order as its owner sees it."""

    id: str
    state: State
    items: list[OrderedItem]
    total: Amount
    placed_at: str
    changed_at: str
    parcel: str = Field("", description="Once it is on its way.", json_schema_extra=absent)
    reason: str = Field("", description="Why it went no further.", json_schema_extra=absent)
    owner: OrderOwner = Field(NOBODY, description="In an admin's list.", json_schema_extra=absent)


class Orders(Shown):
    """A page of orders, newest first."""

    orders: list[PlacedOrder]
    next: str | None = NEXT


class Notification(Shown):
    """What somebody was told of an order."""

    id: str
    type: str
    at: str
    order: str
    state: State
    total: Amount
    parcel: str = Field("", json_schema_extra=absent)
    reason: str = Field("", json_schema_extra=absent)


class Notifications(Shown):
    """A page of notifications, newest first."""

    notifications: list[Notification]
    next: str | None = NEXT


class Counting(Shown):
    sku: str
    available: int = Field(ge=0)


class Stock(Shown):
    stock: list[Counting]


ORDER: Final = in_path("id", "As the answer that took the order has it.", "3f2a")
KEY: Final = {**IDEMPOTENCY_KEY, "required": True}

OPERATIONS: Final = (
    Operation(
        "GET", "/orders", "List orders", {200: Orders}, (400, 401), PAGE, told="Everybody's own; for admins, all.",
    ),
    Operation(
        "POST", "/orders", "Place an order", {202: PlacedOrder}, (400, 401, 415, 422, 503), (KEY,), NewOrder,
        headers=("Location",), told="Taken at once, and worked off behind a queue: charged once, however often sent.",
    ),
    Operation("GET", "/orders/{id}", "Read an order", {200: PlacedOrder}, (401, 404), (ORDER,)),
    Operation(
        "DELETE", "/orders/{id}", "Cancel an order", {200: PlacedOrder}, (401, 404, 409, 503), (ORDER,),
        told="While it is pending.",
    ),
    Operation(
        "GET", "/orders/{id}/events", "Follow an order", {200: None, 204: None}, (401, 404), (ORDER, LAST_EVENT_ID),
        answer_media=CONTENT_TYPE, told="Server-sent events that end, and say when to come back; 204 when all is told.",
    ),
    Operation("GET", "/notifications", "List what one was told", {200: Notifications}, (400, 401), PAGE),
    Operation("GET", "/stock", "Read what there is", {200: Stock}, (401, 503)),
    Operation(
        "PUT", "/stock/{sku}", "Say what there is", {200: Counting}, (400, 401, 403, 404, 415, 503),
        (in_path("sku", "As the price list has it.", "team"),), Counted, told="For admins.",
    ),
)  # fmt: skip
