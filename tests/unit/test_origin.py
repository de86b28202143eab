"""One exchange with an origin: deadline, retries, breaker, signatures, and content that is too long."""

import asyncio
import hashlib
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from configuration.settings import RouteSettings, Settings
from core.budget import Budget
from core.faults import Misconfigured
from core.messages import Arrived, Body, ContentTooLarge, Request, Response
from core.ports import ClientGone, ClientTooSlow, Fetch, FetchFailed, FetchTimeout, Platform
from core.problems import ORIGIN_FAILURES, Problem
from core.records import replace
from fields.tracing import Trace
from forwarding.forwarded import Vouched
from origin import Forwarder, Forwarding
from tests.unit import in_memory
from tests.unit.handshakes import KEYWORDS

START = 1_790_000_000.0
SECRETS = {
    "ORIGIN_SECRET": "0123456789abcdef0123456789abcdef",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "s",
}

Outcome = Response | Exception


class Stream:
    """A `messages.Body` that remembers what became of it."""

    def __init__(self, content: bytes = b"content") -> None:
        self.content = content
        self.cancelled = False

    async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
        if len(self.content) > limit:
            raise ContentTooLarge
        if arrived is not None:
            arrived(len(self.content))
        return self.content

    def tee(self) -> tuple[Body, Body]:
        return Stream(self.content), Stream(self.content)

    async def cancel(self) -> None:
        self.cancelled = True


class World:
    """A platform in memory: an origin that does as told, and a clock that only waiting moves."""

    def __init__(self, *outcomes: Outcome, takes: float = 0.0) -> None:
        self.outcomes = list(outcomes)
        self.takes = takes
        self.now = START
        self.sent: list[Request] = []
        self.timeouts: list[float] = []
        self.slept: list[float] = []
        self.logged: list[dict[str, Any]] = []
        self.services: list[str] = []

    async def fetch(self, request: Request, *, timeout: float, max_body: int | None = None) -> Response:
        self.sent.append(request)
        self.timeouts.append(timeout)
        self.now += min(self.takes, timeout)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return replace(outcome)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def log(self, event: str, **fields: Any) -> None:
        self.logged.append({"event": event, **fields})

    def service(self, name: str) -> Fetch:
        self.services.append(name)
        return self.fetch

    @property
    def platform(self) -> Platform:
        return replace(
            in_memory.World().platform(),
            fetch=self.fetch,
            service=self.service,
            clock=lambda: self.now,
            random=random.Random(11),
            log=self.log,
        )

    def forwarder(self, **route: Any) -> Forwarder:
        defaults: dict[str, Any] = {"path": "/*", "origin": "https://api.example", "auth": "none"}
        self.route = RouteSettings(**{**defaults, **route})
        return Forwarder(Settings(routes=(self.route,), secrets=SECRETS), self.platform, self.sleep)


def run(work: Coroutine[Any, Any, Response]) -> Response:
    return asyncio.run(work)


def client(method: str = "GET", body: Any = None, **headers: str) -> Request:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "https", "gw.example", "/users", "q=1", fields, body=body)


def prepared(world: World, request: Request | None = None, **route: Any) -> Forwarding:
    vouched = Vouched("req-1", Trace("1" * 32, "2" * 16, 3))
    return world.forwarder(**route).prepare(request or client(), world.route, vouched)


def answer(world: World, request: Request | None = None, **route: Any) -> Response:
    return run(prepared(world, request, **route).send())


def refusal(world: World, request: Request | None = None, **route: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        answer(world, request, **route)
    return caught.value


def test_an_answer_is_passed_on_and_noted() -> None:
    world = World(Response(201, {"etag": '"1"', "connection": "close"}, b"made"), takes=0.25)
    forwarding = prepared(world)
    response = run(forwarding.send())
    assert (response.status, response.headers, response.body) == (201, {"etag": '"1"'}, b"made")
    assert forwarding.notes == {"origin_ms": 250.0, "origin_status": 201}
    assert world.sent[0].url == "https://api.example/users?q=1"


def test_the_cache_may_send_a_changed_copy() -> None:
    world = World(Response(304))
    forwarding = prepared(world)
    run(forwarding.send(replace(forwarding.request, headers={**forwarding.request.headers, "if-none-match": '"1"'})))
    assert world.sent[0].headers["if-none-match"] == '"1"'
    assert "if-none-match" not in forwarding.request.headers


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (FetchTimeout("10.0.0.7 slow"), 504, "origin_timeout"),
        (FetchFailed("10.0.0.7 refused"), 502, "origin_unreachable"),
    ],
)
def test_failures_have_codes_of_their_own_and_keep_their_reason_to_the_log(
    failure: Exception, status: int, code: str
) -> None:
    world = World(failure)
    problem = refusal(world, retries=0)
    assert (problem.status, problem.code) == (status, code)
    assert code in ORIGIN_FAILURES
    assert str(failure) not in problem.detail
    assert world.logged == [{"event": "origin_failed", "id": "req-1", "code": code, "reason": str(failure)}]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("first", [FetchFailed("reset"), Response(502), Response(503), Response(504)])
