"""Forwarding over real sockets: what arrives at an origin, and what comes back from one that behaves."""

import gzip
import hashlib
import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt
import pytest

from devtools.runtime.runner import Gateway
from fields.names import canonical
from tests.worker.origins import EchoOrigin, ScriptedOrigin, answer_head
from tests.worker.patience import PATIENCE

SECRET = "a secret of thirty-two bytes or so"
LISBON = {"country": "PT", "region": "Lisbon", "regionCode": "11", "city": "Lisbon"}
VOUCHED = ("x-user-", "x-geo-", "x-gateway-")

ZIPPED = gzip.compress(b"compressed at the origin, " * 100, mtime=0)
PLAIN = "content-type: text/plain"
SCRIPTS: dict[str, bytes] = {
    "cookies": answer_head(
        200, "set-cookie: a=1; Path=/\r\nset-cookie: b=2, 3\r\nset-cookie: a=4\r\ncontent-length: 0"
    ),
    "zipped": answer_head(200, f"{PLAIN}\r\ncontent-encoding: gzip\r\ncontent-length: {len(ZIPPED)}") + ZIPPED,
    "odd-coding": answer_head(200, f"{PLAIN}\r\ncontent-encoding: x-own\r\ncontent-length: 5") + b"\0\1\2\xff\xfe",
    "hop": answer_head(
        200, 'connection: x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=9\r\nalt-svc: h3=":1"\r\ncontent-length: 0'
    ),
    "no-content": answer_head(204, 'etag: "1"'),
    "not-modified": answer_head(304, 'etag: "1"'),
    "early": answer_head(103, "link: </a.css>; rel=preload") + answer_head(200, "content-length: 2") + b"ok",
    "trailers": answer_head(200, "transfer-encoding: chunked\r\ntrailer: x-sum") + b"2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n",
    "elsewhere": answer_head(302, "location: https://other.example/x\r\ncontent-length: 0"),
    "teapot": answer_head(418, f"{PLAIN}\r\ncontent-length: 5") + b"short",
}


@dataclass
class House:
    """A gateway and the origins behind it."""

    gateway: Gateway
    echo: EchoOrigin
    origins: dict[str, ScriptedOrigin]


def token(**claims: Any) -> str:
    return jwt.encode({"sub": "u1", "role": "user", "exp": time.time() + 600, **claims}, SECRET, "HS256")


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    origins = {name: ScriptedOrigin(script) for name, script in SCRIPTS.items()}
    redirects = ScriptedOrigin(b"")
    fields = [
        f"location: {redirects.url}/v1/login?next=%2Fx",
        f"refresh: 5; url={redirects.url}/v1/login",
        f'link: <{redirects.url}/v1/a,b>; rel="next"; title="</v1/c>"',
        "link: </v1/d>; rel=prev",
        "set-cookie: a=1; Path=/v1/login; Domain=127.0.0.1; HttpOnly",
        "set-cookie: __Host-b=2; Path=/; Secure",
    ]
    redirects._answers = [answer_head(302, "\r\n".join([*fields, "content-length: 0"]))]
    origins["redirects"] = redirects
    with EchoOrigin() as echo:
        uncached = {"origin": echo.url, "cache": False}
        routes = [
            {"path": "/required/*", "auth": "required", **uncached},
            {"path": "/optional/*", "auth": "optional", **uncached},
            {"path": "/public/*", "auth": "none", "methods": ["GET", "POST", "PUT", "REPORT", "PURGE"], **uncached},
            {"path": "/open/*", "auth": "optional", "forward_authorization": True, **uncached},
            {
                "path": "/stripped/*",
                "auth": "none",
                "strip_prefix": "/stripped",
                "cache": False,
                "origin": f"{echo.url}/v1",
            },
            {"path": "/small/*", "auth": "none", "max_body": 1000, **uncached},
            {"path": "/bound/*", "auth": "none", "origin": "binding:ECHO", "cache": False},
            {"path": "/admin/*", "auth": "required", "roles": ["admin"], **uncached},
            {
                "path": "/redirects/*",
                "auth": "none",
                "strip_prefix": "/redirects",
                "cache": False,
                "origin": f"{redirects.url}/v1",
            },
            *(
                {"path": f"/{name}/*", "auth": "none", "origin": origin.url, "cache": False}
                for name, origin in origins.items()
                if name != "redirects"
            ),
        ]
        variables = {"ROUTES": routes, "JWT_SECRET": SECRET}
        with worker(vars=variables, cf=LISBON, services={"ECHO": echo.url}) as gateway:
            yield House(gateway, echo, origins)
    for origin in origins.values():
        origin.__exit__()


