"""The whole flow: token -> gateway -> signed request -> Lambda handler -> DynamoDB -> and back to the client.

By both doors of the Worker: the one that ships, and the class in `entry.py`.
"""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from devtools.application.function_url import FunctionUrlServer, HttpRequest, HttpResponse
from devtools.application.origin import LocalOrigin, local_origin
from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS

JWT_SECRET = "users-flow-token-secret-of-enough-bytes"
ORIGIN_SECRET = "users-flow-origin-secret-of-enough-bytes"
OTHER_SECRET = "users-flow-another-secret-of-enough-bytes"
DAY = 24 * 3600
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def bearer(subject: str, role: str | list[str]) -> dict[str, str]:
    """Good for a day: those below are made when tests are collected, which may be long before they are run."""
    token = jwt.encode({"sub": subject, "role": role, "exp": time.time() + DAY}, JWT_SECRET, algorithm="HS256")
    return {"authorization": f"Bearer {token}"}


ADA = bearer("ada", "admin")
GRACE = bearer("grace", "user")


@pytest.fixture(scope="module", params=[None, BY_CLASS], ids=["functions", "class"])
def config(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def origin(log: io.StringIO, config: Any) -> Iterator[LocalOrigin]:
    with local_origin(secret=ORIGIN_SECRET, seed=True, log=log) as running:
        yield running


def variables(origin: LocalOrigin, origin_secret: str = ORIGIN_SECRET) -> dict[str, Any]:
    route = {"origin": origin.url, "strip_prefix": "/api", "sign": "hmac"}
    return {
        "ROUTES": [
            {**route, "path": "/api/prices", "auth": "none", "cache": {}},
            {**route, "path": "/api/echo/*", "auth": "optional"},
            {**route, "path": "/api/*", "auth": "required"},
        ],
        "JWT_SECRET": JWT_SECRET,
        "ORIGIN_SECRET": origin_secret,
    }


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway], origin: LocalOrigin, config: Any) -> Iterator[Gateway]:
    with worker(vars=variables(origin), config=config, cf={"country": "PT", "regionCode": "11"}) as running:
        yield running


