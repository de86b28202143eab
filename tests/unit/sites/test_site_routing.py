"""Locale routing: readers are led once, to their own page, by nothing that another reader is handed."""

import re
from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configuration.loading import load_settings
from core.faults import Misconfigured
from core.messages import Request, Response
from core.paths import normalise_path
from core.problems import Problem
from gateway import Gateway
from tests.unit.in_memory import World, run
from tests.unit.places.test_geo_page import rows

LOCALE = {
    "languages": ["en", "de", "fr", "pt-BR"],
    "default": "en",
    "exclude": ["/api/*", "*.png"],
    "hosts": {"example.com.br": "pt-BR"},
}
SITE = {"path": "/*", "origin": "https://site.example", "auth": "none", "cache": False}
HOST = "example.com"


async def answered(gateway: Gateway, world: World, request: Request) -> Response:
    """The answer, once what it left to be done afterwards is done."""
    response = await gateway.handle(request, world.background)
    await world.settle()
    return response


def page(_request: Request) -> Response:
    return Response(200, {"content-type": "text/html", "cache-control": "public, max-age=60, s-maxage=600"}, b"page")


class Visited:
    """A site behind its gateway."""

    def __init__(
        self, origin: Callable[[Request], Response] = page, routes: tuple[dict[str, Any], ...] = (), **change: Any
    ) -> None:
        self.origin = origin
        self.world = World(lambda request: self.origin(request))
        route = SITE | {"locale": LOCALE | change}
        self.gateway = Gateway(load_settings({"ROUTES": [*routes, route]}, set()), self.world.platform())

    def ask(self, target: str, method: str = "GET", host: str = HOST, country: str = "", **fields: str) -> Response:
        path, _, query = target.partition("?")
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        asked = Request(method, "https", host, path, query, headers, {"country": country})
        answer: Response = run(answered(self.gateway, self.world, asked))
        return answer


def configured(text: str) -> tuple[dict[str, Any], str]:
    """The first column of the page's table: changed settings, and the host."""
    host = text.removeprefix("host ") if text.startswith("host ") else HOST
    read = {'"rewrite"': "rewrite", "false": False}
    return {name: read[value] for name, value in re.findall(r'(\w+) = ("?\w+"?)', text)}, host


def wishes(text: str) -> dict[str, str]:
    """`de, cookie fr` -> the fields of such a reader."""
    header, _, cookie = text.partition(", cookie ")
    said = {} if header == "-" else {"accept_language": header}
    return said | ({"cookie": f"gatehouse_locale=currency=CHF&language={cookie}"} if cookie else {})


@pytest.mark.parametrize("row", [*rows("changed")], ids=" ".join)
def test_a_reader_is_led_as_the_page_says(row: list[str]) -> None:
    changed, target, reader, answer, _because = row
    change, host = configured(changed)
    site = Visited(**change)
    response = site.ask(target, host=host, **wishes(reader))
    if answer.startswith("307 "):
        assert (response.status, response.headers["location"]) == (307, answer.removeprefix("307 "))
        assert not site.world.requests
        return
    path, language = answer.split(" ")
    assert response.status == 200
    assert site.world.requests[-1].path == path
    assert response.headers.get("content-language", "-") == language


# --- Loops -------------------------------------------------------------------------------------------------------

PIECES = ("en", "de", "fr", "DE", "x", "y", "logo.png", "api")
PATHS = st.lists(st.sampled_from(PIECES), max_size=3).map(lambda parts: "/" + "/".join(parts))
TARGETS = PATHS | st.sampled_from(
    ("../x", "x", "?q", "//example.com/x", "https://example.com/x", "https://u@EXAMPLE.com:443/x", "/de/%2E%2e/x",
     "\\x", "https:/x", "http://example.com/x", "/./x", "//elsewhere.example/x", "/de/../../x",
     "/x#there", "//[", "/%2F/x")
)  # fmt: skip
READERS = st.fixed_dictionaries(
    {},
    optional={
        "accept_language": st.sampled_from(("de", "en", "fr;q=0.5, ja", "ja", "", "*")),
        "cookie": st.sampled_from(("gatehouse_locale=language=de", "gatehouse_locale=language=en")),
    },
)


EVERY_KIND = [
    Visited(mode=mode, default_prefix=default_prefix, cookie=cookie)
    for mode, default_prefix, cookie in product(("redirect", "rewrite"), (True, False), (True, False))
]


