"""What a request leaves behind in workerd: one line, timings, a point, and its place in the hour's summary."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from operations.tally import FLUSH_SECONDS, HOUR
from tests.worker.injection import beside_the_sources
from tests.worker.origins import Connection, Origin, ScriptedOrigin, answer_head
from tests.worker.patience import until

SECRET = "a secret of thirty-two bytes or so"
PRIVATE = {
    "query": "q-5c1a9f",
    "cookie": "c-77be02",
    "subject": "s-anna-31337",
    "body": "b-90aa41",
    "address": "x-forged",
}
"""Words that a client sends and nobody may find in a log."""

TOP_OF_THE_HOUR = 400_000 * HOUR
"""Seconds since 1970, long ago: of the hour before it nothing is known but what a test puts there."""


class SlowOrigin(Origin):
    """Answers after 50 ms, and lets what it said be stored."""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        time.sleep(0.05)
        connection.send(
            answer_head(200, "cache-control: max-age=60\r\nserver-timing: db;dur=3\r\ncontent-length: 4") + b"slow"
        )


class House:
    def __init__(self, gateway: Gateway, origin: str) -> None:
        self.gateway = gateway
        claims = {"sub": PRIVATE["subject"], "exp": time.time() + 600}
        self.token = jwt.encode(claims, SECRET, "HS256")

    def lines(self, response: httpx.Response) -> list[dict[str, Any]]:
        """The lines of one request; the next request's line is awaited, so that none can be missing."""
        last = self.gateway.get("/nowhere").headers["x-request-id"]
        self.gateway.wait_for_log(lambda line: line.get("id") == last)
        found = [line for line in self.gateway.logs() if line.get("id") == response.headers["x-request-id"]]
        return [line for line in found if line["event"] == "request"]


@pytest.fixture(scope="module")
def hook() -> Iterator[ScriptedOrigin]:
    with ScriptedOrigin(answer_head(204)) as hook:
        yield hook


