"""`/openapi.json` of the real Worker: valid, complete, and true of every answer (schemathesis)."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from devtools.application.origin import LocalOrigin, local_origin
from devtools.runtime.runner import Gateway
from tests import descriptions
from tests.private_words import WATCH
from tests.unit.endpoints import openapi_validation

ORIGIN_SECRET = "the secret of origin and gateway, for tests"
JWT_SECRET = "the secret of the local token issuer, for tests"
ROLES = ["admin", "gatehouse:purge", "gatehouse:revoke"]
TOKEN = jwt.encode(
    {"sub": "ada", "role": ROLES, "iat": int(time.time()), "exp": int(time.time()) + 24 * 3600}, JWT_SECRET, "HS256"
)
"""Good for a day: it is made when tests are collected, which may be long before they are run. It says when it was
issued, or it would go with whatever is taken back by age."""


@pytest.fixture(scope="module")
def origin() -> Iterator[LocalOrigin]:
    with local_origin(secret=ORIGIN_SECRET, seed=True, log=WATCH.text()) as origin:
        yield origin


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway], origin: LocalOrigin) -> Iterator[Gateway]:
    api = {"origin": origin.url, "strip_prefix": "/api", "sign": "hmac", "openapi": "/openapi/application.json"}
    routes = [
        {**api, "path": "/api/prices", "methods": ["GET"], "auth": "none"},
        {**api, "path": "/api/users/*", "methods": ["GET", "POST", "PATCH", "DELETE"], "roles": ["admin"]},
        {**api, "path": "/api/products/*", "methods": ["GET"], "auth": "none"},
        {**api, "path": "/api/products/*", "methods": ["PUT", "DELETE"], "roles": ["admin"]},
        {**api, "path": "/api/rates/*", "methods": ["PUT"], "roles": ["admin"]},
        {**api, "path": "/api/echo/*", "methods": ["GET"], "roles": ["admin"], "openapi": None},
    ]
    variables = {"ROUTES": routes, "JWT_SECRET": JWT_SECRET, "ORIGIN_SECRET": ORIGIN_SECRET}
    with worker(vars=variables, cf={"country": "CH", "city": "Zürich"}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def api(gateway: Gateway) -> Any:
    return descriptions.read(f"{gateway.url}/openapi.json")


UNDESCRIBED = {
    # `next` takes what was given out before, and parameters of no meaning are no fault.
    **{path: ["positive_data_acceptance", "negative_data_rejection"] for path in ("/api/users", "/api/products")},
    # `If-Match` takes what was given out before.
    "/api/users/{id}": ["positive_data_acceptance"],
    # What Unicode calls printable is no pattern, and 30.0 is an integer in JSON Schema, where a price is written 30.
    "/api/products/{sku}": ["positive_data_acceptance"],
    # Of a route whose origin is not described, nobody knows what it takes.
    **{path: ["positive_data_acceptance", "negative_data_rejection"] for path in ("/api/echo", "/api/echo/{path}")},
    # Some paths are protected, and others are none.
    "/.well-known/oauth-protected-resource/{path}": ["positive_data_acceptance"],
    # Every path of every host may be purged; the description shows the usual ones.
    "/_gatehouse/purge": ["negative_data_rejection"],
    # An issuer is one of those configured, and a moment is compared with the clock.
    "/_gatehouse/revocations": ["positive_data_acceptance"],
}
"""Path -> checks of schemathesis that it cannot be held to."""

OPERATIONS = [
    ("GET", "/geo"),
    ("HEAD", "/geo"),
    ("GET", "/geo/{country}"),
    ("HEAD", "/geo/{country}"),
    ("POST", "/geo/preferences"),
    ("GET", "/healthz"),
    ("HEAD", "/healthz"),
    ("GET", "/readyz"),
    ("HEAD", "/readyz"),
    ("GET", "/.well-known/oauth-protected-resource"),
    ("HEAD", "/.well-known/oauth-protected-resource"),
    ("GET", "/.well-known/oauth-protected-resource/{path}"),
    ("HEAD", "/.well-known/oauth-protected-resource/{path}"),
    ("GET", "/_gatehouse/whoami"),
    ("HEAD", "/_gatehouse/whoami"),
    ("POST", "/_gatehouse/purge"),
    ("GET", "/_gatehouse/revocations"),
    ("HEAD", "/_gatehouse/revocations"),
    ("POST", "/_gatehouse/revocations"),
    ("DELETE", "/_gatehouse/revocations/{id}"),
    ("GET", "/api/prices"),
    ("HEAD", "/api/prices"),
    ("GET", "/api/users"),
    ("HEAD", "/api/users"),
    ("POST", "/api/users"),
    ("GET", "/api/users/{id}"),
    ("HEAD", "/api/users/{id}"),
    ("PATCH", "/api/users/{id}"),
    ("DELETE", "/api/users/{id}"),
    ("GET", "/api/products"),
    ("HEAD", "/api/products"),
    ("GET", "/api/products/{sku}"),
    ("HEAD", "/api/products/{sku}"),
    ("PUT", "/api/products/{sku}"),
    ("DELETE", "/api/products/{sku}"),
    ("PUT", "/api/rates/{day}"),
    ("GET", "/api/echo"),
    ("HEAD", "/api/echo"),
    ("GET", "/api/echo/{path}"),
    ("HEAD", "/api/echo/{path}"),
]


@pytest.mark.parametrize("mode", descriptions.MODES)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(api: Any, method: str, path: str, mode: str) -> None:
    """Requests as described, and requests as they should not be: no crash, and only what the description allows."""

    @settings(
        max_examples=8,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=descriptions.requests_of(api[path][method], mode))
    def check(case: Any) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        descriptions.answered_as_described(case, headers, UNDESCRIBED.get(path, []))

    try:
        check()
    except Unsatisfiable:
        assert mode == "negative", "a request as described can be made"


def test_every_operation_is_tried(api: Any) -> None:
    described = {(result.ok().method.upper(), result.ok().path) for result in api.get_all_operations()}
    assert described == set(OPERATIONS)


def test_the_description_is_valid(gateway: Gateway) -> None:
    response = gateway.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    openapi_validation.validate(response.json())


def test_the_routes_are_in_it(gateway: Gateway) -> None:
    paths = gateway.get("/openapi.json").json()["paths"]
    assert {"/api/prices", "/api/users", "/api/users/{id}", "/api/echo/{path}"} <= set(paths)
    assert set(paths["/api/users"]) == {"get", "head", "post"}


def test_the_shipped_models_explain_their_members(gateway: Gateway) -> None:
    locale = gateway.get("/openapi.json").json()["components"]["schemas"]["Locale"]
    assert "ISO 3166-2" in locale["properties"]["regionCode"]["description"]


def test_it_is_not_sent_again_to_who_has_it(gateway: Gateway) -> None:
    etag = gateway.get("/openapi.json").headers["etag"]
    assert gateway.get("/openapi.json", headers={"if-none-match": etag}).status_code == 304
