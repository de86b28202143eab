"""The same job in FastAPI, as its documentation and the Workers SDK's recommend: ASGI adapter, dependencies, PyJWT.

Where a Python Worker leaves no choice, it does what any user would have to: RS256 by WebCrypto, because `cryptography`
does not exist there, and requests to the origin by the SDK's `fetch`. The module `tables` is written when this is
built, from the gateway's own.
"""

import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Annotated, Any

import js
import jwt
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jwt.utils import base64url_decode
from pydantic import BaseModel
from pyodide.ffi import to_js
from tables import COUNTRIES, LANGUAGES
from workers import WorkerEntrypoint, asgi, fetch

NOT_FORWARDED = {"authorization", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"}
NOT_RETURNED = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"}
KEEP_KEYS = 600  # seconds
KEEP_ANSWERS = 3600  # seconds

app = FastAPI(openapi_url=None)
bearer = HTTPBearer()
place: ContextVar[Any] = ContextVar("place")


class User(BaseModel):
    sub: str
    role: str
    iss: str


class Geo(BaseModel):
    country: str
    region: str
    city: str
    timezone: str
    currency: str
    language: str
    regionCode: str  # noqa: N815 - the names of the answer
    continent: str
    isEU: bool  # noqa: N815
    currencies: list[str]
    languages: list[str]
    direction: str = "ltr"


@app.middleware("http")
async def log(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started, request_id = time.time(), request.headers.get("x-request-id") or uuid.uuid4().hex
    request.state.id = request_id
    response = await call_next(request)
    response.headers["x-request-id"] = request_id
    line = {"event": "request", "id": request_id, "method": request.method, "path": request.url.path}
    line |= {
        "status": response.status_code,
        "ms": round((time.time() - started) * 1000),
        "country": place.get().country,
    }
    print(json.dumps(line))
    return response


@app.exception_handler(HTTPException)
async def refuse(request: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def language(request: Request) -> str:
    """The first accepted language that is offered, by weight."""
    accepted = []
    for item in request.headers.get("accept-language", "").split(","):
        tag, _, weight = item.partition(";q=")
        accepted.append((float(weight or 1), tag.strip().split("-")[0]))
    accepted.sort(key=lambda pair: -pair[0])
    return next((tag for weight, tag in accepted if weight and tag in LANGUAGES), "en")


def refused() -> HTTPException:
    return HTTPException(401, "Invalid or expired token", {"www-authenticate": "Bearer"})


Credentials = Annotated[HTTPAuthorizationCredentials, Depends(bearer)]


async def shared(request: Request, credentials: Credentials) -> User:
    """HS256, as in FastAPI's own tutorial."""
    env = request.scope["env"]
    try:
        claims = jwt.decode(
            credentials.credentials, env.JWT_SECRET, ["HS256"], issuer=env.HS_ISSUER, audience=env.AUDIENCE
        )
    except jwt.InvalidTokenError:
        raise refused() from None
    return User.model_validate(claims)


kept_keys: dict[str, Any] = {}


async def published(request: Request, credentials: Credentials) -> User:
    """RS256: the key set kept for ten minutes, the signature by WebCrypto, the claims by PyJWT."""
    env, token = request.scope["env"], credentials.credentials
    try:
        key = await find_key(env, jwt.get_unverified_header(token)["kid"])
        signing_input, _, signature = token.rpartition(".")
        valid = await js.crypto.subtle.verify(
            "RSASSA-PKCS1-v1_5", key, to_js(base64url_decode(signature)), to_js(signing_input.encode())
        )
        if not valid:
            raise refused()
        claims = jwt.decode(
            token,
            options={"verify_signature": False, "verify_exp": True, "verify_iss": True, "verify_aud": True},
            issuer=env.RS_ISSUER,
            audience=env.AUDIENCE,
        )
    except (jwt.InvalidTokenError, KeyError):
        raise refused() from None
    return User.model_validate(claims)


async def find_key(env: Any, key_id: str) -> Any:
    if time.time() >= kept_keys.get("until", 0):
        response = await fetch(f"{env.ORIGIN}/jwks.json")
        kept_keys["set"] = {jwk["kid"]: jwk for jwk in (await response.json())["keys"]}
        kept_keys["until"] = time.time() + KEEP_KEYS
        kept_keys["imported"] = {}
    if key_id not in kept_keys["imported"]:
        jwk = to_js(kept_keys["set"][key_id], dict_converter=js.Object.fromEntries)
        algorithm = to_js({"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"}, dict_converter=js.Object.fromEntries)
        kept_keys["imported"][key_id] = await js.crypto.subtle.importKey(
            "jwk", jwk, algorithm, False, to_js(["verify"])
        )
    return kept_keys["imported"][key_id]


async def forward(request: Request, path: str, user: User | None = None) -> Any:
    """The request at the origin: no credentials, but what they proved, and the visitor's place."""
    cf, row = place.get(), COUNTRIES[place.get().country]
    headers = {name: value for name, value in request.headers.items() if name not in NOT_FORWARDED}
    headers |= {"x-geo-country": cf.country, "x-geo-region": cf.regionCode, "x-geo-currency": row["currency"]}
    headers |= {"x-geo-language": language(request), "x-request-id": request.state.id}
    headers |= {"x-forwarded-for": request.headers.get("cf-connecting-ip", ""), "x-forwarded-host": request.url.netloc}
    if user is not None:
        headers |= {"x-user-id": user.sub, "x-user-role": user.role, "x-user-issuer": user.iss}
    return await fetch(request.scope["env"].ORIGIN + path, method=request.method, headers=headers, redirect="manual")


def returned(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.lower() not in NOT_RETURNED}


async def streamed(response: Any) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        async for chunk in response.body:
            yield chunk.to_bytes()

    return StreamingResponse(chunks(), response.status, returned(response))


async def cached(
    request: Request, background: BackgroundTasks, key: str, path: str, user: User | None = None
) -> Response:
    """From KV, or from the origin and then into KV behind the client's back."""
    store = request.scope["env"].CACHE
    found = await store.getWithMetadata(key, "arrayBuffer")
    if found.value:
        return Response(bytes(found.value), 200, found.metadata["headers"])
    response = await forward(request, path, user)
    content = await response.bytes()
    headers = returned(response)
    if response.status == 200 and "no-store" not in headers.get("cache-control", ""):
        options = {"expirationTtl": KEEP_ANSWERS, "metadata": {"headers": headers}}
        background.add_task(keep, store, key, content, options)
    return Response(content, response.status, headers, background=background)


async def keep(store: Any, key: str, content: bytes, options: dict[str, Any]) -> None:
    await store.put(key, content, options)


@app.get("/geo")
async def geo(wanted: Annotated[str, Depends(language)], response: Response) -> Geo:
    cf = place.get()
    response.headers.update({"cache-control": "private, max-age=3600", "vary": "Accept-Language, Cookie"})
    return Geo(
        country=cf.country,
        region=cf.region,
        city=cf.city,
        timezone=cf.timezone,
        language=wanted,
        regionCode=cf.regionCode,
        **COUNTRIES[cf.country],
    )


@app.get("/hs/{path:path}")
async def hs(path: str, request: Request, user: Annotated[User, Depends(shared)]) -> Response:
    return await streamed(await forward(request, f"/{path}", user))


@app.get("/rs/{path:path}")
@app.get("/kept/{path:path}")
async def rs(path: str, request: Request, user: Annotated[User, Depends(published)]) -> Response:
    return await streamed(await forward(request, f"/{path}", user))


@app.get("/mine")
async def mine(request: Request, background: BackgroundTasks, user: Annotated[User, Depends(shared)]) -> Response:
    return await cached(request, background, f"mine:{user.iss}:{user.sub}", "/mine", user)


@app.get("/public/{path:path}")
async def public(path: str, request: Request, background: BackgroundTasks) -> Response:
    return await cached(request, background, f"public:{path}", f"/public/{path}")


@app.get("/stream/{path:path}")
async def stream(path: str, request: Request) -> Response:
    return await streamed(await forward(request, f"/stream/{path}"))


class Default(WorkerEntrypoint):
    async def fetch(self, request: Any) -> Any:
        place.set(request.cf)
        return await asgi.fetch(app, request, self.env, self.ctx)
