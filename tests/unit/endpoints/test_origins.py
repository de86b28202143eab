"""What origins say of themselves is told as the routes show it: at the gateway's paths, under the gateway's access."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from configuration.settings import RouteSettings, Settings
from core.messages import Response
from core.records import replace
from endpoints import openapi, origins
from endpoints.description import Description
from identity.settings import IssuerSettings
from tests.unit.endpoints import openapi_validation
from tests.unit.in_memory import World, run

ISSUER = IssuerSettings(audience=(), algorithms=("HS256",), secret=("JWT_SECRET",))
USERS, OTHERS = "/openapi/users.json", "/openapi/others.json"


def answered(schema: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"200": {"description": "It.", "content": content}, **more}


def described(paths: Mapping[str, Any], **components: Any) -> dict[str, Any]:
    info = {"title": "Users", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "servers": [{"url": "https://inside"}], "paths": paths, **components}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
REFUSED = {
    "description": "No.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/No"}}},
}
DOCUMENT = described(
    {
        "/users": {"get": {"tags": ["users"], "responses": answered("Users")}},
        "/users/{id}": {
            "parameters": [ID],
            "get": {
                "operationId": "inner",
                "x-secret": "inside",
                "security": [{"inside": []}],
                "parameters": [{"$ref": "#/components/parameters/fields"}],
                "responses": answered("User", **{"400": REFUSED, "404": {"$ref": "#/components/responses/missing"}}),
            },
            "put": {"responses": {"204": {"description": "Done."}}},
        },
        "/inside": {"get": {"responses": answered("Secret")}},
    },
    tags=[{"name": "users", "description": "People."}],
    components={
        "schemas": {
            "Users": {"type": "array", "items": {"$ref": "#/components/schemas/User"}},
            "User": {"type": "object", "properties": {"boss": {"$ref": "#/components/schemas/User"}}},
            "Secret": {"type": "string"},
            "No": {"type": "object"},
            "Locale": {"type": "string"},
        },
        "parameters": {"fields": {"name": "fields", "in": "query", "schema": {"$ref": "#/components/schemas/Locale"}}},
        "responses": {"missing": {"description": "None."}},
        "securitySchemes": {"inside": {"type": "http", "scheme": "basic"}},
    },
)


def route(path: str, **options: Any) -> RouteSettings:
    options = {"strip_prefix": "/api", "openapi": USERS, **options}
    return RouteSettings(path=path, origin="https://users.example", **options)


def told(*routes: RouteSettings, **documents: Any) -> dict[str, Any]:
    known = {USERS: documents.get("users", DOCUMENT), OTHERS: documents.get("others", DOCUMENT)}
    sources = {path: origins.read(path, json.dumps(document)) for path, document in known.items()}
    document: dict[str, Any] = json.loads(openapi.document(Settings(routes=routes, issuers=(ISSUER,)), sources))
    openapi_validation.validate(document)
    return document


def test_paths_are_those_of_the_gateway_and_methods_those_of_the_route() -> None:
    paths = told(route("/api/users/*", methods=("GET",)))["paths"]
    assert set(paths["/api/users/{id}"]) == {"get", "head"}
    assert set(paths["/api/users"]) == {"get", "head"}
    assert "/api/users/{path}" not in paths
    assert "/inside" not in paths


def test_what_no_route_leads_to_is_not_told_and_neither_is_what_is_inside() -> None:
    text = json.dumps(told(route("/api/users/*")))
    assert not [word for word in ("Secret", "inside", "inner", "x-secret") if word in text]


def test_access_and_refusals_are_the_routes() -> None:
    one = told(route("/api/users/*", roles=("admin",)))["paths"]["/api/users/{id}"]["get"]
    assert one["security"] == [{"bearer": []}]
    assert "role `admin`" in one["description"]
    assert {"401", "403", "429", "503", "304"} <= set(one["responses"])
    open_to_all = told(route("/api/users/*", auth="none", cache=False))["paths"]["/api/users/{id}"]["get"]
    assert not {"401", "403", "304"} & set(open_to_all["responses"])


def test_a_refusal_that_both_give_is_either_ones() -> None:
    answers = told(route("/api/users/*"))["paths"]["/api/users/{id}"]["get"]["responses"]
    either = answers["400"]["content"]["application/problem+json"]["schema"]["anyOf"]
    assert [one["$ref"].rpartition("/")[2] for one in either] == ["No", "ProblemDetails"]


def test_head_has_the_answers_of_get_without_content() -> None:
    item = told(route("/api/users/*"))["paths"]["/api/users/{id}"]
    assert set(item["head"]["responses"]) == set(item["get"]["responses"])
    assert not [answer for answer in item["head"]["responses"].values() if "content" in answer]


def test_components_of_one_name_are_told_apart() -> None:
    other = json.loads(json.dumps(DOCUMENT).replace('"/users', '"/people').replace('"type": "array"', '"type": "null"'))
    document = told(route("/api/users/*"), route("/api/people/*", openapi=OTHERS), others=other)
    schemas = document["components"]["schemas"]
    assert schemas["Locale"]["type"] == "object", "the gateway's own"
    assert schemas["users.Locale"] == {"type": "string"}
    assert (schemas["Users"]["type"], schemas["others.Users"]["type"]) == ("array", "null")
    assert schemas["others.Users"]["items"]["$ref"].endswith("/others.User")


def test_a_long_way_from_one_component_to_the_next_is_no_deep_one() -> None:
    last = 3000
    chain: dict[str, Any] = {
        f"N{at}": {"properties": {"next": {"$ref": f"#/components/schemas/N{at + 1}"}}} for at in range(last)
    }
    chain[f"N{last}"] = {"type": "null"}
    paths = {"/users": {"get": {"responses": answered("N0")}}}
    source = origins.read(USERS, json.dumps(described(paths, components={"schemas": chain})))
    content = openapi.document(Settings(routes=(route("/api/users/*"),)), {USERS: source})
    assert json.loads(content)["components"]["schemas"][f"N{last}"] == {"type": "null"}


def test_tags_of_what_is_shown_stand_beside_the_gateways() -> None:
    document = told(route("/api/users/*"))
    assert {"name": "users", "description": "People."} in document["tags"]
    assert document["paths"]["/api/users/{id}"]["get"]["tags"] == ["routes"]


def test_a_path_is_one_whatever_its_parameters_are_called() -> None:
    other = json.loads(json.dumps(DOCUMENT).replace("{id}", "{key}").replace('"name": "id"', '"name": "key"'))
    read, write = ("GET",), ("PUT", "POST")
    document = told(
        route("/api/users/*", methods=read), route("/api/users/*", methods=write, openapi=OTHERS), others=other
    )
    assert set(document["paths"]["/api/users/{id}"]) == {"get", "head", "put"}
    plain = told(route("/api/users/*", methods=read), route("/api/users/*", methods=write, openapi=None))
    assert [one["name"] for one in plain["paths"]["/api/users/{id}"]["put"]["parameters"]] == ["id"]


def test_the_route_that_takes_a_request_is_the_one_that_tells() -> None:
    document = told(route("/api/users", methods=("POST",), openapi=None), route("/api/*", methods=("GET",)))
    assert set(document["paths"]["/api/users"]) == {"post"}, "GET is 405 there"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"openapi": "3.0.3", "paths": {}}',
        b'{"openapi": "3.1.0"}',
        b'{"openapi": "3.1.0", "paths": {"/users": []}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_openapi_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        origins.read(USERS, content)


class Assets:
    """The binding, as a fetch; counts how often it was asked."""

    def __init__(self, content: bytes, status: int = 200) -> None:
        self.content, self.status, self.asked = content, status, 0

    async def __call__(self, request: Any, **_: Any) -> Response:
        assert request.path == USERS
        self.asked += 1
        return Response(self.status, {}, self.content)


def made(assets: Assets | None) -> tuple[Description, World]:
    world = World()
    platform = replace(world.platform(), service={"ASSETS": assets}.__getitem__) if assets else world.platform()
    return Description(Settings(routes=(route("/api/users/*"),), issuers=(ISSUER,)), platform), world


def paths_of(description: Description) -> set[str]:
    content = run(description.response()).body
    return set(json.loads(content)["paths"])


def test_a_route_of_one_host_tells_of_that_host() -> None:
    document = told(route("/api/users/*", methods=("PUT",)), route("/api/users/{id}", host="api.example"))
    item = document["paths"]["/api/users/{id}"]
    assert item["get"]["servers"] == [{"url": "https://api.example"}]
    assert "servers" not in item["put"]


def test_the_document_is_fetched_once_an_isolate() -> None:
    assets = Assets(json.dumps(DOCUMENT).encode())
    description, _ = made(assets)
    for _ in range(2):
        assert "/api/users/{id}" in paths_of(description)
    assert assets.asked == 1


LEADS_NOWHERE = described({"/users": {"get": {"responses": answered("Nobody")}}})
NO_PARAMETER = described({"/users": {"parameters": ["id"], "get": {"responses": {}}}})


@pytest.mark.parametrize(
    "assets",
    [
        None,
        Assets(b"<html>", 200),
        Assets(b"", 404),
        Assets(json.dumps(LEADS_NOWHERE).encode()),
        Assets(json.dumps(NO_PARAMETER).encode()),
    ],
    ids=["no binding", "no JSON", "not there", "leads nowhere", "malformed"],
)
def test_a_document_that_cannot_be_told_is_logged_and_its_routes_are_described_as_any(assets: Assets | None) -> None:
    description, world = made(assets)
    assert "/api/users/{path}" in paths_of(description)
    assert [line["event"] for line in world.log] == ["description_failed"]
    if assets:
        assets.content, assets.status = json.dumps(DOCUMENT).encode(), 200
        assert "/api/users/{id}" in paths_of(description), "it is tried again"
