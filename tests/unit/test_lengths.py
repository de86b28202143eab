"""What is longer than its limit is not parsed, and has the strictest reading; up to the limit it means what it says."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from auth import Authenticator
from browsers.cors import EXPOSED_BESIDE, add_vary, settle_cors
from caching.encoding import Unreadable, parsed_head
from caching.freshness import explicit_lifetime, freshness_lifetime, received_age
from caching.keys import normalised_field
from caching.policy import CachePolicy, PresentedRequest
from caching.settings import CacheSettings
from caching.stored_response import StoredResponse
from configuration.loading import load_settings
from core.lengths import GRAPHQL, REQUEST_FIELDS, RESPONSE_FIELDS, SELECTING, STORED, TARGET
from core.messages import Request, Response
from core.problems import Problem
from devtools.paths import ROOT
from fields.directives import TARGETED_FIELDS, request_directives, response_directives
from fields.entity_tags import is_not_modified
from fields.ranges import single_range
from fields.tracing import trace
from forwarding.forwarded import Target
from forwarding.references import point_at_gateway, public_cookies
from forwarding.retries import retry_after
from gateway import Gateway
from identity.jwks import Snapshot
from identity.settings import AccessSettings
from operations.limits import limit_key
from places.negotiation import reader
from tests.unit.in_memory import NOW, BytesBody, World, run

DATE = "Fri, 15 Jan 2027 09:00:00 GMT"
"""An hour after NOW."""

ROUTE = {"path": "/api/*", "origin": "https://api.example", "auth": "none"}


def answered(
    headers: dict[str, str], origin: dict[str, str] | None = None, path: str = "/api/x", query: str = ""
) -> Any:
    """Status of the gateway's answer, to a request with these fields or about an origin's answer with those."""
    world = World(lambda request: Response(200, dict(origin or {}), BytesBody(b"ok")))
    gateway = Gateway(load_settings({"ROUTES": [ROUTE]}, set()), world.platform())
    request = Request("GET", "https", "gateway.example", path, query, headers)
    response: Response = run(gateway.handle(request, world.background))
    run(world.settle())
    return response.status


def refused_token(token: str) -> Any:
    longest = REQUEST_FIELDS["authorization"].characters
    issuer = {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET", "max_token_bytes": longest}
    settings = load_settings({"ISSUERS": [issuer], "JWT_SECRET": "s" * 32}, set())
    request = Request("GET", "https", "a.example", "/", headers={"authorization": f"Bearer {token}"})
    with pytest.raises(Problem) as refusal:
        Authenticator(settings, World().platform()).identify(request, AccessSettings(auth="required"))
    return refusal.value.members["reason"]


def stored(**headers: str) -> StoredResponse:
    return StoredResponse(200, {name.replace("_", "-"): value for name, value in headers.items()}, NOW, NOW)


def storing(**headers: str) -> Any:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    policy, request = CachePolicy(CacheSettings()), PresentedRequest("GET", {})
    return policy.storing(request, 200, fields, request_time=NOW, response_time=NOW).refusal


def continued(**headers: str) -> Any:
    found = trace({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", **headers}, random.Random(1))
    return found.id == "a" * 32, found.state


Reading = Callable[[str], Any]
Row = tuple[str, str, Reading, Any, Any]
"""How the text begins, what fills it up to its length, what is made of it; what that is at the limit, and beyond it."""

REQUEST_ROWS: dict[str, Row] = {
    "accept-language": ("fr,", "x", lambda text: reader(text).wanted, ("fr",), ("fr",)),
    "access-control-request-headers": (
        "a",
        "a",
        lambda text: answered({"access-control-request-headers": text}),
        200,
        431,
    ),
    "authorization": ("e30.e30.", "c", refused_token, "algorithm", "too_large"),
    "cache-control": (
        "max-age=60",
        ",",
        lambda text: (lambda asked: (asked.max_age, asked.no_store, asked.no_cache))(
            request_directives({"cache-control": text})
        ),
        (60, False, False),
        (None, True, True),
    ),
    "cf-connecting-ip": (
        "fe80::1%",
        "e",
        lambda text: limit_key(Request("GET", "https", "a", "/", headers={"cf-connecting-ip": text}), None),
        "address fe80::/64",
        "address unknown",
    ),
    "connection": ("a", ",", lambda text: answered({"connection": text}), 200, 431),
    "cookie": ("a=", "b", lambda text: answered({"cookie": text}), 200, 431),
    "if-modified-since": (
        "",
        "x",
        lambda text: is_not_modified({"if-modified-since": text}, {"last-modified": DATE}, NOW),
        False,
        False,
    ),
    "if-none-match": (
        '"a"',
        ",",
        lambda text: is_not_modified({"if-none-match": text}, {"etag": '"a"'}, NOW),
        True,
        False,
    ),
    "pragma": ("x", ",", lambda text: request_directives({"pragma": text}).no_cache, False, True),
    "range": ("bytes=0-1", " ", lambda text: single_range(text, 9) is not None, True, False),
    "sec-websocket-protocol": ("a", "a", lambda text: answered({"sec-websocket-protocol": text}), 200, 431),
    "traceparent": (
        f"01-{'a' * 32}-{'b' * 16}-01-",
        "x",
        lambda text: continued(traceparent=text)[0],
        True,
        False,
    ),
    "tracestate": ("a=b", ",", lambda text: continued(tracestate=text), (True, "a=b"), (True, "")),
    "upgrade": ("a", ",", lambda text: answered({"upgrade": text}), 200, 431),
}


def exposed(text: str) -> Any:
    headers = {"access-control-expose-headers": text}
    settle_cors(headers, "gateway")
    return headers


TARGET_OF_ALL = Target("https", "api.example", "", "")


def pointed(text: str, name: str = "link") -> Any:
    headers = {name: text}
    point_at_gateway(headers, TARGET_OF_ALL, Request("GET", "https", "gateway.example", "/"))
    return {*headers}


def refreshed(text: str) -> Any:
    return pointed(text, "refresh")


RESPONSE_ROWS: dict[str, Row] = {
    "access-control-expose-headers": ("a", ",", exposed, {EXPOSED_BESIDE: "a"}, {}),
    "age": ("5", ",", received_age, 5, 2**31),
    "cache-tag": ("a", ",", lambda text: storing(cache_control="max-age=60", cache_tag=text), None, "cache-tag"),
    **{
        field: (
            "max-age=60, x=",
            "a",
            lambda text, field=field: storing(**{"cache-control": "max-age=9", field: text}),  # type: ignore[misc]
            None,
            "no-store",
        )
        for field in (*TARGETED_FIELDS, "cache-control")
    },
    "connection": ("a", ",", lambda text: answered({}, {"connection": text}), 200, 502),
    "content-location": ("/", "a", lambda text: answered({}, {"content-location": text}), 200, 502),
    "expires": (
        f"{DATE},",
        "x",
        lambda text: (explicit_lifetime(stored(expires=text)) or (None,)).seconds,  # type: ignore[union-attr]
        3600,
        0,
    ),
    "link": ("<a>", ",", pointed, {"link"}, set()),
    "refresh": ("5; url=/a", "b", refreshed, {"refresh"}, set()),
    "location": ("/", "a", lambda text: answered({}, {"location": text}), 200, 502),
    "pragma": (
        "x",
        ",",
        lambda text: freshness_lifetime(stored(pragma=text), CacheSettings(default_ttl=7)).seconds,
        7,
        0,
    ),
    "retry-after": ("0", "0", lambda text: retry_after(Response(503, {"retry-after": text[:-1] + "1"}), NOW), 1.0, 0.0),
    "set-cookie": ("a=", "b", lambda text: len(public_cookies([text], TARGET_OF_ALL)), 1, 0),
    "vary": ("a", ",", lambda text: storing(cache_control="max-age=60", vary=text), None, "vary"),
}


def filled(start: str, filling: str, characters: int) -> str:
    return start + filling * (characters - len(start))


def test_every_limit_has_its_row() -> None:
    assert set(REQUEST_ROWS) == set(REQUEST_FIELDS)
    assert set(RESPONSE_ROWS) == set(RESPONSE_FIELDS)


@pytest.mark.parametrize("name", REQUEST_ROWS)
def test_a_clients_field_means_what_it_says_up_to_its_limit_and_the_strictest_thing_beyond(name: str) -> None:
    start, filling, reading, within, beyond = REQUEST_ROWS[name]
    characters = REQUEST_FIELDS[name].characters
    assert reading(filled(start, filling, characters)) == within
    assert reading(filled(start, filling, characters + 1)) == beyond


@pytest.mark.parametrize("name", RESPONSE_ROWS)
def test_an_origins_field_means_what_it_says_up_to_its_limit_and_the_strictest_thing_beyond(name: str) -> None:
    start, filling, reading, within, beyond = RESPONSE_ROWS[name]
    characters = RESPONSE_FIELDS[name].characters
    assert reading(filled(start, filling, characters)) == within
    assert reading(filled(start, filling, characters + 1)) == beyond


def test_path_and_query_are_counted_together() -> None:
    path = "/api/" + "a" * 5000
    rest = TARGET.characters - len(path)
    assert answered({}, path=path, query="b" * rest) == 200
    assert answered({}, path=path, query="b" * (rest + 1)) == 414


def test_a_long_selecting_field_is_compared_as_it_stands() -> None:
    short, long = "a, " * (SELECTING.characters // 3), "a, " * SELECTING.characters
    assert normalised_field("foo", short) == ",".join("a" * (SELECTING.characters // 3))
    assert normalised_field("foo", long) == long


def test_a_long_vary_gets_our_name_without_being_read() -> None:
    response = Response(200, {"vary": filled("origin", ",a", 400)})
    long = response.headers["vary"] * 10
    add_vary(response.headers, "origin")
    assert not response.headers["vary"].endswith("origin")
    response.headers["vary"] = long
    add_vary(response.headers, "origin")
    assert response.headers["vary"] == f"{long}, origin"


def test_a_long_text_of_the_store_is_not_read() -> None:
    text = '{"s":"' + "x" * STORED.characters + '"}'
    with pytest.raises(Unreadable, match="too long"):
        parsed_head(text)
    with pytest.raises(ValueError, match="too long"):
        Snapshot.load(text, ["RS256"], NOW)


def test_many_lines_of_one_field_are_one_field() -> None:
    """The platform joins them before anything is measured."""
    assert response_directives({"cache-control": ", ".join(["max-age=60"] * 200)}).no_store


def test_the_table_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = page.split("| what | characters |", 1)[1].split("\n\n")[0].splitlines()[2:]
    written = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    tables = (("request", REQUEST_FIELDS), ("response", RESPONSE_FIELDS))
    expected = [["path and query of a request", TARGET], ["a request field that `Vary` names", SELECTING]]
    expected += [[f"{kind}: `{name}`", limit] for kind, table in tables for name, limit in table.items()]
    expected += [["the content of a request on a route with `graphql`", GRAPHQL]]
    expected += [["a text in the key-value store", STORED]]
    assert written == [
        [what, f"{limit.characters:,}", limit.why, limit.beyond]  # type: ignore[attr-defined]
        for what, limit in expected
    ]
