"""A site in several languages in workerd, as browsers and crawlers meet it over HTTP."""

import http.client
import json
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import PATIENCE, EchoOrigin

SITE = {"languages": ["en", "de", "ar"], "default": "en", "exclude": ["/api/*"], "hosts": {"site.test": "ar"}}


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with EchoOrigin() as origin:
        route = {"origin": origin.url, "auth": "none"}
        routes = [
            {**route, "path": "/rewrite/*", "locale": SITE | {"mode": "rewrite", "default_prefix": False}},
            {**route, "path": "/*", "locale": SITE},
        ]
        with worker(vars={"ROUTES": routes}) as gateway:
            yield gateway


def raw(gateway: Gateway, target: str, *, host: str = "", reader: str = "de") -> http.client.HTTPResponse:
    """The answer to a target that is sent as it stands."""
    connection = http.client.HTTPConnection(urlsplit(gateway.url).netloc, timeout=PATIENCE)
    try:
        connection.putrequest("GET", target, skip_host=bool(host))
        if host:
            connection.putheader("Host", host)
        connection.putheader("Accept-Language", reader)
        connection.endheaders()
        response = connection.getresponse()
        response.content = response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def test_a_reader_is_led_to_their_page_with_the_query_byte_for_byte(gateway: Gateway) -> None:
    response = raw(gateway, "/x?b=%20&a=+&%61=%c3%a4")
    assert (response.status, response.headers["location"]) == (307, "/de/x?b=%20&a=+&%61=%c3%a4")
    assert response.headers["cache-control"] == "private, no-store"
    crawler = gateway.get("/x", headers={"accept-language": ""}, cf={"country": "DE"})
    assert crawler.headers["location"] == "/en/x"


def test_a_page_arrives_with_its_language_and_its_translations(gateway: Gateway) -> None:
    response = gateway.get("/de/x", headers={"accept-language": "en"})
    assert response.json()["target"] == "/de/x"
    assert dict(response.json()["fields"])["x-geo-language"] == "de"
    assert response.headers["content-language"] == "de"
    assert response.headers["set-cookie"].startswith("gatehouse_locale=language=de; ")
    assert f'<{gateway.url}/x>; rel="alternate"; hreflang="x-default"' in response.headers["link"]
    kept = {"cookie": "gatehouse_locale=language=de", "accept-language": "en"}
    assert gateway.get("/x", headers=kept).headers["location"] == "/de/x"


def test_a_rewritten_page_is_answered_where_it_was_asked_for(gateway: Gateway) -> None:
    response = gateway.get("/rewrite/x", headers={"accept-language": "de"})
    assert (response.status_code, response.json()["target"]) == (200, "/rewrite/de/x")
    assert response.headers["vary"] == "Accept-Language, Cookie"
    assert gateway.post("/rewrite/x", headers={"accept-language": "de"}).json()["target"] == "/rewrite/x"


def test_a_host_says_the_language(gateway: Gateway) -> None:
    response = raw(gateway, "/x", host="site.test")
    assert json.loads(response.content)["target"] == "/ar/x"  # type: ignore[attr-defined]
    assert raw(gateway, "/ar/x", host="site.test").headers["location"] == "/x"


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "//evil.test/de/", "/\\evil.test", "/%5Cevil.test", "/%2Fevil.test", "/%2F%2Fevil.test/x",
     "/en//evil.test", "/en/%2Fevil.test", "/en/\\evil.test", "/rewrite/en//evil.test", "/rewrite/en/%5C%5Cevil.test",
     "/%09/evil.test", "/./%2e%2e//evil.test", "/@evil.test", "/;//evil.test", "/%0d%0alocation:%20//evil.test"],
)  # fmt: skip
def test_no_address_leads_to_another_host(gateway: Gateway, target: str) -> None:
    for host in ("", "site.test"):
        location = raw(gateway, target, host=host, reader="en").headers.get("location", "/")
        assert urlsplit(urljoin("https://here.test/", location.replace("\\", "/"))).netloc == "here.test"
        assert "\\" not in location
