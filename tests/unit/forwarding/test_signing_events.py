"""Signed requests as Lambda hands them on: events of payload format 2.0."""

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from gatehouse_verifier import GatewayVerifier, Received, Refused

from tests.unit.forwarding.signed_requests import HOST, NOW, REQUEST, SECRET, VERIFIER, refusal, signed, with_headers


def event_of(request: Received, *, domain: str, raw_path: str, base64_body: bool = True) -> dict[str, Any]:
    body = base64.b64encode(request.body).decode() if base64_body else request.body.decode()
    return {
        "version": "2.0",
        "rawPath": raw_path,
        "rawQueryString": request.query,
        "headers": {**request.headers, "host": request.host},
        "requestContext": {"domainName": domain, "http": {"method": request.method}},
        "body": body,
        "isBase64Encoded": base64_body,
    }


@pytest.mark.parametrize("base64_body", [True, False])
def test_a_function_url_event_verifies(base64_body: bool) -> None:
    request = signed(REQUEST)
    event = event_of(request, domain=request.host, raw_path=request.path, base64_body=base64_body)
    VERIFIER.verify(Received.from_event(event), NOW)


@pytest.mark.parametrize("path", ["/users/Zo%C3%AB", "/a%20b/c,d:e@f", "/100%25", "/"])
def test_an_http_api_event_verifies_although_its_path_is_decoded(path: str) -> None:
    request = signed(replace(REQUEST, host="a1.execute-api.eu-west-1.amazonaws.com", path=path))
    GatewayVerifier([SECRET], hosts=[request.host]).verify(
        Received.from_event(event_of(request, domain=request.host, raw_path=unquote(path))), NOW
    )
    assert quote(unquote(path), safe="/,:@") == path


def test_cookies_verify_as_the_list_that_lambda_makes_of_them() -> None:
    request = signed(with_headers(REQUEST, cookie="a=1;b=2;  c=3 ;"))
    event = event_of(request, domain=request.host, raw_path=request.path)
    event["headers"].pop("cookie")
    for cookies in (["a=1", "b=2", "c=3"], ["a=1", "b=2; c=3"]):
        assert VERIFIER.verify(Received.from_event({**event, "cookies": cookies}), NOW).fields["cookie"]
    for cookies in (["a=1", "b=2"], ["b=2", "a=1", "c=3"], ["a=1", "b=2", "c=4"], []):
        assert refusal(Received.from_event({**event, "cookies": cookies})) == "the request is not what was signed"


def test_an_event_whose_cookies_stand_twice_must_say_the_same_twice() -> None:
    event = event_of(signed(REQUEST), domain=HOST, raw_path=REQUEST.path)
    VERIFIER.verify(Received.from_event({**event, "cookies": ["theme=dark", "basket=7"]}), NOW)
    with pytest.raises(Refused, match="two lists of cookies"):
        Received.from_event({**event, "cookies": ["theme=dark", "basket=7", "admin=1"]})


def test_an_event_without_body_verifies() -> None:
    request = signed(replace(REQUEST, method="GET", body=b""))
    event = event_of(request, domain=request.host, raw_path=request.path)
    del event["body"]
    VERIFIER.verify(Received.from_event(event), NOW)


GET = {"http": {"method": "GET"}}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"version": "1.0", "path": "/", "httpMethod": "GET", "headers": {}},
        {"requestContext": GET, "rawPath": "/", "headers": None},
        {"requestContext": GET, "rawPath": "/", "headers": {}, "body": "?", "isBase64Encoded": True},
    ],
)
def test_an_event_of_another_format_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"payload format 2\.0"):
        Received.from_event(event)
