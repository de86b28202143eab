"""The cache with a real KV in workerd and a real origin on a socket, which counts what it is asked."""

import gzip
import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import PATIENCE, Connection, Origin, Received, StagedOrigin, answer_head
from tests.worker.patience import until
from tests.worker.stored_responses import cache_status as status

SECRET = "a secret of thirty-two bytes or so"
LISBON = {"country": "PT", "region": "Lisbon", "regionCode": "11", "city": "Lisbon"}
PLAIN = {"accept-encoding": "identity"}
"""Miniflare compresses for clients that take it, as Cloudflare's edge does; here the Worker itself is meant."""

LONG = bytes(range(256)) * 6000
"""1.5 MB: under the cap, over what memory keeps."""

ETAG = '"v1"'


@dataclass
class Page:
    """What the origin answers: header fields as they are written, content, and what is done with it."""

    fields: str = "cache-control: max-age=60"
    content: bytes | None = None
    """By default the number of requests for that path so far."""
    status: int = 200
    chunked: bool = False
    validated: str = ""
    """Header fields of a 304, where they are others."""
    held: bool = False
    """Answered when `CountingOrigin.go` is set, but for the first time, which is at once."""


PAGES = {
    "/plain": Page(),
    "/variants": Page("cache-control: max-age=60\r\nvary: Accept-Language"),
    "/currency": Page("cache-control: max-age=60\r\nvary: x-geo-currency"),
    "/by-own-role": Page("cache-control: max-age=60, public\r\nvary: X-User-Role"),
    "/by-tenant": Page("cache-control: max-age=60\r\nvary: X-Tenant"),
    "/forbidden": Page("cache-control: no-store"),
    "/validated": Page(
        f"cache-control: max-age=1\r\netag: {ETAG}", b"validated", validated="cache-control: max-age=60"
    ),
    "/unchanged": Page(f"cache-control: max-age=60\r\netag: {ETAG}", b"unchanged"),
    "/revalidating": Page("cache-control: max-age=1, stale-while-revalidate=60", held=True),
    "/reflecting": Page(f"cache-control: max-age=60\r\netag: {ETAG}\r\ncontent-type: text/plain"),
    "/long": Page("cache-control: max-age=60", LONG),
    "/long-chunked": Page("cache-control: max-age=60", LONG, chunked=True),
    "/too-long": Page("cache-control: max-age=60", LONG + LONG),
    "/too-long-chunked": Page("cache-control: max-age=60", LONG + LONG, chunked=True),
    "/zipped": Page("cache-control: max-age=60\r\ncontent-encoding: gzip", gzip.compress(b"zipped " * 99, mtime=0)),
    "/empty": Page("cache-control: max-age=60", b""),
    "/old": Page("last-modified: Sat, 01 Jan 2000 00:00:00 GMT", b"old"),
    "/no-content": Page("cache-control: max-age=60", b"", 204),
    "/cookies": Page("cache-control: max-age=60\r\nset-cookie: a=1; Path=/\r\nset-cookie: b=2, 3", b"cookies"),
    "/long-fields": Page("cache-control: max-age=60\r\nx-long: " + "x" * 3000),
    "/tagged": Page("cache-control: max-age=60\r\ncache-tag: users, users-7"),
    "/users": Page("cache-control: max-age=60"),
    "/private": Page("cache-control: max-age=60"),
    "/shared": Page("cache-control: max-age=60, public"),
    "/resilient": Page("cache-control: max-age=1, stale-if-error=600\r\nvary: accept", b"resilient"),
    "/range": Page("cache-control: max-age=60", bytes(range(100))),
}


