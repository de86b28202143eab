"""Routes, access rules and answers. One call of the handler is one request; `../common/http.py` has the steps before.

What is read comes from the cache manager, what an admin writes goes to the database itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.metrics import MetricUnit

from application.catalogue.database import Unavailable
from application.catalogue.outbox import Telling
from application.catalogue.products import parse_day, parse_product, parse_rates, parse_sku
from application.catalogue.reading import CachedCatalogue, today
from application.catalogue.showing import ALL, Visitor, caching, entity_tag, shown, shown_page
from application.catalogue.store import BadCursor, CatalogueStore
from application.common.caller import Gatekeeper, Vouched, require_admin
from application.common.entity_tags import has_tag
from application.common.http import (
    Handler,
    Next,
    Resources,
    json_answer,
    json_content,
    no_route,
    now_text,
    observed,
    page_limit,
    path_text,
    vouched,
)
from application.common.problems import Problem
from application.common.telemetry import operation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

RESOURCES: Resources = (
    (r"/products", "GET, HEAD, OPTIONS"),
    (r"/products/[^/]+", "GET, HEAD, PUT, DELETE, OPTIONS"),
    (r"/rates/[^/]+", "PUT, OPTIONS"),
)

NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Parts:
    """What the routes are made of. `read` is what visitors read, `store` what admins write."""

    read: CachedCatalogue
    store: CatalogueStore
    telling: Telling
    gatekeeper: Gatekeeper


def create_handler(parts: Parts, logger: Logger, metrics: Metrics) -> Handler:
    """The Lambda handler of the catalogue."""
    app = LambdaFunctionUrlResolver()
    app.use([observed(logger), vouched(parts.gatekeeper), available()])
    api = CatalogueApi(app, parts, logger, metrics)
    reads = ["GET", "HEAD"]
    app.route("/products", method=reads)(operation(metrics, "ListProducts")(api.list_products))
    app.route("/products/<sku>", method=reads)(operation(metrics, "ReadProduct")(api.read_product))
    app.put("/products/<sku>")(operation(metrics, "PutProduct")(api.put_product))
    app.delete("/products/<sku>")(operation(metrics, "RemoveProduct")(api.remove_product))
    app.put("/rates/<day>")(operation(metrics, "PutRates")(api.put_rates))
    app.not_found(no_route(app, RESOURCES))

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return app.resolve(event, context)

    return handler


def available() -> Callable[[LambdaFunctionUrlResolver, Next], Response[Any]]:
    """A database that fails is a 503: the gateway tries a read again, and may answer with what it has."""

    def step(app: LambdaFunctionUrlResolver, following: Next) -> Response[Any]:
        try:
            return following(app)
        except Unavailable as error:
            detail = "The catalogue cannot be reached; nothing was changed."
            if not error.nothing_done:
                detail = "The database failed in the moment of the change; whether it was made is unknown. Repeat it."
            raise Problem(503, "catalogue_unavailable", detail, headers={"Retry-After": "1"}) from error

    return step


class CatalogueApi:
    """The routes. The request at hand is `app.current_event`, who makes it `app.context["vouched"]`."""

    def __init__(self, app: LambdaFunctionUrlResolver, parts: Parts, logger: Logger, metrics: Metrics) -> None:
        self._app = app
        self._parts = parts
        self._logger = logger
        self._metrics = metrics

    def list_products(self) -> Response[str]:
        parameters = self._app.current_event.query_string_parameters
        try:
            page = self._parts.read.page(page_limit(parameters.get("limit")), parameters.get("next"))
        except BadCursor as error:
            raise Problem(400, "invalid_next", "next is not a key this list gave out.", field="next") from error
        document = shown_page(page, self._visitor, self._parts.read.rates(today()))
        return self._shown(document, caching(document["products"], ALL))

    def read_product(self, sku: str) -> Response[str]:
        product = self._parts.read.product(parse_sku(path_text(sku)))
        if product is None:
            raise Problem(404, "unknown_product", "There is no such product.")
        document = shown(product, self._visitor, self._parts.read.rates(today()))
        answer = self._shown(document, caching([document]))
        answer.headers["Content-Language"] = document["language"]
        return answer

    def put_product(self, sku: str) -> Response[str]:
        require_admin(self._vouched.caller)
        wanted, now = parse_sku(path_text(sku)), now_text()
        new = parse_product(json_content(self._vouched.request, "product"))
        is_new = self._parts.store.put(wanted, new, now)
        self._tell()
        document = {"sku": wanted, **new.model_dump(), "changed_at": now}
        return json_answer(201 if is_new else 200, document, NO_STORE)

    def remove_product(self, sku: str) -> Response[str]:
        """204 also where there was none: whoever repeats it after a lost answer is told the truth."""
        require_admin(self._vouched.caller)
        self._parts.store.remove(parse_sku(path_text(sku)), now_text())
        self._tell()
        return Response(204, headers=dict(NO_STORE))

    def put_rates(self, day: str) -> Response[str]:
        require_admin(self._vouched.caller)
        since, rates = parse_day(path_text(day) or ""), parse_rates(json_content(self._vouched.request, "rates"))
        self._parts.store.put_rates(since, rates, now_text())
        self._tell()
        return json_answer(200, {"day": since, "rates": rates}, NO_STORE)

    def _tell(self) -> None:
        """Of what the write outdated. It is committed, so nothing that fails here makes it fail."""
        told = self._parts.telling.tell(self._not_told)
        self._metrics.add_metric(name="WritesTold", unit=MetricUnit.Count, value=told)

    def _not_told(self, reason: str) -> None:
        self._logger.error("a write stays in the outbox", extra={"reason": reason})
        self._metrics.add_metric(name="WritesLeft", unit=MetricUnit.Count, value=1)

    def _shown(self, document: dict[str, Any], headers: dict[str, str]) -> Response[str]:
        headers["ETag"] = entity_tag(document)
        if has_tag(self._vouched.request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(304, headers=dict(headers))
        return json_answer(200, document, headers)

    @property
    def _vouched(self) -> Vouched:
        admitted: Vouched = self._app.context["vouched"]
        return admitted

    @property
    def _visitor(self) -> Visitor:
        headers = self._vouched.request.headers
        return Visitor(headers.get("x-geo-currency", ""), headers.get("x-geo-language", ""))
