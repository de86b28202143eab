"""The frame: default deny, one id and one log line per request, nothing leaked, nothing opened by mistake."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.keys import counted_query
from caching.settings import CacheSettings
from configuration.loading import load_settings
from core.messages import Arrived, Request, Response
from core.ports import ClientGone, ClientTooSlow
from core.records import replace
from gateway import Gateway
from operations.tally import FLUSH_SECONDS
from tests.unit.caching.cache_house import content_of
from tests.unit.handshakes import KEYWORDS
from tests.unit.identity.identity_house import CLAIMS, SECRET, hs
from tests.unit.in_memory import BytesBody, World, run


def ask(
    method: str, path: str, *, world: World | None = None, gateway: Gateway | None = None, **headers: str
) -> Response:
    world = world or World()
    gateway = gateway or Gateway(load_settings({"CORS_ORIGINS": ["https://app.example"]}, set()), world.platform())
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = run(gateway.handle(Request(method, "https", "api.example", path, headers=fields), world.background))
    assert isinstance(answer, Response)
    return answer


def problem(response: Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    assert isinstance(response.body, str)
    content: dict[str, Any] = json.loads(response.body)
    return content


def test_healthz_answers() -> None:
    response = ask("GET", "/healthz")
    assert (response.status, response.body) == (200, '{"status": "ok"}')


def test_head_has_the_headers_of_get_and_no_content() -> None:
    get, head = ask("GET", "/healthz"), ask("HEAD", "/healthz")
    assert head.body is None
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


class NeverWhole(BytesBody):
    """The content of a client that does not come to its end."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(b"")
        self._fault = fault

    async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
        raise self._fault


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (ClientGone("the content broke off"), 499, "client_gone"),
        (ClientTooSlow("the content took longer than 25 s"), 408, "request_timeout"),
    ],
)
def test_a_client_whose_content_never_ends_leaves_a_line_and_is_no_fault_of_the_gateway(
    fault: Exception, status: int, code: str
) -> None:
    world = World()
    gateway = Gateway(load_settings({}, set()), world.platform())
    request = Request("POST", "https", "api.example", "/geo/preferences", headers={"content-type": "application/json"})
    request.body = NeverWhole(fault)
    assert run(gateway.handle(request, world.background)).status == status
    assert [(line["event"], line["code"]) for line in world.log] == [("request", code)]


def test_readyz_is_503_when_the_store_does_not_answer() -> None:
    world = World()
    assert world.store is not None
    world.store.failing.add("get")
    response = ask("GET", "/readyz", world=world)
    assert response.status == 503
    assert problem(response)["code"] == "not_ready"


def test_what_no_route_names_is_404() -> None:
    response = ask("GET", "/nowhere")
    assert response.status == 404
    assert problem(response)["code"] == "not_found"


def test_a_method_that_is_not_offered_is_405_with_allow() -> None:
    response = ask("POST", "/healthz")
    assert response.status == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_an_ambiguous_path_is_refused_before_anything_is_matched() -> None:
    response = ask("GET", "/a/../healthz")
    assert response.status == 400
    assert problem(response)["code"] == "ambiguous_path"


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_encoded_slash_that_a_route_may_have_is_no_part_of_a_name_below_an_endpoint(method: str) -> None:
    world = World()
    links = {"path": "/links/{url}", "origin": "https://origin.example", "encoded_slashes": "keep", "auth": "none"}
    gateway = Gateway(load_settings({"ROUTES": [links]}, set()), world.platform())
    refused = ask(method, "/geo/D%2fE", gateway=gateway, world=world)
    assert (refused.status, problem(refused)["code"]) == (400, "ambiguous_path")
    assert world.log[-1]["route"] == "/geo/{country}"


