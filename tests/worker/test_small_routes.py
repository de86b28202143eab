"""Over HTTP: from where a route is asked, what it adds, and what the gateway answers in an origin's place."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import EchoOrigin


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with EchoOrigin() as echo:

        def route(path: str, **more: Any) -> dict[str, Any]:
            return {"path": path, "auth": "none", "cache": False, "origin": echo.url, **more}

        routes = [
            route("/dach/*", allow={"countries": ["DE", "AT", "CH"], "addresses": ["203.0.113.0/24", "2001:db8::/32"]}),
            route("/sanctioned", deny={"continents": ["AS"], "asns": [64500], "countries": ["T1"], "status": 451}),
            route(
                "/dressed",
                set_request_headers={"X-Api-Version": "2"},
                set_response_headers={"X-Served-By": "us"},
                security_headers=True,
                deprecated="2027-01-01",
            ),
            {"path": "/v1/*", "auth": "none", "redirect": {"to": "/v2/*"}},
            {"path": "/out", "auth": "none", "redirect": {"to": "https://new.example/home", "status": 302}},
            {"path": "/robots.txt", "auth": "none", "respond": {"body": "User-agent: *\nDisallow: /\n"}},
            {"path": "/gone/*", "auth": "none", "respond": {"status": 410, "headers": {"X-Why": "moved"}}},
            route("/*"),
        ]
        with worker(vars={"ROUTES": routes}) as gateway:
            yield gateway


def ask(gateway: Gateway, path: str, address: str = "", **cf: Any) -> httpx.Response:
    headers = {"cf-connecting-ip": address} if address else {}
    return gateway.get(path, cf=cf, headers=headers, follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "address", "cf", "status"),
    [
        ("/dach/x", "", {"country": "DE"}, 200),
        ("/dach/x", "", {"country": "FR"}, 403),
        ("/dach/x", "", {}, 403),
        ("/dach/x", "203.0.113.7", {"country": "FR"}, 200),
        ("/dach/x", "::ffff:203.0.113.7", {"country": "FR"}, 200),
        ("/dach/x", "2001:db8::1", {"country": "FR"}, 200),
        ("/dach/x", "203.0.114.7", {"country": "FR"}, 403),
        ("/Dach/x", "", {"country": "FR"}, 400),
        ("/dach;a/x", "", {"country": "FR"}, 400),
        ("/sanctioned", "", {"country": "JP", "continent": "AS"}, 451),
        ("/sanctioned", "", {"country": "JP"}, 451),
        ("/sanctioned", "", {"country": "US", "asn": 64500}, 451),
        ("/sanctioned", "", {"country": "T1"}, 451),
        ("/sanctioned", "", {"country": "US", "asn": 64501}, 200),
    ],
)
def test_a_route_is_asked_from_where_it_may_be(
    gateway: Gateway, path: str, address: str, cf: dict[str, Any], status: int
) -> None:
    response = ask(gateway, path, address, **cf)
    assert response.status_code == status
    if status in (403, 451):
        assert response.json()["code"] == "not_here"
        line = gateway.wait_for_log(lambda line: line.get("id") == response.headers["x-request-id"])
        assert not address or address not in json.dumps(line)


def test_a_route_adds_its_fields_and_says_when_it_ends(gateway: Gateway) -> None:
    response = gateway.get("/dressed", headers={"X_Api_Version": "1", "x-api-version": "0"})
    sent = [value for name, value in response.json()["fields"] if "version" in name.lower()]
    assert sent == ["2"]
    fields = response.headers
    assert (fields["x-served-by"], fields["x-frame-options"]) == ("us", "DENY")
    assert (fields["deprecation"], fields["sunset"]) == ("@1798761600", "Fri, 01 Jan 2027 00:00:00 GMT")


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/v1/users/7?page=2", 308, "/v2/users/7?page=2"),
        ("/v1", 308, "/v2"),
        ("/v1/a%2Cb/", 308, "/v2/a%2Cb/"),
        ("/out?x=1", 302, "https://new.example/home"),
    ],
)
def test_a_redirect_keeps_what_follows(gateway: Gateway, path: str, status: int, location: str) -> None:
    response = ask(gateway, path)
    assert (response.status_code, response.headers["location"]) == (status, location)


def test_the_gateway_answers_in_an_origins_place(gateway: Gateway) -> None:
    response = ask(gateway, "/robots.txt")
    assert (response.status_code, response.text) == (200, "User-agent: *\nDisallow: /\n")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    gone = ask(gateway, "/gone/x")
    assert (gone.status_code, gone.content, gone.headers["x-why"]) == (410, b"", "moved")
