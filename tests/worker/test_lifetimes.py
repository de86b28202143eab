"""The clock at the edge of every lifetime, to the millisecond: tokens, key sets, stored responses, the breaker.

The gateway's clock stands where a test puts it (`fixtures/timed`). Each test has a URL or an issuer of its own, so that
time may start anew in every one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey
from tests.worker.identity_provider import IdentityProvider
from tests.worker.injection import beside_the_sources
from tests.worker.origins import BadOrigin, Connection, Origin, answer_head, reset_before_headers, well
from tests.worker.stored_responses import cache_status, stored_names

SECRET = "a secret of thirty-two bytes or so"
START = 1_900_000_000
"""Where every test begins: 2030-03-17T17:46:40Z."""
WHOAMI = "/_gatehouse/whoami"
DAY = 86_400

FRESHNESS: list[tuple[str, float, str | None, int, str]] = [
    # Cache-Control, seconds since, what the origin does then -> status, `Cache-Status`
    ("max-age=60", 59.999, None, 200, "hit; ttl=0"),
    ("max-age=60", 60, None, 200, "fwd=stale; stored"),
    ("max-age=60", -3600, None, 200, "hit; ttl=60"),  # the clock was set back
    ("max-age=60, stale-while-revalidate=30", 60, None, 200, "hit; ttl=0; detail=stale-while-revalidate"),
    ("max-age=60, stale-while-revalidate=30", 90, None, 200, "hit; ttl=-30; detail=stale-while-revalidate"),
    ("max-age=60, stale-while-revalidate=30", 90.001, None, 200, "fwd=stale; stored"),
    ("max-age=60, stale-if-error=30", 90, "busy", 200, "fwd=stale; fwd-status=503; ttl=-30; detail=stale-if-error"),
    ("max-age=60, stale-if-error=30", 90.001, "busy", 503, "fwd=stale; detail=no-store"),
    ("max-age=60", 120, "reset", 200, "fwd=stale; ttl=-60; detail=disconnected"),
    ("max-age=60", 120.001, "reset", 502, ""),
]  # fmt: skip


class MoodyOrigin(Origin):
    """Answers `/stored/<row>` with that row's `Cache-Control`; `mood` is what it does instead."""

    def __init__(self) -> None:
        super().__init__()
        self.mood: str | None = None

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        if self.mood == "reset":
            connection.reset()
            return
        if self.mood == "busy":
            connection.send(answer_head(503, "cache-control: no-store\r\ncontent-length: 0"))
            return
        row = int(connection.request.target.partition("?")[0].rpartition("/")[2])
        connection.send(answer_head(200, f"cache-control: {FRESHNESS[row][0]}\r\ncontent-length: 2") + b"ok")


class House:
    def __init__(self, gateway: Gateway, origin: MoodyOrigin, bad: BadOrigin, providers: list[IdentityProvider]):
        self.gateway, self.origin, self.bad, self.providers = gateway, origin, bad, providers

    def get(self, path: str, at: float = 0, token: str = "") -> httpx.Response:
        """The answer to a request that arrives `at` seconds after the start."""
        headers = {"x-now": repr(START + at), "accept-encoding": "identity"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        return self.gateway.get(path, headers=headers)

    def identity(self, token: str, at: float) -> str:
        """`accepted`, or why not."""
        response = self.get(WHOAMI, at, token)
        if response.status_code == 200:
            return "accepted"
        problem = response.json()
        return str(problem.get("reason") or problem["code"])


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        origin = stack.enter_context(MoodyOrigin())
        bad = stack.enter_context(BadOrigin(reset_before_headers))
        providers = [stack.enter_context(IdentityProvider()) for _ in range(3)]
        once = {"auth": "none", "retries": 0, "methods": ["GET"]}
        variables = {
            "ROUTES": [
                {"path": "/stored/*", "origin": origin.url, **once},
                {"path": "/bad/*", "origin": bad.url, "cache": False, **once},
            ],
            "JWT_SECRET": SECRET,
            "ISSUERS": [
                {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
                *(
                    {"issuer": one.url, "audience": [], "algorithms": ["ES256"], "jwks_url": one.jwks_url}
                    for one in providers
                ),
            ],
        }
        options = beside_the_sources(tmp_path_factory.mktemp("lifetimes"), "timed")
        gateway = stack.enter_context(worker(vars=variables, **options))
        yield House(gateway, origin, bad, providers)


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "at", "outcome"),
    [
        ({"exp": START}, 59.999, "accepted"),
        ({"exp": START}, 60, "expired"),
        ({"exp": START + 0.5}, 60.499, "accepted"),
        ({"exp": START + 0.5}, 60.5, "expired"),
        ({"exp": START + DAY, "nbf": START}, -60, "accepted"),
        ({"exp": START + DAY, "nbf": START}, -60.001, "not_yet_valid"),
        ({"exp": START + DAY, "iat": START}, -60, "accepted"),
        ({"exp": START + DAY, "iat": START}, -60.001, "not_yet_valid"),
    ],
)
def test_a_token_is_good_to_the_edge_of_its_leeway(
    house: House, claims: dict[str, Any], at: float, outcome: str
) -> None:
    token = jwt.encode({"sub": f"anna at {at} {claims}", **claims}, SECRET, "HS256")
    assert house.identity(token, at) == outcome


