"""How many of a stranger's names stand in tables while a request is answered, and what they cost if all hash alike.

`tests/collisions.py` says what can be prepared. Nobody can prepare it in a test, so the tables are looked for instead:
whenever a function returns, in its variables, in its result and in its object. What lives within one expression is not
seen.
"""

import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import jwt
import pytest

from core.lengths import CLAIM_NAMES, REQUEST_FIELDS, TARGET
from core.messages import Request
from fields.graphql import TooManyTokens, Unreadable, measure
from policy import Call
from tests.collisions import MOST_COMPARISONS, MOST_NAMES, worst
from tests.unit.in_memory import NOW, World, run
from tests.unit.policing.policy_house import House, plain

MARK = "zq"
FEW = 32
"""Names that are not worth counting."""

SECRET = "the-secret-of-all-tables-thirty-two-bytes-and-more"

VARIABLES: Mapping[str, Any] = {
    "ISSUERS": [
        {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET", "scope_claim": "permissions",
         "max_token_bytes": 32_768, "from": ["authorization", "cookie:session", "query:token"]},
    ],
    "JWT_SECRET": SECRET,
    "CORS_ORIGINS": ["https://app.example"],
}  # fmt: skip

ROUTES: list[dict[str, Any]] = [
    {"path": "/graphql", "graphql": {"max_tokens": 20_000}, "cache": {"query": {"sort": True}}},
    {"path": "/*", "auth": "optional", "websocket_token": True, "policies": ["talks"],
     "cache": {"query": {"ignore": ["utm_*"], "sort": True}, "vary_on_locale": True}},
]  # fmt: skip


class Tables:
    """Dictionaries and sets with names of strangers, each once, at its largest."""

    def __init__(self) -> None:
        self.names: dict[int, int] = {}
        self._kept: list[object] = []
        """So that none gets the place of another."""

    def __enter__(self) -> "Tables":
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, result: object) -> None:
        if event == "return" and frame.f_code.co_filename != __file__:
            found = [result, *frame.f_locals.values()]
            self._count(found)
            if (own := frame.f_locals.get("self")) is not None:
                self._count(getattr(own, "__dict__", {}).values())
                self._count(getattr(own, name, None) for name in getattr(type(own), "__slots__", ()))

    def _count(self, values: Iterable[object]) -> None:
        for value in values:
            if isinstance(value, dict | set | frozenset) and len(value) > FEW:
                names = sum(MARK in str(key) for key in value)
                if names > FEW:
                    self._kept.append(value)
                    self.names[id(value)] = max(names, self.names.get(id(value), 0))

    @property
    def most(self) -> int:
        return max(self.names.values(), default=0)

    @property
    def comparisons(self) -> int:
        return sum(map(worst, self.names.values()))


def many(characters: int, shape: str) -> str:
    """`shape` with another name each time, to so many characters: `many(16, "{},") == "zq100000,zq10000"`."""
    count = characters // (len(shape) - 2 + len(MARK) + 6) + 1
    return "".join(shape.format(f"{MARK}{number:06x}") for number in range(0x100000, 0x100000 + count))[:characters]


def talks(call: Call) -> None:
    call.log(said="something", path=call.request.path)


def bearer(**claims: Any) -> dict[str, str]:
    token = jwt.encode({"sub": "u1", "exp": NOW + 600, **claims}, SECRET, "HS256")
    assert len(token) <= REQUEST_FIELDS["authorization"].characters
    return {"authorization": f"Bearer {token}"}


def field(name: str, shape: str, characters: int = 0) -> dict[str, str]:
    return {name: many(characters or REQUEST_FIELDS[name].characters - 1, shape)}


HANDSHAKE = {
    "connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
}  # fmt: skip
TRACED = f"00-{'a' * 32}-{'b' * 16}-01"
PREFLIGHT = {"origin": "https://app.example", "access-control-request-method": "PUT"}

LONGEST_QUERY = TARGET.characters - 100