def test_idempotent_requests_are_tried_again(method: str, first: Outcome) -> None:
    world = World(first, first, Response(200))
    assert answer(world, client(method)).status == 200
    assert len(world.sent) == 3


@pytest.mark.parametrize("method", ["POST", "PATCH", "REPORT", "LOCK"])
@pytest.mark.parametrize("first", [FetchFailed("reset"), Response(503, {"retry-after": "0"}), Response(502)])
def test_no_other_request_is_ever_sent_twice(method: str, first: Outcome) -> None:
    world = World(first, Response(200))
    if isinstance(first, Response):
        assert answer(world, client(method), methods=[method.upper()]).status == first.status
    else:
        refusal(world, client(method), methods=[method.upper()])
    assert len(world.sent) == 1


def test_content_in_flight_is_never_sent_twice() -> None:
    world = World(FetchFailed("reset"), Response(200))
    refusal(world, client("PUT", Stream()))
    assert len(world.sent) == 1


def test_a_websocket_handshake_is_never_sent_twice() -> None:
    world = World(FetchFailed("reset"), Response(200))
    refusal(world, client(**KEYWORDS))
    assert len(world.sent) == 1


@pytest.mark.parametrize("status", [200, 301, 400, 404, 429, 500, 501])
def test_an_answer_is_an_answer(status: int) -> None:
    world = World(Response(status), Response(200))
    assert answer(world).status == status
    assert len(world.sent) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("lifetime", [{"cache-control": "max-age=60"}, {"cdn-cache-control": "s-maxage=5"}])
def test_a_failure_that_the_origin_gives_a_lifetime_is_an_answer(status: int, lifetime: dict[str, str]) -> None:
    world = World(Response(status, lifetime), Response(200))
    assert answer(world).status == status
    assert len(world.sent) == 1


@pytest.mark.parametrize("control", ["no-store", "max-age=0", "max-age=60, s-maxage=0", "max-age=soon"])
def test_a_failure_without_a_lifetime_is_tried_again(control: str) -> None:
    world = World(Response(503, {"cache-control": control}), Response(200))
    assert answer(world).status == 200


@pytest.mark.parametrize("headers", [{}, {"retry-after": "0"}, {"retry-after": "1"}])
def test_a_caller_who_is_to_wait_is_told_so_and_nobody_asks_again_in_its_name(headers: dict[str, str]) -> None:
    world = World(Response(429, headers), Response(200))
    response = answer(world)
    assert (response.status, response.headers, len(world.sent)) == (429, headers, 1)


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_tries_are_as_many_as_the_route_says_and_the_last_answer_counts(retries: int) -> None:
    world = World(Response(503, {"retry-after": "0"}))
    forwarding = prepared(world, retries=retries)
    assert run(forwarding.send()).status == 503
    assert len(world.sent) == retries + 1
    assert forwarding.notes.get("tries", 1) == retries + 1


def test_the_wait_between_tries_is_jittered_and_grows_to_a_limit() -> None:
    world = World(FetchFailed("x"))
    refusal(world, retries=4, timeout_ms=300_000)
    assert len(set(world.slept)) == 4
    for slept, most in zip(world.slept, (0.1, 0.2, 0.4, 0.8), strict=True):
        assert 0 <= slept < most


def test_retry_after_is_honoured() -> None:
    world = World(Response(503, {"retry-after": "3"}), Response(200))
    assert answer(world).status == 200
    assert world.slept == [3.0]


def test_retry_after_as_a_date_is_honoured() -> None:
    world = World(Response(503, {"retry-after": "Mon, 21 Sep 2026 14:13:24 GMT"}), Response(200))
    assert answer(world).status == 200
    assert world.slept == [4.0]


