"""Routes, access rules and answers. One call of the handler is one request.

Every request goes through the two steps of `../common/http.py` before its route. Somebody else's order is answered as
one that there is not: an id is no secret, and who has one learns nothing by asking.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError
from pydantic import ConfigDict, Field, StrictInt

from application.common.busyness import Busyness
from application.common.caller import Gatekeeper, Vouched, require_admin, require_identity
from application.common.event_stream import LAST_EVENT_ID, ServerSentEvent, event_stream, no_more
from application.common.http import (
    PRIVATE,
    Handler,
    Resources,
    idempotency_key,
    json_answer,
    json_content,
    no_route,
    observed,
    page_limit,
    path_text,
    vouched,
)
from application.common.problems import Problem
from application.common.telemetry import operation
from application.orders.cursors import BadCursor, cursor, place_of
from application.orders.mailbox import Mailbox
from application.orders.order import Order, Owner, happen, placed, timestamp
from application.orders.placing import Edge, PriceList, fingerprint, new_order, parse_new_order
from application.orders.ports import Busy, Moved
from application.orders.states import FINAL, Event, NotNow, State
from application.orders.store import OrderStore

RESOURCES: Resources = (
    (r"/orders", "GET, HEAD, POST, OPTIONS"),
    (r"/orders/[^/]+", "GET, HEAD, DELETE, OPTIONS"),
    (r"/orders/[^/]+/events", "GET, HEAD, OPTIONS"),
    (r"/notifications", "GET, HEAD, OPTIONS"),
    (r"/stock", "GET, HEAD, OPTIONS"),
    (r"/stock/[^/]+", "PUT, OPTIONS"),
)

TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, section 3.2."""

LARGEST_STOCK = 1_000_000


