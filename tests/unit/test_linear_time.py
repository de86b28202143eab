"""Whatever is sent takes time in proportion to its length: every field, path, query, cookie, token, body and key set.

The limits of `lengths.py` are lifted here, so that it is the parsers behind them that are measured.
"""

import ast
import asyncio
import hmac
import json
import re
import sys
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import _lru_cache_wrapper, partial
from pathlib import Path
from typing import Any

import pytest

from browsers.web_origins import web_origins
from caching import encoding
from caching import keys as cache_keys
from caching.encoding import Unreadable, decoded_index, decoded_response, parsed_head
from caching.invalidation import invalidated_urls
from caching.purges import scopes_of
from configuration.loading import load_settings
from core import lengths, strictjson
from core.base64url import decode, encode
from core.lengths import Limit
from core.messages import Request, Response
from core.paths import normalise_path
from core.problems import Problem
from core.records import replace
from devtools.paths import SOURCES
from endpoints import purging
from fields import dates as http_dates
from fields import directives, targeted
from fields.directives import parse_field_names
from fields.entity_tags import range_applies
from fields.graphql import measure
from fields.links import with_targets
from fields.lists import split_list
from fields.ranges import single_range
from fields.structured import parse_dictionary
from forwarding import sigv4
from forwarding.forwarded import Target, wire_query
from forwarding.references import public_cookie, public_reference
from forwarding.signing import RequestSigner, identity_value, origin_key
from forwarding.sigv4 import Credentials, Scope
from gateway import Gateway
from identity import jwks, tokens
from identity.providers import Provider, _freshness
from identity.publickeys import KeySet
from identity.settings import IssuerSettings
from identity.tokens import parse_token
from places.languages import _canonical
from places.preferences import from_body, from_query
from policing.privacy import Private
from sites.routing import Site
from sites.settings import SiteSettings
from sites.visits import told, visited
from tests.unit.in_memory import NOW, BytesBody, World
from tests.unit.stopwatch import GROWTH, growth
from tests.unit.stranger_words import ALL_SHAPES, TELLING_SHAPES, text_of

SECRET = "the-secret-of-all-clocks-thirty-two-bytes-and-more"