def test_a_retry_after_beyond_the_deadline_ends_it() -> None:
    world = World(Response(503, {"retry-after": "11"}), Response(200))
    response = answer(world)
    assert (response.status, response.headers) == (503, {"retry-after": "11"})
    assert (len(world.sent), world.slept) == (1, [])


@pytest.mark.parametrize("value", ["soon", "-1", "1e3", "٣", ""])
def test_a_retry_after_that_cannot_be_read_is_no_wait(value: str) -> None:
    world = World(Response(503, {"retry-after": value}), Response(200))
    assert answer(world).status == 200
    assert world.slept[0] < 0.1


def test_all_tries_share_one_deadline() -> None:
    world = World(FetchFailed("reset"), takes=0.4)
    refusal(world, timeout_ms=1000, retries=5)
    assert world.timeouts[0] == pytest.approx(1.0)
    assert world.timeouts == sorted(world.timeouts, reverse=True)
    assert world.now - START <= 1.0001


def test_a_response_given_up_for_another_try_is_let_go() -> None:
    given_up = Stream()
    world = World(Response(503, body=given_up), Response(200, body=b"ok"))
    assert answer(world).body == b"ok"
    assert given_up.cancelled


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_content_that_may_not_be_sent_is_let_go(method: str, status: int) -> None:
    stray = Stream()
    assert answer(World(Response(status, body=stray)), client(method)).body is None
    assert stray.cancelled


def failing(world: World, forwarder: Forwarder, request: Request, times: int) -> list[Problem]:
    problems = []
    for _ in range(times):
        forwarding = forwarder.prepare(request, world.route, Vouched("r", Trace("1" * 32, "2" * 16, 3)))
        try:
            run(forwarding.send())
        except Problem as problem:
            problems.append(problem)
    return problems


@pytest.mark.parametrize("failure", [FetchTimeout("t"), FetchFailed("f"), Response(502), Response(503), Response(504)])
def test_the_breaker_opens_and_says_until_when(failure: Outcome) -> None:
    world = World(failure)
    forwarder = world.forwarder(retries=0)
    failing(world, forwarder, client(), 5)
    world.now += 10
    (problem,) = failing(world, forwarder, client(), 1)
    assert (problem.status, problem.code, problem.headers) == (503, "origin_unavailable", {"retry-after": "20"})
    assert problem.code in ORIGIN_FAILURES
    assert len(world.sent) == 5


def test_the_breaker_lets_a_probe_through_and_closes_when_it_succeeds() -> None:
    world = World(*[FetchFailed("f")] * 5, Response(200))
    forwarder = world.forwarder(retries=0)
    failing(world, forwarder, client(), 6)
    assert len(world.sent) == 5
    world.now += 30
    assert failing(world, forwarder, client(), 3) == []
    assert len(world.sent) == 8


def test_the_breaker_counts_exchanges_and_not_their_tries() -> None:
    world = World(FetchFailed("f"))
    forwarder = world.forwarder(retries=2)
    codes = [problem.code for problem in failing(world, forwarder, client(), 6)]
    assert codes == ["origin_unreachable"] * 5 + ["origin_unavailable"]
    assert len(world.sent) == 15


@pytest.mark.parametrize("failure", [Response(500), Response(429), Response(404)])
def test_an_origin_that_answers_does_not_open_the_breaker(failure: Response) -> None:
    world = World(failure)
    assert failing(world, world.forwarder(), client(), 20) == []
    assert len(world.sent) == 20


@pytest.mark.parametrize("failure", [FetchTimeout("slow client"), FetchFailed("client hung up")])
def test_a_client_that_sends_slowly_or_hangs_up_does_not_open_the_breaker(failure: Exception) -> None:
    world = World(failure)
    failing(world, world.forwarder(), client("POST", Stream()), 20)
    assert len(world.sent) == 20


def test_a_client_that_is_gone_ends_the_exchange_and_is_no_failure_of_the_origin() -> None:
    world = World(ClientGone("it hung up"))
    forwarder = world.forwarder()
    for _ in range(20):
        with pytest.raises(ClientGone):
            run(forwarder.prepare(client(), world.route, Vouched("req-1", Trace("1" * 32, "2" * 16, 3))).send())
    assert len(world.sent) == 20
    assert world.logged == []


def test_the_word_on_the_client_goes_with_the_request() -> None:
    world, request = World(Response(200)), client()
    request.client = object()
    answer(world, request)
    assert world.sent[0].client is request.client