@settings(max_examples=200)
@given(
    st.sampled_from(EVERY_KIND),
    st.dictionaries(PATHS, TARGETS, max_size=5),
    PATHS,
    READERS,
    st.sampled_from((HOST, "example.com.br")),
    st.sampled_from(("keeps", "refuses")),
)
def test_the_gateway_redirects_once_at_most_and_first_whatever_the_origin_answers(
    site: Visited, leads: dict[str, str], path: str, reader: dict[str, str], host: str, cookies: str
) -> None:
    """So no loop has a redirect of the gateway in it. `leads` are the origin's own redirects."""
    asked: list[str] = []

    def origin(request: Request) -> Response:
        asked.append(request.path)
        return Response(302, {"location": leads[request.path]}) if request.path in leads else page(request)

    site.origin, url, fields = origin, f"https://{host}{path}", dict(reader)
    for hop in range(8):
        there = urlsplit(url)
        if there.netloc.lower() != host:
            return
        asked.clear()
        answer = site.ask(
            f"{there.path or '/'}?{there.query}" if there.query else there.path or "/", host=host, **fields
        )
        if "location" not in answer.headers:
            return
        assert asked or hop == 0, f"{url} is redirected by the gateway"
        if cookies == "keeps" and answer.cookies:
            fields["cookie"] = answer.cookies[0].partition(";")[0]
        location = re.sub("%2e", ".", answer.headers["location"].replace("\\", "/"), flags=re.IGNORECASE)
        try:
            url = urljoin(url, re.sub(r"^https:/(?!/)", "/", location)).replace("u@", "").replace(":443", "")
        except ValueError:
            return


def test_a_page_that_its_origin_leads_back_to_itself_is_told_so() -> None:
    def stripping(request: Request) -> Response:
        return Response(301, {"location": request.path.removeprefix("/de")})

    response = Visited(stripping).ask("/de/x", accept_language="de")
    assert response.status == 502
    assert '"code":"redirect_loop"' in str(response.body)
    assert (
        Visited(lambda _: Response(302, {"location": "/y?b=%20#c"})).ask("/de/x").headers["location"] == "/de/y?b=%20#c"
    )


def test_a_redirect_to_another_route_is_not_led_into_the_site() -> None:
    login = {"path": "/login", "origin": "https://login.example", "auth": "none"}
    site = Visited(lambda _: Response(302, {"location": "/login"}), routes=(login,))
    assert site.ask("/de/x", accept_language="de").headers["location"] == "/login"
    assert Visited(lambda _: Response(302, {"location": "/geo"})).ask("/de/x").headers["location"] == "/geo"


@settings(max_examples=300)
@given(st.text(alphabet="/\\.%25fFcC2eE:@;?#\tdn eux", max_size=12), READERS, st.booleans())
def test_no_path_leads_to_another_host(text: str, reader: dict[str, str], prefix: bool) -> None:
    response = ANY_PREFIX[prefix].ask("/" + text.partition("?")[0], **reader)
    location = response.headers.get("location", "/")
    assert location[0] == "/"
    assert location[1:2] not in ("/", "\\")
    assert urlsplit(urljoin(f"https://{HOST}/", location)).netloc == HOST
    try:
        assert normalise_path(location.partition("?")[0])
    except Problem as ambiguous:
        raise AssertionError(location) from ambiguous


ANY_PREFIX = (Visited(default_prefix=False), Visited())


# --- Readers are kept apart --------------------------------------------------------------------------------------


def test_a_redirect_is_stored_by_nobody() -> None:
    headers = Visited().ask("/pricing", accept_language="de").headers
    assert headers["cache-control"] == "private, no-store"
    assert headers["cdn-cache-control"] == "no-store"
    assert headers["vary"] == "Accept-Language, Cookie"


@pytest.mark.parametrize(
    ("change", "path"),
    [({"mode": "rewrite"}, "/x"), ({"default_prefix": False}, "/x"), ({"default_prefix": False}, "/en/x")],
)
def test_an_address_that_leads_others_elsewhere_is_answered_privately(change: dict[str, Any], path: str) -> None:
    def origin(_: Request) -> Response:
        fields = {"cache-control": "public, max-age=60, s-maxage=600", "vary": "Accept-Encoding, cookie"}
        return Response(200, fields | {"cloudflare-cdn-cache-control": "max-age=600", "cdn-cache-control": "max-age=9"})

    reader = "de" if path == "/en/x" else "en"
    headers = Visited(origin, **change).ask(path, accept_language=reader).headers
    assert headers["cache-control"] == "private, max-age=60"
    assert headers["vary"] == "Accept-Encoding, cookie, Accept-Language"
    assert headers["cdn-cache-control"] == "no-store"
    assert "cloudflare-cdn-cache-control" not in headers


def test_a_page_with_its_language_in_the_address_keeps_the_origins_caching() -> None:
    headers = Visited().ask("/de/x", accept_language="de").headers
    assert headers["cache-control"] == "public, max-age=60, s-maxage=600"
    assert "vary" not in headers


