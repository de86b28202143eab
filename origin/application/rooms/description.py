"""What the rooms offer over HTTP, for people and programs that ask: `../common/openapi.py` makes a document of it."""

from __future__ import annotations

from typing import Final

from application.common.event_stream import CONTENT_TYPE
from application.common.openapi import LAST_EVENT_ID, Operation, Shown, in_path
from application.rooms.app import NewMessage, Renewal


class Renewed(Shown):
    """A connection that goes on, and until when, in seconds since 1970."""

    connection: str
    expires: int


class Said(Shown):
    """A message, by its room's number."""

    room: str
    number: int


ROOM: Final = in_path("room", "`general`, `orders:<id>`, `role:<role>`.", "general")

OPERATIONS: Final = (
    Operation(
        "POST", "/rooms/renewals", "Renew a connection", {200: Renewed}, (400, 401, 404, 415), (), Renewal,
        told="One's own WebSocket goes on until the token of this request ends.",
    ),
    Operation(
        "GET", "/rooms/{room}/events", "Read a room", {200: None}, (401, 404), (ROOM, LAST_EVENT_ID),
        answer_media=CONTENT_TYPE, told="Server-sent events that end, and say when to come back.",
    ),
    Operation(
        "POST", "/rooms/{room}/messages", "Say something", {201: Said}, (400, 401, 403, 404, 413, 415, 503), (ROOM,),
        NewMessage, told="Without a WebSocket.",
    ),
)  # fmt: skip
