"""The local site in five languages, one of them written from right to left: readers at home, a switch that stays."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AMERICA, EGYPT, GERMANY, Visitor

Visit = Callable[..., Visitor]
FRANCE = "country=FR,region=Bretagne,regionCode=BRE,city=Brest,timezone=Europe/Paris"
JAPAN = "country=JP,region=Tokyo,regionCode=13,city=Tokyo,timezone=Asia/Tokyo"


@pytest.mark.parametrize(
    ("place", "locale", "language", "direction", "price", "day", "amount", "hours", "week"),
    [
        (AMERICA, "en-US", "en", "ltr", "$1,234.50", "Jan 31, 2026", "$1,234.50", "5:30\u202fPM", "Sunday"),
        (GERMANY, "de-DE", "de", "ltr", "1.234,50\xa0€", "31.01.2026", "1.234,50\xa0€", "17:30", "Montag"),
        (FRANCE, "fr-FR", "fr", "ltr", "1\u202f234,50\xa0€", "31 janv. 2026", "1\u202f234,50\xa0€", "17:30", "lundi"),
        (JAPAN, "ja-JP", "ja", "ltr", "￥1,235", "2026/01/31", "￥1,235", "17:30", "日曜日"),
        (EGYPT, "ar-EG", "ar", "rtl", "٢٣٤", "٣", "٢٣٤", "م", "السبت"),
    ],
)  # fmt: skip
def test_a_reader_is_at_home_on_the_demo_page_and_on_the_site(
    visit: Visit,
    place: str,
    locale: str,
    language: str,
    direction: str,
    price: str,
    day: str,
    amount: str,
    hours: str,
    week: str,
) -> None:
    visitor = visit(place=place, locale=locale)
    page = visitor.open()
    written = page.locator("#formats")
    expect(written.locator("[data-format=amount] dd bdi").first).to_contain_text(amount)
    expect(written.locator("[data-format=hours] dd bdi").first).to_contain_text(hours)
    expect(written.locator("[data-format=week] dd bdi").first).to_contain_text(week)
    page.locator("#site a").first.click()
    page.wait_for_selector("html[data-ready]")
    assert urlsplit(page.url).path == f"/site/{language}/pricing"
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").get_attribute("dir") == direction
    expect(page.locator("output")).to_contain_text(price)
    expect(page.locator("time")).to_contain_text(day)
    assert visitor.complaints == []


def test_a_switch_is_remembered_and_a_link_is_not(visit: Visit) -> None:
    visitor = visit(place=GERMANY, locale="de-DE")
    page = visitor.page
    page.goto(f"{visitor.url}/site/pricing?seats=%20&x=+")
    page.wait_for_selector("html[data-ready]")
    assert page.url == f"{visitor.url}/site/de/pricing?seats=%20&x=+"
    page.locator("#languages a[hreflang=ar]").click()
    page.wait_for_selector("html[lang=ar][data-ready]")
    expect(page.locator("output")).to_contain_text("€")  # the money stays
    page.goto(f"{visitor.url}/site/")
    assert urlsplit(page.url).path == "/site/ar/"
    assert visitor.complaints == []