def last_line(log: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(log.getvalue().splitlines()[-1])
    return line


def test_a_user_made_by_an_admin_reads_itself_and_nobody_else_reads_it(gateway: Gateway, log: io.StringIO) -> None:
    new = {"name": "Zoë Müller", "email": "zoe.m@example.com", "id": "auth0|42"}
    created = gateway.post("/api/users", json=new, headers=ADA)
    assert (created.status_code, created.json()["created_by"]) == (201, "ada")

    own = gateway.get("/api/users/auth0%7C42", headers=bearer("auth0|42", "user"))
    assert (own.status_code, own.json()["name"]) == (200, "Zoë Müller")
    line = last_line(log)
    assert (line["x-user-id"], line["x-user-role"], line["verified"]) == ("auth0|42", "user", True)
    assert (line["x-geo-country"], line["x-geo-currency"]) == ("PT", "EUR")

    assert gateway.get("/api/users/auth0%7C42", headers=GRACE).status_code == 403
    assert gateway.get("/api/users/auth0%7C42").status_code == 401


FORGED = {
    "x-user-role": "admin",
    "X-User-Role": "admin",
    "x_user_role": "admin",
    "X-USER_ROLE": "admin",
    "x-user-id": "ada",
    "x-geo-currency": "JPY",
    "x-gateway-signature": f"t=1,kid=000000000000,v1={EMPTY_SHA256}",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_field_arrives_as_the_token_says(gateway: Gateway, log: io.StringIO, name: str) -> None:
    answer = gateway.get("/api/users", headers={**GRACE, name: FORGED[name]})
    assert answer.status_code == 403
    line = last_line(log)
    assert (line["x-user-id"], line["x-user-role"], line["x-geo-currency"]) == ("grace", "user", "EUR")


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_field_of_an_anonymous_visitor_does_not_arrive(gateway: Gateway, name: str) -> None:
    seen = gateway.get("/api/echo/me", headers={name: FORGED[name], "connection": "x-user-id, x-geo-currency"}).json()
    arrived = [[field.lower(), value] for field, value in seen["headers"]]
    assert [name.lower(), FORGED[name]] not in arrived
    assert not any(field.replace("_", "-").startswith("x-user-") for field, _ in arrived)
    assert ["x-geo-currency", "EUR"] in arrived
    assert seen["signature"].startswith("verified")


def test_one_role_of_several_is_enough(gateway: Gateway) -> None:
    assert gateway.get("/api/users?limit=2", headers=bearer("grace", ["user", "admin"])).status_code == 200


@pytest.mark.parametrize("role", [["user,admin"], "user,admin", "user admin", "pending admin", "admin "])
def test_a_role_with_a_comma_or_a_space_is_one_role(gateway: Gateway, role: str | list[str]) -> None:
    assert gateway.get("/api/users", headers=bearer("grace", role)).status_code == 403


@pytest.mark.parametrize("subject", ["Zoë", "王秀英", "two words", "comma,ted", "auth0|7"])
def test_any_subject_reaches_the_origin_whole(gateway: Gateway, subject: str) -> None:
    """404 says that the origin took the caller for exactly this user, who has no record; 403 would be somebody else."""
    path = quote(subject, safe="")
    assert gateway.get(f"/api/users/{path}", headers=bearer(subject, "user")).status_code == 404


@pytest.mark.parametrize("subject", ["gr%61ce", "grace ", " grace", "grace,", "Grace", "grace%20"])
def test_a_subject_that_looks_like_another_is_not_that_one(gateway: Gateway, subject: str) -> None:
    assert gateway.get("/api/users/grace", headers=bearer(subject, "user")).status_code == 403


@pytest.mark.parametrize(
    ("method", "target", "content"),
    [
        ("GET", "/api/echo/", b""),
        ("GET", "/api/echo/Zo%C3%AB?q=a+b&x=%2F&empty&=&%C3%AB", b""),
        ("POST", "/api/echo/a,b;c=d", b"\x00\xff" * 1000),
        ("PUT", "/api/echo/x", "žluťoučký".encode()),
        ("DELETE", "/api/echo/x?a=1", b""),
        ("PATCH", "/api/echo/x", b"x" * 1_000_000),
    ],
)
def test_the_signature_holds_for_what_arrives(gateway: Gateway, method: str, target: str, content: bytes) -> None:
    seen = gateway.request(method, target, content=content, headers=GRACE).json()
    assert seen["signature"].startswith("verified")
    assert seen["length"] == len(content)


def test_chunked_content_is_signed_too(gateway: Gateway) -> None:
    seen = gateway.request("POST", "/api/echo/x", content=iter([b"one", b"two"]), headers=GRACE).json()
    assert (seen["length"], seen["signature"][:8]) == (6, "verified")


def test_a_creation_repeated_under_its_key_is_one(gateway: Gateway) -> None:
    new = {"name": "Once", "email": "once@example.com"}
    first, second = (
        gateway.post("/api/users", json=new, headers={**ADA, "idempotency-key": "flow-1"}).json() for _ in range(2)
    )
    assert first == second


def test_field_errors_reach_the_client(gateway: Gateway) -> None:
    answer = gateway.post("/api/users", json={"name": "", "email": "x"}, headers=ADA)
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == ["name", "email"]


def test_prices_follow_the_visitor(gateway: Gateway) -> None:
    assert gateway.get("/api/prices").json()["currency"] == "EUR"
    assert gateway.get("/api/prices", cf={"country": "JP"}).json()["currency"] == "JPY"


def test_without_the_gateway_there_is_nothing(origin: LocalOrigin, gateway: Gateway) -> None:
    assert (
        gateway.client.get(f"{origin.url}/users", headers={"x-user-id": "ada", "x-user-role": "admin"}).status_code
        == 401
    )


def test_a_gateway_with_another_secret_is_not_believed(worker: Callable[..., Gateway], origin: LocalOrigin) -> None:
    with ExitStack() as running:
        stranger = running.enter_context(worker(vars=variables(origin, OTHER_SECRET), cf={"country": "PT"}))
        assert stranger.get("/api/users", headers=ADA).status_code == 401


# --- between gateway and origin -------------------------------------------------------------------


class Wire:
    """Somebody between the two, who sees every request, may change it, and may answer in the other's place."""

    def __init__(self) -> None:
        self.seen: list[HttpRequest] = []
        self.change: Callable[[HttpRequest], HttpRequest] = lambda request: request
        self.answers: list[HttpResponse | Exception] = []
        """What takes the place of the next answers."""

    @property
    def nonces(self) -> list[str]:
        found = [re.search("nonce=([0-9a-f]{32})", request.headers["x-gateway-signature"]) for request in self.seen]
        return [match[1] for match in found if match]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    tapped, answer = Wire(), FunctionUrlServer.answer

    def answered(server: FunctionUrlServer, request: HttpRequest) -> HttpResponse:
        tapped.seen.append(request)
        said = answer(server, tapped.change(request))
        instead = tapped.answers.pop(0) if tapped.answers else said
        if isinstance(instead, Exception):
            raise instead
        return instead

    monkeypatch.setattr(FunctionUrlServer, "answer", answered)
    return tapped


def with_fields(request: HttpRequest, **fields: str | None) -> HttpRequest:
    """`_` stands for `-`; None takes a field away."""
    changed = {name.replace("_", "-"): value for name, value in fields.items()}
    kept = [(name, value) for name, value in request.fields if name.lower() not in changed]
    return replace(request, fields=(*kept, *((name, value) for name, value in changed.items() if value is not None)))


def with_added(request: HttpRequest, name: str) -> HttpRequest:
    return replace(request, fields=(*request.fields, (name, "admin")))


ON_THE_WAY: dict[str, Callable[[HttpRequest], HttpRequest]] = {
    "method": lambda r: replace(r, method="PUT"),
    "path": lambda r: replace(r, target=r.target.replace("/users", "/users/ada")),
    "query": lambda r: replace(r, target="/users?b=2&a=1"),
    "query-removed": lambda r: replace(r, target="/users"),
    "content": lambda r: replace(r, body=r.body.replace(b"Wire", b"Wild")),
    "content-removed": lambda r: replace(r, body=b""),
    "content-type": lambda r: with_fields(r, content_type="application/json;charset=utf-7"),
    "content-type-removed": lambda r: with_fields(r, content_type=None),
    "content-encoding": lambda r: with_fields(r, content_encoding="gzip"),
    "idempotency-key": lambda r: with_fields(r, idempotency_key="other"),
    "idempotency-key-removed": lambda r: with_fields(r, idempotency_key=None),
    "cookie": lambda r: with_fields(r, cookie="a=1; b=3"),
    "cookie-added": lambda r: with_fields(r, cookie="a=1; b=2; c=3"),
    "cookie-removed": lambda r: with_fields(r, cookie=None),
    "caller": lambda r: with_fields(r, x_user_id="grace"),
    "caller-removed": lambda r: with_fields(r, x_user_id=None),
    "locale": lambda r: with_fields(r, x_geo_country="ES"),
    "visitor": lambda r: with_fields(r, x_gateway_client_ip="203.0.113.9"),
    "accept": lambda r: with_fields(r, accept="text/html"),
    "any-field": lambda r: with_fields(r, x_tenant="b"),
    "gateways-name": lambda r: with_fields(r, x_forwarded_host="evil.example"),
    "host": lambda r: with_fields(r, host="evil.example"),
    "signature-twice": lambda r: with_added(r, "x-gateway-signature"),
    "another-method": lambda r: with_added(r, "x-http-method-override"),
    "another-spelling": lambda r: with_added(r, "X_User_Role"),
    "unsigned-condition": lambda r: with_added(r, "if-match"),
}


def creation(gateway: Gateway, key: str, **changes: str) -> Any:
    fields = {**ADA, "idempotency-key": key, "cookie": "a=1; b=2", "x-tenant": "a", "accept": "*/*", **changes}
    new = {"name": "Wire", "email": "wire@example.com"}
    return gateway.post("/api/users?a=1&b=2", json=new, headers=fields)


@pytest.mark.parametrize("change", ON_THE_WAY)
def test_a_change_between_gateway_and_origin_is_refused(gateway: Gateway, wire: Wire, change: str) -> None:
    wire.change = ON_THE_WAY[change]
    answer = creation(gateway, change)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_from_gateway")


def test_what_platforms_rewrite_between_gateway_and_origin_passes(gateway: Gateway, wire: Wire) -> None:
    added = {"cf_worker": "example", "cf_connecting_ip": "2a06:98c0::1", "cdn_loop": "cloudflare", "cf_ew_via": "15"}
    added |= {"accept_encoding": "gzip", "x_forwarded_for": "203.0.113.7, 172.70.0.1", "x_forwarded_port": "443"}
    added |= {"x_amzn_trace_id": "Root=1", "x_amzn_tls_version": "TLSv1.3", "traceparent": "00-1-2-00", "via": "2 x"}
    wire.change = lambda request: with_fields(request, **added)
    assert creation(gateway, "platforms").status_code == 201


def test_a_captured_creation_cannot_be_sent_again(
    gateway: Gateway, origin: LocalOrigin, wire: Wire, log: io.StringIO
) -> None:
    assert creation(gateway, "captured").status_code == 201
    captured = wire.seen[-1]
    again = gateway.client.request(
        captured.method, origin.url + captured.target, content=captured.body, headers=list(captured.fields)
    )
    assert again.status_code == 401
    assert last_line(log)["refused"] == "the request was sent before"
    assert creation(gateway, "captured").status_code == 201


def test_a_repetition_by_the_gateway_is_taken(gateway: Gateway, wire: Wire) -> None:
    """428 is the handler's word on DELETE without If-Match: the second try got in, though the first was taken, too."""
    wire.answers = [HttpResponse(503)]
    assert gateway.request("DELETE", "/api/users/ada", headers=ADA).status_code == 428
    assert len(set(wire.nonces)) == len(wire.seen) == 2


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_the_platform_repeats_by_itself_is_not_done_twice(
    gateway: Gateway, wire: Wire, log: io.StringIO, method: str
) -> None:
    """A connection that was used before and breaks before the answer: workerd may send the same bytes once more."""
    gateway.get("/api/users", headers=ADA)
    earlier = len(log.getvalue().splitlines())
    wire.seen.clear()
    wire.answers = [ConnectionResetError("somebody cut the wire")]
    gateway.request(method, "/api/users", json={"name": "Lost", "email": "lost@example.com"}, headers=ADA)
    taken = [line for line in map(json.loads, log.getvalue().splitlines()[earlier:]) if line["verified"]]
    assert len(taken) == len(set(wire.nonces))
    assert method == "DELETE" or len(taken) == 1
