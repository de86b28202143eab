"""Origins that misbehave: every failure is one problem, no failure is repeated that could do a thing twice."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from devtools.runtime.runner import Gateway
from tests.worker import origins
from tests.worker.origins import BadOrigin, Connection, Origin, ScriptedOrigin, answer_head, closed_port
from tests.worker.patience import PATIENCE

TIMEOUT_MS = 1500

UNCOMPRESSED = {"accept-encoding": "identity"}
"""The local platform compresses for clients that take it, and holds bytes back to do so."""

BEHAVIOURS = (
    origins.hang_before_headers,
    origins.hang_mid_body,
    origins.reset_before_headers,
    origins.reset_mid_body,
    origins.not_http,
    origins.broken_field,
    origins.endless_headers,
    origins.promise_more_than_is_sent,
    origins.send_more_than_promised,
    origins.drip,
    origins.answer_unread,
)

OK = answer_head(200, "content-type: text/plain\r\ncontent-length: 2") + b"ok"
BUSY = answer_head(503, "content-length: 0")
BUSY_FOR_A_SECOND = answer_head(503, "retry-after: 1\r\ncontent-length: 0")


def busy_at_the_report(connection: Connection, origin: BadOrigin) -> None:
    connection.read_content()
    connection.send(answer_head(502) if "report" in connection.request.target else OK)


@dataclass
class Street:
    """A gateway with a row of bad neighbours, each on a port of its own."""

    gateway: Gateway
    origins: dict[str, Origin]

    def get(self, name: str, **options: Any) -> httpx.Response:
        return self.gateway.get(f"/{name}/x", **options)

    def post(self, name: str, **options: Any) -> httpx.Response:
        return self.gateway.post(f"/{name}/x", content=b"once", **options)

    def calls(self, name: str) -> int:
        return len(self.origins[name].received)


@pytest.fixture(scope="module")
def street(worker: Callable[..., Gateway]) -> Iterator[Street]:
    neighbours: dict[str, Origin] = {behaviour.__name__: BadOrigin(behaviour) for behaviour in BEHAVIOURS}
    neighbours["post_reset"] = BadOrigin(origins.reset_before_headers)
    neighbours["post_busy"] = ScriptedOrigin(BUSY, OK)
    neighbours["busy_once"] = ScriptedOrigin(BUSY, OK)
    neighbours["busy_for_a_second"] = ScriptedOrigin(BUSY_FOR_A_SECOND, OK)
    neighbours["always_busy"] = ScriptedOrigin(BUSY)
    neighbours["breaking"] = BadOrigin(origins.reset_before_headers)
    neighbours["half_broken"] = BadOrigin(busy_at_the_report)
    urls = {name: neighbour.url for name, neighbour in neighbours.items()}
    urls["refuse"] = f"http://127.0.0.1:{closed_port()}"
    routes = [
        {"path": f"/{name}/*", "auth": "none", "origin": url, "timeout_ms": TIMEOUT_MS, "retries": 1, "cache": False}
        for name, url in urls.items()
    ]
    with worker(vars={"ROUTES": routes}) as gateway:
        yield Street(gateway, neighbours)
    for neighbour in neighbours.values():
        neighbour.__exit__()


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, response.json()["code"]


# --- no answer --------------------------------------------------------------------------------------------------------


def test_an_origin_that_refuses_is_unreachable(street: Street) -> None:
    assert problem(street.get("refuse")) == (502, "origin_unreachable")


def test_an_origin_that_hangs_before_its_headers_is_too_slow_and_is_let_go(street: Street) -> None:
    started = time.monotonic()
    assert problem(street.get("hang_before_headers")) == (504, "origin_timeout")
    assert time.monotonic() - started > TIMEOUT_MS / 1000 - 0.1
    assert street.origins["hang_before_headers"].hung_up.wait(PATIENCE)
    assert street.calls("hang_before_headers") == 1, "nothing is left of the deadline for a second try"


@pytest.mark.parametrize("name", ["reset_before_headers", "not_http", "broken_field"])
def test_an_origin_that_does_not_speak_http_is_unreachable(street: Street, name: str) -> None:
    assert problem(street.get(name)) == (502, "origin_unreachable")
    assert street.calls(name) == 2, "a GET may be tried again"


def test_endless_headers_are_cut_off(street: Street) -> None:
    response = street.get("endless_headers")
    assert problem(response) == (502, "origin_unreachable")
    assert "x-filler" not in response.headers


def test_why_is_in_the_log_and_not_in_the_answer(street: Street) -> None:
    response = street.get("refuse")
    request_id = response.json()["request_id"]
    line = street.gateway.wait_for_log(
        lambda entry: entry["event"] == "origin_failed" and entry.get("id") == request_id
    )
    assert line["reason"]
    assert line["reason"] not in response.text


# --- half an answer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reset_mid_body", "promise_more_than_is_sent"])
def test_half_an_answer_is_never_passed_off_as_a_whole_one(street: Street, name: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        street.get(name, headers=UNCOMPRESSED)
    assert street.calls(name) == 1, "an answer that has begun is not tried again"


def test_an_answer_that_stalls_reaches_the_client_as_far_as_it_came(street: Street) -> None:
    with street.gateway.client.stream("GET", "/hang_mid_body/x", headers=UNCOMPRESSED) as response:
        assert next(response.iter_raw()) == b"and then"


def test_more_than_was_promised_is_cut(street: Street) -> None:
    assert street.get("send_more_than_promised").text == "this"


def test_an_answer_of_a_byte_a_second_arrives_whole_and_in_pieces(street: Street) -> None:
    """The timeout covers the header section; a slow answer is the client's to give up."""
    with street.gateway.client.stream("GET", "/drip/x", headers=UNCOMPRESSED) as response:
        pieces = list(response.iter_raw())
    assert b"".join(pieces) == b"drips"
    assert len(pieces) > 1, "passed on as it comes"


