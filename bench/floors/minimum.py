"""The least that a gateway written in Python does for the cases, by the gateway's own `edge/`.

A token is verified once and remembered, an origin is told who it is and has a deadline, an answer is kept by its path
and its user for good (up to `MOST_IN_ISOLATE` in the isolate, beyond that in KV), a line is logged. No route, no rule,
no cache but these; only for the benchmark. `minimum.mjs` is the same in JavaScript.
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
from edge.store import WorkersKV

SHARED_SECRET = ("/hs/", "/mine")
"""What asks for a token."""
KEPT = ("/public/", "/mine")
TIMEOUT = 10.0
MOST_IN_ISOLATE = 65536
LONGEST = 1 << 21
PLAIN_JSON = {"content-type": "application/json"}

_currencies: dict[str, str] = {}
_known: dict[str, dict[str, str]] = {}
_kept: dict[str, tuple[dict[str, str], bytes]] = {}
_fetch: EdgeFetch | None = None
_store: WorkersKV | None = None


class Forged(Exception):
    """A token that is not signed with the secret."""


def on_fetch(request: Any, env: Any, context: Any) -> Any:
    client = edge.Client(request, context)
    return edge.sent(_handled(edge.read_request(request, client), env), client, lambda response: Response(500))


async def _handled(request: Request, env: Any) -> Response:
    identifier = uuid.uuid4().hex
    try:
        response = await _answer(request, env, identifier)
    except Forged:
        refusal = json.dumps({"error": "Invalid or expired token"})
        response = Response(401, {**PLAIN_JSON, "www-authenticate": "Bearer"}, refusal)
    response.headers["x-request-id"] = identifier
    edge.write_log(
        "request",
        id=identifier,
        method=request.method,
        path=request.path,
        status=response.status,
        country=request.cf.get("country"),
    )
    return response


async def _answer(request: Request, env: Any, identifier: str) -> Response:
    path = request.path
    if path == "/geo":
        return _located(request, env)
    told = {"x-request-id": identifier}
    if path.startswith(SHARED_SECRET):
        told |= _identity(request.headers.pop("authorization", ""), env)
    if not path.startswith(KEPT):
        return await _asked(request, told, env)
    key = f"{told.get('x-user-id', '')} {path}"
    if key in _kept:
        headers, content = _kept[key]
        return Response(200, {**headers}, content)
    return await _stored(key, env) or await _keep(key, await _asked(request, told, env), env)


def _located(request: Request, env: Any) -> Response:
    if not _currencies:
        _currencies.update(json.loads(str(env.CURRENCIES)))
    cf = request.cf
    place = {name: cf.get(name) for name in ("country", "region", "city", "timezone")}
    place |= {"currency": _currencies[cf["country"]], "language": request.headers["accept-language"][:2]}
    return Response(200, {**PLAIN_JSON, "vary": "Accept-Language"}, json.dumps(place))


def _identity(authorization: str, env: Any) -> dict[str, str]:
    """Raises Forged."""
    token = authorization.removeprefix("Bearer ")
    if token not in _known:
        message, _, signature = token.rpartition(".")
        digest = hmac.digest(str(env.JWT_SECRET).encode(), message.encode(), "sha256")
        if not hmac.compare_digest(digest, _decoded(signature)):
            raise Forged
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
        request.path.removeprefix("/hs"),
        request.query,
        {**request.headers, **told},
        client=request.client,
    )
    return await _fetch(sent, timeout=TIMEOUT)


async def _stored(key: str, env: Any) -> Response | None:
    """What KV has of it."""
    global _store
    if _store is None:
        _store = WorkersKV(env.CACHE)
    found = await _store.get(key, timeout=TIMEOUT)
    return None if found is None else Response(200, {**found.metadata}, found.body)


async def _keep(key: str, response: Response, env: Any) -> Response:
    assert _store is not None, "it was asked first"
    if response.body is not None and not isinstance(response.body, bytes | str):
        response.body = content = await response.body.read(LONGEST)
        if len(content) <= MOST_IN_ISOLATE:
            _kept[key] = ({**response.headers}, content)
        else:
            await _store.put(key, content, metadata=response.headers)
    return response