ASKED: dict[str, tuple[str, str, dict[str, str]]] = {
    "parameters": ("GET", f"/a?{many(LONGEST_QUERY, '{}=1&')}", {}),
    "parameters without values": ("GET", f"/a?{many(LONGEST_QUERY, '{}&')}", {}),
    "values of parameters": ("GET", f"/a?{many(LONGEST_QUERY, 'a={}&')}", {}),
    "values that are tokens": ("GET", f"/a?{many(LONGEST_QUERY, 'token={}&')}", {}),
    "parameters of a choice of language": ("GET", f"/geo?{many(LONGEST_QUERY, '{}&')}lang=pt&include=formats", {}),
    "parameters of GraphQL": ("GET", f"/graphql?{many(LONGEST_QUERY, '{}=1&')}query=%7Ba%7D", {}),
    "variables of GraphQL": ("GET", f"/graphql?query=%7Ba%7D&variables=%7B{many(12_000, '%22{}%22:1,')}", {}),
    "segments of a path": ("GET", f"/{many(LONGEST_QUERY, '{}/')}", {}),
    "cookies": ("GET", "/a", field("cookie", "{}=1; ")),
    "values of cookies": ("GET", "/a", field("cookie", "a={}; ")),
    "values of a token's cookie": ("GET", "/a", field("cookie", "session={}; ")),
    "preferences in a cookie": ("GET", "/geo", {"cookie": f"gatehouse_locale={many(30_000, '{}=1&')}"}),
    "languages": ("GET", "/geo", field("accept-language", "{},")),
    "directives": ("GET", "/a", field("cache-control", "{}=1,")),
    "entity tags": ("GET", "/a", field("if-none-match", '"{}",')),
    "options of the connection": ("GET", "/a", field("connection", "{},")),
    "members of a trace": ("GET", "/a", {**field("tracestate", "{}=1,"), "traceparent": TRACED}),
    "subprotocols": ("GET", "/a", {**HANDSHAKE, **field("sec-websocket-protocol", "{},")}),
    "fields of a preflight": ("OPTIONS", "/a", {**PREFLIGHT, **field("access-control-request-headers", "{},")}),
    "fields": ("GET", "/a", {f"{MARK}{number:x}": "1" for number in range(250)}),
    "scopes": ("GET", "/a", bearer(scope=many(9 * CLAIM_NAMES, "{} "))),
    "too many scopes": ("GET", "/a", bearer(scope=many(23_000, "{} "))),
    "roles": ("GET", "/a", bearer(role=many(9 * CLAIM_NAMES, "{} ").split())),
    "audiences": ("GET", "/a", bearer(aud=many(20_000, "{} ").split())),
    "permissions": ("GET", "/a", bearer(permissions=many(20_000, "{} ").split())),
}  # fmt: skip


@pytest.mark.parametrize("what", ASKED)
def test_names_that_all_hash_alike_cost_no_request_more_than_the_bound(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, target, headers = ASKED[what]
    house = House(monkeypatch, World(plain()), routes=ROUTES, variables=VARIABLES, talks={"on_request": talks})
    path, _, query = target.partition("?")
    request = Request(method, "https", "api.example", path, query, {**headers}, {"country": "PT"})
    with Tables() as tables:
        answer = run(house._answered(request))
    print(f"{what}: {answer.status}, {len(tables.names)} tables, {tables.most} names, {tables.comparisons} comparisons")
    assert tables.most <= MOST_NAMES
    assert tables.comparisons < MOST_COMPARISONS


@pytest.mark.parametrize(
    ("document", "tokens"),
    [
        ("{a}" + many(200_000, "fragment {} on T{{a}}"), 20_000),
        ("{a" + many(200_000, "...{} ") + "}", 20_000),
        ("{" + many(100_000, "...{} ") + "}" + many(100_000, "fragment {} on T{{a}}"), 20_000),
        ("{" + many(100_000, "{}:a ") + "}", 20_000),
        ("{a" + many(100_000, "@{} ") + "}", 20_000),
    ],
    ids=["fragments", "spreads", "spreads of fragments", "aliases", "directives"],
)
def test_no_table_is_made_of_the_names_of_a_graphql_document(document: str, tokens: int) -> None:
    """Whatever a route allows: `max_tokens` is 20,000 at most."""
    with Tables() as tables, suppress(TooManyTokens, Unreadable):
        measure(document, tokens)
    assert not tables.names


def test_a_token_names_so_many_roles_scopes_and_audiences_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch, World(plain()), routes=ROUTES, variables=VARIABLES, talks={"on_request": talks})
    names = [f"{number:x}" for number in range(CLAIM_NAMES)]
    for claim in ("role", "scope", "permissions", "aud"):
        for more, status in (([], 200), (["more"], 401)):
            assert house.ask("/a", **bearer(**{claim: [*names, *more]})).status == status
