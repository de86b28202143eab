"""Over HTTP, in workerd: people's own Python between request and answer; nothing of it takes the gateway down."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import Server, ServerConnection, serve

from devtools.paths import SOURCES, copy_sources
from devtools.runtime.runner import Gateway
from tests.worker.origins import Connection, EchoOrigin, ScriptedOrigin, StagedOrigin, answer_head
from tests.worker.patience import PATIENCE

STRIPE_SECRET = "whsec_of-a-test-that-nobody-signs-with"
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

CLUMSY = """
import asyncio

from policy import Call, Response


async def on_request(call: Call) -> Response | None:
    match call.request.query:
        case "exit":
            raise SystemExit(1)
        case "deep":
            return await on_request(call)
        case "cancelled":
            await asyncio.sleep(0)
            raise asyncio.CancelledError
        case "wrong":
            return "text"
        case "unsendable":
            return Response(99)
        case "waits":
            await asyncio.sleep(60)
    return None
"""

ASKING = """
import asyncio

from policy import Call, FetchFailed, Response, Settings as Base


class Settings(Base):
    url: str


async def on_request(call: Call) -> Response | None:
    seen = int(await call.store.get("seen") or 0)
    await call.store.put("seen", str(seen + 1))
    try:
        url = call.settings.url + call.request.path
        flags, _ = await asyncio.gather(call.fetch(url, headers={"x-asks": "policy"}), call.fetch(url))
    except FetchFailed:
        return call.problem(503, "no_flags", "The flags cannot be had.")
    call.log(flags=flags.status, before=seen)
    call.request.headers["x-flags"] = str(flags.status)
    return None
"""

SHOUTING = """
from policy import Call, Response


def on_request(call: Call) -> Response | None:
    call.request.headers.pop("range", None)
    call.request.headers["accept-encoding"] = "identity"
    return None


async def on_response(call: Call, response: Response) -> Response | None:
    response.headers["x-now"] = str(call.now)
    response.cookies.append("shouted=1; Path=/")
    response.body = (await response.text()).upper()
    return None
"""

STAMPING = """
from policy import Call, Response


def on_response(call: Call, response: Response) -> Response | None:
    response.headers["x-country"] = call.locale.country
    return None
