"""The least that a gateway written in Python does for two of the cases, by the gateway's own `edge/`.

HS256 to the origin: the token verified once and remembered, who it is told to the origin, a deadline, a line logged.
A cached answer: kept by its path, for good. No route, no rule, no cache but these; only for the benchmark.
"""

import base64
import hmac
import json
import uuid
from typing import Any

import js

from core.messages import Request, Response
from edge import worker as edge
from edge.fetch import EdgeFetch

PREFIX = "/hs"
TIMEOUT = 10.0

_known: dict[str, dict[str, str]] = {}
_kept: dict[str, tuple[dict[str, str], bytes]] = {}
_fetch: EdgeFetch | None = None


def on_fetch(request: Any, env: Any, context: Any) -> Any:
    client = edge.Client(request, context)
    return edge.sent(_handled(edge.read_request(request, client), env), client, lambda response: Response(500))


async def _handled(request: Request, env: Any) -> Response:
    identifier = uuid.uuid4().hex
    response = await _answer(request, env, identifier)
    response.headers["x-request-id"] = identifier
    edge.write_log(
        "request", id=identifier, method=request.method, path=request.path, status=response.status, cf=request.cf
    )
    return response


async def _answer(request: Request, env: Any, identifier: str) -> Response:
    if request.path == "/geo":
        return Response(200, {}, "ok")
    if request.path in _kept:
        headers, content = _kept[request.path]
        return Response(200, {**headers}, content)
    told = {"x-request-id": identifier}
    if request.path.startswith(PREFIX):
        told |= _identity(request.headers.pop("authorization", ""), env)
    response = await _asked(request, told, env)
    if not request.path.startswith(PREFIX) and not isinstance(response.body, bytes | str | None):
        response.body = await response.body.read(1 << 20)
        _kept[request.path] = ({**response.headers}, response.body)
    return response


def _identity(authorization: str, env: Any) -> dict[str, str]:
    """Raises ValueError for a token that is not signed with the secret."""
    token = authorization.removeprefix("Bearer ")
    if token not in _known:
        message, _, signature = token.rpartition(".")
        digest = hmac.digest(str(env.JWT_SECRET).encode(), message.encode(), "sha256")
        if not hmac.compare_digest(digest, _decoded(signature)):
            raise ValueError("a forged token")
        claims = json.loads(_decoded(message.partition(".")[2]))
        _known[token] = {"x-user-id": claims["sub"], "x-user-role": claims["role"], "x-user-issuer": claims["iss"]}
    return _known[token]


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def _asked(request: Request, told: dict[str, str], env: Any) -> Response:
    global _fetch
    if _fetch is None:
        _fetch = EdgeFetch(js.fetch)
    scheme, _, host = str(env.ORIGIN).partition("://")
    sent = Request(
        request.method,
        scheme,
        host,
        request.path.removeprefix(PREFIX),
        request.query,
        {**request.headers, **told},
        client=request.client,
    )
    return await _fetch(sent, timeout=TIMEOUT)
