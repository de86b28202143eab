"""Over HTTP: several origins on one route, by geography, weight and health; killing one shows what it is for."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import Connection, Origin, answer_head
from tests.worker.patience import PATIENCE
from tests.worker.stored_responses import cache_status

SECRET = "a secret of thirty-two bytes or so"
GERMANY, AMERICA, JAPAN = (
    {"country": "DE", "continent": "EU", "isEUCountry": "1"},
    {"country": "US", "continent": "NA"},
    {"country": "JP", "continent": "AS"},
)
NOWHERE = {"country": "T1"}


class Region(Origin):
    """Answers with its name; `mood` is what it does instead: a status, or `reset`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.mood = name, ""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        if self.mood == "reset":
            connection.reset()
        elif self.mood:
            connection.send(answer_head(int(self.mood)))
        else:
            fields = f"cache-control: max-age=60\r\ncontent-length: {len(self.name)}"
            connection.send(answer_head(200, fields) + self.name.encode())


@dataclass
class World:
    gateway: Gateway
    eu: Region
    us: Region
    any: Region
    mirror: Region

    def ask(self, path: str, cf: dict[str, Any], method: str = "GET", **options: Any) -> httpx.Response:
        return self.gateway.request(method, path, cf=cf, **options)


@pytest.fixture(scope="module")
def world(worker: Callable[..., Gateway]) -> Iterator[World]:
    with Region("eu") as eu, Region("us") as us, Region("any") as anybody, Region("mirror") as mirror:
        regions = [
            {"url": eu.url, "eu": True, "health": "/healthz"},
            {"url": us.url, "countries": ["US", "CA"], "name": "america"},
            {"url": anybody.url},
        ]
        common = {"auth": "none", "retries": 0, "origins": regions}
        canary = [{"url": f"{eu.url}/v1", "weight": 3}, {"url": f"{us.url}/v2"}]
        routes = [
            {"path": "/near/*", **common, "cache": False},
            {"path": "/bound/*", **common, "residency": True},
            {"path": "/stored/*", **common},
            {"path": "/canary", "origins": canary, "cache": False, "auth": "optional"},
            {
                "path": "/mirrored",
                "auth": "required",
                "origin": anybody.url,
                "cache": False,
                "forward_authorization": True,
                "mirror": {"url": f"{mirror.url}/copy"},
            },
        ]
        with worker(vars={"ROUTES": routes, "JWT_SECRET": SECRET}) as gateway:
            yield World(gateway, eu, us, anybody, mirror)


@pytest.fixture(autouse=True)
def all_are_well(world: World) -> Iterator[None]:
    yield
    for region in (world.eu, world.us, world.any):
        region.mood = ""
    for path, cf in (("/near/well", GERMANY), ("/near/well", AMERICA), ("/near/well", JAPAN)):
        world.ask(path, cf)  # whatever was left alone is found well again


def bearer(caller: str) -> dict[str, str]:
    return {"authorization": f"Bearer {jwt.encode({'sub': caller, 'exp': 4_000_000_000}, SECRET, 'HS256')}"}


@pytest.mark.parametrize("route", ["near", "bound", "stored"])
@pytest.mark.parametrize(
    ("cf", "name"), [(GERMANY, "eu"), (AMERICA, "us"), (JAPAN, "any"), (NOWHERE, "any"), ({}, "any")]
)
def test_a_visitor_goes_where_they_are_meant_to_go(world: World, route: str, cf: dict[str, Any], name: str) -> None:
    assert world.ask(f"/{route}/{name}/{route}", cf).text == name


def test_which_origin_answered_is_logged_and_timed(world: World) -> None:
    response = world.ask("/near/x", AMERICA)
    assert response.headers["server-timing"].endswith(';desc="america"')
    line = world.gateway.wait_for_log(lambda line: line.get("id") == response.headers["x-request-id"])
    assert line["origin"] == "america"


@pytest.mark.parametrize("mood", ["reset", "502", "503", "504"])
def test_another_origin_stands_in_where_geography_is_a_wish(world: World, mood: str) -> None:
    world.eu.mood = mood
    assert world.ask(f"/near/{mood}", GERMANY).text == "any"
    world.any.mood = "reset"
    assert world.ask(f"/near/both/{mood}", GERMANY).text == "us"


