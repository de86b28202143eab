"""The least that a gateway written in Python does for the cases, by the gateway's own `edge/`.

A token is verified once and remembered, as is a key set; an origin is told who it is and has a deadline, an answer is
kept by its path and its user for good (up to `MOST_IN_ISOLATE` in the isolate, beyond that in KV), a line is logged. No
route, no rule, no cache but these; only for the benchmark. `minimum.mjs` is the same in JavaScript.
"""

import base64
import hmac
import json
import uuid
from typing import Any

import js

from core.messages import Request, Response
from edge import worker as edge
from edge.bodies import JsBody
from edge.fetch import EdgeFetch
from edge.signatures import WebCrypto
from edge.store import WorkersKV

SHARED_SECRET = ("/hs/", "/mine")
KEY_SET = ("/rs/", "/kept/")
"""What asks for a token, and by what that is signed."""
PREFIXES = ("/hs/", "/rs/", "/kept/")
"""What the origin is not told of a path."""
MOST_KNOWN = 2048
"""Tokens remembered; then all are forgotten."""
KEPT = ("/public/", "/mine")
TIMEOUT = 10.0
MOST_IN_ISOLATE = 65536
LONGEST = 1 << 21
PLAIN_JSON = {"content-type": "application/json"}

_currencies: dict[str, str] = {}
_known: dict[str, dict[str, str]] = {}
_key_set: list[dict[str, Any]] = []
_kept: dict[str, tuple[dict[str, str], bytes]] = {}
_fetch: EdgeFetch | None = None
_crypto: WebCrypto | None = None
_store: WorkersKV | None = None


class Forged(Exception):
    """A token that is not signed with the secret, or with the key of the set."""


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
    if path.startswith(SHARED_SECRET + KEY_SET):
        told |= await _identity(request, env)
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


async def _identity(request: Request, env: Any) -> dict[str, str]:
    """Raises Forged."""
    token = request.headers.pop("authorization", "").removeprefix("Bearer ")
    if token not in _known:
        message, _, signature = token.rpartition(".")
        is_signed = _by_key_set if request.path.startswith(KEY_SET) else _by_secret
        if not await is_signed(message.encode(), _decoded(signature), env):
            raise Forged
        claims = json.loads(_decoded(message.partition(".")[2]))
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[token] = {"x-user-id": claims["sub"], "x-user-role": claims["role"], "x-user-issuer": claims["iss"]}
    return _known[token]


async def _by_secret(message: bytes, signature: bytes, env: Any) -> bool:
    return hmac.compare_digest(hmac.digest(str(env.JWT_SECRET).encode(), message, "sha256"), signature)


async def _by_key_set(message: bytes, signature: bytes, env: Any) -> bool:
    global _crypto
    if _crypto is None:
        _crypto = WebCrypto()
    if not _key_set:
        answer = await _fetched(Request("GET", *_origin(env), "/jwks.json", "", {}))
        assert isinstance(answer.body, JsBody), "it has content"
        _key_set.extend(json.loads(await answer.body.read(LONGEST))["keys"])
    return await _crypto("RS256", _key_set[0], signature, message)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def _asked(request: Request, told: dict[str, str], env: Any) -> Response:
    path = request.path
    if path.startswith(PREFIXES):
        path = path[path.index("/", 1) :]
    headers = {**request.headers, **told}
    return await _fetched(Request(request.method, *_origin(env), path, request.query, headers, client=request.client))


def _origin(env: Any) -> tuple[str, str]:
    """Its scheme and host."""
    scheme, _, host = str(env.ORIGIN).partition("://")
    return scheme, host


async def _fetched(request: Request) -> Response:
    global _fetch
    if _fetch is None:
        _fetch = EdgeFetch(js.fetch)
    return await _fetch(request, timeout=TIMEOUT)


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