class CountingOrigin(Origin):
    """Serves PAGES under any prefix; counts requests by path. After `kill` nobody listens any more."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.go = threading.Event()

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        request = connection.request
        path = request.target.partition("?")[0]
        self.count[path] += 1
        if request.method not in ("GET", "HEAD"):
            connection.send(answer_head(201, "location: /cached/plain\r\ncontent-length: 0"))
            return
        page = PAGES["/" + path.rsplit("/", 1)[1]]
        if page.held and self.count[path] > 1:
            self.go.wait(PATIENCE)
        connection.send(self._page(page, request, self.count[path]))

    def kill(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would let a waiting accept() take one more
        self.__exit__()

    @staticmethod
    def _page(page: Page, request: Received, number: int) -> bytes:
        if request.values("if-none-match") == [ETAG]:
            return answer_head(304, page.validated or page.fields)
        content = str(number).encode() if page.content is None else page.content
        if request.values("x-reflect"):
            page = replace(page, fields=page.fields.replace("text/plain", request.values("x-reflect")[0]))
        if page.status == 204:
            return answer_head(204, page.fields)
        if page.chunked:
            return answer_head(200, page.fields + "\r\ntransfer-encoding: chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (
                len(content),
                content,
            )
        head = answer_head(page.status, f"{page.fields}\r\ncontent-length: {len(content)}")
        return head if request.method == "HEAD" else head + content


@dataclass
class House:
    gateway: Gateway
    origin: CountingOrigin

    def get(self, path: str, method: str = "GET", *, awaited: bool = True, **options: Any) -> httpx.Response:
        """One exchange; the response was stored, if it is to be and `awaited`, when this returns."""
        headers = {**PLAIN, **options.pop("headers", {})}
        self.gateway.client.cookies.clear()  # the cookies that a test means are those it sends
        response = self.gateway.request(method, path, headers=headers, **options)
        if awaited and "stored" in status(response):
            asked = {**headers, "cache-control": "only-if-cached"}
            until(lambda: self.gateway.request(method, path, headers=asked, **options).status_code != 504)
        return response


def token(subject: str, *roles: str) -> dict[str, str]:
    claims = {"sub": subject, "role": list(roles), "exp": time.time() + 600}
    return {"authorization": "Bearer " + jwt.encode(claims, SECRET, "HS256")}


def routes(origin: str, staged: str = "") -> dict[str, Any]:
    everything = {"origin": origin, "retries": 0, "methods": ["GET", "HEAD", "POST"]}
    return {
        "JWT_SECRET": SECRET,
        "ROUTES": [
            {"path": "/cached/*", "auth": "none", **everything},
            {"path": "/optional/*", "auth": "optional", **everything},
            {"path": "/by-user/*", "auth": "optional", "cache": {"partition": "user"}, **everything},
            {"path": "/by-role/*", "auth": "optional", "cache": {"partition": "role"}, **everything},
            {
                "path": "/counted/*",
                "auth": "none",
                "cache": {"query": {"ignore": ["utm_*"], "sort": True}},
                **everything,
            },
            {"path": "/by-place/*", "auth": "none", "cache": {"vary_on_locale": True}, **everything},
            {"path": "/guarded/*", "auth": "none", "cache": {"ignore_client_cache_control": True}, **everything},
            {"path": "/keeping/*", "auth": "none", "cache": {"set_cookie": "keep"}, **everything},
            {"path": "/stripping/*", "auth": "none", "cache": {"set_cookie": "strip"}, **everything},
            {"path": "/guessing/*", "auth": "none", "cache": {"heuristic": True}, **everything},
            {"path": "/never/*", "auth": "none", "cache": False, **everything},
            {"path": "/staged/*", "auth": "none", **everything, "origin": staged or origin},
        ],
    }


@pytest.fixture(scope="module")
def staged() -> Iterator[StagedOrigin]:
    with StagedOrigin() as staged:
        yield staged


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], staged: StagedOrigin) -> Iterator[House]:
    with CountingOrigin() as origin, worker(vars=routes(origin.url, staged.url), cf=LISBON) as gateway:
        yield House(gateway, origin)


def test_the_second_request_is_answered_by_the_cache(house: House) -> None:
    first, second = house.get("/cached/plain?first"), house.get("/cached/plain?first")
    assert status(first) == "fwd=uri-miss; stored"
    assert "age" not in first.headers
    assert status(second).startswith("hit; ttl=")
    assert int(second.headers["age"]) <= 5
    assert (second.content, second.headers["date"]) == (first.content, first.headers["date"])
    assert house.origin.count["/cached/plain"] == 1


def test_what_may_not_be_stored_is_not(house: House) -> None:
    assert [status(house.get("/cached/forbidden")) for _ in range(2)] == ["fwd=uri-miss; detail=no-store"] * 2
    house.get("/never/plain")
    assert "cache-status" not in house.get("/never/plain").headers
    assert house.origin.count["/never/plain"] == 2


def test_two_variants(house: House) -> None:
    for _ in range(2):
        assert house.get("/cached/variants", headers={"accept-language": "en, de"}).text == "1"
        assert house.get("/cached/variants", headers={"accept-language": "fr"}).text == "2"
        assert house.get("/cached/variants", headers={"accept-language": "de,EN;q=1.0"}).text == "1"


def test_visitors_of_two_currencies(house: House) -> None:
    for _ in range(2):
        assert house.get("/cached/currency", cf={"country": "PT"}).text == "1"
        assert house.get("/cached/currency", cf={"country": "JP"}).text == "2"
        assert house.get("/cached/currency", cf={"country": "FR"}).text == "1"


def test_two_users(house: House) -> None:
    anna, bert = token("anna", "editor"), token("bert", "editor")
    assert [house.get("/optional/private", headers=who).text for who in (anna, bert, anna)] == ["1", "2", "3"]
    assert status(house.get("/optional/private", headers=anna)) == "fwd=uri-miss; detail=authorization"
    assert [house.get("/optional/shared", headers=who).text for who in (anna, bert, {})] == ["1", "1", "1"]
    for _ in range(2):
        assert [house.get("/by-user/private", headers=who).text for who in (anna, bert, {})] == ["1", "2", "3"]
    assert [house.get("/by-role/private", headers=who).text for who in (anna, bert, token("c"))] == ["1", "1", "2"]


def test_one_users_tokens_of_two_roles_share_nothing(house: House) -> None:
    admin, viewer = token("anna", "admin"), token("anna", "viewer")
    for _ in range(2):
        assert [house.get("/by-user/plain?roles", headers=who).text for who in (admin, viewer)] == ["1", "2"]


@pytest.mark.parametrize("path", ["/by-user/variants", "/by-role/variants"])
def test_a_caller_cannot_tell_whether_another_was_there(house: House, path: str) -> None:
    """The path that nobody asked for and the one that somebody did, asked for by two."""
    anna, bert = token("anna", "editor"), token("bert", "viewer")
    german = {"accept-language": "de"}
    for headers in (anna, {**anna, **german}):
        house.get(path + "?asked", headers=headers)

    def seen(query: str) -> list[str]:
        wishes: list[dict[str, str]] = [{"cache-control": "only-if-cached"}, {}, german]
        return [status(house.get(path + query, headers={**bert, **wish})) for wish in wishes]

    assert seen("?asked") == seen("?unasked") == ["fwd=uri-miss", "fwd=uri-miss; stored", "fwd=vary-miss; stored"]


def test_a_clients_copy_of_a_vouched_field_selects_nothing(house: House) -> None:
    admin, forged = token("anna", "admin"), {"X-User-Role": "admin", "x_user_role": "admin"}
    assert [house.get("/optional/by-own-role", headers=who).text for who in (admin, forged, {})] == ["1", "2", "2"]
    assert house.get("/optional/by-own-role?poisoned", headers=forged).text == "3"
    assert house.get("/optional/by-own-role?poisoned", headers=admin).text == "4"


def test_another_spelling_of_a_field_answers_nobody_who_did_not_send_it(house: House) -> None:
    """Some origins read `X_Tenant` where they vary on `X-Tenant`, and `If_Match` for `If-Match`."""
    evil = {"X_Tenant": "evil", "If_Match": "x", "If_Modified_Since": "Thu, 01 Jan 2037 00:00:00 GMT"}
    for _ in range(2):
        assert [house.get("/cached/by-tenant", headers=who).text for who in (evil, {}, {"x-tenant": "evil"})] == list(
            "123"
        )
    received = next(seen for seen in house.origin.received if seen.values("x_tenant"))
    assert not received.values("if_match") + received.values("if_modified_since")


def test_a_forged_place_selects_nothing(house: House) -> None:
    """As the key sees it with `vary_on_locale`, and as `Vary` does."""
    for path in ("/by-place/plain", "/cached/currency"):
        forged = {"x-geo-country": "JP", "x-geo-currency": "JPY", "x-geo-region": "13", "X_Geo_Region": "13"}
        here = house.get(path + "?forged", cf={"country": "PT"}).text
        assert house.get(path + "?forged", headers=forged, cf={"country": "PT"}).text == here


def test_the_query_counts_as_the_route_says(house: House) -> None:
    queries = ("a=1&b=2", "b=2&a=1&utm_source=x", "a=1&b=3")
    assert [house.get(f"/counted/plain?{query}").text for query in queries] == ["1", "1", "2"]


def test_what_the_key_leaves_out_reaches_no_origin(house: House) -> None:
    for query in ("a=1&utm_x=1&cloak", "utm%5Fx=1%26callback%3Devil&cloak&a=1", "utm_x%3Bcallback=evil&a=1&cloak"):
        house.get(f"/counted/plain?{query}")
    assert house.origin.received[-1].target == "/counted/plain?a=1&cloak"
    for query in ("a=1&cloak&utm_x=1;callback=evil", "a=1&cloak&utm_x;callback=evil"):
        assert status(house.get(f"/counted/plain?{query}")) == "fwd=uri-miss; stored"
    assert status(house.get("/counted/plain?a=1&cloak")).startswith("hit")


def test_a_stale_response_is_validated(house: House) -> None:
    assert house.get("/cached/validated").text == "validated"
    time.sleep(1.1)
    validated = house.get("/cached/validated")
    assert status(validated) == "fwd=stale; fwd-status=304; stored"
    assert (validated.status_code, validated.text) == (200, "validated")
    assert house.origin.received[-1].values("if-none-match") == [ETAG]
    assert status(house.get("/cached/validated")).startswith("hit")


def test_a_clients_own_copy_is_confirmed(house: House) -> None:
    house.get("/cached/unchanged")
    confirmed = house.get("/cached/unchanged", headers={"if-none-match": f'"v0", W/{ETAG}'})
    assert (confirmed.status_code, confirmed.content, confirmed.headers["etag"]) == (304, b"", ETAG)
    assert house.origin.count["/cached/unchanged"] == 1


def test_while_revalidating_the_second_answer_is_immediate_and_the_third_fresh(house: House) -> None:
    assert house.get("/cached/revalidating").text == "1"
    time.sleep(1.2)
    second = house.get("/cached/revalidating")
    assert (second.text, status(second).endswith("detail=stale-while-revalidate")) == ("1", True)
    assert until(lambda: house.origin.count["/cached/revalidating"] == 2), "asked, and not answered yet"
    house.origin.go.set()
    assert until(lambda: house.get("/cached/revalidating").text, "2".__eq__) == "2"


def test_an_unsafe_method_makes_what_it_points_to_outdated(house: House) -> None:
    numbers = [int(house.get("/cached/plain").text) for _ in range(2)]
    assert numbers[0] == numbers[1]
    assert status(house.get("/cached/users", "POST")) == "fwd=method"
    assert int(house.get("/cached/plain").text) == numbers[0] + 1


@pytest.mark.parametrize(
    "fields", [{"if-match": ETAG}, {"if-unmodified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, {"upgrade": "websocket"}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_goes_around_the_cache_leaves_it_as_it_is(house: House, fields: dict[str, str], method: str) -> None:
    """Nor does one field make a handshake, which would lead around it."""
    path = f"/guarded/reflecting?{method}{len(fields)}{[*fields]}"
    first = house.get(path)
    house.get(path, method, headers={**fields, "x-reflect": "text/html", "cache-control": "no-cache"})
    again = house.get(path)
    assert status(again).startswith("hit")
    assert (again.text, again.headers["content-type"]) == (first.text, "text/plain")


def test_head_never_changes_what_describes_the_content(house: House) -> None:
    house.get("/cached/reflecting?head")
    house.get("/cached/reflecting?head", "HEAD", headers={"x-reflect": "text/html", "cache-control": "no-cache"})
    again = house.get("/cached/reflecting?head")
    assert (status(again)[:3], again.headers["content-type"]) == ("hit", "text/plain")


@pytest.mark.parametrize("path", ["/cached/long", "/cached/long-chunked"])
def test_a_long_content_is_stored_whole(house: House, path: str) -> None:
    digest = hashlib.sha256(LONG).digest()
    for wanted in ("fwd=uri-miss; stored", "hit"):
        response = house.get(path)
        assert status(response).startswith(wanted)
        assert hashlib.sha256(response.content).digest() == digest


@pytest.mark.parametrize("path", ["/cached/too-long", "/cached/too-long-chunked"])
def test_a_content_over_the_cap_is_passed_on_whole_and_not_stored(house: House, path: str) -> None:
    for _ in range(2):
        response = house.get(path, awaited=False)  # without a length, "stored" is said before it is found too long
        assert status(response).startswith("fwd=uri-miss")
        assert response.content == LONG + LONG
    assert house.origin.count[path] == 2


def test_a_content_coding_is_stored_as_it_came(house: House) -> None:
    for wanted in ("fwd=uri-miss; stored", "hit"):
        response = house.get("/cached/zipped", headers={"accept-encoding": "gzip"})
        assert status(response).startswith(wanted)
        assert response.headers["content-encoding"] == "gzip"
        assert response.content == b"zipped " * 99


def test_head_and_ranges_of_a_stored_response(house: House) -> None:
    house.get("/cached/range")
    head = house.get("/cached/range", "HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "100")
    part = house.get("/cached/range", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert house.get("/cached/range", headers={"range": "bytes=100-"}).status_code == 416
    assert house.origin.count["/cached/range"] == 1


def test_somebodys_cookie_is_not_for_everybody(house: House) -> None:
    for _ in range(2):
        response = house.get("/cached/cookies")
        assert status(response) == "fwd=uri-miss; detail=set-cookie"
        assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2, 3"]
    anna = token("anna")
    house.get("/by-user/cookies", headers=anna)
    own = house.get("/by-user/cookies", headers=anna)
    assert (status(own)[:3], len(own.headers.get_list("set-cookie"))) == ("hit", 2)
    house.get("/stripping/cookies")
    stripped = house.get("/stripping/cookies")
    assert (status(stripped)[:3], stripped.headers.get_list("set-cookie")) == ("hit", [])


def test_nothing_is_fresh_for_as_long_as_one_may_guess(house: House) -> None:
    for _ in range(2):
        assert status(house.get("/cached/old")) == "fwd=uri-miss; detail=no-freshness"
    assert status(house.get("/guessing/old", headers={"cookie": "a=1"})) == "fwd=uri-miss; detail=personal"
    assert status(house.get("/guessing/old")) == "fwd=uri-miss; stored"
    assert status(house.get("/guessing/old", headers={"cookie": "a=1"})).startswith("fwd=stale")
    assert status(house.get("/guessing/old")).startswith("hit")


def test_cookies_stay_plural(house: House) -> None:
    house.get("/keeping/cookies")
    response = house.get("/keeping/cookies")
    assert status(response).startswith("hit")
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2, 3"]


def test_a_client_may_ask_for_stored_responses_only(house: House) -> None:
    refused = house.get("/cached/plain?nowhere", headers={"cache-control": "only-if-cached"})
    assert (refused.status_code, refused.json()["code"]) == (504, "not_cached")
    assert refused.headers["cache-status"] == "gatehouse; fwd=uri-miss"


class TestPurge:
    PURGER = staticmethod(lambda: token("ops", "gatehouse:purge"))

    def purge(self, house: House, headers: dict[str, str] | None = None, **order: Any) -> httpx.Response:
        headers = self.PURGER() if headers is None else headers
        return house.gateway.post("/_gatehouse/purge", json=order, headers=headers)

    @pytest.mark.parametrize(
        "order",
        [
            {"urls": ["/cached/tagged?x=1"]},
            {"prefixes": ["/cached/tagged"]},
            {"tags": ["USERS"]},
            {"everything": True},
        ],
    )
    def test_what_is_purged_is_gone(self, house: House, order: dict[str, Any]) -> None:
        house.get("/cached/tagged?x=1")
        assert status(house.get("/cached/tagged?x=1")).startswith("hit")
        answer = self.purge(house, **order)
        assert answer.status_code == 200
        assert answer.json()["generation"] > 1_700_000_000_000
        assert status(house.get("/cached/tagged?x=1")).startswith("fwd=")
        assert status(house.get("/cached/tagged?x=1")).startswith("hit")

    def test_a_purged_url_is_gone_for_every_variant_and_user(self, house: House) -> None:
        visits = [("/by-user/users", token("anna")), ("/by-user/users", token("bert"))]
        before = [house.get(path, headers=who).text for path, who in visits]
        self.purge(house, urls=["/by-user/users"])
        after = [house.get(path, headers=who).text for path, who in visits]
        assert len({*before, *after}) == 4

    def test_only_who_may_purges(self, house: House) -> None:
        assert self.purge(house, {}, everything=True).status_code == 401
        assert self.purge(house, token("anna", "admin"), everything=True).status_code == 403


def test_metadata_and_keys_are_within_kvs_limits(house: House) -> None:
    house.get("/cached/long-fields?" + "q" * 3000)
    response = house.get("/cached/long-fields?" + "q" * 3000)
    assert (status(response)[:3], response.headers["x-long"]) == ("hit", "x" * 3000)


def test_a_miss_reaches_the_client_while_the_origin_is_still_sending(house: House, staged: StagedOrigin) -> None:
    with house.gateway.client.stream("GET", "/staged/x", headers=PLAIN) as response:
        pieces = response.iter_raw()
        assert next(pieces) == StagedOrigin.FIRST
        staged.go.set()
        assert b"".join(pieces) == StagedOrigin.LAST


class AbortingOrigin(Origin):
    """Promises much, sends little, hangs up; says whether with a length or in chunks."""

    def answer(self, connection: Connection) -> None:
        framing = "transfer-encoding: chunked" if "chunked" in connection.request.target else "content-length: 200000"
        connection.send(answer_head(200, f"cache-control: max-age=60\r\n{framing}"))
        connection.send(b"5\r\nfirst\r\n" if "chunked" in framing else b"first" * 20_000)
        time.sleep(0.2)
        connection.reset()


def test_an_aborted_content_leaves_nothing_behind(worker: Callable[..., Gateway]) -> None:
    with AbortingOrigin() as origin, worker(vars=routes(origin.url)) as gateway:
        for path in ("/cached/chunked", "/cached/length"):
            with suppress(httpx.HTTPError):
                gateway.get(path, headers=PLAIN)
        time.sleep(1)
        assert gateway.kv_list("cache2:") == []


def test_hits_outlive_the_isolate_and_the_origin(worker: Callable[..., Gateway], tmp_path: Path) -> None:
    """Restarted over the same KV, the gateway hits while nobody listens at the origin; stale-if-error goes on.

    Keys hold the host, and a restart takes another port; so the host is the same one by name.
    """
    host = {"host": "gateway.example"}
    paths = [
        "/cached/plain",
        "/cached/long",
        "/cached/empty",
        "/cached/no-content",
        "/cached/zipped",
        "/keeping/cookies",
    ]
    origin = CountingOrigin()
    with worker(vars=routes(origin.url), kv_persist=tmp_path) as gateway:
        house = House(gateway, origin)
        before = [house.get(path, headers=host) for path in (*paths, "/cached/resilient")]
        origin.kill()
        gateway.restart()
        after = [house.get(path, headers=host) for path in paths]
        assert [status(response)[:3] for response in after] == ["hit"] * len(paths)
        assert [(r.status_code, r.content) for r in after] == [(r.status_code, r.content) for r in before[:-1]]
        time.sleep(1)
        stale = house.get("/cached/resilient", headers=host)
        assert (stale.status_code, stale.text) == (200, "resilient")
        assert status(stale).endswith("detail=stale-if-error")
        assert house.get("/cached/never-seen").status_code == 502


def test_many_at_once_are_answered_alike(house: House) -> None:
    """Nothing is shared between requests but finished values, so none waits for another and none hangs."""
    house.get("/cached/long?many")
    results: list[tuple[int, bytes]] = []

    def visit() -> None:
        response = house.get("/cached/long?many")
        results.append((response.status_code, hashlib.sha256(response.content).digest()))

    threads = [threading.Thread(target=visit) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [(200, hashlib.sha256(LONG).digest())] * 20
