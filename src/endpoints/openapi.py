"""`/openapi.json`: the description of this gateway as it is configured (OpenAPI 3.1).

The built-in endpoints come from the table below and the models of `schemas.py`, the routes from `ROUTES`, what is known
of their origins from the documents that routes name (`origins.py`). Nothing secret is in it: origins' addresses,
secrets' names and limits stay out, because anybody may read it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from auth import WELL_KNOWN, Carrier, carrier
from configuration.route_patterns import parameters_of
from configuration.settings import RouteSettings, Settings
from core.records import record
from core.release import VERSION
from endpoints import origins
from endpoints.resources import ANYBODY_KNOWN
from endpoints.table import PURGERS, REVOKERS
from geo import CURRENCIES, territories
from identity.settings import AccessSettings

TEMPLATE: Final = "#/components/schemas/{model}"

OPERATIONS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
"""Methods OpenAPI 3.1 has a place for (section 4.8.9.1); others are listed under `x-other-methods`."""

BEARER: Final = carrier("authorization")
NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]")
"""Characters that names of components do not have (OpenAPI 3.1 section 4.8.7.1)."""

WORDS: Final = {"token": "A JWT", "key": "An API key"}
BEARERS: Final[Mapping[tuple[str, ...], Mapping[str, str]]] = {
    ("token",): {"bearerFormat": "JWT"},
    ("key",): {"description": "An API key."},
    ("token", "key"): {"bearerFormat": "JWT", "description": "A JWT or an API key."},
}
"""What comes behind `Bearer`, by the kinds of credentials that do."""

Schemes = Mapping[str, Sequence[str]]
"""Names of security schemes, with the kinds of credentials that come by each."""

REASONS: Final[Mapping[int, str]] = {
    304: "Not modified: the stored answer still holds.",
    400: "The request is malformed; `field` or `code` names what.",
    401: "No credential, or one that does not hold; `WWW-Authenticate` says which.",
    403: "The caller lacks a role or scope.",
    404: "There is nothing by that name.",
    405: "The method is not offered; `Allow` lists those that are.",
    408: "The content took too long to arrive.",
    409: "There are too many already.",
    413: "The content is too long.",
    415: "The content has another media type.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "A policy of the route failed (`policy_failed`, with its name in `policy`).",
    502: "The origin could not be reached.",
    503: "The gateway or its origin is not available; `Retry-After` may say until when.",
    504: "The origin did not answer in time.",
}


@record
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


BUILT_IN: Final = (
    Operation("/geo", "get", "Place, money and language of the visitor who asks", "Locale",
              ("lang", "currency", "include"), refusals=(400,), cached=True),
    Operation("/geo/{country}", "get", "Money and language of any country", "Locale",
              ("country", "lang", "include"), refusals=(400, 404), cached=True),
    Operation("/geo/preferences", "post", "Remember a currency and a language in a cookie", None,
              body="Preferences", refusals=(400, 408, 413, 415)),
    Operation("/healthz", "get", "Whether the Worker runs", "Status"),
    Operation("/readyz", "get", "Whether the gateway can do its work", "Status", refusals=(503,)),
    Operation(WELL_KNOWN, "get", "Whose tokens this host takes (RFC 9728)", "ProtectedResource", refusals=(404,)),
    Operation(WELL_KNOWN + "/{path}", "get", "Whose tokens a path takes (RFC 9728)", "ProtectedResource",
              ("path",), refusals=(400, 404)),
    Operation("/_gatehouse/whoami", "get", "The caller, as its token or its key describes it", "Caller",
              refusals=(400, 401, 503), access=ANYBODY_KNOWN),
    Operation("/_gatehouse/purge", "post", "Forget stored responses", "Purged",
              body="Purge", refusals=(400, 401, 403, 408, 413, 415, 503), access=PURGERS),
    Operation("/_gatehouse/revocations", "post", "Take back a token, or all of a caller or an issuer", "Revocation",
              body="RevocationRequest", refusals=(400, 401, 403, 408, 409, 413, 415, 503), access=REVOKERS),
    Operation("/_gatehouse/revocations", "get", "What has been taken back", "RevocationList",
              refusals=(400, 401, 403, 503), access=REVOKERS),
    Operation("/_gatehouse/revocations/{id}", "delete", "Lift a revocation", None,
              ("id",), refusals=(400, 401, 403, 404, 503), access=REVOKERS),
)  # fmt: skip
"""Every endpoint of `endpoints.py` but `/openapi.json`; HEAD goes with GET. A test holds the two to each other."""

PLACEHOLDER: Final = re.compile(r"\{([^}]*)\}")
"""Of a path template; two that differ in their names alone are one path (section 4.8.8)."""

OWN_TAGS: Final = frozenset({"gateway", "routes"})

ROUTE_REFUSALS: Final = (400, 405, 408, 413, 429, 502, 503, 504)

NO_SOURCES: Final[Mapping[str, origins.Source]] = {}


def document(settings: Settings, sources: Mapping[str, origins.Source] = NO_SOURCES) -> bytes:
    """The description as UTF-8 JSON, with what `sources`, by the path that routes name, say of origins.

    Some milliseconds of work: keep what it gives. Raises ValueError for a source with references that lead nowhere.
    """
    # Its models take longer to build than all others together, and only this function needs them.
    from endpoints.schemas import components

    parts = {"schemas": components(TEMPLATE), "parameters": _parameters(), "responses": _refusals()}
    schemes = _security_schemes(settings)
    shown = tuple(origins.shown(settings.routes, sources))
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
            *_tags(shown),
        ],
        "paths": _with_ids(_paths(settings, _schemes_of(settings), shown, origins.Components(parts))),
        "components": {**parts, "securitySchemes": schemes},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _paths(
    settings: Settings, schemes: Schemes, shown: tuple[origins.Shown, ...], components: origins.Components
) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in BUILT_IN:
        if operation.path.startswith(WELL_KNOWN) and not settings.resource_metadata:
            continue
        item = paths.setdefault(operation.path, {})
        item[operation.method] = _built_in(operation, operation.method, schemes)
        if operation.method == "get":
            item["head"] = _built_in(operation, "head", schemes)
    for one in shown:
        path = _seat(paths, one.path)
        paths.setdefault(path, {}).setdefault(one.method, _shown(one, path, components, schemes))
    for route in settings.routes:
        if not any(one.route is route for one in shown):
            for template in _templates(route.path):
                path = _seat(paths, template)
                _add_route(paths.setdefault(path, {}), path, route, schemes)
    return paths


def _seat(paths: Mapping[str, Any], path: str) -> str:
    """The path itself, or the one that is there already and differs from it in the names of its parameters alone."""
    shape = PLACEHOLDER.sub("{}", path)
    return next((known for known in paths if PLACEHOLDER.sub("{}", known) == shape), path)


def _with_ids(paths: dict[str, Any]) -> dict[str, Any]:
    """Each operation with an id that no other has."""
    given: set[str] = set()
    for path, item in paths.items():
        for method in OPERATIONS & item.keys():
            words = [word.strip("{}_") for word in path.split("/") if word]
            wanted = "-".join([method, *words]) if words else f"{method}-root"
            number = next(n for n in range(1, len(given) + 2) if (wanted if n == 1 else f"{wanted}-{n}") not in given)
            given.add(name := wanted if number == 1 else f"{wanted}-{number}")
            item[method] = {"operationId": name, **item[method]}
    return paths


# --- Built-in endpoints ------------------------------------------------------------------------------------------


def _built_in(operation: Operation, method: str, schemes: Schemes) -> dict[str, Any]:
    described: dict[str, Any] = {
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
        told = {"headers": {"set-cookie": _text("The preferences, kept for a year.")}} if operation.body else {}
        yield "204", {"description": "Done.", **told}
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
        "id": {
            "name": "id", "in": "path", "required": True, "description": "As in the list.",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
        "path": {
            "name": "path", "in": "path", "required": True, "description": "Of a protected resource, slashes included.",
            "schema": {"type": "string"}, "example": "_gatehouse/whoami",
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
    rest = "rest" if "/{path}" in bare else "path"
    return (bare or "/", f"{bare}/{{{rest}}}")


def _add_route(item: dict[str, Any], path: str, route: RouteSettings, schemes: Schemes) -> None:
    """Describe `route` where no earlier route has the method: the first that matches decides."""
    for method in route.methods:
        name = method.lower()
        if name not in OPERATIONS or method != method.upper():
            others = item.setdefault("x-other-methods", [])
            if method not in others:
                others.append(method)
        elif name not in item:
            item[name] = _forwarded(path, name, route, schemes)


def _shown(one: origins.Shown, path: str, components: origins.Components, schemes: Schemes) -> dict[str, Any]:
    """An operation of an origin that is known, at `path`, with what the gateway adds to it."""
    names = dict(zip(PLACEHOLDER.findall(one.path), PLACEHOLDER.findall(path), strict=True))
    described = components.operation(one, names, {status: _bare(status) for status in _route_refusals(one)})
    access = _access(one.route, schemes)
    told = [text for text in (described.get("description"), access.get("description")) if text]
    return {
        **described,
        "tags": [tag for tag in one.tags if tag not in OWN_TAGS] or ["routes"],
        **access,
        **({"servers": [_server(one.route.host)]} if one.route.host is not None else {}),
        **({"description": "\n\n".join(told)} if told else {}),
    }


def _tags(shown: Sequence[origins.Shown]) -> list[dict[str, Any]]:
    """The tags of what is shown, described as their documents do."""
    found: dict[str, dict[str, Any]] = {}
    for one in shown:
        known = {tag["name"]: tag for tag in one.source.document.get("tags", ())}
        for name in one.tags:
            if name not in OWN_TAGS:
                found.setdefault(name, {"name": name, "description": known.get(name, {}).get("description", "")})
    return list(found.values())


def _bare(status: int) -> dict[str, Any]:
    """Without a schema: the origin may answer with these, too, and in its own words."""
    return {"description": REASONS[status]}


def _route_refusals(one: origins.Shown) -> list[int]:
    kept = one.method in ("get", "head") and one.route.cache_settings is not None
    return [*_refused_by(one.route), *((304,) if kept else ())]


def _refused_by(route: RouteSettings) -> list[int]:
    asked = {401: route.auth != "none", 403: _may_forbid(route), 500: bool(route.policies)}
    return [*ROUTE_REFUSALS, *(status for status, may_be in asked.items() if may_be)]


def _forwarded(path: str, method: str, route: RouteSettings, schemes: Schemes) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": "Forwarded to its origin",
        "tags": ["routes"],
        "responses": {
            "2XX": {"description": "The origin's answer."},
            "default": {"description": "The origin's answer, or a problem of the gateway (application/problem+json)."},
        },
    }
    described["responses"] |= {str(status): _bare(status) for status in sorted(_refused_by(route))}
    if parameters := _path_parameters(path, route):
        described["parameters"] = parameters
    if route.host is not None:
        described["servers"] = [_server(route.host)]
    if method in ("post", "put", "patch"):
        described["requestBody"] = {"content": {"*/*": {}}}
    return described | _access(route, schemes)


def _path_parameters(path: str, route: RouteSettings) -> list[dict[str, Any]]:
    """What stands in the named places of a path template; one that the route does not name is the rest of the path."""
    named = parameters_of(route.path)
    found = []
    for name in parameters_of(path):
        described = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        if name in route.match:
            described["description"] = "The caller's own."
        elif name not in named:
            described["description"] = "The rest of the path, slashes included."
        found.append(described)
    return found


def _server(host: str) -> dict[str, Any]:
    if not host.startswith("*."):
        return {"url": f"https://{host}"}
    return {"url": f"https://{{label}}{host[1:]}", "variables": {"label": {"default": "www"}}}


def _access(access: AccessSettings, schemes: Schemes) -> dict[str, Any]:
    if access.auth == "none":
        return {"security": []}
    taken = {scheme for scheme, kinds in schemes.items() if not {*kinds}.isdisjoint(access.credentials)}
    security: list[dict[str, list[str]]] = [{scheme: []} for scheme in schemes if scheme in taken]
    if access.auth == "optional":
        security.append({})
    if not _limited(access):
        return {"security": security}
    return {"security": security, "description": " ".join(_needed(access))}


def _needed(access: AccessSettings) -> Iterator[str]:
    if names := [*(f"role `{role}`" for role in access.roles), *(f"scope `{scope}`" for scope in access.scopes)]:
        yield f"Needs {' or '.join(names)}."
    if access.all_scopes:
        yield f"Needs {' and '.join(f'scope `{scope}`' for scope in access.all_scopes)}."


def _limited(access: AccessSettings) -> bool:
    return bool(access.roles or access.scopes or access.all_scopes)


def _may_forbid(access: AccessSettings) -> bool:
    return _limited(access) or bool(access.match)


def _ways(settings: Settings) -> dict[Carrier, tuple[str, ...]]:
    """Each way that credentials come, with what comes by it."""
    ways: dict[Carrier, tuple[str, ...]] = {}
    for issuer in settings.issuers:
        ways |= dict.fromkeys(issuer.carriers, ("token",))
    for way in settings.key_ways:
        ways[way] = (*ways.get(way, ()), "key")
    return ways or {BEARER: ("token",)}


def _security_schemes(settings: Settings) -> dict[str, Any]:
    """One scheme for each way that a token or a key can come."""
    return {_scheme_name(way): _scheme(way, kinds) for way, kinds in _ways(settings).items()}


def _schemes_of(settings: Settings) -> Schemes:
    """The schemes' names, with what comes by each."""
    return {_scheme_name(way): kinds for way, kinds in _ways(settings).items()}


def _scheme_name(way: Carrier) -> str:
    if way == BEARER:
        return "bearer"
    return way.name if way.kind == "header" else f"{way.kind}-{NOT_IN_NAMES.sub('-', way.name)}"


def _scheme(way: Carrier, kinds: Sequence[str]) -> dict[str, Any]:
    if way == BEARER:
        return {"type": "http", "scheme": "bearer", **(BEARERS[tuple(kinds)])}
    described = " or ".join(WORDS[kind] for kind in kinds)
    return {
        "type": "apiKey",
        "in": way.kind,
        "name": way.name,
        "description": f"{described}, without a scheme before it.",
    }
