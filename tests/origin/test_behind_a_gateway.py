"""The application and the gateway together, by the routes of `make dev`: signed requests, cached answers, purges, and
one description of all of it."""

import json
import time
import tomllib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from playwright.sync_api import expect, sync_playwright

from devtools.application.local_aws.application import LocalApplication
from devtools.paths import TEMPLATE_TOML
from devtools.runtime.runner import Gateway, Runner
from devtools.runtime.v8 import QUICK_START
from devtools.serving import origin_place
from tests import descriptions
from tests.browser.conftest import OPTIONS, WEBHOOKS, Visitor
from tests.browser.conftest import chromium as chromium
from tests.origin.conftest import JWT_SECRET, KEYS, token
from tests.origin.purges import Purges
from tests.unit.endpoints import openapi_validation

SECRETS = {
    "JWT_SECRET": JWT_SECRET,
    "ORIGIN_SECRET": KEYS.secret,
    "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
    "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key,
    **WEBHOOKS,
}
SEEN_WITHIN = 180.0
"""Seconds in which a purge must have arrived, on a very busy machine; a fraction of one on an idle one."""


def routes(origin: str) -> list[dict[str, Any]]:
    """Those of `make dev`, to `origin`."""
    written = tomllib.loads(TEMPLATE_TOML.read_text())["env"]["local"]["vars"]["ROUTES"]
    moved: list[dict[str, Any]] = json.loads(origin_place.moved(written, int(origin.rpartition(":")[2])))
    return moved


@pytest.fixture(scope="module")
def gateway(application: LocalApplication, purges: Purges) -> Iterator[Gateway]:
    variables = {"ROUTES": routes(application.url), **SECRETS}
    with (
        Runner(v8_flags=QUICK_START) as runner,
        runner.start(environment="local", vars=variables, cf={"country": "US"}) as running,
    ):
        purges.gateway = running.url
        yield running
        purges.gateway = None


def bearer(subject: str, role: str = "user") -> dict[str, str]:
    return {"Authorization": f"Bearer {token(subject, role)}"}  # so spelt, schemathesis knows it


def asked(gateway: Gateway, query: str, path: str = "/api/public/graphql", **headers: str) -> tuple[Any, str]:
    """What a GET is answered with, and whether the cache did it."""
    answer = gateway.get(path, params={"query": query}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"], answer.headers["cache-status"]


def mutated(gateway: Gateway, query: str, caller: dict[str, str]) -> Any:
    answer = gateway.post("/api/graphql", json={"query": query}, headers=caller).json()
    assert "errors" not in answer, answer
    return answer["data"]


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + SEEN_WITHIN
    while not found():
        assert time.monotonic() < end, "it was not seen"
        time.sleep(0.02)


def kept(gateway: Gateway, query: str, path: str = "/api/public/graphql", **headers: str) -> Any:
    """The data of an answer that the cache has now."""
    until(lambda: "; hit" in asked(gateway, query, path, **headers)[1])
    return asked(gateway, query, path, **headers)[0]


def test_a_mutation_is_seen_by_the_next_readers_of_what_was_cached(gateway: Gateway, purges: Purges) -> None:
    grace, post = bearer("grace"), 'createPost(input: {title: "Before", content: "Words"}) { id }'
    post_id = mutated(gateway, f"mutation {{ {post} }}", grace)["createPost"]["id"]
    until(lambda: f"post-{post_id}" in purges.tags)
    one, every = f'{{ post(id: "{post_id}") {{ title }} }}', "{ posts(limit: 5) { items { title } } }"
    assert kept(gateway, one)["post"]["title"] == "Before"
    assert kept(gateway, one, "/api/graphql", **grace)["post"]["title"] == "Before"
    assert kept(gateway, every)["posts"]["items"][0]["title"] == "Before"
    purges.tags.clear()
    mutated(gateway, f'mutation {{ updatePost(id: "{post_id}", input: {{title: "After"}}) {{ id }} }}', grace)
    until(lambda: f"post-{post_id}" in purges.tags)
    assert asked(gateway, one)[0]["post"]["title"] == "After"
    assert asked(gateway, one, "/api/graphql", **grace)[0]["post"]["title"] == "After"
    assert asked(gateway, every)[0]["posts"]["items"][0]["title"] == "After"


def test_a_change_by_the_users_api_is_seen_in_the_graph(gateway: Gateway, purges: Purges) -> None:
    admin, query = bearer("ada", "admin"), '{ user(id: "hedy") { name } }'
    assert kept(gateway, query) == {"user": None}
    new = {"id": "hedy", "name": "Hedy", "email": "hedy@example.com"}
    assert gateway.post("/api/users", json=new, headers=admin).status_code == 201
    until(lambda: asked(gateway, query)[0] == {"user": {"name": "Hedy"}})
    assert kept(gateway, query) == {"user": {"name": "Hedy"}}
    purges.tags.clear()
    assert gateway.request("DELETE", "/api/users/hedy", headers={**admin, "if-match": "*"}).status_code == 204
    until(lambda: "user-hedy" in purges.tags)
    assert asked(gateway, query)[0] == {"user": None}


def test_a_query_too_deep_goes_no_further_than_the_gateway(gateway: Gateway) -> None:
    deep = "{ posts { items { author { posts { items { author { posts { items { author { id } } } } } } } } } }"
    answer = gateway.get("/api/public/graphql", params={"query": deep})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "LIMIT_EXCEEDED")
    assert "cache-status" not in answer.headers


