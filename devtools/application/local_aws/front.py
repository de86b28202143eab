"""The function URLs of the deployed application, on one loopback address.

On AWS each of these functions has a URL of its own, and the gateway's routes tell them apart; here the first segment of
the path does. Everything else is as there: an unsigned or badly signed request is 403 before any function is called,
the event is exact, `requestContext.authorizer.iam` says whose signature it was.

The emulator has function URLs, too, but decodes the path and regroups the query, which the gateway's HMAC signs.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from devtools.application.function_url import (
    LARGEST_PAYLOAD,
    FunctionUrlServer,
    HttpRequest,
    HttpResponse,
    Special,
    event_of,
    message,
    response_of,
)
from devtools.application.local_aws.emulator import REGION
from devtools.application.local_aws.signatures import AccessKey, Forbidden, verify
from devtools.application.websocket_api.api import CallFailed, Doors, Refused, WebSocketApi

# first segment of the path: the function that serves it, by its name in the template
PLACES: Mapping[str, str] = {
    "users": "UsersApi",
    "prices": "UsersApi",
    "graphql": "GraphApi",
    "orders": "OrdersApi",
    "notifications": "OrdersApi",
    "stock": "OrdersApi",
    "products": "CatalogueApi",
    "rates": "CatalogueApi",
    "rooms": "RoomsApi",
    "healthz": "RunningHealth",
}

SOCKETS, STAGE = "RoomsSockets", "sockets"
"""The function behind the WebSocket API, and the API's stage, which is the first segment there."""

AT_ONCE = 4
"""Calls of one function at a time: each more would start a process, on a machine that has few cores."""

STARTING = {"content-type": "application/problem+json", "cache-control": "max-age=1", "retry-after": "1"}
"""A 503 with a lifetime is an answer to the gateway, and no failure that its breaker counts."""

Invoke = Callable[[str, dict[str, Any]], Any]
"""Calls the function of that name with an event. Raises FunctionFailed, Throttled, BotoCoreError, ClientError."""


class FunctionFailed(Exception):
    """The handler raised, or ended without an answer."""


class Throttled(Exception):
    """The function has no execution environment to spare."""


def invoke_by(lambdas: Any, names: Mapping[str, str], alias: str = "live") -> Invoke:
    """Calls deployed functions through `lambdas`, a client of AWS Lambda; `names` are theirs, by logical id."""

    def invoke(function: str, event: dict[str, Any]) -> Any:
        try:
            answer = lambdas.invoke(FunctionName=names[function], Qualifier=alias, Payload=json.dumps(event).encode())
        except ClientError as error:
            if error.response["Error"]["Code"] == "TooManyRequestsException":
                raise Throttled(function) from error
            raise
        content = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise FunctionFailed(f"{function}: {content[:2000].decode(errors='replace')}")
        return json.loads(content)

    return invoke


class Front(FunctionUrlServer):
    """Serves the deployed functions once `open` was called, and until then says that they are starting."""

    def __init__(
        self, port: int, key: AccessKey, special: Mapping[str, Special], complain: Callable[[str], None]
    ) -> None:
        """`complain` is told why an answer is a 502. Raises OSError when the port is taken."""
        super().__init__(_never, port, special)
        self._key = key
        self._complain = complain
        self._invoke: Invoke | None = None
        self._slots = {function: threading.BoundedSemaphore(AT_ONCE) for function in {*PLACES.values(), SOCKETS}}
        self.sockets: WebSocketApi | None = None

    def open(self, invoke: Invoke, may_manage: Callable[[HttpRequest], None]) -> WebSocketApi:
        """The functions are there; `may_manage` raises Forbidden for who may not speak to connections."""

        def managed(request: HttpRequest) -> None:
            try:
                may_manage(request)
            except Forbidden as refusal:
                raise Refused(str(refusal)) from refusal

        self.sockets = WebSocketApi(STAGE, Doors(self._signer, managed), self._socket_event)
        self.special[STAGE] = self.sockets.manage
        self.upgrades[STAGE] = self.sockets.serve
        self._invoke = invoke
        return self.sockets

    def stop(self) -> None:
        if self.sockets:
            self.sockets.stop()
        super().stop()

    def _signer(self, request: HttpRequest) -> dict[str, Any]:
        """Raises Refused for a handshake that the gateway's key did not sign."""
        try:
            verify(request, self._key, REGION, time.time(), "execute-api")
        except Forbidden as refusal:
            raise Refused(str(refusal)) from refusal
        return self._key.iam

    def _socket_event(self, event: dict[str, Any]) -> Any:
        """Raises CallFailed."""
        assert self._invoke is not None
        try:
            with self._slots[SOCKETS]:
                return self._invoke(SOCKETS, event)
        except (Throttled, FunctionFailed, BotoCoreError, ClientError, ValueError) as error:
            self._complain(f"{SOCKETS}: {error}")
            raise CallFailed(str(error)) from error

    def answer(self, request: HttpRequest) -> HttpResponse:
        segment = request.path.split("/")[1]
        if segment in self.special:
            return self.special[segment](request)
        function = PLACES.get(segment)
        if function is None:
            return message(404, f"No function is called at /{segment}")
        if self._invoke is None:
            problem = {"title": "Service Unavailable", "status": 503, "code": "origin_starting"}
            return HttpResponse(503, STARTING, (), json.dumps({**problem, "detail": "It is starting."}).encode())
        try:
            verify(request, self._key, REGION, time.time())
        except Forbidden as refusal:
            return message(403, str(refusal))
        return self._call(self._invoke, function, self._event(request))

    def _event(self, request: HttpRequest) -> dict[str, Any]:
        event = event_of(request)
        event["headers"].pop("authorization", None)  # AWS keeps the signature to itself
        event["requestContext"] |= {"accountId": self._key.iam["accountId"], "authorizer": {"iam": self._key.iam}}
        return event

    def _call(self, invoke: Invoke, function: str, event: dict[str, Any]) -> HttpResponse:
        if len(event.get("body", "")) > LARGEST_PAYLOAD:
            return message(
                413, f"Request must be smaller than {LARGEST_PAYLOAD} bytes for the InvokeFunction operation"
            )
        try:
            with self._slots[function]:
                return response_of(invoke(function, event))
        except Throttled:
            return message(429, "Rate Exceeded.")
        except (FunctionFailed, BotoCoreError, ClientError, ValueError) as error:
            self._complain(f"{function}: {error}")
            return message(502, "Internal Server Error")


def _never(event: dict[str, Any], context: Any) -> Any:
    raise AssertionError("the front calls deployed functions")
