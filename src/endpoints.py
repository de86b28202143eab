"""The gateway's own endpoints, matched before any route: paths on one side, the rooms that answer on the other."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from messages import Body, ContentTooLarge, Request, Response
from ports import Platform, StoreFailed
from problems import Problem
from settings import Settings
from telemetry import Exchange

Handler = Callable[[Exchange], Response | Awaitable[Response]]

MAX_JSON: Final = 4096
"""Longest request content, in bytes, that an endpoint of the gateway reads."""

READY_TIMEOUT: Final = 1.0
"""Seconds `/readyz` gives the key-value store."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one path of the gateway offers, by method."""

    pattern: str
    by_method: dict[str, Handler]


def reading(handler: Handler) -> dict[str, Handler]:
    """A resource that can only be read. HEAD is GET without the content (RFC 9110 section 9.3.2)."""
    return {"GET": handler, "HEAD": handler}


class Endpoints:
    """The table of endpoints."""

    def __init__(self, settings: Settings, platform: Platform) -> None:
        self._platform = platform
        self._table = {
            endpoint.pattern: endpoint
            for endpoint in (
                Endpoint("/healthz", reading(self._healthz)),
                Endpoint("/readyz", reading(self._readyz)),
            )
        }

    def find(self, path: str) -> Endpoint | None:
        return self._table.get(path)

    def _healthz(self, exchange: Exchange) -> Response:
        """The Worker runs: 200 whatever the configuration."""
        return json_response({"status": "ok"})

    async def _readyz(self, exchange: Exchange) -> Response:
        """The gateway can do its work: the configuration is in force and the key-value store answers."""
        store = self._platform.store
        if store is not None:
            try:
                await store.get_text("readyz", timeout=READY_TIMEOUT)
            except StoreFailed as error:
                self._platform.log("store_failed", during="readyz", error=str(error))
                raise Problem(503, "not_ready", "The key-value store does not answer.") from None
        return json_response({"status": "ready"})


def json_response(value: object) -> Response:
    """A small JSON answer about this moment, not to be stored."""
    return Response(200, {"content-type": "application/json", "cache-control": "no-store"}, json.dumps(value))


async def read_json(request: Request) -> bytes:
    """The content of a JSON request. Raises the problems 415 and 413."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Send the content as application/json.")
    body = request.body
    if body is None or isinstance(body, str | bytes):
        return body.encode() if isinstance(body, str) else body or b""
    return await _read(body)


async def _read(body: Body) -> bytes:
    try:
        return await body.read(MAX_JSON)
    except ContentTooLarge:
        raise Problem(413, "content_too_large", f"Send at most {MAX_JSON} bytes.") from None
