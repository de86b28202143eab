"""A route's bounds of GraphQL: what is over them reaches no origin, no signature and no cache."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from configuration.loading import load_settings
from core.faults import Misconfigured
from core.lengths import GRAPHQL
from core.messages import Content, Request, Response
from gateway import Gateway
from tests.unit.in_memory import BytesBody, World, run

ROUTE = {"path": "/graphql", "origin": "https://api.example", "auth": "none", "graphql": {}}
DEEP = "{a" * 9 + "}" * 9
FINE = "{a" * 8 + "}" * 8


class House:
    """A gateway with one GraphQL route, and what reached its origin."""

    def __init__(self, **bounds: Any) -> None:
        answer = {"content-type": "application/json", "cache-control": "public, s-maxage=60"}
        self.world = World(lambda request: Response(200, dict(answer), BytesBody(b'{"data":{}}')))
        routes = [{**ROUTE, "sign": "hmac", "graphql": bounds}, {**ROUTE, "path": "/plain", "graphql": None}]
        settings = load_settings({"ROUTES": routes, "ORIGIN_SECRET": "s" * 32}, set())
        self.gateway = Gateway(settings, self.world.platform())

    def send(self, request: Request) -> tuple[int, Any]:
        response = run(self.gateway.handle(request, self.world.background))
        run(self.world.settle())
        return response.status, json.loads(response.body) if isinstance(response.body, str) else None

    def get(self, query: str, path: str = "/graphql") -> tuple[int, Any]:
        return self.send(Request("GET", "https", "gateway.example", path, query))

    def post(self, content: Content, kind: str = "application/json", query: str = "") -> tuple[int, Any]:
        headers = {"content-type": kind}
        if isinstance(content, bytes):
            headers["content-length"] = str(len(content))
            content = BytesBody(content)
        return self.send(Request("POST", "https", "gateway.example", "/graphql", query, headers, body=content))

    def ask(self, document: Any) -> list[tuple[int, Any]]:
        """By GET and by POST."""
        return [self.get(urlencode({"query": document})), self.post(json.dumps({"query": document}).encode())]


@pytest.mark.parametrize(
    ("document", "code", "limit"),
    [
        (DEEP, "LIMIT_EXCEEDED", "depth"),
        ("{...F} fragment F on T " + DEEP, "LIMIT_EXCEEDED", "depth"),
        ("{" + " ".join(f"a{n}: b" for n in range(16)) + "}", "LIMIT_EXCEEDED", "aliases"),
        ("{" + " a" * 999 + "}", "LIMIT_EXCEEDED", "tokens"),
        ("{ __schema { types { name } } }", "INTROSPECTION_DISABLED", "introspection"),
        ("{ ...F } fragment F on Query { x: _service { sdl } }", "INTROSPECTION_DISABLED", "introspection"),
        ("{ a", "GRAPHQL_PARSE_FAILED", None),
    ],
)
def test_what_is_over_a_bound_reaches_no_origin(document: str, code: str, limit: str | None) -> None:
    house = House()
    for status, body in house.ask(document):
        (error,) = body["errors"]
        assert (status, error["extensions"]["code"], error["extensions"].get("limit")) == (400, code, limit)
        assert error["extensions"]["requestId"]
        assert error["message"]
    assert house.world.requests == []


def test_what_is_within_the_bounds_is_sent_as_it_came() -> None:
    house = House()
    assert [status for status, _ in house.ask(FINE)] == [200, 200]
    content = json.dumps({"query": FINE}).encode()
    assert house.world.requests[1].body == content or house.world.requests[1].body is None
    assert house.world.requests[1].headers["content-type"] == "application/json"


def test_bounds_are_what_the_route_says() -> None:
    house = House(max_depth=2, max_aliases=0, max_tokens=8, introspection=True)
    asked = {"{a{b}}": 200, "{a{b{c}}}": 400, "{x:a}": 400, "{a a a a a a}": 200, "{a a a a a a a}": 400}
    for document, status in {**asked, "{__schema{a{b}}}": 400, "{__schema{a}}": 200}.items():
        assert [found for found, _ in house.ask(document)] == [status, status], document
    tools = House(introspection=True)
    assert [status for status, _ in tools.ask("{__schema" + "{a" * 12 + "}" * 13)] == [200, 200]


def test_what_is_cached_is_not_looked_up_either() -> None:
    house = House(max_depth=2)
    assert house.get(urlencode({"query": DEEP}), "/plain")[0] == 200
    assert house.get(urlencode({"query": DEEP}))[0] == 400


def test_other_routes_are_not_looked_at() -> None:
    assert House().get(urlencode({"query": DEEP}), "/plain")[0] == 200


@pytest.mark.parametrize(
    "query", ["query=%7Ba&query=%7Bb%7D", "a;query=%7Ba%7D", "query=%FF", "query=%7Ba%7D&que%72y=%7Bb%7D"]
)
def test_a_url_that_could_be_read_in_two_ways_is_refused(query: str) -> None:
    house = House()
    assert house.get(query)[0] == 400
    assert house.post(b"{}", query=query)[0] == 400
    assert house.world.requests == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'[{"query": "{a}"}]',
        b'"{a}"',
        b'{"query": 1}',
        b'{"query": ["{a}"]}',
        b'{"query": "{a}", "query": "{b}"}',
        b'{"query": "{a}", "que\\u0072y": "{b}"}',
        b'\xff{"query": "{a}"}',
        b'{"query": "\\ud800"}',
        b"\x1f\x8b\x08 is gzip",
    ],
)
def test_a_content_that_could_be_read_in_two_ways_is_refused(content: bytes) -> None:
    house = House()
    status, body = house.post(content)
    assert (status, len(body["errors"])) == (400, 1)
    assert house.world.requests == []


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_content_of_another_kind_is_refused(kind: str) -> None:
    house = House()
    assert house.post(b'{"query": "{a}"}', kind)[0] == 400
    assert house.world.requests == []


def test_a_document_in_the_url_of_a_post_counts_as_well() -> None:
    house = House()
    assert house.post(b'{"query": "{a}"}', query=urlencode({"query": DEEP}))[0] == 400
    assert house.world.requests == []


def test_a_registered_query_is_asked_for_without_its_text() -> None:
    house = House()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    assert house.get(urlencode({"extensions": json.dumps(extensions)}))[0] == 200
    assert house.post(json.dumps({"extensions": extensions}).encode())[0] == 200


def test_a_content_is_held_up_to_its_bound_and_no_longer_than_the_request() -> None:
    house = House()
    longest = json.dumps({"query": "{a}", "variables": {"x": ""}}).encode()
    longest = longest.replace(b'""', b'"' + b"x" * (GRAPHQL.characters - len(longest)) + b'"')
    assert len(longest) == GRAPHQL.characters
    assert house.post(longest)[0] == 200
    assert house.post(longest + b" ")[0] == 413
    assert house.gateway._budget.held == 0


@pytest.mark.parametrize(
    ("bounds", "fault"),
    [
        ({"max_depth": 0}, "graphql.max_depth"),
        ({"max_aliases": -1}, "graphql.max_aliases"),
        ({"max_tokens": 20_001}, "graphql.max_tokens"),
        ({"depth": 8}, "graphql.depth"),
        ({"introspection": "perhaps"}, "graphql.introspection"),
    ],
)
def test_a_wrong_bound_is_named(bounds: dict[str, Any], fault: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings({"ROUTES": [{**ROUTE, "graphql": bounds}]}, set())
    assert caught.value.faults[0].startswith(f"ROUTES[0].{fault}: ")