@pytest.mark.parametrize("mood", ["reset", "503"])
def test_where_geography_is_binding_nobody_else_answers(world: World, mood: str) -> None:
    world.eu.mood = mood
    before = len(world.us.received) + len(world.any.received)
    response = world.ask("/bound/x", GERMANY)
    assert response.status_code == 503
    if mood == "reset":
        assert response.json()["code"] == "no_origin_in_region"
    assert len(world.us.received) + len(world.any.received) == before
    assert world.ask("/bound/x", AMERICA).text == "us"


def test_a_request_that_may_have_been_acted_on_is_sent_once(world: World) -> None:
    world.eu.mood = "reset"
    before = [len(region.received) for region in (world.eu, world.us, world.any)]
    assert world.ask("/near/x", GERMANY, "POST", content=b"once").status_code == 502
    assert [len(region.received) for region in (world.eu, world.us, world.any)] == [before[0] + 1, *before[1:]]


def test_the_cache_is_parted_by_geography_and_keeps_nothing_of_who_stood_in(world: World) -> None:
    assert cache_status(world.ask("/stored/a", GERMANY)) == "fwd=uri-miss; stored"
    assert world.ask("/stored/a", AMERICA).text == "us"
    assert cache_status(world.ask("/stored/a", GERMANY)).startswith("hit")
    world.eu.mood = "503"
    stood_in = world.ask("/stored/b", GERMANY)
    assert (stood_in.text, cache_status(stood_in)) == ("any", "fwd=uri-miss")
    world.eu.mood = ""
    assert world.ask("/stored/b", GERMANY).text == "eu"


def test_nothing_of_a_route_with_residency_is_stored(world: World) -> None:
    before = {entry["name"] for entry in world.gateway.kv_list()}
    assert "cache-status" not in world.ask("/bound/stored", GERMANY).headers
    names = {entry["name"] for entry in world.gateway.kv_list()} - before
    assert not {name for name in names if name.startswith("cache")}


def test_a_caller_stays_with_one_version(world: World) -> None:
    first = {caller: world.ask("/canary", {}, headers=bearer(caller)).text for caller in map(str, range(24))}
    assert {*first.values()} == {"eu", "us"}
    again = {caller: world.ask("/canary", {}, headers=bearer(caller)).text for caller in first}
    assert again == first
    assert (
        len({world.ask("/canary", {}, headers={"cf-connecting-ip": f"203.0.113.{end}"}).text for end in (1, 2, 250)})
        == 1
    )


def test_a_copy_says_nothing_of_the_caller_and_changes_nothing(world: World) -> None:
    world.mirror.mood = "reset"
    sent = {**bearer("ada"), "cookie": "session=1", "x-plain": "yes"}
    assert world.ask("/mirrored?q=1", {}, headers=sent).text == "any"
    deadline = time.monotonic() + PATIENCE
    while not world.mirror.received and time.monotonic() < deadline:
        time.sleep(0.02)
    (copied,) = world.mirror.received
    assert copied.target == "/copy/mirrored?q=1"
    names = {name.lower() for name, _ in copied.fields}
    assert "x-plain" in names
    assert not {"x-user-id", "x-user-role", "authorization", "cookie"} & names
    assert world.ask("/mirrored", {}, "POST", headers=bearer("ada"), content=b"x").text == "any"
    assert len(world.mirror.received) == 1, "a request with content is not copied"


def test_an_origin_that_fails_its_health_check_is_asked_by_nobody(world: World) -> None:
    world.eu.mood = "500"
    assert world.gateway.scheduled().text == "ok"
    assert world.eu.url in (world.gateway.kv_get("health1") or "")
    before = len(world.eu.received)
    assert world.ask("/near/marked", GERMANY).text == "any"
    refused = world.ask("/bound/marked", GERMANY)
    assert (refused.status_code, refused.json()["code"]) == (503, "no_origin_in_region")
    assert len(world.eu.received) == before
    world.eu.mood = ""
    assert world.gateway.scheduled().text == "ok"
    assert world.ask("/bound/well", GERMANY).text == "eu"
