"""`make smoke` passes against a sound gateway, and says what is wrong with one that is not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from devtools.failure import Failure
from devtools.releasing import smoke
from devtools.runtime.runner import Gateway

ROUTES = [
    {"path": "/api/*", "origin": "http://127.0.0.1:9", "roles": ["admin"]},
    {"path": "/open", "origin": "http://127.0.0.1:9", "auth": "none"},
]


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with worker(vars={"ROUTES": ROUTES, "JWT_SECRET": "s" * 32}) as gateway:
        yield gateway


def test_a_sound_gateway_passes(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main([gateway.url]) == 0, capsys.readouterr().out


def test_the_protected_routes_are_found(gateway: Gateway) -> None:
    description = gateway.get("/openapi.json").json()
    assert dict(smoke._protected(description)) == {
        "/_gatehouse/revocations": "authorization",
        "/_gatehouse/whoami": "authorization",
        "/api": "authorization",
        "/api/smoke": "authorization",
    }


def test_a_token_that_does_not_hold_fails(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(smoke.TOKEN_VARIABLE, smoke.GARBAGE)
    assert smoke.main([gateway.url]) == 1
    assert "FAILED  The token in GATEHOUSE_TOKEN, if there is one, names its caller" in capsys.readouterr().out


def test_a_gateway_that_is_not_configured_is_told_so(worker: Callable[..., Gateway]) -> None:
    with (
        worker(vars={"ROUTES": "no JSON"}) as gateway,
        pytest.raises(Failure, match="misconfigured"),
    ):
        smoke.main([gateway.url])


def test_an_open_door_is_noticed(gateway: Gateway) -> None:
    description = gateway.get("/openapi.json").json()
    description["paths"]["/healthz"]["get"]["security"] = [{"bearer": []}]
    with httpx.Client(base_url=gateway.url) as client, pytest.raises(smoke.Wrong, match="/healthz without a token"):
        smoke.protected_means_protected(smoke.Gateway(client, description))


def test_a_gateway_that_is_not_there_is_one_line() -> None:
    with pytest.raises(Failure, match="does not answer"):
        smoke.main(["http://127.0.0.1:9"])


@pytest.mark.parametrize("address", ["http://[::1", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_one_line(address: str) -> None:
    with pytest.raises(Failure, match="is no address"):
        smoke.main([address])


class Page(BaseHTTPRequestHandler):
    """Answers every request with the same page of HTML, and `/openapi.json` with `description` if there is one."""

    description = b""

    def do_GET(self) -> None:
        content = self.description if self.path == "/openapi.json" and self.description else b"<html>Error 1101</html>"
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def page(description: bytes = b"") -> Iterator[str]:
    handler = type("Described", (Page,), {"description": description})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_an_address_of_something_else_is_one_line() -> None:
    with page() as url, pytest.raises(Failure, match="is not a gateway's description"):
        smoke.main([url])


def test_an_answer_that_is_no_json_fails_its_check_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    with page(b'{"components": {"securitySchemes": {}}, "paths": {}}') as url:
        assert smoke.main([url]) == 1
    said = capsys.readouterr().out
    assert "FAILED  /geo answers six strings and is kept by no shared cache: an answer is not the gateway's" in said
    assert len([line for line in said.splitlines() if line.startswith(("ok ", "FAILED "))]) == len(smoke.CHECKS)
