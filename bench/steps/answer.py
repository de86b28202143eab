"""An empty Worker that answers as `GET /geo` does: the same fields, as many bytes, by the gateway's own `edge/`."""

from typing import Any

from core.messages import Response
from edge.messages import write_response

BODY = b"{" + b'"key":"value",' * 25 + b'"key":"value"}'


def response() -> Response:
    headers = {
        "content-type": "application/json",
        "cache-control": "private, max-age=3600",
        "cdn-cache-control": "no-store",
        "vary": "Accept-Language, Cookie",
        "etag": '"0123456789abcdef01234567"',
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-request-id": "0123456789abcdef0123456789abcdef",
    }
    return Response(200, headers, BODY)


def on_fetch(request: Any) -> Any:
    return write_response(response())
