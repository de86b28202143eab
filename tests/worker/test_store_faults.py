"""Workers KV failing, slow and corrupt under the cache: what the client sees, what is logged, that the next is healthy.

The gateway's clock stands where a test puts it (`fixtures/timed`), so that memory has forgotten what KV is asked for.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from operations.tally import FLUSH_SECONDS
from tests.worker.injection import beside_the_sources
from tests.worker.origins import ScriptedOrigin, answer_head
from tests.worker.patience import until
from tests.worker.stored_responses import cache_status, stored_names

pytestmark = pytest.mark.stand_in

SECRET = "a secret of thirty-two bytes or so"
BODY = b"what the origin says"
LONG = b"x" * 2000
START = 1_900_000_000
MEMORY = 6
"""Seconds after which memory asks the store again."""

FAILING = {"fail": "KV failed: 500"}
SLOW = {"delay": 2000}
"""Milliseconds, far beyond the deadline of a quarter of a second."""
READING = ("get", "getWithMetadata")


class House:
    def __init__(self, gateway: Gateway, origin: ScriptedOrigin) -> None:
        self.gateway, self.origin = gateway, origin
        self.now = START
        self._numbers = itertools.count()

    def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        fields = {"x-now": str(self.now), "accept-encoding": "identity", **headers}
        return self.gateway.request(method, path, headers=fields)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, **headers)

    def new_path(self, prefix: str = "/stored") -> str:
        return f"{prefix}/{next(self._numbers)}"

    def stored(self, prefix: str = "/stored") -> tuple[str, dict[str, Any]]:
        """A path whose response is in KV and no more in memory, and its key there."""
        path, before = self.new_path(prefix), stored_names(self.gateway)
        assert cache_status(self.get(path)) == "fwd=uri-miss; stored"
        names = stored_names(self.gateway, len(before) + (2 if prefix == "/long" else 1)) - before
        (key,) = [key for key in self.gateway.kv_list("cache2:") if key["name"] in names and "metadata" in key]
        self.now += MEMORY
        return path, key

    def logged(self, event: str, **fields: Any) -> dict[str, Any]:
        wanted = {"event": event, **fields}
        return self.gateway.wait_for_log(lambda line: wanted.items() <= line.items())

    def is_healthy(self, path: str) -> None:
        """From now on `path` is answered from memory, then from KV, without a word in the log."""
        self.gateway.clear_logs()
        for _ in range(2):
            response = self.get(path)
            assert (response.status_code, response.content) == (200, LONG if path.startswith("/long") else BODY)
            assert cache_status(response).startswith("hit")
            self.logged("request", id=response.headers["x-request-id"], status=200)
            self.now += MEMORY
        assert {line["event"] for line in self.gateway.logs()} == {"request"}


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    fields = f"cache-control: max-age=3600\r\ncontent-length: {len(BODY)}"
    long_fields = f"cache-control: max-age=3600\r\nx-long: {'x' * 2000}\r\ncontent-length: {len(LONG)}"
    with (
        ScriptedOrigin(answer_head(200, fields) + BODY) as origin,
        ScriptedOrigin(answer_head(200, long_fields) + LONG) as long_origin,
    ):
        variables = {
            "ROUTES": [
                {"path": "/stored/*", "origin": origin.url, "auth": "none", "methods": ["GET", "POST"]},
                {"path": "/long/*", "origin": long_origin.url, "auth": "none"},
            ],
            "JWT_SECRET": SECRET,
        }
        options = beside_the_sources(tmp_path_factory.mktemp("store"), "timed")
        with worker(vars=variables, faults=True, **options) as gateway:
            yield House(gateway, origin)


@pytest.fixture(autouse=True)
def _well_again(house: House) -> Iterator[None]:
    house.gateway.clear_logs()
    yield
    house.gateway.kv_faults()


# --- failing and slow -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "says"), [(FAILING, "KV failed: 500"), (SLOW, "no answer within 250 ms")], ids=["failing", "slow"]
)
def test_a_read_that_fails_or_is_slow_is_a_miss_and_a_log_line(house: House, fault: dict[str, Any], says: str) -> None:
    path, _ = house.stored()
    house.gateway.kv_faults(**dict.fromkeys(READING, fault))
    response = house.get(path)
    assert (response.status_code, response.content) == (200, BODY)
    assert cache_status(response) == "fwd=miss; stored"
    assert says in house.logged("cache_read_failed")["reason"]
    house.gateway.kv_faults()
    house.is_healthy(path)


@pytest.mark.parametrize("prefix", ["/stored", "/long"])
def test_a_write_that_fails_is_a_log_line(house: House, prefix: str) -> None:
    path = house.new_path(prefix)
    house.gateway.kv_faults(put=FAILING)
    assert house.get(path).status_code == 200
    assert house.logged("cache_write_failed")["reason"] == "KV failed: 500"
    house.gateway.kv_faults()
    house.now += MEMORY
    count = len(stored_names(house.gateway))
    assert cache_status(house.get(path)) == "fwd=uri-miss; stored"
    stored_names(house.gateway, count + (2 if prefix == "/long" else 1))
    house.is_healthy(path)


def test_a_slow_write_delays_nobody(house: House) -> None:
    path, count = house.new_path(), len(stored_names(house.gateway))
    house.gateway.kv_faults(put=SLOW)
    assert [cache_status(house.get(path)) for _ in range(2)] == ["fwd=uri-miss; stored", "hit; ttl=3600"]
    assert len(stored_names(house.gateway)) == count, "the write is still to come"
    house.gateway.kv_faults()
    stored_names(house.gateway, count + 1)
    house.is_healthy(path)


@pytest.mark.parametrize("method", ["getWithMetadata", "delete"])
def test_a_change_that_kv_does_not_take_is_a_log_line_and_holds_in_this_isolate(house: House, method: str) -> None:
    path, _ = house.stored()
    house.gateway.kv_faults(**{method: FAILING})
    assert house.ask("POST", path).status_code == 200
    assert "KV failed: 500" in house.logged("cache_write_failed")["reason"]
    house.gateway.kv_faults()
    house.now += 1
    assert cache_status(house.get(path)) == "fwd=uri-miss; stored"
    house.is_healthy(path)


def test_a_purge_that_kv_does_not_take_is_to_be_repeated(house: House) -> None:
    claims = {"sub": "ops", "role": "gatehouse:purge", "exp": START + 86_400}
    headers = {"authorization": "Bearer " + jwt.encode(claims, SECRET, "HS256"), "x-now": str(house.now)}
    house.gateway.kv_faults(put=FAILING)
    refused = house.gateway.post("/_gatehouse/purge", json={"tags": ["users"]}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
    assert refused.headers["retry-after"] == "5"
    house.logged("request", id=refused.headers["x-request-id"], code="store_unavailable")
    house.gateway.kv_faults()
    assert house.gateway.post("/_gatehouse/purge", json={"tags": ["users"]}, headers=headers).status_code == 200


def test_the_gateway_is_not_ready_without_its_store(house: House) -> None:
    house.gateway.kv_faults(**dict.fromkeys(READING, FAILING))
    refused = house.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
    house.logged("store_failed", during="readyz")
    house.gateway.kv_faults()
    assert house.get("/readyz").status_code == 200


def test_counts_that_cannot_be_written_are_a_log_line(house: House) -> None:
    house.gateway.kv_faults(put=FAILING)
    house.now += int(FLUSH_SECONDS)
    assert house.get("/healthz").status_code == 200
    house.logged("store_failed", during="tally")
    house.gateway.kv_faults()
    assert house.get("/healthz").status_code == 200


# --- corrupt ----------------------------------------------------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


METADATA: dict[str, Callable[[dict[str, Any]], Any]] = {
    "none at all": lambda good: None,
    "an older format": lambda good: {"v": 0, "status": 200},
    "another type": lambda good: "response",
    "nested": lambda good: nested(400),
    "no status of HTTP": lambda good: good | {"s": 9999},
    "a status for platforms": lambda good: good | {"s": 101},
    "no field name": lambda good: good | {"h": good["h"] | {"not a name": "x"}},
    "a second field": lambda good: good | {"h": good["h"] | {"x-a": "b\r\nx-user-id: root"}},
    "a second cookie": lambda good: good | {"c": ["a=b\r\nset-cookie: c=d"]},
    "before 1970": lambda good: good | {"q": -1},
    "a length below nothing": lambda good: good | {"n": -1},
    "an index of nothing": lambda good: {"kind": "index"},
    "a head that is not there": lambda good: {"kind": "response", "head": "nowhere"},
}


@pytest.mark.parametrize("change", METADATA.values(), ids=METADATA.keys())
def test_corrupt_metadata_are_a_miss_and_a_log_line(house: House, change: Callable[[dict[str, Any]], Any]) -> None:
    path, key = house.stored()
    house.gateway.kv_put(key["name"], BODY.decode(), metadata=change(key["metadata"]))
    replaced(house, path)


HEADS = {
    "no JSON": "garbage",
    "another format": "[]",
    "nested": "[" * 100_000,
    "numbers without end": '{"s":200,"h":{},"c":[],"q":1' + "0" * 400 + ',"r":1,"n":20}',
    "digits without end": '{"s":200,"h":{},"c":[],"q":1' + "0" * 5000 + ',"r":1,"n":20}',
}


@pytest.mark.parametrize("text", HEADS.values(), ids=HEADS.keys())
def test_a_corrupt_head_is_a_miss_and_a_log_line(house: House, text: str) -> None:
    path, key = house.stored("/long")
    house.gateway.kv_put(f"cache2:{key['metadata']['head']}", text)
    replaced(house, path)


def replaced(house: House, path: str) -> None:
    response = house.get(path)
    assert (response.status_code, cache_status(response)) == (200, "fwd=miss; stored")
    house.logged("cache_read_failed")
    house.logged("request", id=response.headers["x-request-id"], status=200)
    house.is_healthy(path)


CONTENTS = ["", BODY[:-1].decode(), BODY.decode() * 2]


@pytest.mark.parametrize("content", CONTENTS, ids=["empty", "shorter", "longer"])
def test_a_corrupt_content_is_forgotten_after_a_log_line(house: House, content: str) -> None:
    path, key = house.stored()
    house.gateway.kv_put(key["name"], content, metadata=key["metadata"])
    assert house.get(path).text == content, "a stream on its way cannot be called back"
    house.logged("cache_read_failed")
    gone(house, key["name"])
    assert house.get(path).content == BODY
    house.is_healthy(path)


@pytest.mark.parametrize("content", CONTENTS, ids=["empty", "shorter", "longer"])
def test_no_part_of_a_corrupt_content_is_served(house: House, content: str) -> None:
    path, key = house.stored()
    house.gateway.kv_put(key["name"], content, metadata=key["metadata"])
    response = house.get(path, range="bytes=0-3")
    assert (response.status_code, response.content, cache_status(response)) == (200, BODY, "fwd=miss; stored")
    house.logged("cache_read_failed")


def gone(house: House, name: str) -> None:
    until(lambda: name not in stored_names(house.gateway))


@pytest.mark.parametrize("text", ["soon", "9" * 5000], ids=["word", "digits without end"])
def test_a_corrupt_generation_is_a_miss_and_a_log_line_until_it_is_mended(house: House, text: str) -> None:
    path, _ = house.stored()
    house.gateway.kv_put("purge1:epoch", text)
    assert cache_status(house.get(path)) == "fwd=miss; stored"
    house.logged("cache_read_failed", reason="purge1:epoch is not a generation")
    house.gateway.kv_put("purge1:epoch", json.dumps(START))
    house.now += MEMORY
    house.is_healthy(path)