def test_an_answer_before_the_content_was_read_counts(street: Street) -> None:
    for content in (b"x" * 3_000_000, iter([b"x" * 500_000] * 6)):
        response = street.gateway.post("/answer_unread/x", content=content, headers={"connection": "close"})
        assert (response.status_code, response.text) == (403, "no thanks")


# --- and afterwards ---------------------------------------------------------------------------------------------------

AFTERMATH: dict[str, tuple[dict[str, Any], int]] = {
    # behaviour: what the request's line says, how many tries failed
    "hang_before_headers": ({"status": 504, "code": "origin_timeout"}, 1),
    "reset_before_headers": ({"status": 502, "code": "origin_unreachable"}, 2),
    "not_http": ({"status": 502, "code": "origin_unreachable"}, 2),
    "broken_field": ({"status": 502, "code": "origin_unreachable"}, 2),
    "endless_headers": ({"status": 502, "code": "origin_unreachable"}, 2),
    "hang_mid_body": ({"status": 200, "origin_status": 200, "bytes": 1000}, 0),
    "reset_mid_body": ({"status": 200, "origin_status": 200, "bytes": 1000}, 0),
    "promise_more_than_is_sent": ({"status": 200, "origin_status": 200, "bytes": 100}, 0),
    "send_more_than_promised": ({"status": 200, "origin_status": 200, "bytes": 4}, 0),
}
"""A line is written when the header section goes to the client: of what comes after, it knows nothing."""


@pytest.mark.parametrize("name", AFTERMATH)
def test_a_failure_is_logged_and_an_origin_that_is_well_again_is_served_from(street: Street, name: str) -> None:
    expected, failures = AFTERMATH[name]
    street.gateway.clear_logs()
    with street.gateway.client.stream("GET", f"/{name}/x", headers=UNCOMPRESSED) as response:
        request_id = response.headers["x-request-id"]
    line = street.gateway.wait_for_log(lambda line: line["event"] == "request" and line["id"] == request_id)
    assert line.items() >= expected.items()
    lines = [line for line in street.gateway.logs() if line["event"] == "origin_failed"]
    assert [line["id"] for line in lines] == [request_id] * failures

    origin = street.origins[name]
    assert isinstance(origin, BadOrigin)
    failing, origin.behave = origin.behave, origins.well
    try:
        answer = street.get(name)
    finally:
        origin.behave = failing
    assert (answer.status_code, answer.text) == (200, "well")
    well = street.gateway.wait_for_log(lambda line: line.get("id") == answer.headers["x-request-id"])
    assert (well["event"], well["status"], well["origin_status"]) == ("request", 200, 200)
    assert {line["event"] for line in street.gateway.logs()} <= {"request", "origin_failed"}
    assert len(street.gateway.logs()) == len(street.gateway.output()), "the platform has nothing to add"


# --- tries and the breaker --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["post_reset", "post_busy"])
def test_a_request_that_is_not_idempotent_is_sent_once(street: Street, name: str) -> None:
    assert street.post(name).status_code in (502, 503)
    assert street.calls(name) == 1


def test_an_idempotent_request_is_sent_again(street: Street) -> None:
    assert street.get("busy_once").text == "ok"
    assert street.calls("busy_once") == 2


def test_retry_after_is_honoured(street: Street) -> None:
    started = time.monotonic()
    assert street.get("busy_for_a_second").text == "ok"
    assert time.monotonic() - started >= 1


def test_the_origins_own_refusal_is_passed_on_when_tries_are_used_up(street: Street) -> None:
    response = street.get("always_busy")
    assert (response.status_code, response.content) == (503, b"")
    assert street.calls("always_busy") == 2


def test_an_origin_that_keeps_failing_is_left_alone(street: Street) -> None:
    codes = [problem(street.gateway.post("/breaking/x")) for _ in range(5)]
    assert codes == [(502, "origin_unreachable")] * 5
    assert street.calls("breaking") == 5
    for _ in range(3):
        response = street.get("breaking")
        assert problem(response) == (503, "origin_unavailable")
        assert 1 <= int(response.headers["retry-after"]) <= 30
    assert street.calls("breaking") == 5


def test_a_poller_of_a_broken_path_refuses_nobody_else(street: Street) -> None:
    for _ in range(15):
        assert [street.gateway.get("/half_broken/report").status_code for _ in range(3)] == [502] * 3
        assert street.get("half_broken").text == "ok"