def test_a_remembered_token_is_forgotten_at_the_edge_of_its_leeway(house: House) -> None:
    token = jwt.encode({"sub": "remembered", "exp": START}, SECRET, "HS256")
    outcomes = [house.identity(token, at) for at in (0, 59.999, 60, 61, 0)]
    assert outcomes == ["accepted", "accepted", "expired", "expired", "accepted"]


# --- key sets ---------------------------------------------------------------------------------------------------------


def token_of(provider: IdentityProvider, key: SigningKey) -> str:
    """A new one at every call, so that none is remembered."""
    return provider.token(key, sub=f"u{time.monotonic_ns()}", exp=START + 30 * DAY)


def test_a_key_set_is_asked_for_again_after_ten_minutes(house: House) -> None:
    provider = house.providers[0]
    key = provider.add_key("ES256", "k1")
    fetches = []
    for at in (0, 599.999, 600, 1199.999):
        assert house.identity(token_of(provider, key), at) == "accepted"
        fetches.append(len(provider.requests))
    assert fetches == [1, 1, 2, 2]


def test_the_last_known_good_set_is_good_for_seven_days_and_a_failure_known_for_thirty_seconds(house: House) -> None:
    provider = house.providers[1]
    key = provider.add_key("ES256", "k1")
    assert house.identity(token_of(provider, key), 0) == "accepted"
    provider.down()
    assert house.identity(token_of(provider, key), 7 * DAY - 0.001) == "accepted"
    assert house.identity(token_of(provider, key), 7 * DAY) == "keys_unavailable"
    assert house.identity(token_of(provider, key), 7 * DAY + 30) == "keys_unavailable"
    provider.up()
    assert house.identity(token_of(provider, key), 7 * DAY + 59.999) == "keys_unavailable"
    assert house.identity(token_of(provider, key), 7 * DAY + 60) == "accepted"


def test_an_unknown_key_is_looked_for_again_after_two_seconds_as_long_as_the_bucket_allows(house: House) -> None:
    provider = house.providers[2]
    known, stranger = provider.add_key("ES256", "k1"), SigningKey.generate("ES256", "k2")
    assert house.identity(token_of(provider, known), 0) == "accepted"
    fetches = []
    for at in (10, 11.999, 12, 14, 16, 18, 19.999):
        assert house.identity(token_of(provider, stranger), at) == "unknown_key"
        fetches.append(len(provider.requests))
    assert fetches == [2, 2, 3, 4, 5, 6, 6]
    for at, verdict, asked in ((20, "keys_unavailable", 6), (39.999, "keys_unavailable", 6), (40, "unknown_key", 7)):
        assert (house.identity(token_of(provider, stranger), at), len(provider.requests)) == (verdict, asked)


# --- stored responses -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored(house: House) -> set[str]:
    """Every row's response is in KV, asked for at the start."""
    for row in range(len(FRESHNESS)):
        assert house.get(f"/stored/{row}").text == "ok"
    return stored_names(house.gateway, len(FRESHNESS))


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("row", range(len(FRESHNESS)), ids=[f"{row[0]} at {row[1]}" for row in FRESHNESS])
def test_a_response_is_used_to_the_edge_of_its_lifetime(house: House, row: int) -> None:
    _, at, mood, status, expected = FRESHNESS[row]
    house.origin.mood = mood
    try:
        response = house.get(f"/stored/{row}", at)
    finally:
        house.origin.mood = None
    assert (response.status_code, cache_status(response)) == (status, expected)
    assert house.get(f"/stored/{row}", at).status_code == 200, "the next one is healthy"


def test_memory_answers_for_five_seconds_and_then_the_store_is_asked(house: House, stored: set[str]) -> None:
    house.get("/stored/0?memory")
    (name,) = stored_names(house.gateway, len(stored) + 1) - stored
    house.gateway.kv_delete(name)
    assert cache_status(house.get("/stored/0?memory", 4.999)) == "hit; ttl=55"
    assert cache_status(house.get("/stored/0?memory", 5)) == "fwd=uri-miss; stored"


# --- the breaker ------------------------------------------------------------------------------------------------------


def test_an_origin_left_alone_is_tried_again_after_thirty_seconds(house: House) -> None:
    assert [house.get("/bad/x").status_code for _ in range(5)] == [502] * 5
    house.bad.behave = well
    for at, seconds in ((0, "30"), (29.001, "1"), (29.999, "1")):
        response = house.get("/bad/x", at)
        assert (response.status_code, response.headers["retry-after"]) == (503, seconds)
    assert [house.get("/bad/x", at).status_code for at in (30, 30)] == [200, 200]
