"""`/openapi.json`: the description of this gateway as it is configured (OpenAPI 3.1).

Pure: settings in, bytes out. The built-in endpoints come from the table below and the models of `schemas.py`, the
routes from `ROUTES`. Nothing secret is in it: origins, secrets' names and limits stay out, because anybody may read it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from configuration.settings import RouteSettings, Settings
from core.messages import Response
from endpoints import purging
from geo import CURRENCIES, territories
from identity.settings import AccessSettings, IssuerSettings

VERSION: Final = "0.1.0"
"""Of the gateway; the same as in pyproject.toml."""

TEMPLATE: Final = "#/components/schemas/{model}"

OPERATIONS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
"""Methods OpenAPI 3.1 has a place for (section 4.8.9.1); others are listed under `x-other-methods`."""

REASONS: Final[Mapping[int, str]] = {
    304: "Not modified: the stored answer still holds.",
    400: "The request is malformed; `field` or `code` names what.",
    401: "No token, or one that does not hold; `WWW-Authenticate` says which.",
    403: "The token lacks a role or scope.",
    404: "There is nothing by that name.",
    405: "The method is not offered; `Allow` lists those that are.",
    408: "The content took too long to arrive.",
    413: "The content is too long.",
    415: "The content has another media type.",
    429: "Too many requests; `Retry-After` says when to come back.",
    502: "The origin could not be reached.",
    503: "The gateway or its origin is not available; `Retry-After` may say until when.",
    504: "The origin did not answer in time.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table of built-in endpoints."""

    path: str
    method: str
    summary: str
    answer: str | None
    """Name of the model in the answer; None for 204 without content."""
    parameters: tuple[str, ...] = ()
    """Names in PARAMETERS."""
    body: str | None = None
    """Name of the model the content must have."""
    refusals: tuple[int, ...] = ()
    cached: bool = False
    """Whether it has a validator and may be answered 304."""
    access: AccessSettings | None = None


KNOWN: Final = AccessSettings(auth="required")

BUILT_IN: Final = (
    Operation("/geo", "get", "Place, money and language of the visitor who asks", "Locale",
              ("lang", "currency", "include"), refusals=(400,), cached=True),
    Operation("/geo/{country}", "get", "Money and language of any country", "Locale",
              ("country", "lang", "include"), refusals=(400, 404), cached=True),
    Operation("/geo/preferences", "post", "Remember a currency and a language in a cookie", None,
              body="Preferences", refusals=(400, 408, 413, 415)),
    Operation("/healthz", "get", "Whether the Worker runs", "Status"),
    Operation("/readyz", "get", "Whether the gateway can do its work", "Status", refusals=(503,)),
    Operation("/_gatehouse/whoami", "get", "The caller, as its token describes it", "Caller",
              refusals=(400, 401, 503), access=KNOWN),
    Operation("/_gatehouse/purge", "post", "Forget stored responses", "Purged",
              body="Purge", refusals=(400, 401, 403, 408, 413, 415, 503), access=purging.ACCESS),
)  # fmt: skip
"""Every endpoint of `endpoints.py` but `/openapi.json`; HEAD goes with GET. A test holds the two to each other."""

ROUTE_REFUSALS: Final = (400, 405, 408, 413, 429, 502, 503, 504)


