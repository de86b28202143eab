"""Routes, access rules and answers. One call of the handler is one request.

Every request goes through two steps before its route: `_observed` turns refusals into responses and writes the one log
line, `_vouched` lets in only what came through the gateway. A route then asks `caller.py` for what it needs.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from uuid import uuid4

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from gatehouse_verifier import Refused

from application.common.caller import Caller, Gatekeeper, Secrets, Vouched, caller_key, require_admin, require_identity
from application.common.prices import CACHING, entity_tag, matches, price_list
from application.common.problems import Problem
from application.users.table import AlreadyExists, BadCursor, UsersTable
from application.users.users import User, parse_new_user

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.client import DynamoDBClient

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Next = Callable[[Any], Response[Any]]

# path: methods. `OPTIONS` and 405 are answered from here.
RESOURCES: tuple[tuple[str, str], ...] = (
    (r"/users", "GET, HEAD, POST, OPTIONS"),
    (r"/users/[^/]+", "GET, HEAD, OPTIONS"),
    (r"/prices", "GET, HEAD, OPTIONS"),
)

DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100
REMEMBERED_FOR = 24 * 60 * 60
"""Seconds an `Idempotency-Key` is remembered."""
LONGEST_IDEMPOTENCY_KEY = 255

PRIVATE: Mapping[str, str] = {"Cache-Control": "private, no-cache"}
"""Personal data: no shared cache may store it."""


@dataclass(frozen=True)
class Settings:
    """What the function is told. `gateway_principal` is the IAM user or role the gateway signs with, if it does."""

    users_table: str
    idempotency_table: str
    secrets: Secrets = field(repr=False)
    gateway_principal: str | None = None


def create_handler(settings: Settings, dynamodb: DynamoDBClient, logger: Logger, metrics: Metrics) -> Handler:
    """The Lambda handler. Like Lambda itself, it takes one event at a time."""
    app = LambdaFunctionUrlResolver()
    api = UsersApi(app, settings, dynamodb, metrics)
    app.use(middlewares=[_observed(logger), _vouched(Gatekeeper(settings.secrets, settings.gateway_principal))])
    reads = ["GET", "HEAD"]
    app.route("/users", method=reads)(api.list_users)
    app.post("/users")(api.create_user)
    app.route("/users/<user_id>", method=reads)(api.read_user)
    app.route("/prices", method=reads)(api.read_prices)
    app.not_found(api.no_route)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        api.idempotency.register_lambda_context(context)
        try:
            return app.resolve(event, context)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return handler


class UsersApi:
    """The routes. The request at hand is `app.current_event`, who makes it `app.context["vouched"]`."""

    def __init__(
        self, app: LambdaFunctionUrlResolver, settings: Settings, dynamodb: DynamoDBClient, metrics: Metrics
    ) -> None:
        self._app = app
        self._table = UsersTable(dynamodb, settings.users_table)
        self._metrics = metrics
        self.idempotency = IdempotencyConfig(
            event_key_jmespath="[caller, key]",
            payload_validation_jmespath="user",
            expires_after_seconds=REMEMBERED_FOR,
            hash_function="sha256",
        )
        store = DynamoDBPersistenceLayer(table_name=settings.idempotency_table, boto3_client=dynamodb)
        self._add_once = idempotent_function(
            self._add, data_keyword_argument="attempt", persistence_store=store, config=self.idempotency
        )

    def list_users(self) -> Response[str]:
        require_admin(self._vouched.caller)
        parameters = self._app.current_event.query_string_parameters
        try:
            users, cursor = self._table.page(_limit(parameters.get("limit")), parameters.get("next"))
        except BadCursor as error:
            raise Problem(400, "invalid_next", "next is not a key this list gave out.", field="next") from error
        return _json(200, {"users": [user.model_dump() for user in users], "next": cursor}, PRIVATE)

    def read_user(self, user_id: str) -> Response[str]:
        caller = self._vouched.caller
        require_identity(caller)
        wanted = caller_key(self._issuer(caller), _path_text(user_id))
        if caller.key != wanted and not caller.is_admin:
            raise Problem(403, "forbidden", "A user may read itself only.")
        user = self._table.get(wanted)
        if user is None:
            raise Problem(404, "unknown_user", "There is no such user.")
        return _json(200, user.model_dump(), PRIVATE)

    def create_user(self) -> Response[str]:
        caller = self._vouched.caller
        caller_id = require_admin(caller)
        new = parse_new_user(self._json())
        wanted = {**new.model_dump(), "issuer": new.issuer or caller.issuer}
        attempt = {"caller": caller.key, "by": caller_id, "key": self._idempotency_key(), "user": wanted}
        try:
            add = self._add if attempt["key"] is None else self._add_once
            user = User(**add(attempt=attempt))
        except AlreadyExists as error:
            raise Problem(409, "user_exists", "There is a user with this id already.", field="id") from error
        except IdempotencyAlreadyInProgressError as error:
            detail = "A request with this Idempotency-Key is being worked on."
            raise Problem(409, "in_progress", detail, headers={"Retry-After": "1"}) from error
        except IdempotencyValidationError as error:
            detail = "This Idempotency-Key was used for another user; use a new one."
            raise Problem(422, "idempotency_key_reused", detail) from error
        place = f"/users/{quote(user.id, safe='')}"
        if user.issuer != caller.issuer:
            place += f"?issuer={quote(user.issuer or '', safe='')}"
        return _json(201, user.model_dump(), {**PRIVATE, "Location": place})

    def read_prices(self) -> Response[str]:
        headers = self._vouched.request.headers
        prices = price_list(headers.get("x-geo-currency", ""))
        caching = {**CACHING, "ETag": entity_tag(prices)}
        if matches(headers.get("if-none-match", ""), caching["ETag"]):
            return Response(304, headers=dict(caching))
        return _json(200, {**prices, "as_of": _now()}, caching)

    def no_route(self, _: Exception) -> Response[Any]:
        """`OPTIONS`, 405 or 404: no route takes this method and path."""
        event = self._app.current_event
        methods = next((methods for pattern, methods in RESOURCES if re.fullmatch(pattern, event.path)), None)
        if methods is None:
            raise Problem(404, "not_found", "There is nothing at this path.")
        if event.http_method == "OPTIONS":
            return Response(204, headers={"Allow": methods, "Cache-Control": "no-store"})
        raise Problem(405, "method_not_allowed", f"Allowed here: {methods}.", headers={"Allow": methods})

    @property
    def _vouched(self) -> Vouched:
        vouched: Vouched = self._app.context["vouched"]
        return vouched

    def _issuer(self, caller: Caller) -> str | None:
        """The issuer of the user that is asked for: the query's `issuer`, else the caller's own."""
        parameters = self._app.current_event.query_string_parameters
        return (parameters["issuer"] or None) if "issuer" in parameters else caller.issuer

    def _json(self) -> object:
        """The content of the request that was verified. Raises Problem 400, 415."""
        request = self._vouched.request
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Problem(415, "unsupported_media_type", "Send the user as application/json.")
        try:
            return json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "invalid_json", "The content is not JSON (RFC 8259).") from error

    def _idempotency_key(self) -> str | None:
        key = self._vouched.request.headers.get("idempotency-key")
        if key is not None and not 0 < len(key) <= LONGEST_IDEMPOTENCY_KEY:
            detail = f"Idempotency-Key must have 1 to {LONGEST_IDEMPOTENCY_KEY} characters."
            raise Problem(400, "invalid_idempotency_key", detail, field="Idempotency-Key")
        return key

    def _add(self, *, attempt: dict[str, Any]) -> dict[str, Any]:
        """Store the user of `attempt`; under the same caller and key, the first answer is given again."""
        values = {**attempt["user"], "id": attempt["user"]["id"] or str(uuid4())}
        user = User(**values, created_at=_now(), created_by=attempt["by"])
        self._table.add(user)
        self._metrics.add_metric(name="UsersCreated", unit=MetricUnit.Count, value=1)
        return user.model_dump()


def _observed(logger: Logger) -> Callable[[LambdaFunctionUrlResolver, Next], Response[Any]]:
    """The outermost step: every refusal and failure becomes a response, every request one log line."""

    def observed(app: LambdaFunctionUrlResolver, following: Next) -> Response[Any]:
        try:
            response = following(app)
        except Problem as problem:
            response = problem.response()
        except Exception:
            logger.exception("the request failed")
            response = Problem(500, "internal_error", "The request failed; it is safe to try a read again.").response()
        logger.info("request", extra=_log_fields(app, response.status_code))
        return response

    return observed


def _log_fields(app: LambdaFunctionUrlResolver, status: int) -> dict[str, Any]:
    """What the log says of a request: what the gateway vouched for, and how we know. No query, content or secret."""
    fields = {"method": app.current_event.http_method, "path": app.current_event.path, "status": status}
    vouched: Vouched | None = app.context.get("vouched")
    if vouched is None:
        return {**fields, "verified": False, "refused": app.context.get("refused", "")}
    known = {"x-request-id", "traceparent", "x-user-id", "x-user-issuer", "x-user-role"}
    known |= {"x-geo-country", "x-geo-currency"}
    told = {name: value for name, value in vouched.request.headers.items() if name in known}
    return {**fields, "verified": True, "verified_by": vouched.caller.verified_by, **told}


def _vouched(gatekeeper: Gatekeeper) -> Callable[[LambdaFunctionUrlResolver, Next], Response[Any]]:
    """Lets in what came through the gateway, and nothing else: not even a 404 is told to others."""

    def vouched(app: LambdaFunctionUrlResolver, following: Next) -> Response[Any]:
        try:
            admitted = gatekeeper.admit(app.current_event.raw_event, time.time())
        except Refused as refusal:
            app.context["refused"] = refusal.reason
            raise Problem(401, "not_from_gateway", "Requests are taken from the gateway only.") from refusal
        app.context["vouched"] = admitted
        return following(app)

    return vouched


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= LARGEST_LIMIT):
        detail = f"limit must be a whole number from 1 to {LARGEST_LIMIT}."
        raise Problem(400, "invalid_limit", detail, field="limit")
    return int(text)


def _path_text(segment: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise Problem(404, "unknown_user", "There is no such user.") from error


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response[str]:
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False), dict(headers))


def _now() -> str:
    """RFC 3339, UTC, milliseconds: sorts as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