def test_a_rewritten_page_is_stored_once_for_all_its_readers_and_for_no_others() -> None:
    site = Visited(lambda request: Response(200, {"cache-control": "max-age=60"}, request.path.encode()))
    route = SITE | {"cache": True, "locale": LOCALE | {"mode": "rewrite"}}
    site.gateway = Gateway(load_settings({"ROUTES": [route]}, set()), site.world.platform())
    told = []
    for reader in ("de", "fr", "de-AT", "fr"):
        response = site.ask("/x", accept_language=reader)
        run(site.world.settle())
        told.append((response.body, response.headers["content-language"], response.headers["vary"]))
    varies = "Accept-Language, Cookie"
    assert told == [(b"/de/x", "de", varies), (b"/fr/x", "fr", varies)] * 2
    assert [request.path for request in site.world.requests] == ["/de/x", "/fr/x"]


def test_a_rewrite_leads_around_no_route() -> None:
    guarded = {"path": "/de/admin/*", "origin": "https://admin.example", "auth": "none", "methods": ["POST"]}
    site = Visited(routes=(guarded,), mode="rewrite")
    response = site.ask("/admin/x", accept_language="de")
    assert (response.status, response.headers["location"]) == (307, "/de/admin/x")
    assert site.ask("/ADMIN/x", accept_language="de").status == 400, "some servers would read that as the guarded one"
    assert site.ask("/admin/x", accept_language="fr").status == 200


# --- What is remembered, and told --------------------------------------------------------------------------------