def test_routes_to_one_origin_share_a_breaker_and_others_do_not() -> None:
    world = World(FetchFailed("f"))
    routes = tuple(
        RouteSettings(path=path, origin=origin, auth="none", retries=0)
        for path, origin in (
            ("/a", "https://api.example/1"),
            ("/b", "https://API.example:443/1"),
            ("/c", "https://c.example/1"),
        )
    )
    forwarder = Forwarder(Settings(routes=routes), world.platform, world.sleep)
    codes: list[str] = []
    for route in (*[routes[0]] * 5, routes[1], routes[2]):
        world.route = route
        codes.extend(problem.code for problem in failing(world, forwarder, client(), 1))
    assert codes[5:] == ["origin_unavailable", "origin_unreachable"]


def test_announced_content_over_the_limit_is_refused_before_the_origin_is_called() -> None:
    world = World(Response(200))
    problem = refusal(world, client("POST", Stream(), content_length="11"), max_body=10)
    assert (problem.status, problem.code) == (413, "content_too_large")
    assert world.sent == []


def test_content_that_turns_out_too_long_is_413_and_no_failure_of_the_origin() -> None:
    world = World(ContentTooLarge())
    forwarder = world.forwarder(max_body=10)
    assert {problem.code for problem in failing(world, forwarder, client("POST", Stream()), 6)} == {"content_too_large"}
    assert len(world.sent) == 6


def test_unsigned_content_is_passed_on_as_a_stream() -> None:
    world, stream = World(Response(200)), Stream()
    answer(world, client("POST", stream))
    assert world.sent[0].body is stream


def test_a_binding_is_called_by_its_name() -> None:
    world = World(Response(200))
    assert answer(world, origin="binding:USERS").status == 200
    assert world.services == ["USERS"]


@pytest.mark.parametrize("sign", ["hmac", "sigv4"])
def test_signed_content_is_read_hashed_and_sent_as_bytes(sign: str) -> None:
    world = World(Response(200))
    answer(world, client("PUT", Stream(b"payload")), sign=sign, origin="https://abc.lambda-url.eu-west-1.on.aws")
    (sent,) = world.sent
    assert sent.body == b"payload"
    if sign == "sigv4":
        assert sent.headers["x-amz-content-sha256"] == hashlib.sha256(b"payload").hexdigest()
        assert "/eu-west-1/lambda/aws4_request" in sent.headers["authorization"]
    else:
        assert sent.headers["x-gateway-signature"].startswith(f"t={int(START)},")


def test_signed_content_over_the_limit_is_never_sent() -> None:
    world = World(Response(200))
    assert refusal(world, client("POST", Stream(b"12345")), sign="hmac", max_body=4).status == 413
    assert world.sent == []


class Uploading(Stream):
    """Content that arrives in pieces; `seen` is what was held after each, `ends` how it ended."""

    def __init__(self, budget: Budget, pieces: list[bytes], ends: Exception | None = None) -> None:
        super().__init__(b"".join(pieces))
        self.budget, self.pieces, self.ends = budget, pieces, ends
        self.seen: list[int] = []

    async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
        self.seen.append(self.budget.held)
        for piece in self.pieces:
            assert arrived is not None
            arrived(len(piece))
            self.seen.append(self.budget.held)
        if self.ends:
            raise self.ends
        return self.content


def uploaded(world: World, budget: Budget, stream: Stream, sign: Any = "hmac", **headers: str) -> Response:
    route = RouteSettings(path="/*", origin="https://api.example", auth="none", sign=sign)
    forwarder = Forwarder(Settings(routes=(route,), secrets=SECRETS), world.platform, world.sleep, budget)
    vouched = Vouched("req-1", Trace("1" * 32, "2" * 16, 3))
    return run(forwarder.prepare(client("POST", stream, **headers), route, vouched).send())


def test_an_announced_upload_counts_at_once_and_until_it_is_answered() -> None:
    budget = Budget(100)
    stream = Uploading(budget, [b"x" * 30, b"x" * 40])
    world = World(Response(200))
    held_while_asked: list[int] = []
    fetch = world.fetch

    async def watching(request: Request, *, timeout: float, max_body: int | None = None) -> Response:
        held_while_asked.append(budget.held)
        return await fetch(request, timeout=timeout, max_body=max_body)

    world.fetch = watching  # type: ignore[method-assign]
    assert uploaded(world, budget, stream, content_length="70").status == 200
    assert (stream.seen, held_while_asked, budget.held) == ([70, 70, 70], [70], 0)