@dataclass
class Exchange:
    """A response read by `raw`: nothing decoded, and what the origin had received, if it echoed."""

    status: int
    fields: list[tuple[str, str]]
    content: bytes

    @property
    def seen(self) -> dict[str, Any]:
        assert self.status == 200, self.content
        echoed: dict[str, Any] = json.loads(self.content)
        return echoed

    @property
    def seen_fields(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.seen["fields"]}

    def values(self, name: str) -> list[str]:
        return [value for other, value in self.fields if other.lower() == name]


def raw(
    house: House,
    method: str,
    target: str,
    fields: list[tuple[str, str]] | None = None,
    body: bytes = b"",
    host: str = "",
) -> Exchange:
    """One exchange with nothing added, folded or normalised by a client library."""
    connection = http.client.HTTPConnection(urlsplit(house.gateway.url).netloc, timeout=PATIENCE)
    try:
        connection.putrequest(method, target, skip_host=bool(host), skip_accept_encoding=True)
        if host:
            connection.putheader("Host", host)
        for name, value in fields or []:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        return Exchange(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def spellings(name: str) -> list[str]:
    mixed = ["".join(mix) for mix in itertools.product(*[("-", "_", ".") if char == "-" else (char,) for char in name])]
    return [*mixed, name.upper(), name.title(), name.upper().replace("-", "_"), name.title().replace("-", "_")]


FORGED = [
    (spelling, "forged")
    for name in ("x-user-id", "x-user-role", "x-user-email", "x-geo-country", "x-geo-currency", "x-gateway-signature")
    for spelling in spellings(name)
]


# --- identity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/public/x", "/optional/x", "/required/x"])
def test_forged_identity_reaches_no_origin_in_any_spelling(house: House, path: str) -> None:
    credentials = [("Authorization", f"Bearer {token()}")] if path == "/required/x" else []
    listed = ("Connection", "close, x-user-id, X-User-Role, x-geo-country")
    seen = raw(house, "GET", path, [*credentials, *FORGED, listed]).seen
    assert "forged" not in json.dumps(seen)
    vouched = {name.lower() for name, _ in seen["fields"] if canonical(name).startswith(VOUCHED)}
    geo = {"x-geo-country", "x-geo-region", "x-geo-currency", "x-geo-language"}
    assert vouched == (geo | {"x-user-id", "x-user-role"} if credentials else geo)


def test_identity_and_locale_arrive_as_the_token_and_the_platform_say(house: House) -> None:
    bearer = token(sub="Zoë 100%", role=["user", "a,b"])
    fields = raw(
        house, "GET", "/required/x", [("Authorization", f"Bearer {bearer}"), ("x-user-role", "admin")]
    ).seen_fields
    assert unquote(fields["x-user-id"]) == "Zoë 100%"
    assert [unquote(role) for role in fields["x-user-role"].split(",")] == ["user", "a,b"]
    assert fields["x-geo-country"] == "PT"
    assert fields["x-geo-region"] == "11"
    assert fields["x-geo-currency"] == "EUR"
    assert "authorization" not in fields


def test_an_optional_route_without_a_token_says_nothing_about_a_user(house: House) -> None:
    assert not [name for name in raw(house, "GET", "/optional/x").seen_fields if name.startswith("x-user-")]


def test_authorization_is_forwarded_where_the_route_says_so(house: House) -> None:
    bearer = f"Bearer {token()}"
    assert raw(house, "GET", "/open/x", [("Authorization", bearer)]).seen_fields["authorization"] == bearer


# --- fields -----------------------------------------------------------------------------------------------------------


def test_hop_by_hop_fields_and_those_connection_lists_do_not_arrive(house: House) -> None:
    client = [
        ("Connection", "close, X-Hop, TE"),
        ("X-Hop", "1"),
        ("TE", "trailers"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authorization", "Basic x"),
        ("X-Kept", "1"),
    ]
    arrived = raw(house, "GET", "/public/x", client).seen_fields
    assert arrived["x-kept"] == "1"
    assert {"x-hop", "te", "keep-alive", "proxy-connection", "proxy-authorization", "trailer"}.isdisjoint(arrived)


def test_forwarding_fields_are_rebuilt(house: House) -> None:
    client = [
        ("X-Forwarded-For", "6.6.6.6"),
        ("X-Forwarded-Proto", "gopher"),
        ("Forwarded", "for=6.6.6.6"),
        ("Via", "1.0 fred"),
    ]
    arrived = raw(house, "GET", "/public/x", client).seen_fields
    host = urlsplit(house.gateway.url).netloc
    assert arrived["x-forwarded-for"] == "127.0.0.1"
    assert arrived["x-forwarded-proto"] == "http"
    assert arrived["x-forwarded-host"] == host
    assert arrived["forwarded"] == f'for=127.0.0.1;host="{host}";proto=http'
    assert arrived["via"] == "1.0 fred, 1.1 gatehouse"


def test_one_request_id_for_client_origin_and_log(house: House) -> None:
    exchange = raw(house, "GET", "/public/x", [("X-Request-Id", "abc-123")])
    assert exchange.values("x-request-id") == ["abc-123"]
    assert exchange.seen_fields["x-request-id"] == "abc-123"
    line = house.gateway.wait_for_log(lambda entry: entry.get("id") == "abc-123" and entry["event"] == "request")
    assert line["origin_status"] == 200


def test_a_request_id_that_could_forge_a_log_line_is_replaced(house: House) -> None:
    exchange = raw(house, "GET", "/public/x", [("X-Request-Id", 'a"b c')])
    assert exchange.values("x-request-id") == [exchange.seen_fields["x-request-id"]]
    assert '"' not in exchange.seen_fields["x-request-id"]


def test_a_trace_is_continued(house: House) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    arrived = raw(house, "GET", "/public/x", [("traceparent", parent), ("tracestate", "a=1,b=2")]).seen_fields
    assert arrived["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert arrived["traceparent"] != parent
    assert arrived["tracestate"] == "a=1,b=2"


def test_every_request_without_a_trace_starts_one_of_its_own(house: House) -> None:
    assert len({raw(house, "GET", "/public/x").seen_fields["traceparent"] for _ in range(5)}) == 5


# --- paths, queries, methods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/public//x",
        "/public/a%2fb",
        "/public/a%5Cb",
        "/public/a%00",
        "/public/%252e%252e/x",
        "/public/a%",
        "/public/a%zz",
    ]
    + ["/public/..;/admin", "/public/%c0%ae", "//public/x", "/public/a" + "%CC%81%CC%96" * 1300],
)
def test_an_ambiguous_path_is_refused(house: House, target: str) -> None:
    before = len(house.echo.received)
    exchange = raw(house, "GET", target)
    assert (exchange.status, json.loads(exchange.content)["code"]) == (400, "ambiguous_path")
    assert len(house.echo.received) == before


@pytest.mark.parametrize(
    "target", ["/public/../admin/x", "/public/%2e%2e/admin/x", "/public/.%2E/admin/x", "/%61dmin/x", "/admin/./x"]
)
def test_no_spelling_of_a_path_leads_around_a_protected_prefix(house: House, target: str) -> None:
    before = len(house.echo.received)
    assert raw(house, "GET", target).status in (400, 401)
    assert len(house.echo.received) == before


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        ("/public/caf%c3%a9", "/public/caf%C3%A9"),
        ("/public/%7ezoe/a%20b", "/public/~zoe/a%20b"),
        ("/public/a@b:c;d=e,f!$&'()*+=", "/public/a@b:c;d=e,f!$&'()*+="),
        ("/public/100%25", "/public/100%25"),
        ("/public/[x]", "/public/%5Bx%5D"),
        ("/public/", "/public/"),
        ("/public", "/public"),
        ("/stripped/users/7", "/v1/users/7"),
        ("/stripped", "/v1"),
        ("/stripped/", "/v1/"),
    ],
)
def test_what_is_matched_is_what_is_forwarded(house: House, sent: str, arrived: str) -> None:
    assert raw(house, "GET", sent).seen["target"] == arrived


