"""/geo.js in the pages of a site: asked once, kept while it may be, and sensible where there is nothing to ask."""

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from devtools.application.origin import LocalOrigin
from devtools.configuration.local_vars import LOCAL
from devtools.paths import ROOT
from devtools.runtime.runner import Gateway, Runner
from tests.browser.conftest import GERMANY, Visitor, variables

Visit = Callable[..., Visitor]
ISRAEL = "country=IL,city=Haifa,timezone=Asia/Jerusalem"

USE = """
async (url) => {
  const { geo } = await import(url)
  const { locale, price, date } = await geo()
  const noon = date(Date.UTC(2026, 0, 31, 12))
  return { locale, price: price(1234.5), dollars: price(5, 'USD'), noon, same: (await geo()) === (await geo()) }
}
"""


@pytest.fixture(scope="module")
def asked_from_elsewhere(runner: Runner, origin: LocalOrigin, gateway: Gateway) -> Iterator[Gateway]:
    """One that the pages of the other may ask, under that name alone."""
    cors = variables(origin, CORS_ORIGINS=[gateway.url])
    with runner.start(environment=LOCAL, vars=cors, cf={"country": "CH", "timezone": "Europe/Zurich"}) as other:
        yield other


def empty(visitor: Visitor, url: str) -> Page:
    """A page of nothing but what the test runs on it, without a policy against that."""
    visitor.page.route(url, lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    visitor.page.goto(url)
    return visitor.page


def use(page: Page, gateway: Gateway) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(USE, f"{gateway.url}/geo.js")
    return found


def asked(visitor: Visitor) -> int:
    return sum("/geo?" in url for url in visitor.requested)


def test_it_is_less_than_a_kilobyte() -> None:
    assert len(gzip.compress((ROOT / "public" / "geo.js").read_bytes())) < 1024


@pytest.mark.parametrize(
    ("place", "language", "price", "dollars", "noon"),
    [
        (GERMANY, "de-DE", "1.234,50\xa0€", "5,00\xa0$", "31.01.2026"),
        (GERMANY, "en-US", "€1,234.50", "$5.00", "Jan 31, 2026"),
        ("country=FR,timezone=Europe/Paris", "fr-FR", "1\u202f234,50\xa0€", "5,00\xa0$US", "31 janv. 2026"),
        ("country=JP,timezone=Asia/Tokyo", "ja-JP", "￥1,235", "$5.00", "2026/01/31"),
        (ISRAEL, "he-IL", "\u200f1,234.50\xa0\u200f₪", "\u200f5.00\xa0\u200f$", "31 בינו\u05f3 2026"),
    ],
)
def test_prices_and_dates_are_written_as_the_visitor_writes_them(
    visit: Visit, gateway: Gateway, place: str, language: str, price: str, dollars: str, noon: str
) -> None:
    visitor = visit(place=place, locale=language)
    found = use(empty(visitor, f"{gateway.url}/empty"), gateway)
    assert found["locale"]["language"] == language
    assert (found["price"], found["dollars"], found["noon"]) == (price, dollars, noon)
    assert found["same"]
    assert visitor.complaints == []


def test_a_session_asks_once_and_a_preference_asks_again(visit: Visit, gateway: Gateway) -> None:
    visitor = visit(place=GERMANY, locale="de-DE")
    page = empty(visitor, f"{gateway.url}/empty")
    use(page, gateway)
    page.reload()
    assert use(page, gateway)["locale"]["currency"] == "EUR"
    assert asked(visitor) == 1
    remember = "async (url) => (await (await (await import(url)).geo()).remember({ currency: 'CHF' })).price(1)"
    assert page.evaluate(remember, f"{gateway.url}/geo.js") == "1,00\xa0CHF"
    page.reload()
    assert use(page, gateway)["locale"]["currency"] == "CHF"
    assert asked(visitor) == 2


def test_another_site_loads_it_and_asks_where_it_may(
    browser: Browser, gateway: Gateway, asked_from_elsewhere: Gateway
) -> None:
    # Without the header that says the place: on its way to another site it would have to be asked for beforehand.
    visitor = Visitor(browser.new_context(locale="de-CH", bypass_csp=True), gateway.url)
    visitor.page.goto(f"{gateway.url}/healthz")
    found = use(visitor.page, asked_from_elsewhere)
    assert (found["locale"]["currency"], found["price"]) == ("CHF", "CHF\xa01'234.50")
    assert not any(complaint.startswith("geo: ") for complaint in visitor.complaints)
    visitor.page.goto(f"{gateway.url.replace('127.0.0.1', 'gatehouse.test')}/healthz")
    refused = use(visitor.page, asked_from_elsewhere)
    assert (refused["locale"], refused["noon"]) == ({"language": "de-CH"}, "31.01.2026")
    visitor.page.context.close()


def test_without_storage_it_asks_on_every_page(visit: Visit, gateway: Gateway) -> None:
    visitor = visit(place=GERMANY, locale="de-DE")
    visitor.page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no') } })")
    page = empty(visitor, f"{gateway.url}/empty")
    use(page, gateway)
    page.reload()
    assert use(page, gateway)["price"] == "1.234,50\xa0€"
    assert visitor.complaints == []


@pytest.mark.parametrize("fault", ["offline", "broken"])
def test_without_a_gateway_it_is_the_browsers_language_and_one_warning(
    visit: Visit, gateway: Gateway, fault: str
) -> None:
    visitor = visit(place=GERMANY, locale="fr-FR")
    page = empty(visitor, f"{gateway.url}/empty")
    page.route("**/geo?*", lambda route: route.abort() if fault == "offline" else route.fulfill(status=503, json={}))
    found = use(page, gateway)
    assert found["locale"] == {"language": "fr-FR"}
    assert (found["price"], found["dollars"]) == ("1\u202f234,5", "5,00\xa0$US")
    assert [complaint.startswith("geo: ") for complaint in visitor.complaints].count(True) == 1