def test_the_clients_request_id_is_kept_in_header_body_and_log() -> None:
    world = World()
    response = ask("GET", "/nowhere", world=world, x_request_id="client-7")
    assert response.headers["x-request-id"] == "client-7"
    assert problem(response)["request_id"] == "client-7"
    (line,) = world.log
    assert (line["event"], line["id"], line["status"], line["code"]) == ("request", "client-7", 404, "not_found")


def test_an_exception_becomes_a_500_that_leaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("gateway.refuse_too_long", explode)
    world = World()
    response = ask("GET", "/healthz", world=world)
    assert response.status == 500
    assert "42" not in str(problem(response))
    logged = next(line for line in world.log if line["event"] == "exception")
    assert "the secret is 42" in logged["traceback"]
    assert logged["id"] == response.headers["x-request-id"]


def test_what_fails_after_the_answer_is_in_the_log_as_often_as_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("no fields")

    def explode_again(*_: object) -> None:
        raise RuntimeError("no line")

    monkeypatch.setattr("browsers.cors.Cors.apply", explode)
    world = World()
    assert ask("GET", "/healthz", world=world).status == 200
    assert [line["event"] for line in world.log] == ["request", "exception"]
    monkeypatch.setattr("gateway.log_fields", explode_again)
    assert ask("GET", "/healthz", world=world).status == 200
    assert all(word in world.log[-1]["traceback"] for word in ("no fields", "no line"))


def test_an_answer_the_platform_refuses_to_send_becomes_a_500_under_the_same_request_id() -> None:
    world = World()
    gateway = Gateway(load_settings({}, set()), world.platform())
    try:
        raise RuntimeError("no such status: 9999")
    except RuntimeError:
        response = gateway.unsendable(Response(9999, {"x-request-id": "client-7"}, b"the secret is 42"))
    assert (response.status, response.headers["x-request-id"]) == (500, "client-7")
    assert problem(response)["request_id"] == "client-7"
    (line,) = world.log
    assert (line["event"], line["id"]) == ("exception", "client-7")
    assert "9999" in line["traceback"]


def test_work_in_the_background_that_fails_is_a_log_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def explode(*_: object) -> None:
        raise RuntimeError("the counts are gone")

    monkeypatch.setattr("gateway.write_counts", explode)
    world = World()
    gateway = Gateway(load_settings({}, set()), world.platform())
    world.clock.now += FLUSH_SECONDS
    response = ask("GET", "/healthz", world=world, gateway=gateway)
    run(world.settle())
    assert response.status == 200
    line = world.log[-1]
    assert (line["event"], line["id"], line["during"]) == ("exception", response.headers["x-request-id"], "background")
    assert "the counts are gone" in line["traceback"]


def test_own_responses_carry_security_headers() -> None:
    for path in ("/healthz", "/nowhere"):
        headers = ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"


def test_refusals_can_be_read_by_the_page_that_caused_them() -> None:
    headers = ask("GET", "/nowhere", origin="https://app.example").headers
    assert headers["access-control-allow-origin"] == "https://app.example"
    assert "www-authenticate" in headers["access-control-expose-headers"]


def test_a_preflight_is_answered_for_what_the_path_offers() -> None:
    response = ask("OPTIONS", "/healthz", origin="https://app.example", access_control_request_method="GET")
    assert response.status == 204
    assert response.headers["access-control-allow-methods"] == "GET, HEAD"


def test_a_misconfigured_gateway_answers_503_everywhere_but_on_healthz() -> None:
    world = World()
    closed = Gateway.misconfigured(["ROUTES[0].origin: is wrong"], world.platform())
    assert ask("GET", "/healthz", gateway=closed).status == 200
    for path in ("/", "/readyz", "/geo", "/api"):
        refused = ask("GET", path, gateway=closed)
        assert (refused.status, problem(refused)["code"]) == (503, "misconfigured")
    assert {"event": "misconfigured", "fault": "ROUTES[0].origin: is wrong"} in world.log


