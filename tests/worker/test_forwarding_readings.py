"""Over HTTP: what some server would read as a path of a stricter route never reaches an origin."""

import json
import time
from collections.abc import Callable, Iterator

import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import EchoOrigin
from tests.worker.test_forwarding import Exchange, House, raw

SECRET = "a secret of thirty-two bytes or so"


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    with EchoOrigin() as echo:
        to_echo = {"origin": echo.url, "cache": False}
        routes = [
            {"path": "/api/protected/*", "roles": ["admin"], **to_echo},
            {"path": "/api/exact", **to_echo},
            {"path": "/api/readable/*", "auth": "none", "methods": ["GET"], **to_echo},
            {"path": "/api/members/*", "auth": "required", **to_echo},
            {"path": "/*", "auth": "none", **to_echo},
        ]
        with worker(vars={"ROUTES": routes, "JWT_SECRET": SECRET}) as gateway:
            yield House(gateway, echo, {})


def code(exchange: Exchange) -> str:
    answer: dict[str, str] = json.loads(exchange.content)
    return answer["code"]


DISGUISES = [
    "{};x=1",
    "{};",
    "{}%3Bx",
    "{}%20",
    "%20{}",
    "{}%C2%A0",
    "{}+",
    "{}.",
    "{}...",
    "{}%20.",
    "{}%3Fx",
    "{}%23x",
]
DISGUISES += ["{}::$INDEX_ALLOCATION", "{}%E2%80%8B", "{};a;b%3F"]


@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_disguise_of_a_segment_leads_around_a_stricter_route(house: House, disguise: str) -> None:
    for segment in ("protected", "PROTECTED", "Protected"):
        for end in ("", "/", "/data"):
            exchange = raw(house, "GET", f"/api/{disguise.format(segment)}{end}")
            assert (exchange.status, code(exchange)) == (400, "ambiguous_path")
    assert raw(house, "GET", f"/api/{disguise.format('other')}/data").status == 200


@pytest.mark.parametrize(
    "target",
    ["/API/protected/x", "/Api/Protected", "/api;v=1/protected", "/api/%20/protected", "/%20/api/protected/x"]
    + ["/api/.../protected", "/api/protected.json", "/api/exact/", "/api/exact.json", "/api/EXACT", "/api/exact;"]
    + ["/api/exact%3Fa", "/_gatehouse/purge;x", "/_GATEHOUSE/whoami", "/_gatehouse/whoami/", "/_gatehouse/whoami%20"]
    + ["/index.php/api/protected/x", "/index.php/API/exact", "/(S(x))/api/exact", "/api/prot/(S(x))ected/x"],
)
def test_no_spelling_of_a_whole_path_does(house: House, target: str) -> None:
    exchange = raw(house, "GET", target)
    assert (exchange.status, code(exchange)) == (400, "ambiguous_path")


def test_a_method_that_is_not_offered_has_no_way_around_either(house: House) -> None:
    assert raw(house, "POST", "/api/readable/x").status == 405
    assert raw(house, "POST", "/api/readable;x/x").status == 400
    assert raw(house, "GET", "/api/readable;x/x").status == 200


def test_a_caller_who_may_do_less_has_none(house: House) -> None:
    bearer = jwt.encode({"sub": "u1", "role": "user", "exp": time.time() + 600}, SECRET, "HS256")
    assert raw(house, "GET", "/api/members/x;y", [("Authorization", f"Bearer {bearer}")]).status == 200
    assert raw(house, "GET", "/api/protected/x", [("Authorization", f"Bearer {bearer}")]).status == 403


@pytest.mark.parametrize(
    "target", ["/a;x=1/b", "/Users/Me", "/a%20b", "/x.", "/a/", "/app.js", "/GEO;x", "/Healthz", "/q%3Fa%23b"]
)
def test_elsewhere_the_path_arrives_as_it_was_sent(house: House, target: str) -> None:
    assert raw(house, "GET", target).seen["target"] == target


def test_the_strictest_route_itself_takes_any_spelling_below_it(house: House) -> None:
    admin = jwt.encode({"sub": "u1", "role": "admin", "exp": time.time() + 600}, SECRET, "HS256")
    target = "/api/protected/A;x=1/b.json%20"
    assert raw(house, "GET", target, [("Authorization", f"Bearer {admin}")]).seen["target"] == target