# --- GraphiQL -----------------------------------------------------------------------------------


def test_graphiql_asks_and_shows_and_loads_from_nowhere_else(gateway: Gateway, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        visitor = Visitor(browser.new_context(), gateway.url)
        visitor.page.set_default_timeout(SEEN_WITHIN * 1000)
        visitor.page.goto(f"{gateway.url}/graphiql")
        visitor.page.locator(".graphiql-execute-button").click()
        expect(visitor.page.locator(".graphiql-response")).to_contain_text("Hello from Ada Lovelace")
        visitor.page.locator('[aria-label="Show Documentation Explorer"]').click()
        expect(visitor.page.locator(".graphiql-doc-explorer-content")).to_contain_text("Mutation")
        browser.close()
    assert visitor.complaints == []
    assert {urlsplit(url).netloc for url in visitor.requested if not url.startswith(("data:", "blob:"))} == {
        urlsplit(gateway.url).netloc
    }


# --- the description ----------------------------------------------------------------------------

DESCRIBED = {
    "/api/prices", "/api/products", "/api/products/{sku}", "/api/rates/{day}", "/api/users", "/api/users/{id}",
    "/api/public/graphql", "/api/graphql", "/api/orders", "/api/orders/{id}", "/api/notifications", "/api/stock",
    "/api/stock/{sku}", "/api/orders/{id}/events", "/api/rooms/renewals", "/api/rooms/{room}/events",
    "/api/rooms/{room}/messages",
}  # fmt: skip

OTHERS = {
    "/api/echo", "/api/echo/scoped", "/api/echo/{path}", "/api/rooms/socket",
    "/api/nearest", "/api/nearest/{path}", "/api/nearest/bound", "/api/nearest/bound/{path}",
    "/api/policies/tenant", "/api/policies/rollout", "/api/hooks/stripe", "/api/hooks/standard",
}  # fmt: skip
"""Of these no document says more than that there is a route."""

HERE = (
    *("/api/rooms/renewals", "/api/rooms/{room}", "/api/orders", "/api/notifications", "/api/stock"),
    *("/api/graphql", "/api/public/graphql"),
)
"""What is tried here; `tests/worker/test_openapi.py` tries the rest against handlers in its own process."""

NOT_HELD_TO = ("positive_data_acceptance", "negative_data_rejection", "not_a_server_error")
"""What is on the price list, was given out before or is GraphQL, no schema says; and a busy machine may be too slow to
tell what things cost, which is 503."""


def test_everything_that_routes_lead_to_is_described(gateway: Gateway) -> None:
    document = gateway.get("/openapi.json").json()
    openapi_validation.validate(document)
    described = {path for path in document["paths"] if path.startswith("/api/")}
    assert described == DESCRIBED | OTHERS
    assert {tag["name"] for tag in document["tags"]} >= {"users", "catalogue", "orders", "graph", "rooms"}


@pytest.mark.parametrize("mode", descriptions.MODES)
def test_every_answer_of_the_whole_is_as_described(gateway: Gateway, mode: str) -> None:
    api = descriptions.read(f"{gateway.url}/openapi.json")
    described: list[Any] = list(api.get_all_operations())
    found = [result.ok() for result in described]
    tried = [one for one in found if one.path.startswith(HERE) and one.method != "head"]
    assert len(tried) == 15
    for operation in tried:

        @settings(
            max_examples=4,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=descriptions.requests_of(operation, mode))
        def check(case: Any) -> None:
            answer = descriptions.answered_as_described(case, bearer("ada", "admin"), NOT_HELD_TO)
            assert answer.status_code not in (500, 502)

        check()
