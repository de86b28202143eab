"""`/geo` from Python in workerd: what a browser of this or that visitor is answered, and what caches may keep of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devtools.runtime.runner import Gateway

GERMANY = {"country": "DE", "region": "Berlin", "regionCode": "BE", "city": "Berlin", "timezone": "Europe/Berlin"}
SWITZERLAND = {"country": "CH", "region": "Zurich", "regionCode": "ZH", "city": "Zürich", "timezone": "Europe/Zurich"}
PAGE = "https://app.example"


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with worker(vars={"CORS_ORIGINS": [PAGE]}) as gateway:
        yield gateway


def geo(gateway: Gateway, path: str = "/geo", **options: Any) -> dict[str, Any]:
    response = gateway.get(path, **options)
    assert response.status_code == 200, response.text
    content: dict[str, Any] = response.json()
    return content


def test_a_visitor_gets_place_money_and_language(gateway: Gateway) -> None:
    assert geo(gateway, cf=GERMANY) == {
        "country": "DE",
        "region": "Berlin",
        "city": "Berlin",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "language": "de-DE",
        "regionCode": "BE",
        "continent": "EU",
        "isEU": True,
        "currencies": ["EUR"],
        "languages": ["de-DE"],
        "direction": "ltr",
        "source": {"country": "country", "currency": "country", "language": "country"},
    }


def test_names_arrive_in_their_own_letters(gateway: Gateway) -> None:
    assert geo(gateway, cf=SWITZERLAND)["city"] == "Zürich"


def test_the_browsers_language_comes_before_the_countrys(gateway: Gateway) -> None:
    answer = geo(gateway, cf=GERMANY, headers={"accept-language": "en-GB,en;q=0.9"})
    assert (answer["language"], answer["currency"]) == ("en-GB", "EUR")
    assert answer["source"]["language"] == "accept-language"


def test_the_query_comes_before_everything(gateway: Gateway) -> None:
    answer = geo(gateway, "/geo?lang=fr&currency=CAD", cf=GERMANY, headers={"accept-language": "en"})
    assert (answer["language"], answer["currency"]) == ("fr", "CAD")
    assert answer["source"] == {"country": "country", "currency": "query", "language": "query"}


@pytest.mark.parametrize("country", ["XX", "T1"])
def test_an_unknown_place_is_the_default_country(gateway: Gateway, country: str) -> None:
    answer = geo(gateway, cf={"country": country})
    assert (answer["country"], answer["source"]["country"]) == ("US", "default")


def test_saved_preferences_are_used_until_the_query_says_otherwise(gateway: Gateway) -> None:
    saved = gateway.post("/geo/preferences", json={"currency": "CHF", "language": "it-CH"})
    assert saved.status_code == 204
    cookie = saved.headers["set-cookie"]
    for attribute in ("SameSite=Lax", "Secure", "HttpOnly", "Path=/", "Max-Age=31536000"):
        assert attribute in cookie
    headers = {"cookie": cookie.partition(";")[0], "accept-language": "en"}
    answer = geo(gateway, cf=GERMANY, headers=headers)
    assert (answer["currency"], answer["language"], answer["source"]["currency"]) == ("CHF", "it-CH", "cookie")
    assert geo(gateway, "/geo?currency=JPY", cf=GERMANY, headers=headers)["currency"] == "JPY"


def test_a_visitors_answer_stays_with_the_visitor(gateway: Gateway) -> None:
    headers = gateway.get("/geo", cf=GERMANY).headers
    assert headers["cache-control"] == "private, max-age=3600"
    assert headers["cdn-cache-control"] == "no-store"
    assert {name.strip().lower() for name in headers["vary"].split(",")} == {"accept-language", "cookie", "origin"}


def test_a_countrys_answer_is_a_function_of_its_url_and_shared(gateway: Gateway) -> None:
    italian = gateway.get("/geo/CH", headers={"accept-language": "it-CH"}, cf=GERMANY)
    assert italian.headers["cache-control"] == "public, max-age=3600, s-maxage=86400"
    assert italian.json()["language"] == "de-CH"
    assert italian.content == gateway.get("/geo/CH", headers={"accept-language": "ja"}).content
    assert geo(gateway, "/geo/CH?lang=it")["language"] == "it"


def test_a_validator_saves_the_content(gateway: Gateway) -> None:
    first = gateway.get("/geo", cf=GERMANY)
    again = gateway.get("/geo", cf=GERMANY, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    elsewhere = gateway.get("/geo", cf=SWITZERLAND, headers={"if-none-match": first.headers["etag"]})
    assert elsewhere.status_code == 200


def test_head_says_what_get_would(gateway: Gateway) -> None:
    get, head = gateway.get("/geo", cf=GERMANY), gateway.request("HEAD", "/geo", cf=GERMANY)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", get.headers["etag"])


def test_two_visitors_behind_one_shared_cache_never_see_each_others_answer(gateway: Gateway) -> None:
    """A cache that obeys the headers may store for everybody only what no field forbids."""
    stored: dict[str, Any] = {}

    def through_cache(path: str, cf: dict[str, str]) -> dict[str, Any]:
        if path not in stored:
            response = gateway.get(path, cf=cf)
            directives = response.headers["cache-control"] + "," + response.headers.get("cdn-cache-control", "")
            if "private" in directives or "no-store" in directives:
                content: dict[str, Any] = response.json()
                return content
            stored[path] = response.json()
        kept: dict[str, Any] = stored[path]
        return kept

    assert through_cache("/geo", GERMANY)["country"] == "DE"
    assert through_cache("/geo", SWITZERLAND)["country"] == "CH"
    assert through_cache("/geo/FR", GERMANY) == through_cache("/geo/FR", SWITZERLAND)


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("/geo?currency=XXQ", 400, "invalid_currency", "currency"),
        ("/geo?lang=%00", 400, "invalid_language", "lang"),
        ("/geo?lang=english", 400, "invalid_language", "lang"),
        ("/geo?include=everything", 400, "invalid_include", "include"),
        ("/geo/QQ", 404, "unknown_country", "country"),
        ("/geo/CH?lang=xx-", 400, "invalid_language", "lang"),
    ],
)
def test_what_does_not_exist_is_named(gateway: Gateway, path: str, status: int, code: str, field: str) -> None:
    response = gateway.get(path)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (status, code, field)


@pytest.mark.parametrize(
    ("options", "status", "field"),
    [
        ({"content": b'{"currency": "EUR"}' + b" " * 1_000_000}, 413, "body"),
        ({"content": b"currency=EUR", "headers": {"content-type": "text/plain"}}, 415, "content-type"),
        ({"content": b"not json"}, 400, "body"),
        ({"content": b'{"currency": "XXQ"}'}, 400, "currency"),
        ({"content": b'{"colour": "red"}'}, 400, "colour"),
    ],
)
def test_preferences_that_cannot_be_saved_are_refused(
    gateway: Gateway, options: dict[str, Any], status: int, field: str
) -> None:
    options.setdefault("headers", {"content-type": "application/json"})
    response = gateway.request("POST", "/geo/preferences", **options)
    assert (response.status_code, response.json()["field"]) == (status, field)
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("DELETE", "/geo", "GET, HEAD"), ("POST", "/geo/CH", "GET, HEAD"), ("GET", "/geo/preferences", "POST")],
)
def test_a_method_that_is_not_offered_is_405(gateway: Gateway, method: str, path: str, allow: str) -> None:
    response = gateway.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)


def test_a_page_elsewhere_may_read_the_answer(gateway: Gateway) -> None:
    headers = gateway.get("/geo", headers={"origin": PAGE}).headers
    assert headers["access-control-allow-origin"] == PAGE
    preflight = gateway.request(
        "OPTIONS", "/geo/preferences", headers={"origin": PAGE, "access-control-request-method": "POST"}
    )
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "POST")


def test_every_request_leaves_one_line_without_its_query(gateway: Gateway) -> None:
    response = gateway.get("/geo?lang=fr", cf=GERMANY, headers={"x-request-id": "line-1"})
    assert response.headers["x-request-id"] == "line-1"
    line = gateway.wait_for_log(lambda line: line.get("id") == "line-1")
    assert (line["event"], line["route"], line["status"], line["country"]) == ("request", "/geo", 200, "DE")
    assert "lang" not in str(line)


def test_a_misconfigured_worker_answers_503_and_logs_every_fault(worker: Callable[..., Gateway]) -> None:
    with worker(vars={"ROUTES": [{"path": "/api", "origin": "ftp://x", "timeout_ms": 0}]}) as closed:
        assert closed.get("/healthz").status_code == 200
        refused = closed.get("/geo")
        assert (refused.status_code, refused.json()["code"]) == (503, "misconfigured")
        faults = [line["fault"] for line in closed.logs() if line["event"] == "misconfigured"]
        assert any(fault.startswith("ROUTES[0].origin: ") for fault in faults)
        assert any(fault.startswith("ROUTES[0].timeout_ms: ") for fault in faults)
