"""Routes over HTTP, behind the gateway: renewals, event streams, and messages of those who have no WebSocket."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError
from pydantic import ConfigDict, Field, StrictStr

from application.common.busyness import Busyness
from application.common.caller import Gatekeeper, Vouched, require_identity
from application.common.event_stream import LAST_EVENT_ID, event_stream
from application.common.http import (
    PRIVATE,
    Handler,
    Resources,
    json_answer,
    json_content,
    no_route,
    observed,
    path_text,
    vouched,
)
from application.common.problems import Problem
from application.common.telemetry import operation
from application.common.times import time_text
from application.rooms.connection import token_ends, user_of
from application.rooms.connections import Moved
from application.rooms.entering import OwnerOf, may_enter, people_talk
from application.rooms.events import AT_ONCE, events_of, number_of
from application.rooms.log import Busy, Entry
from application.rooms.protocol import LARGEST_HISTORY, LONGEST_MESSAGE
from application.rooms.wiring import Stores

RESOURCES: Resources = (
    (r"/rooms/renewals", "POST, OPTIONS"),
    (r"/rooms/[^/]+/events", "GET, HEAD, OPTIONS"),
    (r"/rooms/[^/]+/messages", "POST, OPTIONS"),
)

NEWEST = 50
"""Messages that a new reader begins with."""

M = TypeVar("M", bound=BaseModel)


class Renewal(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    connection: Annotated[StrictStr, Field(min_length=1, max_length=128)]


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[StrictStr, Field(min_length=1)]


@dataclass(frozen=True)
class Parts:
    """What the routes work with. `clock` is in seconds since 1970."""

    stores: Stores
    owner_of: OwnerOf
    gatekeeper: Gatekeeper
    clock: Callable[[], float] = time.time
    busyness: Busyness = field(default_factory=Busyness)


def create_handler(parts: Parts, logger: Logger, metrics: Metrics) -> Handler:
    """The Lambda handler. Like Lambda itself, it takes one event at a time."""
    app = LambdaFunctionUrlResolver()
    api = RoomsApi(app, parts)
    app.use(middlewares=[observed(logger), vouched(parts.gatekeeper)])
    app.post("/rooms/renewals")(operation(metrics, "RenewConnection")(api.renew))
    app.route("/rooms/<room>/events", method=["GET", "HEAD"])(api.events)
    app.post("/rooms/<room>/messages")(operation(metrics, "SayMessage")(api.say))
    app.not_found(no_route(app, RESOURCES))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        with parts.busyness.working():
            return app.resolve(event, context)

    return handler


class RoomsApi:
    """The routes. The request at hand is `app.current_event`, who makes it `app.context["vouched"]`."""

    def __init__(self, app: LambdaFunctionUrlResolver, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        self._stores = parts.stores

    def renew(self) -> Response[str]:
        """The caller's own connection goes on until the token of this request ends, with its roles."""
        caller, now = self._vouched.caller, self._parts.clock()
        require_identity(caller)
        wanted = self._content(Renewal, "renewal", 'Send {"connection": id} with the id that `pong` names.')
        connection = self._stores.connections.get(wanted.connection)
        if connection is None or connection.caller.key != caller.key:
            raise _unknown_connection()
        expires = token_ends(self._vouched.request.headers, now)
        try:
            self._stores.connections.renew(connection, caller, expires)
        except Moved as error:
            raise _unknown_connection() from error
        for room in sorted(connection.rooms):
            if not may_enter(caller, room, self._parts.owner_of):
                self._stores.members.leave(connection.id, caller, room, now, stays=True)
        return json_answer(200, {"connection": connection.id, "expires": int(expires)}, PRIVATE)

    def events(self, room: str) -> Response[str]:
        entered = self._enter(room)
        after = number_of(self._vouched.request.headers.get(LAST_EVENT_ID))
        more = False
        if after is None:
            entries = self._stores.log.newest(entered, NEWEST)
        else:
            entries, more = self._stores.log.after(entered, after, LARGEST_HISTORY)
        return event_stream(events_of(entries), AT_ONCE if more else self._parts.busyness.come_back_after())

    def say(self, room: str) -> Response[str]:
        entered = self._enter(room)
        if not people_talk(entered):
            raise Problem(403, "read_only", "Nobody talks in this room; it is for listening.")
        detail = f'Send {{"text": …}} with text of at most {LONGEST_MESSAGE} bytes.'
        said = self._content(NewMessage, "message", detail)
        try:
            if len(said.text.encode()) > LONGEST_MESSAGE:
                raise Problem(413, "too_long", detail, field="text")
        except UnicodeEncodeError as error:
            raise Problem(400, "invalid_message", "The text is not Unicode.", field="text") from error
        content = {"user": user_of(self._vouched.caller), "text": said.text}
        entry = Entry(entered, "chat_message", time_text(self._parts.clock()), content)
        try:
            number = self._stores.log.say(entry)
        except Busy as error:
            raise Problem(503, "busy", "Nothing was said; try again.", headers={"Retry-After": "1"}) from error
        return json_answer(201, {"room": entered, "number": number}, PRIVATE)

    @property
    def _vouched(self) -> Vouched:
        admitted: Vouched = self._app.context["vouched"]
        return admitted

    def _enter(self, room: str) -> str:
        """The room's name. Raises Problem 404 for one that the caller may not enter, as for one that there is not."""
        require_identity(self._vouched.caller)
        name = path_text(room)
        if name is None or not may_enter(self._vouched.caller, name, self._parts.owner_of):
            raise Problem(404, "unknown_room", "There is no such room, or you may not enter it.")
        return name

    def _content(self, model: type[M], what: str, detail: str) -> M:
        try:
            return model.model_validate(json_content(self._vouched.request, what))
        except ValidationError as error:
            raise Problem(400, f"invalid_{what}", detail) from error


def _unknown_connection() -> Problem:
    return Problem(404, "unknown_connection", "You have no such connection.")