"""


class Events(StagedOrigin):
    """A stream of events: the first at once, the second once the test says `go`."""

    FIRST, LAST = b"data: first\n\n", b"data: last\n\n"

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        connection.send(answer_head(200, "content-type: text/event-stream\r\ntransfer-encoding: chunked"))
        for event, end in ((self.FIRST, b""), (self.LAST, b"0\r\n\r\n")):
            connection.send(b"%x\r\n%b\r\n%b" % (len(event), event, end))
            self.go.wait(PATIENCE)


@pytest.fixture(scope="module")
def events() -> Iterator[Events]:
    with Events() as origin:
        yield origin


@pytest.fixture(scope="module")
def talk() -> Iterator[Server]:
    """Says to whoever opens a socket what its handshake said of the rollout."""

    def listen(connection: ServerConnection) -> None:
        assert connection.request is not None
        connection.send(connection.request.headers["x-rollout"])

    with serve(listen, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server


def page(lines: list[str], body: bytes) -> bytes:
    head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Content-Type: text/plain", *lines, "", ""]
    return "\r\n".join(head).encode() + body


@pytest.fixture(scope="module")
def gateway(
    worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory, events: Events, talk: Server
) -> Iterator[Gateway]:
    source = tmp_path_factory.mktemp("policed")
    copy_sources(SOURCES, source)
    for name, text in {"clumsy": CLUMSY, "asking": ASKING, "shouting": SHOUTING, "stamping": STAMPING}.items():
        Path(source, "policies", f"{name}.py").write_text(text)
    cached = page(["Cache-Control: max-age=60", 'ETag: "e"', "Accept-Ranges: bytes"], b"from the origin")
    with EchoOrigin() as echo, ScriptedOrigin(cached) as scripted:

        def route(path: str, *policies: str, **more: Any) -> dict[str, Any]:
            return {"path": path, "auth": "none", "cache": False, "origin": echo.url, "policies": policies, **more}

        routes = [
            route("/tenant", "tenant", "stamping", cache=True),
            route("/hooks/stripe", "stripe_webhook", methods=["POST"], max_body=2_000_000),
            route("/hooks/standard", "standard_webhook", methods=["POST"]),
            route("/rollout", "rollout"),
            route("/clumsy", "stamping", "clumsy", timeout_ms=2000),
            route("/asking", "asking"),
            route("/shouting", "shouting", origin=scripted.url, cache=True),
            route(
                "/socket", "rollout", "stamping", "clumsy", origin=f"http://127.0.0.1:{talk.socket.getsockname()[1]}"
            ),
            route("/events", "stamping", origin=events.url),
            route("/events/read", "shouting", origin=events.url),
        ]
        told = {
            "tenant": {"domain": "tenants.example"},
            "stripe_webhook": {"secrets": ["STRIPE_SECRET"]},
            "standard_webhook": {"secrets": ["STANDARD_SECRET"]},
            "rollout": {"percent": 50},
            "asking": {"url": echo.url},
        }
        variables = {
            "ROUTES": routes,
            "POLICIES": told,
            "STRIPE_SECRET": STRIPE_SECRET,
            "STANDARD_SECRET": STANDARD_SECRET,
        }
        with worker(source=source, vars=variables, cf={"country": "PT"}) as gateway:
            yield gateway


def sent(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.json()["fields"]}


def test_a_policy_says_to_the_origin_what_no_client_can(gateway: Gateway) -> None:
    headers = {"host": "acme.tenants.example", "x-tenant": "forged", "X_Tenant": "forged"}
    response = gateway.get("/tenant", headers=headers)
    fields = sent(response)
    assert [
        value for name, value in fields.items() if "tenant" in name and "forwarded" not in name and name != "host"
    ] == ["acme"]
    assert response.headers["x-country"] == "PT"
    elsewhere = gateway.get("/tenant", headers={"host": "evil.example"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "no_tenant")


def signed(content: bytes, secret: str = STRIPE_SECRET) -> dict[str, str]:
    at = int(time.time())
    signature = hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={at},v1={signature}", "content-type": "application/json"}


def test_a_webhook_that_is_genuine_arrives_byte_for_byte_and_no_other_does(gateway: Gateway) -> None:
    content = json.dumps({"name": "Zoë", "n": [1, 2]}, ensure_ascii=False).encode() + b"\n\x00\xff"
    response = gateway.post("/hooks/stripe", content=content, headers=signed(content))
    assert (response.status_code, response.json()["sha256"]) == (200, hashlib.sha256(content).hexdigest())
    large = b"x" * 1_500_000
    assert gateway.post("/hooks/stripe", content=large, headers=signed(large)).json()["length"] == len(large)
    for wrong, headers in ((content + b" ", signed(content)), (content, signed(content, "other")), (content, {})):
        refused = gateway.post("/hooks/stripe", content=wrong, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "webhook_refused")
    longer = b"x" * 2_000_001
    assert gateway.post("/hooks/stripe", content=longer, headers=signed(longer)).status_code == 413
    chunked = gateway.post("/hooks/stripe", content=iter([longer]), headers=signed(longer))
    assert chunked.status_code == 413


def test_a_standard_webhook_passes_when_it_is_genuine(gateway: Gateway) -> None:
    key = base64.b64decode(STANDARD_SECRET.removeprefix("whsec_"))
    content, at = '{"é": 1}'.encode(), str(int(time.time()))

    def ask(content: bytes, signed: bytes) -> int:
        signature = base64.b64encode(hmac.digest(key, b"msg_1." + at.encode() + b"." + signed, "sha256")).decode()
        headers = {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": f"v1a,x v1,{signature}"}
        return gateway.post("/hooks/standard", content=content, headers=headers).status_code

    assert (ask(content, content), ask(content, b""), ask(b"", b"")) == (200, 401, 200)


def test_a_caller_stays_on_the_side_of_a_rollout(gateway: Gateway) -> None:
    def side(address: str) -> str:
        return sent(gateway.get("/rollout", headers={"cf-connecting-ip": address, "x-rollout": "on"}))["x-rollout"]

    networks = [f"203.0.{number}" for number in range(12)]
    sides = [side(f"{network}.7") for network in networks]
    assert set(sides) == {"on", "off"}
    assert [side(f"{network}.99") for network in networks] == sides


@pytest.mark.parametrize("how", ["exit", "deep", "cancelled", "wrong", "unsendable", "waits"])
def test_a_policy_that_fails_is_500_with_its_name_and_the_next_request_is_well(gateway: Gateway, how: str) -> None:
    response = gateway.get(f"/clumsy?{how}")
    told = response.json()
    assert (response.status_code, told["code"], told["policy"]) == (500, "policy_failed", "clumsy")
    line = gateway.wait_for_log(lambda line: line["event"] == "policy_failed" and line["id"] == told["request_id"])
    assert "clumsy.py" in line["traceback"] or how in ("wrong",)
    assert (line["policy"], line["during"]) == ("clumsy", "on_request")
    assert gateway.get("/clumsy").status_code == 200


def test_a_policy_asks_others_and_keeps_what_it_wants(gateway: Gateway) -> None:
    for before in range(2):
        response = gateway.get("/asking", headers={"cookie": "a=b"})
        assert sent(response)["x-flags"] == "200"
        number = response.headers["x-request-id"]
        line = gateway.wait_for_log(lambda line, number=number: line["event"] == "policy" and line["id"] == number)  # type: ignore[misc]
        assert (line["flags"], line["before"], line["policy"]) == (200, before, "asking")


def test_what_a_policy_makes_of_an_answer_is_made_of_every_hit_and_never_stored(gateway: Gateway) -> None:
    for _ in range(3):
        response = gateway.get("/shouting", headers={"range": "bytes=0-3"})
        assert (response.status_code, response.text) == (200, "FROM THE ORIGIN")
        assert response.headers.get_list("set-cookie") == ["shouted=1; Path=/"]
        assert not {"etag", "accept-ranges"} & set(response.headers)
    assert "hit" in response.headers["cache-status"]
    assert gateway.request("HEAD", "/shouting").status_code == 200


def test_a_policy_changes_the_fields_of_a_stream_whose_events_pass_one_by_one(gateway: Gateway, events: Events) -> None:
    events.go.clear()
    with gateway.client.stream("GET", "/events", headers={"accept-encoding": "identity"}) as response:
        assert response.headers["x-country"] == "PT"
        arriving = response.iter_raw()
        assert next(arriving) == Events.FIRST
        events.go.set()
        assert b"".join(arriving) == Events.LAST


def test_a_policy_that_reads_a_stream_of_events_fails_and_holds_up_nobody(gateway: Gateway, events: Events) -> None:
    events.go.set()
    answer = gateway.get("/events/read")
    assert (answer.status_code, answer.json()["code"]) == (500, "policy_failed")


def test_a_policy_has_its_say_on_a_handshake_and_none_on_the_socket(gateway: Gateway) -> None:
    def opened(query: str = "") -> ClientConnection:
        url = gateway.url.replace("http://", "ws://") + "/socket" + query
        return connect(url, additional_headers={"x-rollout": "forged"}, open_timeout=PATIENCE, proxy=None)

    with opened() as socket:
        assert socket.recv(PATIENCE) in ("on", "off")
        assert socket.response is not None
        assert "x-country" not in socket.response.headers
    with pytest.raises(InvalidStatus) as refused:
        opened("?exit")
    assert refused.value.response.status_code == 500
