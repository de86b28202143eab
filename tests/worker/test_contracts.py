"""What the gateway leans on in workerd, the SDK and Pyodide, where a new version of theirs may take it away.

Each row says what breaks and what to do about it. The checks themselves run in the Worker: `fixtures/contracts`.
"""

import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey
from tests.worker.injection import beside_the_sources
from tests.worker.origins import ScriptedOrigin, answer_head

SDK, PYODIDE, WORKERD = "workers-runtime-sdk", "pyodide", "workerd"

CONTRACTS: Mapping[str, tuple[str, str]] = {
    "answer_is_what_its_js_object_is": (SDK, "`messages.Answer` must be what the SDK's conversion looks for now"),
    "answer_is_not_awaited": (SDK, "`messages.Answer` must be neither awaitable nor iterable"),
    "what_is_awaitable_and_no_coroutine_is_awaited": (PYODIDE, "`waits.Promised` needs another way to be awaited"),
    "fields_are_read_through_getters": (WORKERD, "`bridge.Bridge` must read fields in more than one crossing"),
    "fields_may_be_an_object_and_cookies_stay_plural": (WORKERD, "`messages.write_response` must give pairs"),
    "assigning_an_event_sends_its_data": (WORKERD, "`sockets._sender` needs another way around Python, or through it"),
    "a_transformer_is_told_of_its_cancellation": (WORKERD, "`events.Watched` must hear of a client's end otherwise"),
    "the_request_has_a_signal": (WORKERD, "`enable_request_signal` in wrangler.toml has lost its meaning"),
    "a_bound_signature_leaves_a_promise_alone": (
        PYODIDE,
        "`bind_sig` was experimental: `promises.raw` takes `by_array` from now on, four crossings more for a call",
    ),
    "what_is_taken_out_of_an_array_is_not_converted": (PYODIDE, "`promises.by_array` needs another way to a promise"),
    "what_a_promise_is_rejected_with_is_an_exception": (PYODIDE, "`promises._broken` must make one"),
    "a_drive_is_a_task_to_asyncio": (PYODIDE, "`driving.Drive` must be what asyncio's `timeout` asks for now"),
    "a_task_of_asyncios_takes_a_promise_for_a_future": (PYODIDE, "`waits.Promised` lacks what a task asks for"),
    "the_runtime_can_keep_python_objects_alive_for_wait_until": (WORKERD, "give `waitUntil` promises alone"),
}
"""The name of a check: whose upgrade can break it, and what to do then."""


@pytest.fixture(scope="module")
def found(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with worker(**beside_the_sources(tmp_path_factory.mktemp("contracts"), "contracts")) as gateway:
        yield gateway.get("/contracts").json()


@pytest.mark.parametrize("name", CONTRACTS)
def test_what_the_gateway_leans_on_holds(found: dict[str, str], name: str) -> None:
    whose, mend = CONTRACTS[name]
    assert found[name] == "", f"an upgrade of {whose} broke this; {mend}"


def test_every_check_has_a_row(found: dict[str, str]) -> None:
    assert found.keys() == CONTRACTS.keys()


def test_without_bound_signatures_the_gateway_does_what_it_does(
    worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = SigningKey.generate("ES256", "k1")
    jwks = {"keys": [key.public_jwk]}
    issuer = {"issuer": "https://id.example", "audience": [], "algorithms": ["ES256"], "jwks": jwks}
    token = key.token({"iss": "https://id.example", "sub": "anna", "exp": int(time.time()) + 900})
    answer = answer_head(200, "cache-control: public, max-age=60\r\ncontent-length: 5") + b"hello"
    with ScriptedOrigin(answer) as origin:
        route = {"path": "/api/*", "origin": origin.url, "methods": ["GET", "POST"], "max_body": 100_000}
        options = beside_the_sources(tmp_path_factory.mktemp("unsigned"), "unsigned")
        with worker(**options, vars={"ROUTES": [route], "ISSUERS": [issuer]}) as gateway:
            headers = {"authorization": f"Bearer {token}"}
            first = gateway.get("/api/x", headers=headers)
            assert (first.status_code, first.content) == (200, b"hello")
            assert "stored" in first.headers["cache-status"]
            assert "hit" in gateway.get("/api/x", headers=headers).headers["cache-status"]
            sent = gateway.post("/api/y", headers=headers, content=iter([b"a" * 70_000, b"b" * 20_000]))
            assert sent.status_code == 200
            assert gateway.post("/api/z", headers=headers, content=iter([b"a" * 70_000] * 2)).status_code == 413