def cached_by_get(*routes: dict[str, Any]) -> tuple[Gateway, World]:
    """A gateway that has stored `GET /items`, whose origin answers with the number of requests for it."""

    def origin(request: Request) -> Response:
        return Response(200, {"cache-control": "max-age=60"}, BytesBody(str(len(world.requests)).encode()))

    world = World(origin)
    listed = [{"path": "/items", "origin": "https://origin.example", "auth": "none", **route} for route in routes]
    gateway = Gateway(load_settings({"ROUTES": listed}, {"CACHE"}), world.platform())
    for _ in range(2):
        assert visit(gateway, world) == "1"
    world.clock.now += 0.01
    return gateway, world


@given(st.text(alphabet="ab_utm=&;%5Fq+"), st.booleans())
def test_requests_that_share_a_key_ask_the_origin_for_the_same(query: str, stored: bool) -> None:
    """The query that the key counts is the one that is sent, whether or not there is a store."""
    world = World(lambda request: Response(200, {"cache-control": "max-age=60"}, b"items"))
    cached = {"query": {"ignore": ["utm_*", "a"], "sort": True}}
    route = {"path": "/items", "origin": "https://origin.example", "auth": "none", "cache": cached}
    platform = world.platform() if stored else replace(world.platform(), store=None)
    gateway = Gateway(load_settings({"ROUTES": [route]}, {"CACHE"}), platform)
    run(gateway.handle(Request("GET", "https", "api.example", "/items", query), world.background))
    run(world.settle())
    settings = CacheSettings.model_validate(cached)
    assert world.requests[-1].url.partition("?")[2] == counted_query(query, settings.query)


def visit(gateway: Gateway, world: World, method: str = "GET", **headers: str) -> str | None:
    response = ask(method, "/items", world=world, gateway=gateway, **headers)
    run(world.settle())
    return content_of(response)


def test_a_write_through_a_route_that_caches_nothing_makes_the_url_outdated() -> None:
    gateway, world = cached_by_get({"methods": ["GET"]}, {"methods": ["POST"], "cache": False})
    assert visit(gateway, world, "POST") == "2"
    world.clock.now += 0.01
    assert visit(gateway, world) == "3"


def test_a_websocket_handshake_is_neither_answered_from_the_cache_nor_stored() -> None:
    gateway, world = cached_by_get({"methods": ["GET"]})
    assert visit(gateway, world, **KEYWORDS) == "2"
    assert visit(gateway, world) == "1"


@pytest.mark.parametrize(("forwards", "answers"), [(True, ["wide", "narrow", "wide"]), (False, ["wide"] * 3)])
def test_a_token_that_is_forwarded_parts_one_users_answers(forwards: bool, answers: list[str]) -> None:
    """The origin reads claims in it that the gateway says nothing of; without it, it cannot answer by them."""
    tokens = {f"Bearer {hs({**CLAIMS, 'scope': scope})}": scope for scope in ("wide", "narrow")}

    def answer(request: Request) -> Response:
        return Response(
            200, {"cache-control": "max-age=60"}, tokens.get(request.headers.get("authorization", ""), "wide")
        )

    route = {"path": "/items", "origin": "https://origin.example", "cache": {"partition": "user"}}
    routes = [{**route, "forward_authorization": forwards}]
    world = World(answer)
    gateway = Gateway(load_settings({"ROUTES": routes, "JWT_SECRET": SECRET}, {"CACHE"}), world.platform())
    wide, narrow = tokens
    assert [visit(gateway, world, authorization=token) for token in (wide, narrow, wide)] == answers


# --- what operators tell every isolate --------------------------------------------------------------------------------

FLAGGED = [
    {"path": "/items", "origin": "https://origin.example", "auth": "none", "deny": {"countries": ["PT"]}},
    {"path": "/mine", "origin": "https://origin.example"},
]


