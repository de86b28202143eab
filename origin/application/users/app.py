"""Routes, access rules and answers. One call of the handler is one request.

Every request goes through the two steps of `../common/http.py` before its route. A route then asks `caller.py` for what
it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)

from application.common.caller import Caller, Gatekeeper, Secrets, Vouched, caller_key, require_admin, require_identity
from application.common.entity_tags import has_tag, require_match, strong_tag
from application.common.http import (
    PRIVATE,
    Handler,
    Resources,
    idempotency_key,
    json_answer,
    json_content,
    no_route,
    now_text,
    observed,
    page_limit,
    path_text,
    vouched,
)
from application.common.nonces import UsedNonces
from application.common.posts_table import PostsTable, StillLeaving
from application.common.prices import CACHING, entity_tag, price_list
from application.common.problems import Problem
from application.common.telemetry import operation
from application.common.users import User, parse_changes, parse_new_user
from application.common.users_table import AlreadyExists, ChangedMeanwhile, Kept, UsersTable
from application.users.cursors import BadCursor, cursor_of, place_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.client import DynamoDBClient

RESOURCES: Resources = (
    (r"/users", "GET, HEAD, POST, OPTIONS"),
    (r"/users/[^/]+", "GET, HEAD, PATCH, DELETE, OPTIONS"),
    (r"/prices", "GET, HEAD, OPTIONS"),
)

MERGE_PATCH = "application/merge-patch+json"
"""RFC 7396, section 4."""

REMEMBERED_FOR = 24 * 60 * 60
"""Seconds an `Idempotency-Key` is remembered."""


@dataclass(frozen=True)
class Settings:
    """What the function is told.

    `gateway_principal` is the IAM user or role the gateway signs with, if it does; `hosts` are the names under which
    the gateway reaches the function, where AWS does not say that itself.
    """

    users_table: str
    posts_table: str
    idempotency_table: str
    secrets: Secrets = field(repr=False)
    gateway_principal: str | None = None
    hosts: Sequence[str] = ()


def create_handler(settings: Settings, dynamodb: DynamoDBClient, logger: Logger, metrics: Metrics) -> Handler:
    """The Lambda handler. Like Lambda itself, it takes one event at a time."""
    app = LambdaFunctionUrlResolver()
    api = UsersApi(app, settings, dynamodb)
    nonces = UsedNonces(dynamodb, settings.idempotency_table)
    gatekeeper = Gatekeeper(settings.secrets, settings.gateway_principal, settings.hosts, nonces)
    app.use(middlewares=[observed(logger), vouched(gatekeeper)])
    reads = ["GET", "HEAD"]
    app.route("/users", method=reads)(operation(metrics, "ListUsers")(api.list_users))
    app.post("/users")(operation(metrics, "CreateUser")(api.create_user))
    app.route("/users/<user_id>", method=reads)(operation(metrics, "ReadUser")(api.read_user))
    app.patch("/users/<user_id>")(operation(metrics, "ChangeUser")(api.change_user))
    app.delete("/users/<user_id>")(operation(metrics, "DeleteUser")(api.delete_user))
    app.route("/prices", method=reads)(operation(metrics, "ReadPrices")(api.read_prices))
    app.not_found(no_route(app, RESOURCES))

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        api.idempotency.register_lambda_context(context)
        return app.resolve(event, context)

    return handler


class UsersApi:
    """The routes. The request at hand is `app.current_event`, who makes it `app.context["vouched"]`."""

    def __init__(self, app: LambdaFunctionUrlResolver, settings: Settings, dynamodb: DynamoDBClient) -> None:
        self._app = app
        self._table = UsersTable(dynamodb, settings.users_table)
        self._posts = PostsTable(dynamodb, settings.posts_table, settings.users_table)
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
            users, place = self._table.page(page_limit(parameters.get("limit")), place_of(parameters.get("next")))
        except BadCursor as error:
            raise Problem(400, "invalid_next", "next is not a key this list gave out.", field="next") from error
        return json_answer(200, {"users": [user.model_dump() for user in users], "next": cursor_of(place)}, PRIVATE)

    def read_user(self, user_id: str) -> Response[str]:
        kept = self._existing(self._key_of(user_id, "read"))
        tag = _tag(kept)
        if has_tag(self._vouched.request.headers.get("if-none-match", ""), tag):
            return Response(304, headers={**PRIVATE, "ETag": tag})
        return _shown(kept)

    def change_user(self, user_id: str) -> Response[str]:
        kept = self._existing(self._key_of(user_id, "change"))
        changes = parse_changes(json_content(self._vouched.request, "changes", MERGE_PATCH)).said
        if "role" in changes and not self._vouched.caller.is_admin:
            raise Problem(403, "forbidden", "Only an admin may change a role.", field="role")
        self._require_match(kept)
        try:
            return _shown(self._table.change(kept, changes) if changes else kept)
        except ChangedMeanwhile as error:
            raise _changed_meanwhile() from error

    def delete_user(self, user_id: str) -> Response[str]:
        """Deletes the user with all posts. Asked again, it finishes a deletion that was interrupted."""
        key = self._key_of(user_id, "delete")
        try:
            if self._table.is_leaving(key):
                self._posts.finish_leaving(key)
            else:
                kept = self._existing(key)
                self._require_match(kept)
                self._posts.leave(kept)
        except ChangedMeanwhile as error:
            raise _changed_meanwhile() from error
        except StillLeaving as error:
            detail = "Posts are still being deleted; ask again to finish."
            raise Problem(503, "still_leaving", detail, headers={"Retry-After": "1"}) from error
        return Response(204, headers=dict(PRIVATE))

    def create_user(self) -> Response[str]:
        caller = self._vouched.caller
        caller_id = require_admin(caller)
        new = parse_new_user(json_content(self._vouched.request, "user"))
        wanted = {**new.model_dump(), "issuer": new.issuer or caller.issuer}
        attempt = {"caller": caller.key, "by": caller_id, "key": idempotency_key(self._vouched.request), "user": wanted}
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
        return json_answer(201, user.model_dump(), {**PRIVATE, "Location": place, "ETag": _tag(Kept(user, 0))})

    def read_prices(self) -> Response[str]:
        headers = self._vouched.request.headers
        prices = price_list(headers.get("x-geo-currency", ""))
        caching = {**CACHING, "ETag": entity_tag(prices)}
        if has_tag(headers.get("if-none-match", ""), caching["ETag"]):
            return Response(304, headers=dict(caching))
        return json_answer(200, {**prices, "as_of": now_text()}, caching)

    @property
    def _vouched(self) -> Vouched:
        vouched: Vouched = self._app.context["vouched"]
        return vouched

    def _issuer(self, caller: Caller) -> str | None:
        """The issuer of the user that is asked for: the query's `issuer`, else the caller's own."""
        parameters = self._app.current_event.query_string_parameters
        return (parameters["issuer"] or None) if "issuer" in parameters else caller.issuer

    def _key_of(self, user_id: str, verb: str) -> str:
        """The key of the user in the path, who is the caller, or anybody for an admin. Raises Problem 401, 403, 404."""
        caller = self._vouched.caller
        require_identity(caller)
        wanted_id = path_text(user_id)
        if wanted_id is None:
            raise Problem(404, "unknown_user", "There is no such user.")
        wanted = caller_key(self._issuer(caller), wanted_id)
        if caller.key != wanted and not caller.is_admin:
            raise Problem(403, "forbidden", f"A user may {verb} itself only.")
        return wanted

    def _existing(self, key: str) -> Kept:
        kept = self._table.get(key)
        if kept is None:
            raise Problem(404, "unknown_user", "There is no such user.")
        return kept

    def _require_match(self, kept: Kept) -> None:
        require_match(self._vouched.request.headers.get("if-match"), _tag(kept))

    def _add(self, *, attempt: dict[str, Any]) -> dict[str, Any]:
        """Store the user of `attempt`; under the same caller and key, the first answer is given again."""
        values = {**attempt["user"], "id": attempt["user"]["id"] or str(uuid4())}
        user = User(**values, created_at=now_text(), created_by=attempt["by"])
        self._table.add(user)
        return user.model_dump()


def _tag(kept: Kept) -> str:
    return strong_tag(kept.user.model_dump(), kept.version)


def _shown(kept: Kept) -> Response[str]:
    return json_answer(200, kept.user.model_dump(), {**PRIVATE, "ETag": _tag(kept)})


def _changed_meanwhile() -> Problem:
    return Problem(412, "changed_meanwhile", "It was changed since you read it; read it again.", field="If-Match")
