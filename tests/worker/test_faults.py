"""A fault in every step of the pipeline and in the cron trigger: what the client sees, what is logged, what follows."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.injection import FIXTURES, beside_the_sources
from tests.worker.origins import ScriptedOrigin, answer_head

SECRET = "a secret of thirty-two bytes or so"
BODY = b"what the origin says"
FIXTURE = (FIXTURES / "injected" / "injected.py").read_text(encoding="utf-8")
HOUR = 3600


def steps(table: str) -> list[str]:
    """The steps that the fixture has a fault for; it can only be imported where the Worker runs."""
    rows = FIXTURE.split(f"{table}: dict", 1)[1].split("}", 1)[0]
    return re.findall(r'^    "([\w ]+)":', rows, re.MULTILINE)


BEFORE, AFTER = steps("BEFORE_THE_ANSWER"), steps("AFTER_THE_ANSWER")
BESIDE, BEYOND = steps("BESIDE_THE_PIPELINE"), steps("BEYOND_ANSWERING")
SENDING, BACKGROUND, CRON = steps("SENDING"), steps("BACKGROUND"), steps("CRON")


class House:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        token = jwt.encode({"sub": "anna", "exp": time.time() + 900}, SECRET, "HS256")
        self._headers = {"authorization": f"Bearer {token}"}
        self._numbers = itertools.count()

    def get(self, inject: str | None = None) -> httpx.Response:
        """One request that passes through every step: nobody has asked for that path before, and it is stored."""
        headers = self._headers | ({"x-inject": inject} if inject else {})
        method = "OPTIONS" if inject == "preflight" else "GET"
        return self.gateway.request(method, f"/api/x/{next(self._numbers)}", headers=headers)

    def event(self, name: str, **fields: Any) -> dict[str, Any]:
        wanted = {"event": name, **fields}
        return self.gateway.wait_for_log(lambda line: wanted.items() <= line.items())

    def exception(self, step: str, **fields: Any) -> None:
        """The traceback of a fault is in the log, once."""
        assert f"Error: injected into {step}" in self.event("exception", **fields)["traceback"]
        assert len([line for line in self.gateway.logs() if line["event"] == "exception"]) == 1

    def is_healthy(self) -> None:
        self.gateway.clear_logs()
        response = self.get()
        assert (response.status_code, response.content) == (200, BODY)
        assert "stored" in response.headers["cache-status"]
        self.event("request", id=response.headers["x-request-id"], status=200)
        assert not [line for line in self.gateway.logs() if line["event"] == "exception"]


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    answer = answer_head(200, f"cache-control: max-age=60, public\r\ncontent-length: {len(BODY)}") + BODY
    with ScriptedOrigin(answer) as origin:
        route: dict[str, Any] = {"path": "/api/*", "origin": origin.url, "rate_limit": "ABSENT", "on_failure": "open"}
        route |= {"log_sample": 1 - 1e-9}  # whether a success is logged is a question, and the answer is yes
        variables = {
            "ROUTES": [route],
            "JWT_SECRET": SECRET,
            "CORS_ORIGINS": ["https://app.example"],
            "ISSUERS": [
                {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
                {"issuer": origin.url, "audience": [], "algorithms": ["ES256"], "jwks_url": f"{origin.url}/keys"},
            ],
        }
        options = beside_the_sources(tmp_path_factory.mktemp("faults"), "injected")
        options["config"] |= {"analytics_engine_datasets": [{"binding": "ANALYTICS", "dataset": "gatehouse"}]}
        with worker(vars=variables, faults=True, **options) as gateway:
            yield House(gateway)


@pytest.fixture(autouse=True)
def _quiet(house: House) -> None:
    house.gateway.clear_logs()


def internal_error(response: httpx.Response) -> str:
    """The request id of an answer that says that the gateway failed, and nothing else."""
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    problem = response.json()
    assert (response.status_code, problem["code"]) == (500, "internal_error")
    assert "injected" not in response.text
    assert "Traceback" not in response.text
    request_id = response.headers["x-request-id"]
    assert problem["request_id"] == request_id
    return request_id


@pytest.mark.parametrize("step", BEFORE)
def test_an_exception_in_a_step_is_500_with_the_traceback_in_the_log_alone(house: House, step: str) -> None:
    request_id = internal_error(house.get(step))
    house.event("request", id=request_id, status=500, code="internal_error")
    house.exception(step, id=request_id)
    house.is_healthy()


@pytest.mark.parametrize("step", SENDING)
def test_an_answer_that_cannot_be_sent_is_500_with_the_traceback_in_the_log_alone(house: House, step: str) -> None:
    house.exception(step, id=internal_error(house.get(step)))
    house.is_healthy()


@pytest.mark.parametrize("step", BESIDE + BEYOND)
def test_what_cannot_even_be_answered_is_the_platforms_500_with_the_traceback_in_the_log(
    house: House, step: str
) -> None:
    """Before the pipeline and at its first wait, and after several waits: the platform logs nothing of it itself."""
    assert house.get(step).status_code == 500
    house.exception(step)
    house.is_healthy()


@pytest.mark.parametrize("step", AFTER)
def test_an_exception_after_the_answer_does_not_cost_the_client_the_answer(house: House, step: str) -> None:
    response = house.get(step)
    assert (response.status_code, response.content) == (200, BODY)
    house.exception(step, id=response.headers["x-request-id"])
    house.is_healthy()


@pytest.mark.parametrize("step", BACKGROUND)
def test_an_exception_in_the_background_is_a_log_line(house: House, step: str) -> None:
    response = house.get(step)
    assert (response.status_code, response.content) == (200, BODY)
    house.exception(step, id=response.headers["x-request-id"], during="background")
    house.is_healthy()


# --- cron -------------------------------------------------------------------------------------------------------------


SUMMED_UP = 400_000
"""An hour since 1970 in which the gateway served nobody: it is summed up at five past the next."""
FIVE_PAST = ((SUMMED_UP + 1) * HOUR + 300) * 1000
"""In milliseconds since 1970."""


@pytest.mark.parametrize("step", CRON)
def test_a_cron_task_that_fails_stops_neither_the_other_nor_any_request(house: House, step: str) -> None:
    house.get(step)
    assert house.gateway.scheduled(time_ms=FIVE_PAST).text == "exception"
    house.exception(step, during="cron")
    if step == "refresh":
        house.event("summary")
    house.is_healthy()
    assert house.gateway.scheduled(time_ms=FIVE_PAST).text == "ok"
    house.event("summary")


@pytest.mark.stand_in
@pytest.mark.parametrize("fault", [{"fail": "KV LIST failed: 500"}, {"delay": 7000}], ids=["failing", "slow"])
def test_a_store_that_fails_the_summary_is_a_log_line(house: House, fault: dict[str, Any]) -> None:
    house.gateway.kv_faults(list=fault)
    try:
        assert house.gateway.scheduled(time_ms=FIVE_PAST).text == "ok"
    finally:
        house.gateway.kv_faults()
    house.event("store_failed", during="summary")
    house.is_healthy()


def test_counts_that_are_corrupt_count_for_nothing(house: House) -> None:
    house.gateway.kv_put(f"tally1:{SUMMED_UP}:good", "", metadata={"requests": 7, "errors": "all", "more": {}})
    house.gateway.kv_put(f"tally1:{SUMMED_UP}:text", "", metadata="corrupt")
    house.gateway.kv_put(f"tally1:{SUMMED_UP}:list", "", metadata=[1, 2])
    house.gateway.kv_put(f"tally1:{SUMMED_UP}:none", "")
    assert house.gateway.scheduled(time_ms=FIVE_PAST).text == "ok"
    line = house.event("summary")
    assert (line["requests"], line["errors"]) == (7, 0)