class Description:
    """The description of one isolate's gateway, made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _answer(self) -> tuple[bytes, str]:
        content = document(self._settings)
        return content, f'"{hashlib.sha256(content).hexdigest()[:24]}"'

    def response(self, if_none_match: str | None = None) -> Response:
        """The answer of `GET /openapi.json`: any cache may keep it and must ask whether it still holds."""
        content, etag = self._answer
        headers = {"cache-control": "no-cache", "etag": etag}
        if if_none_match and (etag in if_none_match or if_none_match.strip() == "*"):
            return Response(304, headers)
        return Response(200, {"content-type": "application/json", **headers}, content)


def document(settings: Settings) -> bytes:
    """The description as UTF-8 JSON. Some milliseconds of work: keep what it gives."""
    # Its models take longer to build than all others together, and only this function needs them.
    from endpoints.schemas import components

    content = {
        "openapi": "3.1.1",
        "info": {
            "title": "Gatehouse",
            "version": VERSION,
            "summary": "An edge gateway: geo, identity and caching in front of HTTP APIs.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "gateway", "description": "What the gateway answers itself."},
            {"name": "routes", "description": "What it forwards to origins."},
        ],
        "paths": _paths(settings),
        "components": {
            "schemas": components(TEMPLATE),
            "parameters": _parameters(),
            "responses": _refusals(),
            "securitySchemes": _security_schemes(settings),
        },
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _paths(settings: Settings) -> dict[str, Any]:
    schemes = list(_security_schemes(settings))
    paths: dict[str, Any] = {}
    for operation in BUILT_IN:
        item = paths.setdefault(operation.path, {})
        item[operation.method] = _built_in(operation, operation.method, schemes)
        if operation.method == "get":
            item["head"] = _built_in(operation, "head", schemes)
    for route in settings.routes:
        for path in _templates(route.path):
            _add_route(paths.setdefault(path, {}), path, route, schemes)
    return paths


# --- Built-in endpoints ------------------------------------------------------------------------------------------


def _built_in(operation: Operation, method: str, schemes: list[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(method, operation.path),
        "summary": operation.summary,
        "tags": ["gateway"],
        "responses": dict(_answers(operation, with_content=method != "head")),
    }
    if operation.parameters:
        described["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in operation.parameters]
    if operation.body:
        described["requestBody"] = {"required": True, "content": {"application/json": _schema(operation.body)}}
    if operation.access:
        described |= _access(operation.access, schemes)
    return described


def _answers(operation: Operation, with_content: bool) -> Iterator[tuple[str, Any]]:
    if operation.answer is None:
        yield "204", {"description": "Done.", "headers": {"set-cookie": _text("The preferences, kept for a year.")}}
    else:
        content = {"content": {"application/json": _schema(operation.answer)}} if with_content else {}
        headers = {"headers": {"etag": _text("A strong validator.")}} if operation.cached else {}
        yield "200", {"description": "The answer.", **headers, **content}
    if operation.cached:
        yield "304", {"description": REASONS[304]}
    for status in operation.refusals:
        yield str(status), _refusal(status, with_content)


def _refusal(status: int, with_content: bool = True) -> dict[str, Any]:
    """A refused HEAD has the same fields and no content."""
    return {"$ref": f"#/components/responses/{status}"} if with_content else {"description": REASONS[status]}


def _refusals() -> dict[str, Any]:
    content = {"application/problem+json": _schema("ProblemDetails")}
    return {str(status): {"description": text, "content": content} for status, text in REASONS.items() if status >= 400}


def _schema(model: str) -> dict[str, Any]:
    return {"schema": {"$ref": TEMPLATE.format(model=model)}}


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _parameters() -> dict[str, Any]:
    from endpoints.schemas import LANGUAGE_PATTERN

    countries = sorted(territories.TERRITORIES)
    return {
        "country": {
            "name": "country", "in": "path", "required": True, "description": "ISO 3166-1 code, or XK.",
            "schema": {"type": "string", "enum": countries}, "example": "CH",
        },
        "lang": {
            "name": "lang", "in": "query", "description": "A BCP 47 tag that comes before every other rule.",
            "schema": {"type": "string", "pattern": LANGUAGE_PATTERN}, "example": "fr-CA",
        },
        "currency": {
            "name": "currency", "in": "query", "description": "An ISO 4217 code that comes before every other rule.",
            "schema": {"type": "string", "enum": sorted(CURRENCIES)}, "example": "CAD",
        },
        "include": {
            "name": "include", "in": "query", "description": "`formats`: how the people of the place write and count.",
            "schema": {"type": "string", "enum": ["formats"]}, "example": "formats",
        },
    }  # fmt: skip


# --- Routes ------------------------------------------------------------------------------------------------------


def _templates(pattern: str) -> tuple[str, ...]:
    """The path templates of a route: `/api/users/*` is the bare prefix and everything below it."""
    if not pattern.endswith("/*"):
        return (pattern,)
    bare = pattern.removesuffix("/*")
    return (bare or "/", f"{bare}/{{path}}")


def _add_route(item: dict[str, Any], path: str, route: RouteSettings, schemes: list[str]) -> None:
    """Describe `route` where no earlier route has the method: the first that matches decides."""
    for method in route.methods:
        name = method.lower()
        if name not in OPERATIONS or method != method.upper():
            others = item.setdefault("x-other-methods", [])
            if method not in others:
                others.append(method)
        elif name not in item:
            item[name] = _forwarded(path, name, route, schemes)


def _forwarded(path: str, method: str, route: RouteSettings, schemes: list[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(method, path),
        "summary": "Forwarded to its origin",
        "tags": ["routes"],
        "responses": {
            "2XX": {"description": "The origin's answer."},
            "default": {"description": "The origin's answer, or a problem of the gateway (application/problem+json)."},
        },
    }
    refusals = [*ROUTE_REFUSALS, *((401,) if route.auth != "none" else ()), *((403,) if _limited(route) else ())]
    # Without a schema: the origin may answer with these, too, and in its own words.
    described["responses"] |= {str(status): {"description": REASONS[status]} for status in sorted(refusals)}
    if path.endswith("/{path}"):
        rest = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
        described["parameters"] = [rest | {"description": "The rest of the path, slashes included."}]
    if method in ("post", "put", "patch"):
        described["requestBody"] = {"content": {"*/*": {}}}
    return described | _access(route, schemes)


def _access(access: AccessSettings, schemes: list[str]) -> dict[str, Any]:
    if access.auth == "none":
        return {"security": []}
    security: list[dict[str, list[str]]] = [{scheme: []} for scheme in schemes]
    if access.auth == "optional":
        security.append({})
    if not _limited(access):
        return {"security": security}
    names = [*(f"role `{role}`" for role in access.roles), *(f"scope `{scope}`" for scope in access.scopes)]
    return {"security": security, "description": f"Needs {' or '.join(names)}."}


def _limited(access: AccessSettings) -> bool:
    return bool(access.roles or access.scopes)


def _security_schemes(settings: Settings) -> dict[str, Any]:
    """One scheme for each field that can carry a token."""
    fields = dict.fromkeys(issuer.header for issuer in settings.issuers) or {"authorization": None}
    return {_scheme_name(field): _scheme(field) for field in fields}


def _scheme_name(field: str) -> str:
    return "bearer" if field == IssuerSettings.model_fields["header"].default else field


def _scheme(field: str) -> dict[str, Any]:
    if _scheme_name(field) == "bearer":
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {"type": "apiKey", "in": "header", "name": field, "description": "A JWT, without a scheme before it."}


def _operation_id(method: str, path: str) -> str:
    words = [word.strip("{}_") for word in path.split("/") if word]
    return "-".join([method, *words]) if words else f"{method}-root"
