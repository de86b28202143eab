"""Over HTTP: bounds of GraphQL at the edge, in workerd."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import EchoOrigin

DEEP = "{a" * 9 + "}" * 9
FINE = "{a" * 8 + "}" * 8
BOUNDS: Any = {"graphql": {}, "cache": False, "auth": "none"}


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoOrigin]:
    with EchoOrigin() as echo:
        yield echo


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway], echo: EchoOrigin) -> Iterator[Gateway]:
    signed = {"path": "/signed", "origin": echo.url, "sign": "hmac", **BOUNDS}
    routes = [signed, {"path": "/graphql", "origin": echo.url, **BOUNDS}]
    with worker(vars={"ROUTES": routes, "ORIGIN_SECRET": "a secret of thirty-two bytes or so"}) as gateway:
        yield gateway


@pytest.mark.parametrize("path", ["/graphql", "/signed"])
def test_what_is_within_the_bounds_arrives_whole(gateway: Gateway, path: str) -> None:
    content = json.dumps({"query": FINE, "variables": {"text": "x" * 100_000}}).encode()
    answer = httpx.post(gateway.url + path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert httpx.get(gateway.url + path, params={"query": FINE}).status_code == 200


@pytest.mark.parametrize("path", ["/graphql", "/signed"])
def test_what_is_over_them_is_an_error_of_graphql(gateway: Gateway, path: str) -> None:
    url = gateway.url + path
    for answer in (httpx.get(url, params={"query": DEEP}), httpx.post(url, json={"query": DEEP})):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, answer.headers["cache-control"]) == (400, "no-store")
        assert error["extensions"]["limit"] == "depth"
        assert error["extensions"]["requestId"] == answer.headers["x-request-id"]


def test_a_content_that_is_too_long_or_never_ends_well_is_refused(gateway: Gateway) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"query": "'
        for _ in range(300):
            yield b"a" * 1024

    headers = {"content-type": "application/json"}
    assert httpx.post(f"{gateway.url}/graphql", content=pieces(), headers=headers).status_code == 413
    assert httpx.post(f"{gateway.url}/graphql", content=b'{"query": "{a}"', headers=headers).status_code == 400


def test_every_depth_up_to_a_thousand_is_answered(gateway: Gateway) -> None:
    """Nothing recurses: a document of 1,000 levels costs the interpreter nothing but time."""
    for levels in (100, 499, 5_000):
        document = "{a" * levels + "}" * levels
        assert httpx.post(f"{gateway.url}/graphql", json={"query": document}).status_code == 400