def flagged(world: World) -> Gateway:
    """A gateway that starts where a caller was dismissed and the items are closed."""
    assert world.store is not None
    until = world.clock.now + 600
    run(world.store.put("flags1:maintenance:a", "", metadata={"route": "/items", "until": until}))
    run(world.store.put("flags1:revoked:b", "", metadata={"subject": "u1", "issuer": None, "until": until, "made": 1}))
    run(world.store.put("flags1", "1"))
    return Gateway(load_settings({"ROUTES": FLAGGED, "JWT_SECRET": SECRET}, {"CACHE"}), world.platform())


def test_a_gateway_that_starts_asks_first_where_it_matters_who_asks_or_something_may_change() -> None:
    world = World(lambda request: Response(200, body=b"ok"))
    assert problem(ask("POST", "/items", world=world, gateway=flagged(world)))["code"] == "maintenance"
    refused = ask("GET", "/mine", world=world, gateway=flagged(world), authorization=f"Bearer {hs()}")
    assert problem(refused)["reason"] == "revoked"
    gateway = flagged(world)
    assert ask("GET", "/items", world=world, gateway=gateway).status == 200, "a reader does not wait"
    run(world.settle())
    assert problem(ask("GET", "/items", world=world, gateway=gateway))["code"] == "maintenance"


def test_who_may_not_ask_from_there_is_not_told_of_maintenance() -> None:
    world = World()
    gateway = flagged(world)
    request = Request("POST", "https", "api.example", "/items", cf={"country": "PT"})
    response = run(gateway.handle(request, world.background))
    assert problem(response)["code"] == "not_here"


def test_the_hour_counts_the_revoked_and_no_failure_that_was_planned() -> None:
    world = World()
    gateway = flagged(world)
    ask("POST", "/items", world=world, gateway=gateway)
    ask("GET", "/mine", world=world, gateway=gateway, authorization=f"Bearer {hs()}")
    world.clock.now += FLUSH_SECONDS
    ask("GET", "/healthz", world=world, gateway=gateway)
    run(world.settle())
    assert world.store is not None
    (counts,) = [metadata for key, (_, metadata, _) in world.store.values.items() if key.startswith("tally1:")]
    assert (counts["requests"], counts["errors"], counts["revoked"]) == (3, 0, 1)


def test_a_hit_over_again_looks_like_any_other() -> None:
    world = World(lambda request: Response(200, {"cache-control": "max-age=60"}, b"hello"))
    route = {"path": "/a", "origin": "https://origin.example", "auth": "none"}
    gateway = Gateway(load_settings({"ROUTES": [route]}, {"CACHE"}), world.platform())
    answers = []
    for _ in range(3):
        answers.append(ask("GET", "/a", gateway=gateway, world=world, traceparent=f"00-{'a' * 32}-{'b' * 16}-01"))
        run(world.settle())
    stored, hit, again = ({**answer.headers, "x-request-id": ""} for answer in answers)
    assert stored != hit == again
    assert answers[1].body == answers[2].body == b"hello"
    (_, first), (_, second) = ((line.pop("id"), line) for line in world.log[1:])
    assert first == second


@pytest.mark.parametrize(
    "more",
    [
        {"policies": ["rollout"]},
        {"forward_authorization": True},
        {"sse": {}},
        {"cache": {"vary_on_locale": True}},
        {"origin": None, "origins": [{"url": "https://a.example"}, {"url": "https://b.example"}]},
    ],
)
def test_where_more_than_url_and_caller_tell_what_is_answered_no_hit_is_remembered(more: dict[str, Any]) -> None:
    route = {"path": "/a", "origin": "https://origin.example", "auth": "none", **more}
    routes = [{name: value for name, value in route.items() if value is not None}]
    policies = {"POLICIES": {"rollout": {"percent": 5}}} if "policies" in more else {}
    settings = load_settings({"ROUTES": routes, **policies}, {"CACHE"})
    gateway = Gateway(settings, World().platform())
    assert [policy.repeats for policy in gateway._policies.values()] == [False]