class Counted(BaseModel):
    """What an admin sends after counting."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    available: StrictInt = Field(ge=0, le=LARGEST_STOCK)


@dataclass(frozen=True)
class Parts:
    """What the routes work with. `prices` gives the price list in a currency, `clock` seconds since 1970."""

    orders: OrderStore
    mailbox: Mailbox
    prices: Callable[[str], PriceList]
    gatekeeper: Gatekeeper
    clock: Callable[[], float] = time.time
    busyness: Busyness = field(default_factory=Busyness)


def create_handler(parts: Parts, logger: Logger, metrics: Metrics) -> Handler:
    """The Lambda handler. Like Lambda itself, it takes one event at a time."""
    app = LambdaFunctionUrlResolver()
    api = OrdersApi(app, parts)
    app.use(middlewares=[observed(logger), vouched(parts.gatekeeper)])
    reads = ["GET", "HEAD"]
    app.route("/orders", method=reads)(api.list_orders)
    app.post("/orders")(operation(metrics, "PlaceOrder")(api.place))
    app.route("/orders/<order_id>", method=reads)(api.read)
    app.route("/orders/<order_id>/events", method=reads)(api.follow)
    app.delete("/orders/<order_id>")(operation(metrics, "CancelOrder")(api.cancel))
    app.route("/notifications", method=reads)(api.list_notifications)
    app.route("/stock", method=reads)(api.read_stock)
    app.put("/stock/<sku>")(operation(metrics, "CountStock")(api.count_stock))
    app.not_found(no_route(app, RESOURCES))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        with parts.busyness.working():
            return app.resolve(event, context)

    return handler


class OrdersApi:
    """The routes. The request at hand is `app.current_event`, who makes it `app.context["vouched"]`."""

    def __init__(self, app: LambdaFunctionUrlResolver, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        self._orders = parts.orders

    def place(self) -> Response[str]:
        owner, request = self._owner(), self._vouched.request
        key = idempotency_key(request)
        if key is None:
            detail = "Send an Idempotency-Key, so that this order is placed once however often it is sent."
            raise Problem(400, "idempotency_key_missing", detail, field="Idempotency-Key")
        new = parse_new_order(json_content(request, "order"))
        prices = self._parts.prices(request.headers.get("x-geo-currency", ""))
        order = new_order(new, owner, key, prices, self._now(), self._edge())
        try:
            self._orders.commit(placed(order))
        except Moved:
            order = self._placed_before(order.id, fingerprint(new))
        except Busy as error:
            raise _busy() from error
        return json_answer(202, order.document(), {**PRIVATE, "Location": f"/orders/{order.id}"})

    def read(self, order_id: str) -> Response[str]:
        return json_answer(200, self._own(order_id).document(), PRIVATE)

    def follow(self, order_id: str) -> Response[str]:
        """The order as it stands, where that is not what the reader has: no state is entered twice, so it is the id."""
        order = self._own(order_id)
        known = self._vouched.request.headers.get(LAST_EVENT_ID) == order.state.value
        if known and order.state in FINAL:
            return no_more()
        events = [] if known else [ServerSentEvent(order.state.value, "order", order.document())]
        return event_stream(events, self._parts.busyness.come_back_after())

    def cancel(self, order_id: str) -> Response[str]:
        """Cancels it while it is pending; what is cancelled already stays so, and that is a success as well."""
        while (order := self._own(order_id)).state is not State.CANCELLED:
            try:
                self._orders.commit(happen(order, Event.CANCELLED, self._now()))
            except NotNow as error:
                detail = f"Only a pending order can be cancelled; this one is {order.state}."
                raise Problem(409, "not_cancellable", detail, state=order.state.value) from error
            except Moved:
                continue
            except Busy as error:
                raise _busy() from error
        return json_answer(200, order.document(), PRIVATE)

    def list_orders(self) -> Response[str]:
        owner, parameters = self._owner(), self._app.current_event.query_string_parameters
        whose = None if self._vouched.caller.is_admin else owner
        after = _place(parameters.get("next"), ("id", "placed_at"))
        page = self._orders.page(whose, page_limit(parameters.get("limit")), after)
        shown = [self._listed(order, whose) for order in page.orders]
        return json_answer(200, {"orders": shown, "next": cursor(page.after)}, PRIVATE)

    def list_notifications(self) -> Response[str]:
        owner, parameters = self._owner(), self._app.current_event.query_string_parameters
        after = _place(parameters.get("next"), ("at",))
        limit = page_limit(parameters.get("limit"))
        found, last = self._parts.mailbox.page(owner, limit, after["at"] if after else None)
        shown = [notification.document() for notification in found]
        return json_answer(200, {"notifications": shown, "next": cursor({"at": last} if last else None)}, PRIVATE)

    def read_stock(self) -> Response[str]:
        require_identity(self._vouched.caller)
        counted = self._orders.stock(list(self._parts.prices("")))
        stock = [{"sku": sku, "available": available} for sku, available in counted.items()]
        return json_answer(200, {"stock": stock}, {"Cache-Control": "no-store"})

    def count_stock(self, sku: str) -> Response[str]:
        require_admin(self._vouched.caller)
        if sku not in self._parts.prices(""):
            raise Problem(404, "unknown_sku", "There is no such thing on the price list.")
        try:
            counted = Counted.model_validate(json_content(self._vouched.request, "count"))
        except ValidationError as error:
            detail = f'Send {{"available": n}} with a whole number from 0 to {LARGEST_STOCK}.'
            raise Problem(400, "invalid_stock", detail, field="available") from error
        self._orders.set_stock(sku, counted.available)
        return json_answer(200, {"sku": sku, "available": counted.available}, PRIVATE)

    @property
    def _vouched(self) -> Vouched:
        admitted: Vouched = self._app.context["vouched"]
        return admitted

    def _owner(self) -> Owner:
        caller = self._vouched.caller
        return Owner(caller.issuer or "", require_identity(caller))

    def _own(self, order_id: str) -> Order:
        """The caller's order; any, for an admin. Raises Problem 404."""
        owner, wanted = self._owner(), path_text(order_id)
        order = self._orders.get(wanted) if wanted else None
        if order is None or not (order.owner == owner or self._vouched.caller.is_admin):
            raise Problem(404, "unknown_order", "There is no such order.")
        return order

    def _placed_before(self, order_id: str, said: str) -> Order:
        """The order that this very request placed before. Raises Problem 422 when it was another request."""
        order = self._orders.get(order_id)
        if order is None or order.fingerprint != said:
            detail = "This Idempotency-Key was used for another order; use a new one."
            raise Problem(422, "idempotency_key_reused", detail, field="Idempotency-Key")
        return order

    def _edge(self) -> Edge:
        """The request at the edge, as its traces and logs know it. Platforms on the way may rewrite a `traceparent`, so
        the gateway does not vouch for it: nothing but logs depends on it."""
        trace = self._app.current_event.headers.get("traceparent") or ""
        return Edge(
            trace if TRACEPARENT.fullmatch(trace) else "", self._vouched.request.headers.get("x-request-id", "")
        )

    def _listed(self, order: Order, whose: Owner | None) -> dict[str, Any]:
        owner = {"issuer": order.owner.issuer, "id": order.owner.id}
        return order.document() | ({} if whose else {"owner": owner})

    def _now(self) -> str:
        return timestamp(self._parts.clock())


def _place(text: str | None, names: tuple[str, ...]) -> dict[str, str] | None:
    try:
        return place_of(text, names)
    except BadCursor as error:
        raise Problem(400, "invalid_next", "next is not a key this list gave out.", field="next") from error


def _busy() -> Problem:
    return Problem(503, "busy", "Nothing was done; try again.", headers={"Retry-After": "1"})
