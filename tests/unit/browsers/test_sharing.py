"""Routes with CORS of their own, through the whole pipeline: whose list counts, and what an origin is asked."""

import json
from typing import Any

import pytest

from configuration.loading import load_settings
from core.faults import Misconfigured
from core.messages import Request, Response
from gateway import Gateway
from tests.unit.handshakes import KEYWORDS
from tests.unit.identity.identity_house import CLAIMS, SECRET, hs
from tests.unit.in_memory import BytesBody, World, run

APP, PREVIEW, EVIL = "https://app.example", "https://pr-7.preview.example", "https://evil.example"
ORIGIN = "https://api.example"
ROUTES: list[dict[str, Any]] = [
    {"path": "/plain/*", "auth": "required"},
    {"path": "/preview/*", "auth": "required", "cors_origins": ["https://*.preview.example"]},
    {"path": "/closed/*", "auth": "none", "cors_origins": []},
    {"path": "/everybody/*", "auth": "none", "cors_origins": ["*"], "cors_headers": ["X-Own"]},
    {"path": "/both", "auth": "none", "methods": ["GET", "HEAD"], "cors_origins": ["*"]},
    {"path": "/both", "auth": "required", "methods": ["PUT"], "cors_origins": [APP]},
    {"path": "/both", "auth": "required", "methods": ["DELETE"], "cors": "origin"},
    {"path": "/own/*", "auth": "required", "cors": "origin", "forward_authorization": True, "methods": ["GET", "POST"]},
    {"path": "/limited", "auth": "required", "cors": "origin", "rate_limit": "ABSENT"},
    {"path": "/here", "auth": "required", "cors": "origin", "deny": {"countries": ["FR"]}},
    {"path": "/dressed", "auth": "required", "cors": "origin", "set_response_headers": {"x-served-by": "us"}},
    {"path": "/policed", "auth": "none", "cors": "origin", "policies": ["tenant"]},
]


class House:
    """A gateway in front of an origin that lets every site in."""

    def __init__(self, origins: list[str], routes: list[dict[str, Any]] = ROUTES, **variables: Any) -> None:
        self.world = World(self._answer)
        written = [{"cache": True, "origin": ORIGIN, **route} for route in routes]
        variables |= {"POLICIES": {"tenant": {"domain": "tenants.example"}}} if routes is ROUTES else {}
        settings = load_settings(
            {
                "CORS_ORIGINS": origins,
                "ROUTES": written,
                "JWT_SECRET": SECRET,
                **variables,
            },
            set(),
        )
        self.gateway = Gateway(settings, self.world.platform())

    def _answer(self, request: Request) -> Response:
        fields = {
            "access-control-allow-origin": request.headers.get("origin", "https://nobody.example"),
            "access-control-allow-credentials": "true",
            "access-control-allow-private-network": "true",
            "access-control-max-age": "5",
            "cache-control": "public, max-age=60",
        }
        return Response(200, fields, BytesBody(b"ok"))

    def ask(self, method: str, path: str, site: str | None, **headers: str) -> Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        fields |= {} if site is None else {"origin": site}
        request = Request(method, "https", "gw.example", path, headers=fields, cf={"country": "FR"})
        request.body = BytesBody(b"content") if "content-length" in fields else None
        response = run(self._asked(request))
        assert isinstance(response, Response)
        return response

    async def _asked(self, request: Request) -> Response:
        response = await self.gateway.handle(request, self.world.background)
        await self.world.settle()
        return response

    def preflight(self, path: str, site: str, method: str = "GET", **headers: str) -> Response:
        return self.ask("OPTIONS", path, site, access_control_request_method=method, **headers)


@pytest.fixture
def house() -> House:
    return House([APP])


def reader(response: Response) -> str | None:
    """Whose page may read it."""
    return response.headers.get("access-control-allow-origin")


# --- a list of the route's ------------------------------------------------------------------------------------------


def test_a_routes_list_stands_in_place_of_the_gateways(house: House) -> None:
    """Answers, refusals, preflights and cached copies alike."""
    for path, friend, stranger in (("/plain/x", APP, PREVIEW), ("/preview/x", PREVIEW, APP)):
        assert reader(house.preflight(path, friend)) == friend
        assert reader(house.preflight(path, stranger)) is None
        refused = house.ask("GET", path, friend)
        assert (refused.status, reader(refused)) == (401, friend)
        assert reader(house.ask("GET", path, stranger)) is None
        assert reader(house.ask("POST", path, friend, authorization=f"Bearer {hs(CLAIMS)}")) == friend
    for site in (APP, PREVIEW):
        assert (reader(house.preflight("/closed/x", site)), reader(house.ask("GET", "/closed/x", site))) == (None, None)