@pytest.mark.parametrize(
    "query", ["a=1&a=2&&=&b", "%7e%2D%zz%", "a=/../b//c?d", "x[]{}|^`\\;:@!$()*+,", "%252e%00%0a", "q=%27%20"]
)
def test_a_query_arrives_byte_for_byte(house: House, query: str) -> None:
    assert raw(house, "GET", f"/public/x?{query}").seen["target"] == f"/public/x?{query}"


@pytest.mark.parametrize("method", ["REPORT", "PURGE", "PUT"])
def test_methods_that_the_route_names_are_forwarded(house: House, method: str) -> None:
    seen = raw(house, method, "/public/x", body=b"content").seen
    assert (seen["method"], seen["length"]) == (method, 7)


def test_other_methods_are_refused_with_allow(house: House) -> None:
    exchange = raw(house, "DELETE", "/public/x")
    assert exchange.status == 405
    assert set(exchange.values("allow")[0].split(", ")) == {"GET", "POST", "PUT", "REPORT", "PURGE", "HEAD"}


def test_the_host_is_the_origins_whatever_the_client_says(house: House) -> None:
    assert raw(house, "GET", "/public/x").seen_fields["host"] == urlsplit(house.echo.url).netloc


def test_a_service_binding_is_forwarded_to(house: House) -> None:
    arrived = raw(house, "GET", "/bound/x?q=1", [("x-user-id", "forged")])
    assert arrived.seen["target"] == "/bound/x?q=1"
    assert "x-user-id" not in arrived.seen_fields


