"""The events that API Gateway makes of a WebSocket, for a Lambda proxy integration. Pure but for ids and the clock."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from devtools.application.function_url import HttpRequest

API = "local"
ID_BYTES = 11


def connection_id() -> str:
    """As AWS makes them: `L0SM9cOFvHcCIhw=`."""
    return base64.b64encode(secrets.token_bytes(ID_BYTES)).decode()


@dataclass(frozen=True)
class Opened:
    """A handshake, and what all events of its connection have in common. Times are in seconds since 1970."""

    request: HttpRequest
    iam: Mapping[str, Any]
    id: str = field(default_factory=connection_id)
    at: float = field(default_factory=time.time)

    @property
    def stage(self) -> str:
        return self.request.path.split("/")[1]


def connect(opened: Opened) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for name, value in opened.request.fields:
        values.setdefault(name, []).append(value)
    parameters = parse_qsl(opened.request.query, keep_blank_values=True)
    identity = {**opened.iam, "caller": opened.iam["callerId"], "user": opened.iam["userId"]}
    event: dict[str, Any] = {**_headers(values), **_event(opened, "$connect", "CONNECT", identity)}
    if parameters:
        event["queryStringParameters"] = dict(parameters)
        repeated: dict[str, list[str]] = {}
        for name, value in parameters:
            repeated.setdefault(name, []).append(value)
        event["multiValueQueryStringParameters"] = repeated
    return event


def message(opened: Opened, content: str | bytes) -> dict[str, Any]:
    event = _event(opened, "$default", "MESSAGE", {})
    event["requestContext"]["messageId"] = connection_id()
    if isinstance(content, str):
        return {**event, "body": content}
    return {**event, "body": base64.b64encode(content).decode(), "isBase64Encoded": True}


def disconnect(opened: Opened, code: int, reason: str) -> dict[str, Any]:
    values = {"Host": [opened.request.headers.get("host", "")], "x-api-key": [""], "x-restapi": [""]}
    event = _event(opened, "$disconnect", "DISCONNECT", {})
    event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": reason}
    return {**_headers(values), **event}


def failed(opened: Opened, text: str) -> dict[str, str]:
    """What a client is told when its message could not be given to the function."""
    return {"message": text, "connectionId": opened.id, "requestId": connection_id()}


def _headers(values: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {"headers": {name: found[-1] for name, found in values.items()}, "multiValueHeaders": dict(values)}


def _event(opened: Opened, route: str, kind: str, identity: Mapping[str, Any]) -> dict[str, Any]:
    now = time.time()
    agent = opened.request.headers.get("user-agent", "")
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": connection_id(),
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "messageDirection": "IN",
            "stage": opened.stage,
            "connectedAt": int(opened.at * 1000),
            "requestTimeEpoch": int(now * 1000),
            "identity": {**identity, "userAgent": agent, "sourceIp": opened.request.client},
            "requestId": connection_id(),
            "domainName": opened.request.headers.get("host", ""),
            "connectionId": opened.id,
            "apiId": API,
        },
        "isBase64Encoded": False,
    }