def test_a_cached_answer_is_each_askers_own(house: House) -> None:
    for site in (EVIL, APP):
        assert reader(house.ask("GET", "/everybody/x", site)) == "*"
        assert "access-control-allow-credentials" not in house.ask("GET", "/everybody/x", site).headers
    assert len(house.world.requests) == 1


def test_what_no_route_takes_follows_the_gateways_list(house: House) -> None:
    assert (reader(house.ask("GET", "/nowhere", APP)), reader(house.ask("GET", "/nowhere", PREVIEW))) == (APP, None)
    assert reader(house.ask("GET", "/geo", APP)) == APP
    assert (reader(house.preflight("/geo", APP)), reader(house.preflight("/geo", PREVIEW))) == (APP, None)


def test_a_preflight_allows_no_method_of_a_route_with_another_list(house: House) -> None:
    """Browsers keep it for every method that it names."""
    stranger, friend = house.preflight("/both", EVIL, "GET"), house.preflight("/both", APP, "PUT")
    assert (reader(stranger), stranger.headers["access-control-allow-methods"]) == ("*", "GET, HEAD")
    assert (reader(friend), friend.headers["access-control-allow-methods"]) == (APP, "GET, HEAD, PUT")
    assert reader(house.preflight("/both", EVIL, "PUT")) is None
    assert "PATCH" not in house.preflight("/both", APP, "PATCH").headers.get("access-control-allow-methods", "")


