"""People's own Python between request and answer: what it may do, and that it takes nothing down."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import messages
from core.ports import ClientGone, FetchFailed
from policy import Call, Response
from tests.unit.caching.cache_house import content_of
from tests.unit.identity.identity_house import CLAIMS, SECRET, hs
from tests.unit.in_memory import BytesBody, World, run
from tests.unit.policing.policy_house import House, plain

ISSUER = {"ISSUERS": [{"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"}], "JWT_SECRET": SECRET}


def code_of(response: messages.Response) -> str:
    assert isinstance(response.body, str)
    return str(json.loads(response.body)["code"])


def sent_fields(world: World) -> Mapping[str, str]:
    return world.requests[-1].headers


# --- order ------------------------------------------------------------------------------------------------------------


def test_a_request_passes_policies_in_order_and_its_answer_in_the_opposite_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    def module(name: str) -> dict[str, Callable[..., Any]]:
        def on_request(call: Call) -> None:
            seen.append(f"> {name}")
            call.state["name"] = name

        async def on_response(call: Call, response: Response) -> None:
            await asyncio.sleep(0)
            seen.append(f"< {call.state['name']}")

        return {"on_request": on_request, "on_response": on_response}

    def origin(request: messages.Request) -> messages.Response:
        seen.append("origin")
        return messages.Response(200, body="x")

    world = World(origin)
    house = House(monkeypatch, world, a=module("a"), b=module("b"))
    assert house.ask().status == 200
    assert seen == ["> a", "> b", "origin", "< b", "< a"]


def test_an_answer_in_between_passes_those_whose_turn_had_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def stamp(call: Call, response: Response) -> None:
        response.headers["x-stamp"] = response.headers.get("x-stamp", "") + "s"

    def refuse(call: Call) -> Response:
        return call.problem(418, "no_coffee", "This is a teapot.")

    never = {"on_request": lambda call: pytest.fail("its turn never came"), "on_response": stamp}
    house = House(
        monkeypatch, World(), a={"on_response": stamp}, b={"on_request": refuse, "on_response": stamp}, c=never
    )
    response = house.ask()
    assert (response.status, code_of(response), response.headers["x-stamp"]) == (418, "no_coffee", "ss")
    assert [line["code"] for line in house.logged("request")] == ["no_coffee"]
    assert response.headers["cache-control"] == "no-store"


def test_what_is_refused_before_their_turn_policies_never_see(monkeypatch: pytest.MonkeyPatch) -> None:
    module = {
        "on_request": lambda call: pytest.fail("asked"),
        "on_response": lambda call, response: pytest.fail("told"),
    }
    house = House(monkeypatch, World(), routes=[{"auth": "required", "policies": ["a"]}], variables=ISSUER, a=module)
    assert house.ask().status == 401
    assert house.ask(authorization=f"Bearer {hs({**CLAIMS, 'exp': 1})}").status == 401


def test_an_origins_failure_passes_them_and_keeps_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: messages.Request) -> messages.Response:
        raise FetchFailed("refused")

    def on_response(call: Call, response: Response) -> None:
        response.headers["x-seen"] = str(response.status)

    house = House(monkeypatch, World(fail), routes=[{"policies": ["a"], "retries": 0}], a={"on_response": on_response})
    response = house.ask()
    assert (response.status, code_of(response), response.headers["x-seen"]) == (502, "origin_unreachable", "502")
    assert house.logged("request")[0]["code"] == "origin_unreachable"


def test_a_route_without_an_origin_is_the_policys_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_request(call: Call) -> Response | None:
        return Response.json({"path": call.request.path}) if call.request.path == "/here" else None

    routes = [{"origin": None, "respond": {"status": 404}, "policies": ["a"]}]
    house = House(monkeypatch, World(), routes=routes, a={"on_request": on_request})
    assert (house.ask("/here").status, house.ask("/there").status) == (200, 404)


def test_a_socket_is_passed_on_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = messages.Response(101, {"upgrade": "websocket"}, websocket=object())
    module = {"on_response": lambda call, response: pytest.fail("told of a socket")}
    house = House(monkeypatch, World(lambda request: answer), a=module)
    headers = {"upgrade": "websocket", "connection": "upgrade", "sec__websocket__key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert house.ask(**headers, sec__websocket__version="13").status == 101


# --- what they are told, and what they change -------------------------------------------------------------------------


def test_a_policy_is_told_who_where_and_what_and_never_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Call] = []
    routes = [{"auth": "required", "policies": ["a"], "path": "/a/*"}]
    house = House(
        monkeypatch, World(plain()), routes=routes, variables=ISSUER, a={"on_request": lambda call: calls.append(call)}
    )
    headers = {"authorization": f"Bearer {hs(CLAIMS)}", "x__api__key": "k", "cookie": "a=1; CF_Authorization=eyJ"}
    assert house.ask("/a/b?c=d", **headers).status == 200
    (call,) = calls
    request = call.request
    assert (request.method, request.host, request.path, request.query) == ("GET", "api.example", "/a/b", "c=d")
    assert sorted(request.headers) == ["cookie", "x-api-key"]
    assert (request.headers["X-Api-Key"], request.headers["cookie"]) == ("k", "a=1")
    assert call.principal is not None
    assert call.principal.id == CLAIMS["sub"]
    assert (call.route, call.locale.country, call.locale.currency, call.now) == (
        "/a/*",
        "PT",
        "EUR",
        house.world.clock(),
    )
    assert len(call.visitor) == 32
    assert CLAIMS["sub"] not in call.visitor


def test_a_field_that_a_policy_sets_stands_in_place_of_every_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_request(call: Call) -> None:
        call.request.headers["X-Tenant"] = "acme"
        call.request.headers.pop("cookie", None)

    world = World(plain())
    routes = [{"policies": ["a"], "set_request_headers": {"x-tenant": "nobody"}}]
    house = House(monkeypatch, world, routes=routes, a={"on_request": on_request})
    house.ask(x_tenant="evil", **{"x.tenant": "evil"}, cookie="a=1", connection="x-tenant")
    tenants = {name: value for name, value in sent_fields(world).items() if "tenant" in name or name == "cookie"}
    assert tenants == {"x-tenant": "acme"}


@pytest.mark.parametrize(
    "name",
    [
        *("x-user-id", "X_User_Role", "x-user-anything", "x-geo-country", "x-forwarded-for", "forwarded", "via"),
        *(
            "authorization",
            "cf-access-jwt-assertion",
            "x-app-token",
            "cookie",
            "host",
            "content-length",
            "content-type",
        ),
        *("transfer-encoding", "connection", "upgrade", "x-gateway-signature", "x-request-id", "traceparent"),
        *("x-amz-date", "cf-connecting-ip", "if-none-match", "cache-control", "accept-encoding", "range", "a b", ""),
    ],
)
def test_identity_framing_and_what_the_gateway_says_are_no_policys_to_set(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def on_request(call: Call) -> None:
        call.request.headers[name] = "x"

    world = World(plain())
    issuer = {**ISSUER["ISSUERS"][0], "header": "x-app-token"}  # type: ignore[dict-item]
    house = House(
        monkeypatch,
        world,
        routes=[{"auth": "optional", "policies": ["a"]}],
        variables={**ISSUER, "ISSUERS": [issuer]},
        a={"on_request": on_request},
    )
    response = house.ask()
    assert (response.status, code_of(response), world.requests) == (500, "policy_failed", [])
    assert repr(name) in house.logged("policy_failed")[0]["traceback"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/open/b", 200),
        ("/open/b%2Fc", 500),
        ("/open/secret/x", 500),
        ("/open/Secret/x", 500),
        ("/open/secret;x/y", 500),
        ("/elsewhere", 500),
        ("/geo", 500),
        ("/open/../admin", 500),
        ("/open//b", 500),
        ("open/b", 500),
        ("/open/b?x=1", 500),
        ("https://evil.example/open/b", 500),
    ],
)
def test_a_path_cannot_be_moved_around_a_stricter_route(
    monkeypatch: pytest.MonkeyPatch, target: str, status: int
) -> None:
    def on_request(call: Call) -> None:
        call.request.path = target

    world = World(plain())
    routes: list[dict[str, Any]] = [
        {"path": "/open/secret/*", "auth": "required"},
        {"path": "/open/*", "policies": ["a"]},
        {"path": "/elsewhere", "auth": "none"},
    ]
    house = House(monkeypatch, world, routes=routes, variables=ISSUER, a={"on_request": on_request})
    assert house.ask("/open/a").status == status
    assert [request.path for request in world.requests] == ([target] if status == 200 else [])


def test_a_path_cannot_be_moved_to_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_request(call: Call) -> None:
        call.request.path = "/users/other"

    routes = [{"path": "/users/{id}", "auth": "required", "match": {"id": "sub"}, "policies": ["a"]}]
    house = House(monkeypatch, World(plain()), routes=routes, variables=ISSUER, a={"on_request": on_request})
    response = house.ask(f"/users/{CLAIMS['sub']}", authorization=f"Bearer {hs(CLAIMS)}")
    assert code_of(response) == "policy_failed"


def test_a_changed_query_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_request(call: Call) -> None:
        call.request.query = "query=%7Ba%7Bb%7Bc%7D%7D%7D"

    routes = [{"path": "/graphql", "graphql": {"max_depth": 1}, "policies": ["a"]}]
    house = House(monkeypatch, World(plain()), routes=routes, a={"on_request": on_request})
    assert house.ask("/graphql?query=%7Ba%7D").status == 400


def test_what_a_policy_has_waited_for_is_out_of_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    class Timed(World):
        def __init__(self) -> None:
            super().__init__(plain())
            self.timeouts: list[float] = []

        async def fetch(
            self, request: messages.Request, *, timeout: float, max_body: int | None = None
        ) -> messages.Response:
            self.timeouts.append(timeout)
            return await super().fetch(request, timeout=timeout, max_body=max_body)

    world = Timed()

    async def on_request(call: Call) -> None:
        world.clock.now += 3

    house = House(monkeypatch, world, routes=[{"policies": ["a"], "timeout_ms": 4000}], a={"on_request": on_request})
    house.ask()
    assert world.timeouts == [1.0]


# --- the cache --------------------------------------------------------------------------------------------------------


def test_what_a_policy_changes_in_an_answer_is_never_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def on_response(call: Call, response: Response) -> None:
        nonlocal asked
        asked += 1
        response.headers["x-time"] = str(asked)
        response.cookies.append(f"seen={asked}; Path=/")
        response.body = (await response.text()) + f" {asked}"

    world = World(plain(cache_control="max-age=60", etag='"a"', accept_ranges="bytes"))
    house = House(monkeypatch, world, a={"on_response": on_response})
    answers = [house.ask() for _ in range(3)]
    assert [content_of(answer) for answer in answers] == [f"from the origin {n}" for n in (1, 2, 3)]
    assert [answer.headers["x-time"] for answer in answers] == ["1", "2", "3"]
    assert [answer.cookies for answer in answers] == [[f"seen={n}; Path=/"] for n in (1, 2, 3)]
    assert len(world.requests) == 1
    assert "hit" in answers[2].headers["cache-status"]
    assert not {"etag", "accept-ranges", "content-length"} & answers[2].headers.keys()


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "field": st.sampled_from(["a", "b", "a, b"]),
        "other": st.sampled_from(["a", "b"]),
        "query": st.sampled_from(["", "a", "a=b"]),
        "path": st.sampled_from(["/p", "/p/a", "/p/b"]),
        "without": st.just("x-client"),
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CHANGES, min_size=2, max_size=5))
def test_callers_for_whom_a_policy_says_otherwise_never_get_each_others_answer(
    monkeypatch: pytest.MonkeyPatch, callers: list[dict[str, str]]
) -> None:
    def on_request(call: Call) -> None:
        changes = callers[int(call.request.headers["x-number"])]
        call.request.headers.pop("x-number")
        call.request.headers.pop(changes.get("without", ""), None)
        for name, field in (("field", "x-field"), ("other", "x_other")):
            if name in changes:
                call.request.headers[field] = changes[name]
        call.request.query = changes.get("query", call.request.query)
        call.request.path = changes.get("path", call.request.path)

    def told(request: messages.Request) -> list[str]:
        fields = {name: value for name, value in request.headers.items() if name[:3] in ("x-f", "x_o", "x-c")}
        fields.pop("x-forwarded-proto"), fields.pop("x-forwarded-host")
        return [request.target, json.dumps(fields, sort_keys=True)]

    def origin(request: messages.Request) -> messages.Response:
        return messages.Response(200, {"cache-control": "max-age=60"}, json.dumps(told(request)))

    world = World(origin)
    house = House(monkeypatch, world, routes=[{"path": "/p/*", "policies": ["a"]}], a={"on_request": on_request})
    for _ in range(2):
        for number, changes in enumerate(callers):
            answer = json.loads(content_of(house.ask("/p", x__number=str(number), x__client="c")) or "")
            fields = {"x-client": "c", "x-field": changes.get("field"), "x_other": changes.get("other")}
            if "without" in changes:
                del fields["x-client"]
            query = f"?{changes['query']}" if changes.get("query") else ""
            expected = {name: value for name, value in fields.items() if value is not None}
            assert answer == [changes.get("path", "/p") + query, json.dumps(expected, sort_keys=True)]


# --- contents ---------------------------------------------------------------------------------------------------------


def test_a_content_that_a_policy_reads_is_forwarded_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    async def on_request(call: Call) -> None:
        read.extend([await call.request.content(), await call.request.content()])

    world = World(plain())
    house = House(monkeypatch, world, a={"on_request": on_request})
    house.ask("/", "POST", BytesBody(b"\xff\x00"), content__length="2")
    assert read == [b"\xff\x00"] * 2
    assert (world.requests[0].body, sent_fields(world)["content-length"]) == (b"\xff\x00", "2")


def test_what_was_held_for_a_policy_is_given_back_with_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def on_request(call: Call) -> Response | None:
        await call.request.content()
        if call.request.query == "fails":
            raise ValueError
        return Response() if call.request.query == "answers" else None

    async def on_response(call: Call, response: Response) -> None:
        await response.content()

    kept: list[Call] = []
    modules = {"on_request": on_request, "on_response": on_response}
    house = House(monkeypatch, World(plain()), keeps={"on_request": kept.append}, a=modules)
    for query in ("", "fails", "answers"):
        house.ask(f"/?{query}", "POST", BytesBody(b"x" * 1000), content__length="1000")
        assert house.gateway._budget.held == 0


def test_a_slow_upload_or_answer_is_no_policys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(BytesBody):
        async def read(self, limit: int, arrived: messages.Arrived | None = None) -> bytes:
            world.clock.now += 15
            await asyncio.sleep(0.05)
            return await super().read(limit, arrived)

    async def on_request(call: Call) -> None:
        await call.request.content()

    async def on_response(call: Call, response: Response) -> None:
        await response.content()

    world = World(lambda request: messages.Response(200, body=Slow(b"y")))
    routes = [{"policies": ["a"], "timeout_ms": 20, "cache": False}]
    house = House(monkeypatch, world, routes=routes, a={"on_request": on_request, "on_response": on_response})
    assert house.ask("/", "POST", Slow(b"x"), content__length="1").status == 200


@pytest.mark.parametrize(("length", "code"), [(1_000_001, "content_too_large"), (900_000, "busy")])
def test_a_content_is_read_within_the_routes_bound_and_the_isolates(
    monkeypatch: pytest.MonkeyPatch, length: int, code: str
) -> None:
    async def on_request(call: Call) -> None:
        try:
            await call.request.content()
        except Exception:
            call.log(swallowed=True)

    house = House(
        monkeypatch,
        World(plain()),
        routes=[{"policies": ["a"], "max_body": 1_000_000}],
        variables={"HELD_BYTES": 1024 * 1024},
        a={"on_request": on_request},
    )
    other = house.gateway._budget.share()
    other.announce(500_000)
    response = house.ask("/", "POST", BytesBody(b"x" * length), content__length=str(length))
    assert code_of(response) == code
    other.give_back()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(200, "new", 200), (304, None, 304), (206, "p", 500), (204, None, 204)],
)
def test_a_changed_body_changes_what_is_said_of_it(
    monkeypatch: pytest.MonkeyPatch, status: int, body: str | None, expected: int
) -> None:
    async def on_response(call: Call, response: Response) -> None:
        response.body = (await response.text()).upper() + "!"

    origin = plain(status, body, etag='"e"', last_modified="Fri, 15 Jan 2027 07:00:00 GMT", cache_control="no-store")
    house = House(
        monkeypatch, World(origin), routes=[{"policies": ["a"], "cache": False}], a={"on_response": on_response}
    )
    response = house.ask()
    assert response.status == expected
    if status == 200:
        assert (response.body, "etag" in response.headers, "last-modified" in response.headers) == (
            "NEW!",
            False,
            False,
        )
    if status in (304, 204):
        assert (response.body, response.headers["etag"]) == (None, '"e"')


def test_a_policy_that_wants_the_whole_takes_the_range_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def on_response(call: Call, response: Response) -> None:
        response.body = (await response.text()).upper()

    def on_request(call: Call) -> None:
        call.request.headers.pop("range", None)
        call.request.headers["accept-encoding"] = "identity"

    world = World(plain(cache_control="max-age=60", etag='"e"'))
    house = House(monkeypatch, world, a={"on_request": on_request, "on_response": on_response})
    for _ in range(2):
        response = house.ask(range="bytes=0-1", accept__encoding="gzip")
        assert (response.status, response.body) == (200, "FROM THE ORIGIN")
    assert sent_fields(world)["accept-encoding"] == "identity"
    assert house.ask(method="HEAD").body is None


def test_a_stream_that_a_policy_leaves_alone_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    body = BytesBody(b"stream")
    seen: list[object] = []

    def on_response(call: Call, response: Response) -> None:
        seen.append(response.body)
        response.headers["x-a"] = "b"

    house = House(
        monkeypatch,
        World(plain(body=body)),
        routes=[{"policies": ["a"], "cache": False}],
        a={"on_response": on_response},
    )
    response = house.ask()
    assert (response.body, seen, response.headers["x-a"]) == (body, [None], "b")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content_type": "text/event-stream"}, b"data: 1\n\n"),
        ({"content_encoding": "gzip"}, b"\x1f\x8b"),
        ({"content_length": str(3 * 1024 * 1024)}, b"x"),
        ({}, b"x" * (3 * 1024 * 1024)),
    ],
)
def test_what_cannot_be_read_to_its_end_is_told(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], body: bytes
) -> None:
    async def on_response(call: Call, response: Response) -> None:
        await response.text()

    house = House(
        monkeypatch,
        World(plain(200, BytesBody(body), **headers)),
        routes=[{"policies": ["a"], "cache": False}],
        a={"on_response": on_response},
    )
    assert house.ask().status in (500, 502)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def _deep() -> None:
    _deep()


def _raising(error: BaseException) -> Callable[..., Any]:
    def hook(*given: Any) -> None:
        raise error

    return hook


def _raising_later(error: BaseException) -> Callable[..., Any]:
    async def hook(*given: Any) -> None:
        await asyncio.sleep(0)
        raise error

    return hook


def _response_with(**changes: Any) -> Callable[..., Any]:
    def hook(*given: Any) -> Response:
        response = Response(200, body="x")
        for name, value in changes.items():
            setattr(response, name, value)
        return response

    return hook


BROKEN: list[Callable[..., Any]] = [
    _raising(ValueError("wrong")),
    _raising(SystemExit(1)),
    _raising(KeyboardInterrupt()),
    _raising(GeneratorExit()),
    _raising(StopIteration()),
    _raising(asyncio.CancelledError()),
    _raising(BaseExceptionGroup("two", [SystemExit(), KeyboardInterrupt()])),
    lambda *given: _deep(),
    _raising_later(ValueError("wrong")),
    _raising_later(asyncio.CancelledError()),
    _raising_later(KeyError("x")),
    _raising_later(GeneratorExit()),
    _raising_later(SystemExit(1)),
    lambda *given: "text",
    lambda *given: 200,
    lambda *given: Response(99),
    lambda *given: Response(200, {"x-a": "line\r\nbreak"}),
    lambda *given: Response(200, {"bad name": "x"}),
    lambda *given: Response(200, {"content-length": "1"}),
    lambda *given: Response(200, {"access-control-allow-origin": "*"}),
    lambda *given: Response(200, cookies=["no equals sign"]),
    lambda *given: Response(200, body={}),  # type: ignore[arg-type]
    _response_with(status="200"),
    _response_with(headers={"connection": "close"}),
    _response_with(cookies=None),
    _response_with(body=object()),
]


@pytest.mark.parametrize("hook", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("when", ["on_request", "on_response"])
def test_whatever_a_policy_does_is_500_with_its_name_and_the_next_request_is_well(
    monkeypatch: pytest.MonkeyPatch, hook: Callable[..., Any], when: str
) -> None:
    broken = True

    def first(*given: Any) -> Any:
        return hook(*given) if broken else None

    house = House(monkeypatch, World(plain()), clumsy={when: first})
    response = house.ask()
    assert (response.status, code_of(response)) == (500, "policy_failed")
    assert isinstance(response.body, str)
    assert json.loads(response.body)["policy"] == "clumsy"
    (line,) = house.logged("policy_failed")
    assert (line["policy"], line["during"], line["id"]) == ("clumsy", when, response.headers["x-request-id"])
    assert "Traceback" in line["traceback"]
    broken = False
    assert house.ask().status == 200


def test_a_policy_that_waits_for_ever_is_ended_with_the_routes_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def on_request(call: Call) -> None:
        await asyncio.Future[None]()

    house = House(
        monkeypatch, World(plain()), routes=[{"policies": ["a"], "timeout_ms": 20}], a={"on_request": on_request}
    )
    assert code_of(house.ask()) == "policy_failed"


def test_a_request_that_is_cancelled_is_not_the_policys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def on_request(call: Call) -> None:
        await asyncio.sleep(60)

    house = House(monkeypatch, World(plain()), a={"on_request": on_request})

    async def cancelled() -> None:
        asking = asyncio.create_task(house._answered(messages.Request("GET", "https", "a.example", "/")))
        await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    run(cancelled())
    run(house.world.settle())
    assert house.logged("policy_failed") == []


def test_a_request_that_nobody_goes_on_with_is_not_the_policys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def on_request(call: Call) -> None:
        await asyncio.sleep(60)

    house = House(monkeypatch, World(plain()), a={"on_request": on_request})

    asking = house._answered(messages.Request("GET", "https", "a.example", "/"))

    async def begun() -> None:
        asking.send(None)

    run(begun())
    asking.close()
    run(house.world.settle())
    assert house.logged("policy_failed") == []


def test_a_client_that_hangs_up_is_not_the_policys_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(BytesBody):
        async def read(self, limit: int, arrived: messages.Arrived | None = None) -> bytes:
            raise ClientGone("it hung up")

    async def on_request(call: Call) -> None:
        await call.request.content()

    house = House(monkeypatch, World(plain()), a={"on_request": on_request})
    assert house.ask("/", "POST", Gone(b"")).status == 499


# --- what they log ----------------------------------------------------------------------------------------------------


def test_a_policy_logs_what_it_says_and_nothing_private(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_request(call: Call) -> None:
        assert call.principal is not None
        call.log(variant="b", share=0.5, count=2, on=True, nothing=None)
        call.log(who=call.principal.id, cookie=call.request.headers["cookie"], query=call.request.query)
        call.log(key=f"the key is {call.request.headers['x-api-key']}", token="eyJhbGciOiJIUzI1NiJ9.e30.abc")
        raise ValueError(call.request.headers["cookie"] + token)

    token = hs(CLAIMS)
    routes = [{"auth": "required", "policies": ["a"]}]
    house = House(monkeypatch, World(plain()), routes=routes, variables=ISSUER, a={"on_request": on_request})
    headers = {"cookie": "session=opensesame", "x__api__key": "k-123456", "authorization": f"Bearer {token}"}
    house.ask("/?secret=my%20secret", **headers)
    first, second, third = house.logged("policy")
    assert {"variant": "b", "share": 0.5, "count": 2, "on": True, "nothing": None}.items() <= first.items()
    assert (second["who"], second["cookie"]) == ("[withheld]", "session=[withheld]")
    assert "secret=[withheld]" in second["query"]
    assert (third["key"], third["token"]) == ("the key is [withheld]", "[withheld]")
    text = json.dumps([line for line in house.world.log if line["event"] in ("policy", "policy_failed")])
    assert not any(word in text for word in ("opensesame", "my secret", "k-123456", token))


@pytest.mark.parametrize("fields", [{"id": "x"}, {"event": "x"}, {"A": 1}, {"a": [1]}, {"a b": 1}])
def test_a_line_has_plain_values_and_names_of_its_own(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]) -> None:
    house = House(monkeypatch, World(plain()), a={"on_request": lambda call: call.log(**fields)})
    assert code_of(house.ask()) == "policy_failed"


def test_a_mirror_gets_what_a_policy_says_to_the_origin_and_nothing_of_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def moved(call: Call) -> None:
        call.request.path = "/moved"
        call.request.headers["x-tenant"] = "acme"

    route = {"path": "/*", "policies": ["moved"], "mirror": {"url": "https://next.example"}}
    house = House(monkeypatch, World(plain()), routes=[route], moved={"on_request": moved})
    house.ask("/a?b=1", cookie="c=1", authorization="Bearer abc")
    origin, copy = house.world.requests
    assert (origin.host, copy.host) == ("origin.example", "next.example")
    assert origin.target == copy.target == "/moved?b=1"
    assert origin.headers["x-tenant"] == copy.headers["x-tenant"] == "acme"
    assert origin.headers["cookie"] == "c=1"
    assert not {"cookie", "authorization"} & copy.headers.keys()
