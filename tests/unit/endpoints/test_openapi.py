"""The description of the gateway is valid OpenAPI 3.1 and says what the gateway does."""

import json
import tomllib
from typing import Any

import pytest

from auth import Authenticator, expanded
from configuration.settings import RouteSettings, Settings
from core.flags import Flags
from core.release import VERSION
from devtools.paths import ROOT
from endpoints import openapi, schemas
from endpoints.description import Description
from endpoints.resources import Resources
from endpoints.table import Endpoints
from geo import Locator
from identity.settings import IssuerSettings
from places.preferences import from_body
from tests.unit.endpoints import openapi_validation
from tests.unit.in_memory import World, run

ISSUER = IssuerSettings(audience=(), algorithms=("HS256",), secret=("JWT_SECRET",))
ORIGIN = "https://users.example"


def described(*routes: RouteSettings, issuers: tuple[IssuerSettings, ...] = (ISSUER,)) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi.document(Settings(routes=routes, issuers=issuers)))
    openapi_validation.validate(document)
    return document


def route(path: str, **options: Any) -> RouteSettings:
    return RouteSettings(path=path, origin=ORIGIN, **options)


def test_a_gateway_without_routes_is_described() -> None:
    assert "/geo" in described(issuers=())["paths"]


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_every_endpoint_is_described_with_its_methods() -> None:
    settings, platform = Settings(), World().platform()
    authenticator, description = Authenticator(settings, platform), Description(settings, platform)
    flags = Flags(platform.store, platform.clock, platform.log)
    resources = Resources(settings, lambda host, path: [])
    endpoints = Endpoints(Locator(), authenticator, None, description, platform, settings.operators, flags, resources)
    offered = {endpoint.pattern: {method.lower() for method in endpoint.by_method} for endpoint in endpoints.all()}
    del offered["/openapi.json"]
    paths = {path: set(item) for path, item in described()["paths"].items()}
    assert paths == offered


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("/api/users", ["/api/users"]),
        ("/api/users/*", ["/api/users", "/api/users/{path}"]),
        ("/*", ["/", "/{path}"]),
    ],
)
def test_a_pattern_is_described_by_the_paths_it_takes(pattern: str, paths: list[str]) -> None:
    built_in = set(described()["paths"])
    assert sorted(set(described(route(pattern))["paths"]) - built_in) == paths


def test_the_first_route_of_a_method_is_the_one_described() -> None:
    document = described(route("/a", methods=("GET",), auth="none"), route("/a", roles=("admin",)))
    assert document["paths"]["/a"]["get"]["security"] == []
    assert "role `admin`" in document["paths"]["/a"]["post"]["description"]


@pytest.mark.parametrize(
    ("auth", "security"), [("required", [{"bearer": []}]), ("optional", [{"bearer": []}, {}]), ("none", [])]
)
def test_security_is_the_routes(auth: str, security: list[dict[str, list[str]]]) -> None:
    assert described(route("/a", auth=auth))["paths"]["/a"]["get"]["security"] == security


def test_refusals_follow_from_access() -> None:
    document = described(route("/open", auth="none"), route("/known"), route("/admins", roles=("admin",)))
    refusals = {
        path: {status for status in document["paths"][path]["get"]["responses"] if status in ("401", "403")}
        for path in ("/open", "/known", "/admins")
    }
    assert refusals == {"/open": set(), "/known": {"401"}, "/admins": {"401", "403"}}


def test_a_route_with_policies_may_fail_by_one_of_them() -> None:
    document = described(route("/plain"), route("/policed", policies=("tenant",)))
    told = {path: "500" in document["paths"][path]["get"]["responses"] for path in ("/plain", "/policed")}
    assert told == {"/plain": False, "/policed": True}
    assert "policy_failed" in document["components"]["responses"]["500"]["description"]


def test_a_token_in_another_field_is_a_scheme_of_its_own() -> None:
    [made], _, _ = expanded([{"preset": "cloudflare-access", "team": "acme", "audience": ["a"]}])
    access = IssuerSettings.model_validate(made)
    document = described(route("/a"), issuers=(ISSUER, access))
    assert document["components"]["securitySchemes"]["cf-access-jwt-assertion"]["in"] == "header"
    assert document["paths"]["/a"]["get"]["security"] == [{"bearer": []}, {"cf-access-jwt-assertion": []}]


def test_methods_openapi_has_no_place_for_are_listed_apart() -> None:
    item = described(route("/a", methods=("GET", "M-SEARCH", "PURGE")))["paths"]["/a"]
    assert item["x-other-methods"] == ["M-SEARCH", "PURGE"]


def test_where_requests_go_and_what_is_secret_is_not_told() -> None:
    signed = route("/a", sign="hmac", auth="required")
    text = json.dumps(described(signed))
    assert ORIGIN not in text
    assert "JWT_SECRET" not in text
    assert "hmac" not in text


def test_operation_ids_are_unique() -> None:
    document = described(route("/api/users/*"), route("/api/users"), route("/*", auth="none"))
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in openapi.OPERATIONS
    ]
    assert len(ids) == len(set(ids))


def test_the_answer_of_geo_is_the_model_described() -> None:
    locator = Locator()
    for locale in (locator.locate({"country": "DE", "city": "Berlin"}, "ar", None), locator.for_country("CH")):
        schemas.Locale.model_validate_json(locale.json)


def test_preferences_described_are_preferences_taken() -> None:
    for body in ({"currency": "EUR", "language": "fil-PH"}, {"currency": None}, {}):
        schemas.Preferences.model_validate(body)
        from_body(json.dumps(body).encode())


def test_a_client_that_has_the_description_is_not_sent_it_again() -> None:
    description = Description(Settings(), World().platform())
    first = run(description.response())
    again = run(description.response(first.headers["etag"]))
    assert (first.status, again.status, again.body) == (200, 304, None)
    assert again.headers["etag"] == first.headers["etag"]