AT_HOME = {"accept_language": "fr", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


@pytest.mark.parametrize(
    ("fields", "remembered"),
    [
        ({**AT_HOME, "sec_fetch_site": "same-origin"}, True),
        ({**AT_HOME, "sec_fetch_site": "none"}, True),
        ({**AT_HOME, "sec_fetch_site": "cross-site"}, False),
        ({**AT_HOME, "sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, False),
        ({**AT_HOME, "sec_fetch_site": "same-origin", "sec_fetch_dest": "image"}, False),
        ({**AT_HOME, "sec_fetch_site": "same-origin", "sec_purpose": "prefetch"}, False),
        ({"accept_language": "fr"}, True),
        ({"accept_language": "de"}, False),
        ({}, False),
    ],
)
def test_who_switches_on_purpose_is_remembered(fields: dict[str, str], remembered: bool) -> None:
    response = Visited().ask("/de/x", **fields)
    assert bool(response.cookies) == remembered
    assert ("private" in response.headers["cache-control"]) == remembered
    assert not Visited(cookie=False).ask("/de/x", **fields).cookies
    assert not Visited(lambda _: Response(404)).ask("/de/x", **fields).cookies


def test_what_is_remembered_keeps_the_currency_and_decides_from_then_on() -> None:
    site = Visited()
    first = site.ask("/de/x", accept_language="fr", cookie="a=b; gatehouse_locale=currency=CHF&language=fr")
    assert first.cookies[0].startswith("gatehouse_locale=currency=CHF&language=de; ")
    kept = first.cookies[0].partition(";")[0]
    assert site.ask("/x", accept_language="fr", cookie=kept).headers["location"] == "/de/x"


def test_the_country_decides_for_who_reads_none_of_the_languages_and_never_for_crawlers() -> None:
    site = Visited()
    assert site.ask("/x", country="DE", accept_language="ja").headers["location"] == "/de/x"
    assert site.ask("/x", country="DE").headers["location"] == "/en/x"
    assert site.ask("/x", country="DE", accept_language=" ").headers["location"] == "/en/x"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_head_are_led(method: str) -> None:
    site = Visited(mode="rewrite", default_prefix=False)
    response = site.ask("/x", method, accept_language="de")
    assert (response.status, site.world.requests[-1].path) == (200, "/x")
    assert "content-language" not in response.headers
    assert Visited().ask("/x", "HEAD", accept_language="de").headers["location"] == "/de/x"


def test_after_a_form_the_reader_stays_in_its_language() -> None:
    site = Visited(lambda _: Response(303, {"location": "/thanks"}))
    assert site.ask("/de/contact", "POST", accept_language="fr").headers["location"] == "/de/thanks"


def test_the_origin_is_told_the_language_of_the_page() -> None:
    site = Visited()
    site.ask("/de/x", accept_language="fr")
    assert site.world.requests[-1].headers["x-geo-language"] == "de"


def test_a_page_tells_of_its_translations_beside_what_the_origin_links() -> None:
    def linking(_: Request) -> Response:
        return Response(200, {"link": '</s.css>; rel="preload"', "content-language": "de-AT"})

    headers = Visited(linking).ask("/de/x?b=%20&a=+", host="example.com:8443", accept_language="de").headers
    assert headers["content-language"] == "de-AT"
    assert headers["link"].split(", ") == [
        '</s.css>; rel="preload"',
        '<https://example.com:8443/en/x?b=%20&a=+>; rel="alternate"; hreflang="en"',
        '<https://example.com:8443/de/x?b=%20&a=+>; rel="alternate"; hreflang="de"',
        '<https://example.com:8443/fr/x?b=%20&a=+>; rel="alternate"; hreflang="fr"',
        '<https://example.com.br:8443/x?b=%20&a=+>; rel="alternate"; hreflang="pt-BR"',
        '<https://example.com:8443/x?b=%20&a=+>; rel="alternate"; hreflang="x-default"',
    ]


def test_translations_of_every_address_are_the_same() -> None:
    changes: tuple[dict[str, Any], ...] = ({}, {"mode": "rewrite"}, {"default_prefix": False})
    for change in changes:
        site = Visited(hosts={}, **change)
        told = {
            site.ask(path, accept_language=who).headers.get("link")
            for path in ("/x", "/en/x", "/de/x")
            for who in ("en", "de")
        }
        assert len(told - {None}) == 1
    at_home = Visited().ask("/x", host="example.com.br").headers["link"]
    assert '<https://example.com.br/en/x>; rel="alternate"; hreflang="x-default"' in at_home


def test_a_link_holds_nothing_that_ends_it() -> None:
    assert "evil" not in Visited().ask('/de/x?a=>;rel="evil"').headers["link"]
    assert len(Visited().ask(f"/de/x?{'q' * 8000}").headers["link"]) < 1000


def test_an_answer_that_is_no_page_tells_of_no_language() -> None:
    headers = Visited(lambda _: Response(404)).ask("/de/x", accept_language="de").headers
    assert "link" not in headers
    assert "content-language" not in headers


def test_a_site_below_a_path_has_its_languages_there() -> None:
    world = World(page)
    route = SITE | {"path": "/shop/*", "strip_prefix": "/shop", "locale": LOCALE}
    gateway = Gateway(load_settings({"ROUTES": [route]}, set()), world.platform())
    for path, expected in {"/shop": "/shop/de", "/shop/": "/shop/de/", "/shop/de/x": None}.items():
        asked = Request("GET", "https", HOST, path, headers={"accept-language": "de"})
        assert run(answered(gateway, world, asked)).headers.get("location") == expected
    assert world.requests[-1].path == "/de/x"


# --- Settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"languages": []}, "ROUTES[0].locale.languages: must have at least one item"),
        ({"languages": ["en", "e/n"]}, "ROUTES[0].locale.languages[1]: "),
        ({"languages": ["en", "xx-a"], "hosts": {}}, "ROUTES[0].locale.languages: 'xx-a' is not a language tag"),
        ({"languages": ["en", "EN"], "hosts": {}}, "ROUTES[0].locale: languages: 'EN' is listed twice"),
        ({"languages": ["en", "he", "iw"], "hosts": {}}, "ROUTES[0].locale.languages: 'iw' is another name of 'he'"),
        ({"default": "it"}, "ROUTES[0].locale: default: 'it' is not one of languages: en, de, fr, pt-BR"),
        ({"mode": "proxy"}, "ROUTES[0].locale.mode: "),
        ({"exclude": ["api/*"]}, "ROUTES[0].locale.exclude: 'api/*' is none of '/robots.txt', '/api/*' and '*.png'"),
        ({"exclude": ["/a/*/b"]}, "ROUTES[0].locale.exclude: '/a/*/b' is none of"),
        ({"hosts": {"https://example.de": "de"}}, "ROUTES[0].locale.hosts: 'https://example.de' is not a host name"),
        ({"hosts": {"example.de:443": "de"}}, "ROUTES[0].locale.hosts: 'example.de:443' is not a host name"),
        ({"hosts": {"example.it": "it"}}, "ROUTES[0].locale: hosts['example.it']: 'it' is not one of languages"),
        ({"prefix": True}, "ROUTES[0].locale.prefix: there is no such setting"),
    ],
)
def test_every_fault_of_a_site_is_named_by_its_path(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        load_settings({"ROUTES": [SITE | {"locale": LOCALE | change}]}, set())
    assert any(line.startswith(fault) for line in raised.value.faults), raised.value.faults


def test_a_site_is_a_subtree() -> None:
    with pytest.raises(Misconfigured) as raised:
        load_settings({"ROUTES": [SITE | {"path": "/shop", "locale": LOCALE}]}, set())
    assert raised.value.faults == ["ROUTES[0]: locale needs a path that ends in '/*', as in '/shop/*'"]