# --- content ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 65_537, 5_000_000])
def test_content_arrives_intact_with_its_length(house: House, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    exchange = raw(house, "POST", "/public/x", [("Content-Type", "application/x-own")], content[:size])
    assert exchange.seen["length"] == size
    assert exchange.seen["sha256"] == hashlib.sha256(content[:size]).hexdigest()
    assert exchange.seen_fields["content-length"] == str(size)
    assert exchange.seen_fields["content-type"] == "application/x-own"


def test_compressed_content_of_a_request_arrives_as_it_was_sent(house: House) -> None:
    seen = raw(house, "POST", "/public/x", [("Content-Encoding", "gzip")], ZIPPED).seen
    assert seen["sha256"] == hashlib.sha256(ZIPPED).hexdigest()


def chunked(house: House, target: str, pieces: list[bytes]) -> Exchange:
    connection = http.client.HTTPConnection(urlsplit(house.gateway.url).netloc, timeout=PATIENCE)
    try:
        connection.request("POST", target, iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        response = connection.getresponse()
        return Exchange(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def test_content_of_unknown_length_arrives_intact(house: House) -> None:
    seen = chunked(house, "/public/x", [b"a" * 1000, b"b" * 70_000, b"c"]).seen
    assert seen["sha256"] == hashlib.sha256(b"a" * 1000 + b"b" * 70_000 + b"c").hexdigest()


def test_announced_content_over_the_limit_is_refused_before_the_origin_is_called(house: House) -> None:
    before = len(house.echo.received)
    assert raw(house, "POST", "/small/x", body=b"x" * 1000).status == 200
    exchange = raw(house, "POST", "/small/x", body=b"x" * 1001)
    assert (exchange.status, json.loads(exchange.content)["code"]) == (413, "content_too_large")
    assert len(house.echo.received) == before + 1


def test_content_of_unknown_length_over_the_limit_never_arrives_whole(house: House) -> None:
    before = len(house.echo.received)
    exchange = chunked(house, "/small/x", [b"x" * 600, b"x" * 600])
    assert (exchange.status, json.loads(exchange.content)["code"]) == (413, "content_too_large")
    assert not [request for request in house.echo.received[before:] if request.complete]


# --- responses --------------------------------------------------------------------------------------------------------


def test_cookies_stay_plural(house: House) -> None:
    assert raw(house, "GET", "/cookies/x").values("set-cookie") == ["a=1; Path=/", "b=2, 3", "a=4"]


def test_compressed_content_of_a_response_arrives_as_the_origin_sent_it(house: House) -> None:
    exchange = raw(house, "GET", "/zipped/x", [("Accept-Encoding", "gzip")])
    assert exchange.values("content-encoding") == ["gzip"]
    assert gzip.decompress(exchange.content) == gzip.decompress(ZIPPED)


def test_a_content_coding_that_nobody_knows_passes_untouched(house: House) -> None:
    exchange = raw(house, "GET", "/odd-coding/x", [("Accept-Encoding", "x-own")])
    assert exchange.content == b"\0\1\2\xff\xfe"
    assert exchange.values("content-encoding") == ["x-own"]


def test_hop_by_hop_fields_of_a_response_do_not_reach_the_client(house: House) -> None:
    names = {name.lower() for name, _ in raw(house, "GET", "/hop/x").fields}
    assert {"x-hop", "alt-svc"}.isdisjoint(names)
    assert "timeout=9" not in raw(house, "GET", "/hop/x").values("keep-alive")


@pytest.mark.parametrize(("name", "status"), [("no-content", 204), ("not-modified", 304)])
def test_statuses_without_content_pass(house: House, name: str, status: int) -> None:
    exchange = raw(house, "GET", f"/{name}/x")
    assert (exchange.status, exchange.content, exchange.values("etag")) == (status, b"", ['"1"'])


def test_head_passes_without_content(house: House) -> None:
    exchange = raw(house, "HEAD", "/public/x")
    assert (exchange.status, exchange.content) == (200, b"")
    assert house.echo.received[-1].method == "HEAD"


def test_interim_responses_are_not_taken_for_the_answer(house: House) -> None:
    assert raw(house, "GET", "/early/x").content == b"ok"


def test_trailers_are_dropped(house: House) -> None:
    exchange = raw(house, "GET", "/trailers/x")
    assert exchange.content == b"ok"
    assert not exchange.values("x-sum") + exchange.values("trailer")


def test_a_status_nobody_has_heard_of_passes(house: House) -> None:
    exchange = raw(house, "GET", "/teapot/x")
    assert (exchange.status, exchange.content) == (418, b"short")


def test_a_redirect_within_the_origin_points_at_the_gateway(house: House) -> None:
    exchange = raw(house, "GET", "/redirects/x")
    assert exchange.status == 302
    assert exchange.values("location") == [f"{house.gateway.url}/redirects/login?next=%2Fx"]
    assert ", ".join(exchange.values("link")) == (
        f'<{house.gateway.url}/redirects/a,b>; rel="next"; title="</v1/c>", </redirects/d>; rel=prev'
    )
    assert exchange.values("refresh") == [f"5; url={house.gateway.url}/redirects/login"]
    assert exchange.values("set-cookie") == ["a=1; Path=/redirects/login; HttpOnly", "__Host-b=2; Path=/; Secure"]
    assert [request.target for request in house.origins["redirects"].received] == ["/v1/x"]


def test_a_redirect_elsewhere_is_passed_on_and_not_followed(house: House) -> None:
    exchange = raw(house, "GET", "/elsewhere/x")
    assert (exchange.status, exchange.values("location")) == (302, ["https://other.example/x"])