VARIABLES: dict[str, Any] = {
    "ROUTES": [
        {"path": "/api/*", "origin": "https://api.example/v1", "auth": "optional", "sign": "hmac",
         "websocket_token": True, "strip_prefix": "/api", "sse": {}, "forward_expiry": True,
         "cache": {"query": {"ignore": ["utm_*"], "sort": True}, "vary_on_locale": True}},
    ],
    "ISSUERS": [
        {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
        {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET", "header": "x-app-token", "issuer": "https://i.example"},
        {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET", "from": ["cookie:session", "query:token"]},
    ],
    "CORS_ORIGINS": ["https://app.example", "https://*.preview.example"],
    "CORS_PRIVATE_NETWORK": True,
    "JWT_SECRET": SECRET,
    "ORIGIN_SECRET": SECRET,
}  # fmt: skip

WORDS: Mapping[str, str] = {
    "accept": "text/event-stream",
    "accept-language": "de-x",
    "access-control-expose-headers": "x-a",
    "access-control-request-headers": "x-a",
    "access-control-request-method": "GET",
    "access-control-request-private-network": "true",
    "age": "1",
    "authorization": "Bearer ",
    "cache-control": "private",
    "cache-status": "gatehouse; hit",
    "cache-tag": "t",
    "cdn-cache-control": "private",
    "cf-connecting-ip": "::1",
    "cloudflare-cdn-cache-control": "max-age",
    "connection": "close",
    "content-encoding": "gzip",
    "content-language": "de",
    "content-length": "1",
    "content-location": "https://api.example",
    "content-type": "application/json",
    "cookie": "gatehouse_locale=a; CF_Authorization",
    "date": "Fri, 15 Jan 2027 09:00:00 GMT",
    "etag": "W/",
    "expires": "Fri, 15 Jan 2027 09:00:00 GMT",
    "if-match": '"a"',
    "if-modified-since": "Fri, 15 Jan 2027 09:00:00 GMT",
    "if-none-match": 'W/"a"',
    "if-range": '"a"',
    "if-unmodified-since": "Fri",
    "last-modified": "Fri, 15 Jan 2027 07:00:00 GMT",
    "link": '<a>; rel="b"',
    "refresh": "5; url='/a'",
    "location": "https://api.example",
    "origin": "https://app.example",
    "pragma": "no-cache",
    "purpose": "prefetch",
    "range": "bytes=0-1",
    "retry-after": "1",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    "sec-fetch-site": "none",
    "sec-purpose": "prefetch",
    "sec-websocket-key": "a",
    "sec-websocket-protocol": "bearer",
    "sec-websocket-version": "13",
    "server-timing": "a;dur",
    "set-cookie": "a=1; Path=/v1; Domain=api.example; ",
    "surrogate-control": "no-store",
    "traceparent": "00-0",
    "tracestate": "a=b",
    "upgrade": "websocket",
    "vary": "accept",
    "via": "1.1 a",
    "x-app-token": "a",
    "x-forwarded-for": "::1, ",
    "x-geo-country": "PT",
    "x-geo-currency": "EUR",
    "x-geo-language": "pt",
    "x-geo-region": "11",
    "x-request-id": "a",
    "x-strange": "a",
    "x-moz": "prefetch",
}
"""Every field that the gateway reads, and one that it does not -> a word that it looks for in it."""

HANDSHAKE = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}

NOT_IN_NAMES = re.compile(r"[^!#$%&'*+.^_`|~0-9a-z-]")
"""What the platform lets into no name (RFC 9110 section 5.6.2)."""

BESIDE: Mapping[str, dict[str, str]] = {
    "access-control-request-headers": {"origin": "https://app.example", "access-control-request-method": "GET"},
    "access-control-request-method": {"origin": "https://app.example"},
    "access-control-request-private-network": {"origin": "https://app.example", "access-control-request-method": "GET"},
    "if-range": {"range": "bytes=0-1"},
    "sec-websocket-protocol": HANDSHAKE,
    "upgrade": HANDSHAKE,
    "tracestate": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"},
}
"""What a field means something beside."""


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is parsed, however long it is; nothing is remembered."""
    for table in (lengths.REQUEST_FIELDS, lengths.RESPONSE_FIELDS):
        for name, limit in table.items():
            monkeypatch.setitem(table, name, replace(limit, characters=1 << 30))
    for refused in (lengths._REFUSED_FIELDS, lengths._INVALID_FIELDS):
        for name in refused:
            monkeypatch.setitem(refused, name, 1 << 30)
    unlimited = Limit(1 << 30, "", "")
    for module in (encoding, jwks):
        monkeypatch.setattr(module, "STORED", unlimited)
    monkeypatch.setattr(lengths, "TARGET", unlimited)
    monkeypatch.setattr(lengths, "FIELDS", 1 << 30)
    monkeypatch.setattr(cache_keys, "SELECTING", unlimited)
    monkeypatch.setattr(tokens, "MAX_LENGTH", 1 << 30)
    monkeypatch.setattr(http_dates, "LONGEST", 1 << 30)


def memories() -> list["_lru_cache_wrapper[Any]"]:
    """The caches of functions of the gateway and of the standard library's URLs, but not those of whole tables."""
    modules = [module for module in list(sys.modules.values()) if _is_ours(module) or module is urllib.parse]
    values = [value for module in modules for value in vars(module).values() if isinstance(value, _lru_cache_wrapper)]
    return [value for value in values if value.cache_parameters()["maxsize"] is not None]


def _is_ours(module: Any) -> bool:
    return SOURCES in Path(getattr(module, "__file__", None) or "/").parents


class House:
    """A gateway in front of an origin that answers as it is told to."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.world = World(self._said)
        self.gateway = Gateway(load_settings(VARIABLES, set()), self.world.platform())
        self.loop = asyncio.new_event_loop()
        self.memories = memories()

    def _said(self, request: Request) -> Response:
        fields = dict(self.said)
        cookies = [fields.pop("set-cookie")] if "set-cookie" in fields else []
        return Response(200, fields, BytesBody(b"ok"), cookies)

    def ask(self, method: str = "GET", path: str = "/api/x", query: str = "", **headers: str) -> int:
        request = Request(method, "https", "gateway.example", path, query, headers)
        status = self.loop.run_until_complete(self._answer(request))
        self.world.log.clear()
        self.world.requests.clear()
        return status

    async def _answer(self, request: Request) -> int:
        response = await self.gateway.handle(request, self.world.background)
        await self.world.settle()
        assert response.status != 500, self.world.log
        return response.status

    def forget(self) -> None:
        for memory in self.memories:
            memory.cache_clear()
        assert self.world.store is not None
        self.world.store.values.clear()
        self.world.clock.now += 3600


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    house = House()
    yield house
    house.loop.close()


STORABLE = {"cache-control": "max-age=60", "etag": '"v1"', "last-modified": "Fri, 15 Jan 2027 07:00:00 GMT"}


def slow_shapes(work: Callable[[str], object], word: str = "a", shapes: Iterable[str] = ALL_SHAPES) -> list[str]:
    """The shapes for which the work grows faster than their length."""
    grown = {shape: growth(work, partial(text_of, shape, word)) for shape in shapes}
    return [f"{shape}: {times:.0f} times" for shape, times in grown.items() if times > GROWTH]


@pytest.mark.parametrize("name", WORDS)
def test_a_field_of_a_request(house: House, name: str) -> None:
    """Missed, stored under it, and found again."""
    beside = BESIDE.get(name, {})
    method = "OPTIONS" if name.startswith("access-control-request-") else "GET"

    def work(text: str) -> None:
        house.forget()
        house.said = {**STORABLE, "vary": name}
        house.ask(method, **{**beside, name: text})
        house.ask(method, **{**beside, name: text})

    assert slow_shapes(work, WORDS[name], TELLING_SHAPES) == []


@pytest.mark.parametrize("name", WORDS)
def test_a_field_of_a_response(house: House, name: str) -> None:
    """Stored, found, found stale and asked for again; and in the answer to a write."""

    def work(text: str) -> None:
        house.forget()
        house.said = {**STORABLE, name: text}
        house.ask()
        house.ask()
        house.world.clock.now += 120
        house.ask()
        house.ask("POST")

    assert slow_shapes(work, WORDS[name], TELLING_SHAPES) == []


def test_a_path(house: House) -> None:
    assert slow_shapes(lambda text: house.ask(path=f"/api/{text}")) == []
    assert slow_shapes(lambda text: house.ask(path=f"/geo/{text}"), shapes=TELLING_SHAPES) == []


def test_a_query(house: House) -> None:
    def work(text: str) -> None:
        house.forget()
        house.said = dict(STORABLE)
        house.ask(query=text)
        house.ask(path="/geo", query=text)

    assert slow_shapes(work) == []
    for word in ("utm_", "currency=EUR&lang"):
        assert slow_shapes(work, word, TELLING_SHAPES) == []


def test_many_fields(house: House) -> None:
    def work(text: str) -> None:
        house.forget()
        house.ask(**{f"x-{number}": "1" for number in range(len(text) // 16)})

    assert slow_shapes(work) == []


def test_the_name_of_a_field(house: House) -> None:
    def work(text: str) -> None:
        house.forget()
        house.ask(**{NOT_IN_NAMES.sub("_", text.lower()): "1"})

    assert slow_shapes(work, "x-user") == []


@pytest.mark.parametrize("claim", ["sub", "role", "scope", "scp", "aud", "iss", "jti", "kid", "typ"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_claim_of_a_token(house: House, claim: str, listed: bool) -> None:
    def work(text: str) -> None:
        said = {claim: text.split(",") if listed else text}
        header = {"alg": "HS256", **(said if claim in ("kid", "typ") else {})}
        claims = {"sub": "u1", "exp": NOW + 10**9, **said}
        parts = [encode(json.dumps(part).encode()) for part in (header, claims)]
        signature = hmac.digest(SECRET.encode(), ".".join(parts).encode(), "sha256")
        house.forget()
        house.ask(authorization=f"Bearer {'.'.join(parts)}.{encode(signature)}")

    assert slow_shapes(work) == []


@pytest.mark.parametrize("field", ["cache-control", "cdn-cache-control"])
def test_directives_are_parsed_once(house: House, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """Those of a request, and those of a response: asked for by the cache, by the retries and by the answer."""
    parsed: list[str] = []

    def counted(parse: Callable[[str], Any]) -> Callable[[str], Any]:
        def parse_counted(text: str) -> Any:
            parsed.append(text)
            return parse(text)

        return parse_counted

    for module, name in ((directives, "parse_directives"), (targeted, "parse_dictionary")):
        monkeypatch.setattr(module, name, counted(getattr(module, name)))
    house.forget()
    house.said = {"etag": '"v1"', field: "max-age=60, stale-if-error=9"}
    asked = {"cache-control": "max-age=3600, min-fresh=1"}
    house.ask(**asked)
    assert sorted(parsed) == ["max-age=3600, min-fresh=1", "max-age=60, stale-if-error=9"]
    house.ask(**asked)
    house.world.clock.now += 120
    house.ask(**asked)
    assert len(parsed) == 2


# --- what is read elsewhere -------------------------------------------------------------------------------------------


def quiet(
    read: Callable[[str], object], refusals: tuple[type[Exception], ...] = (Problem, ValueError)
) -> Callable[[str], object]:
    """`read`, whose refusals are answers, too."""

    def work(text: str) -> object:
        try:
            return read(text)
        except refusals:
            return None

    return work


def metadata(text: str) -> Mapping[str, Any]:
    return {"s": 200, "h": {"a": text}, "c": [text], "q": 1, "r": 1, "n": 1}


def key_set(text: str) -> object:
    keys = [{"kty": "RSA", "kid": text[:64], "n": text, "e": "AQAB"}] + [{"kty": "RSA"}] * 99
    return KeySet.read({"keys": keys, text: text}, ["RS256"])


def issuers_lifetime(text: str) -> object:
    return _freshness(Response(200, {"cache-control": text, "age": text}))


def reference(text: str) -> object:
    target = Target("https", "api.example", "/v1", "/api")
    return public_reference(text, target, Request("GET", "https", "gateway.example", "/"))


def cookie_of_an_origin(text: str) -> object:
    return public_cookie(text, Target("https", "api.example", "/v1", "/api"))


def outdated(text: str) -> object:
    return invalidated_urls("POST", "https://a.example/x", 200, {"location": text})


def discovered(text: str) -> object:
    issuer = "https://id.example"
    metadata = json.dumps({"issuer": issuer, "jwks_uri": f"https://{text}/keys"})

    async def fetch(request: Request, **options: Any) -> Response:
        return Response(200, {}, metadata)

    entry = IssuerSettings(issuer=issuer, audience=(), algorithms=("RS256",), discovery=True)
    return asyncio.run(Provider(entry, fetch)._discover())


def signed_with_sigv4(text: str) -> object:
    fields, credentials, scope = {"x-user-id": text}, Credentials("a", "b"), Scope("r", "s")
    return sigv4.sign("GET", "a.example", f"/{text}", text, fields, None, credentials, scope, NOW)


def signed_with_hmac(text: str) -> object:
    return RequestSigner(origin_key(SECRET), "a.example").sign("GET", f"/{text}", text, {"x-user-id": text}, None)(
        NOW, 1
    )


def kept_private(text: str) -> object:
    request = Request("GET", "https", "a.example", "/", text, {"cookie": text, "authorization": text})
    return Private(request, []).of_traceback("a=b&abcdef; " * 600)


SITES = web_origins(["https://*.preview.example", "https://*.a.b.example:8443"])

READERS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "a list": (split_list, "a"),
    "a list of entity tags": (lambda text: split_list(text, escapes=False), "W/"),
    "names of fields": (parse_field_names, "a"),
    "a structured field": (quiet(parse_dictionary), "max-age"),
    "a byte range": (lambda text: single_range(f"bytes={text}", 9), "0-"),
    "If-Range": (lambda text: range_applies({"if-range": text}, {"etag": text, "last-modified": text}, NOW), '"'),
    "a language tag": (_canonical.__wrapped__, "de-x"),
    "a path": (quiet(lambda text: normalise_path("/" + text)), "a"),
    "a host that discovery names": (quiet(discovered), "a."),
    "a query that is sent": (wire_query, "'"),
    "a query that is a wish": (quiet(from_query), "lang"),
    "a URL's purge scopes": (lambda text: scopes_of(f"https://a.example/{text}", [text]), "a/"),
    "a purge": (quiet(lambda text: purging._parse(text.encode())), "a"),
    "a purge's URLs": (quiet(lambda text: purging._parse(json.dumps({"urls": [text] * 9}).encode())), "/"),
    "a purge's members": (quiet(lambda text: purging._parse(json.dumps(dict.fromkeys(text.split(","))).encode())), "a"),
    "a body of preferences": (quiet(lambda text: from_body(text.encode())), "lang"),
    "a GraphQL document": (quiet(lambda text: measure(text, 1 << 30)), "{a:b"),
    "GraphQL selections": (quiet(lambda text: measure(f"{{a {text} }}", 1 << 30)), "...a "),
    "a GraphQL string": (quiet(lambda text: measure(f'{{a(b:"""{text}""")}}', 1 << 30)), '\\"""'),
    "JSON": (quiet(lambda text: strictjson.loads(text.encode()), (ValueError, RecursionError)), '{"a":"b'),
    "JSON lists": (quiet(lambda text: strictjson.loads(f"[{text}]".encode()), (ValueError, RecursionError)), '"a'),
    "JSON strings": (lambda text: strictjson.loads(json.dumps({"a": text, text: [text]}).encode()), "\\\U0001f600"),
    "JSON numbers": (quiet(lambda text: strictjson.loads(f"[{'9' * 4000},{text}]".encode())), "9"),
    "base64url": (quiet(decode), "a_-"),
    "a token": (quiet(parse_token, (tokens.InvalidToken,)), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln"),
    "a key set": (key_set, "sXch"),
    "an issuer's lifetime": (issuers_lifetime, " max-age  "),
    "an issuer's no-store": (issuers_lifetime, " no-store  "),
    "stored metadata": (quiet(lambda text: decoded_response(metadata(text)), (Unreadable,)), "a"),
    "a stored head": (quiet(parsed_head, (Unreadable,)), '{"a":"b'),
    "a stored index": (lambda text: decoded_index({"f": text.split(","), "since": 1, "x": 1}), "a"),
    "a claim as a field": (quiet(identity_value), "é"),
    "a reference": (reference, "https://api.example/"),
    "a reference's path": (lambda text: reference("/" + text), "v1/"),
    "a reference's host": (lambda text: reference("https://" + text), "\u0301\u0316"),
    "a cookie of an origin": (cookie_of_an_origin, "; Path=/v1"),
    "a cookie's domains": (cookie_of_an_origin, "; Domain=api.example"),
    "an origin beside patterns": (lambda text: text in SITES, "https://a.preview.example"),
    "links without an end": (lambda text: with_targets(text, str.upper), "<a,"),
    "links with a quote": (lambda text: with_targets(text, str.upper), '<a>;b="\\"'),
    "what a write outdates": (outdated, "../"),
    "a request signed with SigV4": (signed_with_sigv4, "a/"),
    "a request signed with HMAC": (quiet(signed_with_hmac), "a"),
    "what a policy may not log": (kept_private, "abcdef=abcdef&"),
}  # fmt: skip


@pytest.mark.parametrize("what", READERS)
def test_what_is_read_elsewhere(what: str) -> None:
    read, word = READERS[what]
    remembered = memories()

    def work(text: str) -> None:
        for memory in remembered:
            memory.cache_clear()
        read(text)

    assert slow_shapes(work, word) == []


# --- that nothing is left out -----------------------------------------------------------------------------------------

HEADERS = frozenset({"fields", "headers", "kept", "request", "response", "selecting", "stored", "validation"})
"""Names of what holds header fields."""

SET_ONLY = frozenset({
    "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
    "access-control-allow-origin", "access-control-allow-private-network", "access-control-expose-headers",
    "access-control-max-age", "www-authenticate",
})  # fmt: skip
"""Fields that the gateway writes, and reads of nobody but itself."""


def fields_read(source: str) -> set[str]:
    """The names of the header fields that a module asks for, one by one or by going through a constant."""
    tree = ast.parse(source)
    constants = _constants(tree)
    found: set[str] = set()
    for node in ast.walk(tree):
        if name := _asked_for(node):
            found |= _strings(name)
        for loop in (node, *getattr(node, "generators", ())):
            match loop:
                case (
                    ast.For(target=ast.Name(id=each), iter=ast.Name(id=constant))
                    | ast.comprehension(target=ast.Name(id=each), iter=ast.Name(id=constant))
                ):
                    asked = [_asked_for(inside) for inside in ast.walk(node)]
                    if any(isinstance(name, ast.Name) and name.id == each for name in asked):
                        found |= constants.get(constant, set())
    return found


def _asked_for(node: ast.AST) -> ast.expr | None:
    """What stands for the name, where a node looks one up in fields."""
    match node:
        case ast.Call(func=ast.Attribute(value=holder, attr="get" | "pop" | "setdefault"), args=[name, *_]):
            return name if _holds_headers(holder) else None
        case ast.Subscript(value=holder, slice=name, ctx=ast.Load()):
            return name if _holds_headers(holder) else None
        case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[holder]):
            return name if _holds_headers(holder) else None
    return None


def _constants(tree: ast.Module) -> dict[str, set[str]]:
    """The strings in each constant of a module, with those of constants that stand in it."""
    found: dict[str, set[str]] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(target, ast.Name) and node.value is not None:
            within = [found.get(one.id, set()) for one in ast.walk(node.value) if isinstance(one, ast.Name)]
            found[target.id] = _strings(node.value).union(*within)
    return found


def _strings(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    members = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
    return {name for member in members for name in _strings(member)}


def _holds_headers(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in HEADERS


def test_every_field_that_is_read_anywhere_is_measured() -> None:
    own = [path for path in SOURCES.rglob("*.py") if path.parent.name != "policies"]  # people's are theirs
    read = set().union(*(fields_read(path.read_text(encoding="utf-8")) for path in own))
    assert {"cookie", "if-range", "location", "cdn-cache-control", "x-geo-region"} - read == set()
    assert read - SET_ONLY - set(WORDS) == set()


def test_every_limit_is_of_a_field_that_is_measured() -> None:
    assert {*lengths.REQUEST_FIELDS, *lengths.RESPONSE_FIELDS} <= set(WORDS)


@pytest.mark.parametrize("where", ["path", "location", "cache-control", "vary", "link"])
def test_what_a_site_reads(where: str) -> None:
    site = Site(SiteSettings(languages=("en", "de"), default="en", mode="rewrite"), "/*")

    def work(text: str) -> None:
        asked = Request("GET", "https", "site.example", f"/{text}" if where == "path" else "/x")
        status = 302 if where == "location" else 200
        told(visited(site, asked, "de"), Response(status, {where: f"/{text}"}), lambda path: True, str)

    assert slow_shapes(work, {"path": "/de", "location": "/../de", "link": "<a>,"}.get(where, "private,")) == []


def quadratic(text: str) -> object:
    found: tuple[str, ...] = ()
    for member in text[: len(text) // 4].split(","):
        found = (*found, member)
    return found


def test_the_clock_tells_linear_from_quadratic() -> None:
    (slow,) = slow_shapes(quadratic, shapes=["commas"])
    assert slow.startswith("commas: ")
    assert slow_shapes(lambda text: text.split(","), shapes=["commas"]) == []