def test_no_other_site_writes_with_a_cookie_that_the_routes_list_does_not_name() -> None:
    entry = {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET", "from": ["cookie:session"]}
    house = House([APP], ISSUERS=[entry])
    for path, friend, stranger in (("/plain/x", APP, PREVIEW), ("/preview/x", PREVIEW, APP)):
        cookie = f"session={hs(CLAIMS)}"
        assert house.ask("POST", path, friend, cookie=cookie).status == 200
        assert house.ask("POST", path, stranger, cookie=cookie).status == 403
        handshake = {**KEYWORDS, "cookie": cookie}
        assert house.ask("GET", path, friend, **handshake).status == 200
        assert house.ask("GET", path, stranger, **handshake).status == 403


# --- the origin's own -------------------------------------------------------------------------------------------------


def test_a_preflight_reaches_the_origin_without_anybody_and_comes_back_untouched(house: House) -> None:
    asked = {"access_control_request_headers": "X-Own", "access_control_request_private_network": "true"}
    response = house.preflight("/own/x", EVIL, "POST", **asked)
    (seen,) = house.world.requests
    assert (seen.method, seen.path, seen.headers["access-control-request-headers"]) == ("OPTIONS", "/own/x", "X-Own")
    assert not [name for name in seen.headers if name.startswith("x-user-")]
    fields = {name: value for name, value in response.headers.items() if name.startswith("access-control-")}
    assert fields == {
        "access-control-allow-origin": EVIL,
        "access-control-allow-credentials": "true",
        "access-control-allow-private-network": "true",
        "access-control-max-age": "5",
    }
    assert response.headers["vary"] == "origin"


def test_nothing_but_a_preflight_gets_past_authentication(house: House) -> None:
    assert house.ask("OPTIONS", "/own/x", EVIL).status == 405
    assert house.ask("OPTIONS", "/dressed", EVIL).status == 401
    assert house.ask("OPTIONS", "/dressed", None, access_control_request_method="GET").status == 401
    assert house.ask("GET", "/own/x", EVIL, access_control_request_method="GET").status == 401
    assert house.preflight("/own/x", EVIL, "DELETE").status == 405
    assert house.world.requests == []


def test_what_looks_like_a_preflight_carries_no_credential_no_content_and_no_other_method(house: House) -> None:
    smuggled = {
        "authorization": "Bearer a.b.c",
        "cookie": "session=1",
        "x_http_method_override": "POST",
        "x_user_id": "admin",
        "x_own": "1",
        "content_length": "7",
        "content_type": "application/json",
        "connection": "origin, upgrade",
        "upgrade": "websocket",
    }
    assert house.preflight("/own/x", EVIL, "POST", **smuggled).status == 200
    (seen,) = house.world.requests
    assert seen.body is None
    assert not {
        "authorization",
        "cookie",
        "x-http-method-override",
        "x-user-id",
        "x-own",
        "content-type",
        "upgrade",
    } & {*seen.headers}
    assert seen.headers["origin"] == EVIL


def test_a_preflight_counts_and_is_kept_out_as_any_request_is(house: House) -> None:
    assert json.loads(str(house.preflight("/limited", EVIL).body))["code"] == "limiter_unavailable"
    assert json.loads(str(house.preflight("/here", EVIL).body))["code"] == "not_here"
    assert house.preflight("/own%2Fx/y", EVIL).status == 400
    assert house.preflight("/own;x/y", EVIL).status in (400, 404)
    assert house.world.requests == []
    assert house.preflight("/dressed", EVIL).headers["x-served-by"] == "us"


def test_policies_which_come_after_identity_have_no_say_in_a_preflight(house: House) -> None:
    assert house.ask("GET", "/policed", EVIL).status == 404
    assert (house.preflight("/policed", EVIL).status, len(house.world.requests)) == (200, 1)


def test_an_origins_word_comes_back_untouched_and_each_site_has_its_own_copy(house: House) -> None:
    house = House([APP], [{"path": "/own/*", "auth": "none", "cors": "origin"}])
    for site in (None, EVIL, APP, None, EVIL, APP):
        response = house.ask("GET", "/own/x", site)
        assert reader(response) == (site or "https://nobody.example")
        assert "access-control-expose-headers" not in response.headers
    assert len(house.world.requests) == 3


def test_what_the_gateway_itself_refuses_there_follows_its_own_list(house: House) -> None:
    refused = house.ask("GET", "/own/x", APP)
    assert (refused.status, reader(refused)) == (401, APP)
    assert reader(house.ask("GET", "/own/x", EVIL)) is None
    assert "vary" not in House([]).ask("GET", "/own/x", EVIL).headers


def test_without_a_word_a_preflight_is_a_request_like_any_other() -> None:
    house = House([], [{"path": "/plain/*", "auth": "required"}, {"path": "/listed", "cors_origins": [APP]}])
    assert house.preflight("/plain/x", EVIL).status == 401
    assert reader(house.preflight("/listed", APP)) == APP


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "whole", "fault"),
    [
        ({"cors": "gateway"}, {}, "ROUTES[0].cors: says nothing without sites that may read; write cors_origins"),
        ({"cors_max_age": 5}, {}, "ROUTES[0].cors_max_age: says nothing without sites"),
        ({"cors_private_network": True}, {}, "ROUTES[0].cors_private_network: says nothing"),
        (
            {"cors": "origin", "cors_headers": ["a"]},
            {},
            "ROUTES[0]: cors = 'origin' leaves that to the origin; take out",
        ),
        (
            {"cors": "origin", "origin": None, "redirect": {"to": "/x"}},
            {},
            "ROUTES[0]: cors = 'origin' needs an origin",
        ),
        ({"cors": "both"}, {}, "ROUTES[0].cors: "),
        ({"cors_origins": APP}, {}, "ROUTES[0].cors_origins: must be a list"),
        ({"cors_origins": ["*", APP]}, {}, "ROUTES[0].cors_origins: '*' cannot be combined"),
        ({"cors_origins": ["null"]}, {}, "ROUTES[0].cors_origins: 'null' never matches"),
        ({"cors_origins": [APP], "cors_headers": ["*"]}, {}, "ROUTES[0].cors_headers: '*' is no name"),
        (
            {"cors_origins": [APP], "cors_expose": ["a b"]},
            {},
            "ROUTES[0].cors_expose: 'a b' is not a header field name",
        ),
        ({"cors_origins": [APP], "cors_max_age": -1}, {}, "ROUTES[0].cors_max_age: "),
        ({"cors_origins": [APP], "cors_max_age": 86_401}, {}, "ROUTES[0].cors_max_age: "),
        ({}, {"CORS_PRIVATE_NETWORK": True}, "CORS_PRIVATE_NETWORK: says nothing without sites"),
        ({}, {"CORS_PRIVATE_NETWORK": "maybe"}, "CORS_PRIVATE_NETWORK: "),
    ],
)
def test_what_would_say_nothing_is_a_fault(route: dict[str, Any], whole: dict[str, Any], fault: str) -> None:
    written = {"path": "/*", "auth": "none", "origin": ORIGIN, **route}
    with pytest.raises(Misconfigured) as refused:
        load_settings({"ROUTES": [written], **whole}, set())
    assert len(refused.value.faults) == 1
    assert refused.value.faults[0].startswith(fault)
