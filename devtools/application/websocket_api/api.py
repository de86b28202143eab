"""The WebSocket API: handshakes are let in by their signature and the function, connections are spoken to by whom IAM
lets.

    POST, DELETE, GET /<stage>/@connections/<id>
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import unquote

from devtools.application.function_url import HttpRequest, HttpResponse, message
from devtools.application.websocket_api import events
from devtools.application.websocket_api.events import Opened
from devtools.application.websocket_api.socket import Limits, WebSocket

MANAGEMENT = "@connections"
REFUSED = {401: "Unauthorized", 403: "Forbidden"}

Call = Callable[[dict[str, Any]], Any]
"""Calls the function with an event. Raises CallFailed."""


class CallFailed(Exception):
    """The function did not answer."""


class Refused(Exception):
    """API Gateway answers 403 with this message before it does anything."""


@dataclass(frozen=True)
class Doors:
    """Who is let in. Both raise Refused. `signer` gives IAM's facts of who signed a handshake."""

    signer: Callable[[HttpRequest], dict[str, Any]]
    may_manage: Callable[[HttpRequest], None]


class WebSocketApi:
    """One stage of an API. `call` is its function."""

    def __init__(self, stage: str, doors: Doors, call: Call, limits: Limits | None = None) -> None:
        self._stage = stage
        self._doors = doors
        self._call = call
        self.limits = limits or Limits()
        self._open: dict[str, tuple[Opened, WebSocket]] = {}
        self._guard = threading.Lock()
        self._over = False

    def stop(self) -> None:
        """No function is called from now on; the sockets end with the server."""
        self._over = True

    def serve(
        self, request: HttpRequest, connection: socket.socket, stream: BinaryIO, refuse: Callable[[HttpResponse], None]
    ) -> None:
        """A handshake, and all that comes after it."""
        try:
            opened = Opened(request, self._doors.signer(request))
        except Refused as refusal:
            refuse(message(403, str(refusal)))
            return
        websocket = WebSocket(request, connection, stream, self.limits)
        if request.path.rstrip("/") != f"/{self._stage}" or not websocket.can_open:
            refuse(message(403, "Forbidden"))
            return
        if status := self._refusal(opened):
            refuse(_json(status, events.failed(opened, REFUSED.get(status, "Internal server error"))))
            return
        with self._guard:
            self._open[opened.id] = opened, websocket
        try:
            websocket.open()
            self._talk(opened, websocket)
        finally:
            with self._guard:
                del self._open[opened.id]
            self._goodbye(opened, websocket)

    def manage(self, request: HttpRequest) -> HttpResponse:
        """`@connections`."""
        try:
            self._doors.may_manage(request)
        except Refused as refusal:
            return message(403, str(refusal))
        _, _, marker, name = request.path.split("/", 3)
        found = self._open.get(unquote(name)) if marker == MANAGEMENT else None
        if marker != MANAGEMENT:
            return message(403, "Forbidden")
        if found is None:
            return _error(410, "GoneException")
        return self._managed(request, *found)

    def _managed(self, request: HttpRequest, opened: Opened, websocket: WebSocket) -> HttpResponse:
        match request.method:
            case "POST" if len(request.body) > self.limits.message:
                return _error(413, "PayloadTooLargeException")
            case "POST":
                try:
                    websocket.send(request.body)
                except ConnectionError:
                    return _error(410, "GoneException")
                return HttpResponse(200)
            case "DELETE":
                websocket.close()
                return HttpResponse(204)
            case "GET":
                times = {"connectedAt": opened.at, "lastActiveAt": websocket.active}
                identity = {
                    "sourceIp": opened.request.client,
                    "userAgent": opened.request.headers.get("user-agent", ""),
                }
                shown = {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in times.items()}
                return _json(200, {**shown, "identity": identity})
        return message(403, "Forbidden")

    def _refusal(self, opened: Opened) -> int | None:
        """The status that the function refuses the handshake with."""
        try:
            status = int(self._call(events.connect(opened))["statusCode"])
        except (CallFailed, TypeError, KeyError, ValueError):
            return 502
        return None if 200 <= status < 300 else status

    def _talk(self, opened: Opened, websocket: WebSocket) -> None:
        """Each message to the function, until the connection ends. What it answers goes nowhere: no route has a
        response of its own."""
        for content in websocket.messages():
            try:
                self._call(events.message(opened, content))
            except CallFailed:
                try:
                    websocket.send(json.dumps(events.failed(opened, "Internal server error")).encode())
                except ConnectionError:
                    return

    def _goodbye(self, opened: Opened, websocket: WebSocket) -> None:
        if self._over:
            return
        with suppress(CallFailed):  # AWS tries once as well
            self._call(events.disconnect(opened, *websocket.closed))


def _json(status: int, content: object) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"}, (), json.dumps(content).encode())


def _error(status: int, code: str) -> HttpResponse:
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return HttpResponse(status, headers, (), json.dumps({"message": code}).encode())