@pytest.fixture(scope="module")
def house(
    worker: Callable[..., Gateway], hook: ScriptedOrigin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with SlowOrigin() as origin:
        everything = {"origin": origin.url, "auth": "optional"}
        variables = {
            "JWT_SECRET": SECRET,
            "ROUTES": [
                {"path": "/api/*", **everything},
                {"path": "/quiet/*", "log_sample": 0, **everything},
                {"path": f"/{'long-' * 30}/*", **everything},
            ],
            "SUMMARY": {"webhook": f"{hook.url}/hook?key={PRIVATE['query']}", "error_rate": 0.01, "min_requests": 1},
        }
        options = beside_the_sources(tmp_path_factory.mktemp("telemetry"), "metered")
        options["config"] |= {"analytics_engine_datasets": [{"binding": "ANALYTICS", "dataset": "gatehouse"}]}
        with worker(vars=variables, cf={"country": "PT"}, **options) as gateway:
            yield House(gateway, origin.url)


def test_a_request_leaves_one_line_with_everything_an_operator_asks_for(house: House) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {
        "authorization": f"Bearer {house.token}",
        "cookie": f"session={PRIVATE['cookie']}",
        "traceparent": f"00-{trace}-b7ad6b7169203331-01",
        "x-request-id": "an-id-of-the-client",
    }
    before = time.time()
    response = house.gateway.get(f"/api/users?token={PRIVATE['query']}", headers=headers)
    (line,) = house.lines(response)
    assert before - 1 < line.pop("time") < time.time() + 1
    assert line.pop("ms") >= line.pop("origin_ms") >= 50
    assert len(line.pop("principal")) == 16
    assert line.pop("cache").startswith("gatehouse; fwd=uri-miss")
    assert line == {
        "event": "request",
        "id": "an-id-of-the-client",
        "trace": trace,
        "method": "GET",
        "route": "/api/*",
        "path": "/api/users",
        "status": 200,
        "bytes": 4,
        "country": "PT",
        "origin_status": 200,
    }


def test_a_refused_request_says_why(house: House) -> None:
    response = house.gateway.get("/api/x", headers={"authorization": "Bearer x.y.z"})
    (line,) = house.lines(response)
    assert (line["status"], line["code"], line["route"]) == (401, "invalid_token", "/api/*")
    assert "principal" not in line


def test_nothing_a_client_keeps_to_itself_is_written_anywhere(house: House) -> None:
    headers = {
        "authorization": f"Bearer {house.token}",
        "cookie": f"gatehouse_locale={PRIVATE['cookie']}; session={PRIVATE['cookie']}",
        "x-forwarded-for": PRIVATE["address"],
    }
    for path in ("/api/x", "/geo", "/nowhere", "/quiet/x"):
        house.gateway.get(f"{path}?lang={PRIVATE['query']}", headers=headers)
    house.gateway.post("/api/x", content=PRIVATE["body"], headers=headers)
    forged = house.token[:-6] + "AAAAAA"
    response = house.gateway.post("/api/x", content=PRIVATE["body"], headers={"authorization": f"Bearer {forged}"})
    assert house.lines(response)
    written = "\n".join(text for _, text in house.gateway.output())
    for kept in (*PRIVATE.values(), SECRET, house.token, forged, house.token.split(".")[1]):
        assert kept not in written


def test_a_route_may_log_a_share_of_its_successes_and_every_failure(house: House) -> None:
    assert house.lines(house.gateway.get("/quiet/x")) == []
    (line,) = house.lines(house.gateway.get("/quiet/x", headers={"authorization": "Bearer x.y.z"}))
    assert line["route"] == "/quiet/*"


def test_server_timing_says_what_was_waited_for(house: House) -> None:
    def timings(response: httpx.Response) -> dict[str, float]:
        members = (member.split(";dur=") for member in response.headers["server-timing"].split(", "))
        return {name: float(milliseconds) for name, milliseconds in members}

    first = timings(house.gateway.get("/api/timed"))
    assert first["origin"] >= 50
    assert first["db"] == 3, "the origin's own timings stay"
    again = until(lambda: timings(house.gateway.get("/api/timed")), lambda waited: "origin" not in waited)
    assert "origin" not in again
    assert "server-timing" not in house.gateway.get("/healthz").headers


def test_every_request_is_a_point_and_a_long_route_is_cut_to_what_an_index_may_hold(house: House) -> None:
    def points(path: str) -> list[dict[str, Any]]:
        house.lines(house.gateway.get("/nowhere"))  # what others asked for is written
        house.gateway.clear_logs()
        response = house.gateway.get(path)
        assert house.lines(response)
        return [
            line["point"] for line in house.gateway.logs() if line["event"] == "point" and line["point"]["blobs"][0]
        ]

    (point,) = points("/api/point")
    assert point["indexes"] == ["/api/*"]
    assert point["blobs"][:4] == ["/api/*", "GET", "", "PT"]
    status, milliseconds, size, origin_milliseconds, tries = point["doubles"]
    assert (status, size, tries) == (200, 4, 1)
    assert milliseconds >= origin_milliseconds >= 50
    (point,) = points(f"/{'long-' * 30}/x")
    assert len(point["indexes"][0].encode()) == 96


# --- the hour ---------------------------------------------------------------------------------------------------------


def test_the_hour_is_summed_up_from_all_isolates_and_the_webhook_is_told(house: House, hook: ScriptedOrigin) -> None:
    last_hour = TOP_OF_THE_HOUR // HOUR - 1
    counts = {"requests": 1, "errors": 1, "lookups": 1, "hits": 0, "kv_reads": 2, "kv_writes": 1}
    for isolate in range(1001):  # one more than a page of a listing holds
        house.gateway.kv_put(f"tally1:{last_hour}:{isolate:04}", "", metadata=counts)
    house.gateway.clear_logs()
    assert house.gateway.scheduled("*/5 * * * *", time_ms=TOP_OF_THE_HOUR * 1000).text == "ok"
    assert house.gateway.scheduled("*/5 * * * *", time_ms=(TOP_OF_THE_HOUR + 300) * 1000).text == "ok"
    assert house.gateway.scheduled("*/5 * * * *", time_ms=(TOP_OF_THE_HOUR + 600) * 1000).text == "ok"
    (line,) = [line for line in house.gateway.logs() if line["event"] == "summary"]
    assert (line["requests"], line["errors"], line["hit_ratio"], line["kv_reads"]) == (1001, 1001, 0.0, 2002)
    assert line["crossed"] == ["error_rate 1 > 0.01"]
    assert line["estimated_usd"] > 0
    (told,) = hook.received
    assert (told.method, told.target) == ("POST", f"/hook?key={PRIVATE['query']}")
    assert told.length > 100
    assert told.values("content-type") == ["application/json"]


def test_an_isolate_writes_its_counts_for_the_summary(house: House) -> None:
    """Once a minute; the fixture turns the isolate's clock on, so that nobody waits for it."""
    first = int(time.time() // HOUR)
    for later in (0, 0, FLUSH_SECONDS / 60 + 1):
        house.gateway.get("/api/x", headers={"x-minutes-later": str(later)})

    def written() -> list[dict[str, Any]]:
        keys = [key for hour in (first, first + 1) for key in house.gateway.kv_list(f"tally1:{hour}:")]
        return [key["metadata"] for key in keys]

    counted = until(written, lambda counts: sum(one["requests"] for one in counts) > 1)
    assert sum(counts["requests"] for counts in counted) > 1
    assert sum(counts["kv_reads"] for counts in counted) >= 1
    assert len(counted) <= 2, "one key an hour, and an hour may have begun meanwhile"
    assert json.dumps(counted).isascii()