def test_an_upload_of_unknown_length_counts_as_it_arrives() -> None:
    budget = Budget(100)
    stream = Uploading(budget, [b"x" * 30, b"x" * 40])
    assert uploaded(World(Response(200)), budget, stream).status == 200
    assert (stream.seen, budget.held) == ([0, 30, 70], 0)


@pytest.mark.parametrize(("headers", "seen"), [({"content_length": "70"}, []), ({}, [40, 70])])
def test_an_upload_beyond_the_budget_is_refused_for_a_while(headers: dict[str, str], seen: list[int]) -> None:
    """Before it is read where its length is announced, else with the piece that is too much."""
    budget, world = Budget(100), World(Response(200))
    stream = Uploading(budget, [b"x" * 30, b"x" * 40])
    with budget.share() as others:
        others.announce(40)
        with pytest.raises(Problem) as caught:
            uploaded(world, budget, stream, **headers)
        assert (caught.value.status, caught.value.code) == (503, "busy")
        assert int(caught.value.headers["retry-after"]) > 0
        assert (stream.seen, world.sent, budget.held) == (seen, [], 40)
    assert uploaded(world, budget, Uploading(budget, [b"x"])).status == 200


@pytest.mark.parametrize("end", [ClientTooSlow("25 s"), ClientGone("hung up"), ContentTooLarge("6 MiB")])
def test_an_upload_that_comes_to_nothing_gives_its_share_back(end: Exception) -> None:
    budget = Budget(100)
    with pytest.raises((ClientTooSlow, ClientGone, Problem)):
        uploaded(World(Response(200)), budget, Uploading(budget, [b"x" * 30], end), content_length="90")
    assert budget.held == 0


@pytest.mark.parametrize("outcome", [FetchTimeout("slow"), FetchFailed("reset"), Response(503), ClientGone("hung up")])
def test_an_upload_that_the_origin_does_not_take_gives_its_share_back(outcome: Response | Exception) -> None:
    budget = Budget(100)
    with suppress(Problem, ClientGone):
        uploaded(World(outcome), budget, Uploading(budget, [b"x" * 30]), content_length="30")
    assert budget.held == 0


def test_what_flows_through_unsigned_takes_nothing_of_the_budget() -> None:
    assert uploaded(World(Response(200)), Budget(0), Stream(b"x" * 1000), sign=None).status == 200


def test_every_try_is_signed_at_its_own_time() -> None:
    world = World(Response(503, {"retry-after": "5"}), Response(200))
    answer(world, client("PUT", Stream(b"payload")), sign="hmac")
    first, second = (request.headers["x-gateway-signature"] for request in world.sent)
    assert second.startswith(f"t={int(START) + 5},")
    assert first != second
    assert [request.body for request in world.sent] == [b"payload"] * 2


def test_a_client_cannot_bring_a_signature_of_its_own() -> None:
    world = World(Response(200))
    answer(
        world,
        client(x_gateway_signature="forged", x_amz_security_token="forged"),
        sign="sigv4",
        aws_region="x",
        aws_service="lambda",
    )
    assert "forged" not in world.sent[0].headers.values()


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ({"sign": "sigv4"}, "ROUTES[0].aws_region: api.example does not tell"),
        ({"sign": "sigv4", "origin": "binding:X"}, "ROUTES[0].sign: 'sigv4' is for AWS"),
        (
            {"sign": "sigv4", "aws_region": "r", "aws_service": "lambda", "forward_authorization": True},
            "forward_authorization",
        ),
    ],
)
def test_a_route_that_cannot_be_signed_for_is_misconfigured(route: dict[str, Any], fault: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        World(Response(200)).forwarder(**route)
    assert fault in caught.value.faults[0]


def test_a_short_origin_secret_is_misconfigured() -> None:
    route = RouteSettings(path="/*", origin="https://api.example", auth="none", sign="hmac")
    with pytest.raises(Misconfigured, match=r"ROUTES\[0\].sign: ORIGIN_SECRET"):
        Forwarder(Settings(routes=(route,), secrets={"ORIGIN_SECRET": "short"}), World(Response(200)).platform)


@pytest.mark.parametrize("status", [0, 199, 600, 999])
def test_a_status_that_http_does_not_define_is_a_502(status: int) -> None:
    world = World(Response(status))
    (problem,) = failing(world, world.forwarder(), client(), 1)
    assert (problem.status, problem.code) == (502, "origin_invalid")
