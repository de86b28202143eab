"""Tokens in cookies, fields and queries, over HTTP: who they speak for, and what is left of them behind the gateway."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import ScriptedOrigin, answer_head

SECRET = "the secret of sessions, of thirty-two bytes"
COOKIE, PARAMETER = "__Host-session", "access_token"
SITE = "https://app.example"
OK = answer_head(200, "cache-control: max-age=60\r\nreferrer-policy: origin\r\ncontent-length: 2") + b"ok"


def token(**claims: Any) -> str:
    return jwt.encode({"iss": "https://id.example", "sub": "u1", "exp": int(time.time()) + 600, **claims}, SECRET)


@dataclass
class House:
    gateway: Gateway
    origin: ScriptedOrigin

    def ask(self, method: str = "GET", path: str = "/mine", **fields: str) -> httpx.Response:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        return self.gateway.request(method, path, headers=headers)

    @property
    def arrived(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.origin.received[-1].fields}


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    ways = ["authorization", f"cookie:{COOKIE}", "header:x-token", f"query:{PARAMETER}"]
    entry = {"issuer": "https://id.example", "audience": [], "algorithms": ["HS256"], "secret": "KEY", "from": ways}
    with ScriptedOrigin(OK) as origin:
        routes = [
            {"path": "/mine", "origin": origin.url, "methods": ["GET", "HEAD", "POST", "DELETE"]},
            {"path": "/maybe", "origin": origin.url, "auth": "optional"},
            {"path": "/passed", "origin": origin.url, "auth": "optional", "forward_authorization": True},
            {"path": "/public", "origin": origin.url, "auth": "none"},
        ]
        variables = {"ISSUERS": [entry], "ROUTES": routes, "KEY": SECRET, "CORS_ORIGINS": [SITE]}
        with worker(vars=variables) as gateway:
            yield House(gateway, origin)


def test_a_session_cookie_writes_for_pages_of_this_site_alone(house: House) -> None:
    cookie = f"theme=dark; {COOKIE}={token()}; a=1"
    assert house.ask(cookie=cookie).text == "ok"
    assert house.arrived["cookie"] == "theme=dark; a=1"
    assert house.arrived["x-user-id"] == "u1"
    own = house.gateway.url
    for fields in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {"origin": own}, {"origin": SITE}):
        assert house.ask("POST", cookie=cookie, **fields).text == "ok"
        assert house.arrived["cookie"] == "theme=dark; a=1"
    seen = len(house.origin.received)
    for fields in (
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{own}.evil.example"},
    ):
        for method in ("POST", "DELETE"):
            response = house.ask(method, cookie=cookie, **fields)
            assert (response.status_code, response.json()["code"]) == (403, "cross_site")
            assert "www-authenticate" not in response.headers
    assert len(house.origin.received) == seen


def test_a_refused_cookie_is_told_what_was_wrong_and_not_to_send_authorization(house: House) -> None:
    response = house.ask(cookie=f"{COOKIE}={token(exp=1)}")
    assert (response.status_code, response.json()["reason"]) == (401, "expired")
    assert 'error_description="The token has expired"' in response.headers["www-authenticate"]
    assert "Authorization" not in response.json()["detail"]


def test_two_credentials_are_a_bad_request_and_one_in_several_places_is_one(house: House) -> None:
    one, other = token(), token(sub="u2")
    same = {"authorization": f"Bearer {one}", "cookie": f"{COOKIE}={one}", "x-token": one}
    assert house.ask(path=f"/mine?{PARAMETER}={one}", **same).text == "ok"
    for path, fields in (
        ("/mine", {"authorization": f"Bearer {one}", "cookie": f"{COOKIE}={other}"}),
        ("/mine", {"x-token": one, "cookie": f"{COOKIE}={other}"}),
        (f"/mine?{PARAMETER}={other}", {"x-token": one}),
    ):
        response = house.ask(path=path, **fields)
        assert (response.status_code, response.json()["reason"]) == (400, "repeated")


def test_cookies_that_two_readers_read_differently_are_a_bad_request(house: House) -> None:
    session = f"{COOKIE}={token()}"
    for cookie in (f"a=1, {session}", f"{session}, a=1"):
        response = house.ask(cookie=cookie)
        assert (response.status_code, response.json()["reason"]) == (400, "cookies")
    assert house.ask(cookie=f"a=1, b=2; {session}").text == "ok"


def test_a_token_in_the_query_is_for_get_and_goes_no_further(house: House) -> None:
    text = token()
    response = house.ask(path=f"/mine?a=1&{PARAMETER}={text}&b=2")
    assert (response.text, response.headers["referrer-policy"]) == ("ok", "no-referrer")
    assert house.origin.received[-1].target == "/mine?a=1&b=2"
    assert house.ask("POST", f"/mine?{PARAMETER}={text}").json()["code"] == "token_missing"
    for path in ("/public", "/passed"):
        assert house.ask(path=f"{path}?fresh={time.time_ns()}&{PARAMETER}={text}").text == "ok"
        assert text not in json.dumps(house.origin.received[-1].fields) + house.origin.received[-1].target
    house.gateway.get("/healthz", headers={"x-request-id": "the-last"})
    house.gateway.wait_for_log(lambda line: line.get("id") == "the-last")
    assert not any(text in written for _, written in house.gateway.output())


def test_what_a_cookies_or_querys_caller_is_answered_is_nobody_elses(house: House) -> None:
    """RFC 9111 section 3.5: whatever carries it, a token makes a request authenticated."""
    for fields, query in (({"cookie": f"{COOKIE}={token()}"}, ""), ({}, f"?{PARAMETER}={token()}")):
        for _ in range(2):
            response = house.ask(path=f"/maybe{query}", **fields)
            assert response.text == "ok"
            assert "hit" not in response.headers["cache-status"]
            assert house.arrived["x-user-id"] == "u1"
    assert house.ask(path="/maybe").text == "ok"
    assert "x-user-id" not in house.arrived, "nobody is answered with what somebody was"


def test_another_scheme_is_no_token_on_an_optional_route(house: House) -> None:
    assert house.ask(path="/maybe?basic", authorization="Basic YTpi").text == "ok"
    assert "authorization" not in house.arrived
    assert house.ask(path="/passed", authorization="Basic YTpi").json()["code"] == "invalid_request"
    assert house.ask(authorization="Basic YTpi").json()["code"] == "invalid_request"


def test_the_ways_are_described(house: House) -> None:
    schemes = house.gateway.get("/openapi.json").json()["components"]["securitySchemes"]
    assert schemes[f"cookie-{COOKIE}"]["in"] == "cookie"
    assert schemes[f"query-{PARAMETER}"] == {
        "type": "apiKey", "in": "query", "name": PARAMETER, "description": "A JWT, without a scheme before it.",
    }  # fmt: skip
