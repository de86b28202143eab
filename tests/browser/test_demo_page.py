"""The demo page as a visitor meets it: real Worker, real origin, real browser."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from devtools.application.function_url import FunctionUrlServer
from devtools.application.origin import LocalOrigin
from devtools.configuration.local_vars import LOCAL
from devtools.runtime.runner import Gateway, Runner
from tests.browser.conftest import AMERICA, EGYPT, GERMANY, Visitor, variables

Visit = Callable[..., Visitor]
Faults = Callable[[Page], list[str]]

DECISION = "#decisions [data-decision={}]"


def decided(page: Page, what: str) -> tuple[str, str]:
    """Code and source of a choice as the pass shows it."""
    row = page.locator(DECISION.format(what))
    return row.locator("code").inner_text(), row.locator("[data-source]").get_attribute("data-source") or ""


def call_protected(page: Page) -> None:
    page.locator("#protected button").click()
    expect(page.locator("#ledger")).to_be_visible()


def header_row(page: Page, name: str) -> dict[str, str]:
    """What the table says of a request header: sent, received, fate."""
    row = page.locator(f'#request-rows tr[data-header="{name}"]')
    cells = row.locator("td").all_inner_texts()
    return {"sent": cells[0], "received": cells[1], "fate": row.get_attribute("data-fate") or ""}


# --- Where you are -----------------------------------------------------------------------------------------------


def test_the_page_loads_without_complaints_and_only_from_the_gateway(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    assert visitor.complaints == []
    assert {urlsplit(url).netloc for url in visitor.requested} == {urlsplit(visitor.url).netloc}


def test_a_german_with_an_english_browser_reads_english_and_pays_in_euros(visit: Visit) -> None:
    page = visit(place=GERMANY, locale="en-GB").open()
    assert decided(page, "country") == ("DE", "country")
    assert decided(page, "currency") == ("EUR", "country")
    assert decided(page, "language") == ("en-GB", "accept-language")
    assert page.locator("#shelf .price").nth(1).inner_text() == "€11.00"
    assert page.locator("#place-country").inner_text() == "Germany"


def test_where_english_is_not_offered_the_same_visitor_reads_german(
    visit: Visit, runner: Runner, origin: LocalOrigin
) -> None:
    with runner.start(environment=LOCAL, vars=variables(origin, SUPPORTED_LANGUAGES=["de-DE", "fr-FR"])) as gateway:
        page = visit(place=GERMANY, locale="en-GB", url=gateway.url).open()
        assert decided(page, "language") == ("de-DE", "country")
        assert decided(page, "currency") == ("EUR", "country")
        assert page.locator("#shelf .price").nth(1).inner_text() == "11,00\N{NO-BREAK SPACE}€"
        assert page.locator("h1").inner_text() == "Land, Währung und Sprache, am Tor geklärt."
        assert page.locator("html").get_attribute("lang") == "de-DE"


def test_arabic_is_written_from_right_to_left(visit: Visit) -> None:
    page = visit(place=EGYPT, locale="ar-EG").open()
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("#shelf").get_attribute("dir") == "rtl"
    assert "٣٢٠" in page.locator("#shelf .price").nth(1).inner_text()
    card = page.locator("#place").bounding_box()
    words = page.locator("h1").bounding_box()
    assert card
    assert words
    assert card["x"] < words["x"]


def test_the_request_id_shown_is_the_gateways(visit: Visit) -> None:
    page = visit().open()
    assert len(page.locator("#request-id").inner_text()) == 32
    assert page.locator("#barcode rect").count() == 32


# --- Preferences -------------------------------------------------------------------------------------------------


def test_switching_shows_at_once_and_saves_nothing(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open()
    page.locator("#currency").select_option("JPY")
    expect(page.locator("#shelf")).to_have_attribute("data-currency", "JPY")
    assert page.locator("#shelf .price").nth(1).inner_text() == "¥1,800"
    assert decided(page, "currency") == ("JPY", "query")
    page.locator("#language").select_option("de-DE")
    expect(page.locator("html")).to_have_attribute("lang", "de-DE")
    assert decided(visitor.open(), "currency") == ("EUR", "country")


def test_a_saved_preference_outlives_the_window(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open()
    page.locator("#currency").select_option("CHF")
    expect(page.locator("#shelf")).to_have_attribute("data-currency", "CHF")
    page.locator("#preferences button").click()
    expect(page.locator("#preferences-status")).to_contain_text("Saved in a cookie")
    assert page.evaluate("document.cookie") == "", "the cookie is the gateway's alone"
    page.close()
    visitor = Visitor(visitor.page.context, visitor.url)
    assert decided(visitor.open(), "currency") == ("CHF", "cookie")
    assert visitor.page.locator("#shelf").get_attribute("data-currency") == "CHF"


def test_a_wish_in_the_pages_address_is_followed(visit: Visit) -> None:
    page = visit().open("/?lang=fr-CA&currency=CAD")
    assert decided(page, "language") == ("fr-CA", "query")
    assert page.locator("#shelf .price").nth(1).inner_text() == "16,00\N{NO-BREAK SPACE}$"


def test_a_currency_that_does_not_exist_is_explained(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto(f"{visitor.url}/?currency=XXQ")
    expect(visitor.page.locator("#trouble")).to_contain_text("invalid_currency")


def test_any_other_country_can_be_asked_about(visit: Visit) -> None:
    page = visit().open()
    page.locator("#country").select_option("CH")
    expect(page.locator("#territory")).to_have_attribute("data-country", "CH")
    facts = page.locator("#territory").inner_text()
    assert "Swiss Franc" in facts
    assert "public, max-age=3600" in facts


def test_the_countries_offered_are_those_the_gateway_knows(visit: Visit) -> None:
    visitor = visit()
    offered = visitor.open().locator("#country option").evaluate_all("options => options.map((one) => one.value)")
    description = visitor.page.request.get(f"{visitor.url}/openapi.json").json()
    assert set(offered) == set(description["components"]["parameters"]["country"]["schema"]["enum"])


@pytest.mark.parametrize(
    ("picker", "shown", "late", "latest"),
    [("#country", "#territory", "SE", "CH"), ("#currency", "#shelf", "NOK", "CHF")],
)
def test_an_answer_that_comes_late_is_not_shown_over_the_latest(
    visit: Visit, picker: str, shown: str, late: str, latest: str
) -> None:
    page = visit().open()
    held: list[Route] = []
    attribute = f"data-{picker[1:]}"
    address = re.compile(rf"/geo/{late}\?|/api/products\?currency={late}&")
    page.route(address, lambda route: held.append(route))
    with page.expect_request(address):
        page.locator(picker).select_option(late)
    page.locator(picker).select_option(latest)
    expect(page.locator(shown)).to_have_attribute(attribute, latest)
    with page.expect_response(address):
        held[0].continue_()
    page.evaluate("fetch('/geo/FR').then((answer) => answer.text())")
    assert page.locator(shown).get_attribute(attribute) == latest


# --- The protected call ------------------------------------------------------------------------------------------


def test_without_a_token_the_call_is_refused(visit: Visit) -> None:
    page = visit().open()
    call_protected(page)
    expect(page.locator("#protected-status")).to_contain_text("401")
    expect(page.locator("#protected-status")).to_contain_text("token_missing")
    assert 'Bearer realm="gatehouse"' in page.locator("#response-rows").inner_text()


def test_a_user_who_signs_in_is_who_the_origin_sees_whatever_is_forged(visit: Visit) -> None:
    page = visit().open()
    page.locator("#user").select_option("grace")
    page.locator("#sign-in button").click()
    expect(page.locator("#sign-in-status")).to_contain_text("Signed in as grace")
    call_protected(page)
    expect(page.locator("#protected-status")).to_contain_text("200")
    assert header_row(page, "x-user-id") == {"sent": "root", "received": "grace", "fate": "replaced"}
    assert header_row(page, "x-user-role") == {"sent": "admin", "received": "user", "fate": "replaced"}
    assert header_row(page, "x-geo-country") == {"sent": "AQ", "received": "DE", "fate": "replaced"}
    assert header_row(page, "x_user_role")["fate"] == "removed"
    assert header_row(page, "authorization")["fate"] == "removed"
    assert header_row(page, "host")["fate"] == "vouched", "the browser's own names the gateway"
    assert header_row(page, "x-geo-currency") == {"sent": "not sent", "received": "EUR", "fate": "vouched"}
    assert "eyJ" not in page.locator("#request-rows").inner_text().replace("Bearer eyJ", "", 1)


def test_a_token_never_leaves_for_another_site(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open()
    page.locator("#token").fill("a.b.c")
    page.locator("#protected-path").fill("//elsewhere.example/collect")
    call_protected(page)
    expect(page.locator("#protected-status")).to_contain_text("is not a path on this gateway")
    assert not [url for url in visitor.requested if "elsewhere.example" in url]


def test_on_a_phone_both_sides_of_a_header_and_its_fate_are_in_sight(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 800}, locale="de-DE").open()
    page.locator("#sign-in button").click()
    expect(page.locator("#token")).not_to_have_value("")
    call_protected(page)
    row = page.locator('#request-rows tr[data-header="x-user-id"]')
    boxes = [cell.bounding_box() for cell in (*row.locator("td").all(), row.locator(".chip"))]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert row.locator("td[data-heading='Der Ursprung erhielt']").inner_text() == "ada"
    assert row.get_by_role("cell").count() == 3


# --- The sign-in panel -------------------------------------------------------------------------------------------


def test_away_from_this_machine_the_page_does_not_even_ask_for_the_sign_in_panel(visit: Visit) -> None:
    visitor = visit()
    visitor.url = visitor.url.replace("127.0.0.1", "gatehouse.test")
    page = visitor.open()
    assert page.locator("#sign-in form").count() == 0
    assert not [url for url in visitor.requested if "/dev/" in url]
    assert visitor.complaints == []


def test_the_sign_in_panel_speaks_the_pages_language(visit: Visit) -> None:
    page = visit(locale="de-DE").open()
    panel = page.locator("#sign-in form")
    expect(panel.locator("h3")).to_have_text("Anmelden")
    page.locator("#language").select_option("ar-EG")
    expect(panel.locator("h3")).to_have_text("تسجيل الدخول")
    page.locator("#language").select_option("en-US")
    expect(panel.locator("h3")).to_have_text("Sign in")


def test_without_a_development_server_there_is_no_sign_in_panel(
    visit: Visit, runner: Runner, origin: LocalOrigin
) -> None:
    production = variables(origin)
    production["ROUTES"] = [route for route in production["ROUTES"] if route["path"] != "/dev/*"]
    with runner.start(environment=LOCAL, vars=production) as gateway:
        page = visit(url=gateway.url).open()
        expect(page.locator("#sign-in")).to_have_count(0)
        assert page.locator("#token").is_visible()


# --- The cache ---------------------------------------------------------------------------------------------------


def test_the_second_call_is_a_cache_hit(visit: Visit) -> None:
    page = visit().open()
    page.locator("#cache-path").fill("/api/prices?currency=SEK")
    rows = page.locator("#timeline li")
    for calls in (1, 2):
        page.locator("#cache button[type=submit]").click()
        expect(rows).to_have_count(calls)
    assert rows.nth(1).get_attribute("data-verdict") == "miss"
    assert rows.nth(0).get_attribute("data-verdict") == "hit"
    assert "gatehouse; hit; ttl=" in rows.nth(0).inner_text()
    assert "Age 0 seconds" in rows.nth(0).inner_text() or "Age 1 second" in rows.nth(0).inner_text()
    assert rows.nth(1).locator(".track .span").count() >= 2, "Server-Timing accounts for a part of the time"
    expect(page.locator("#cache-status")).to_contain_text("Answered from the cache")


def test_times_are_written_as_the_pages_language_writes_them(visit: Visit) -> None:
    page = visit(locale="de-DE").open()
    page.locator("#cache button[type=submit]").click()
    expect(page.locator("#timeline .ms")).to_have_text(re.compile(r"^\d+,\d\sms$"))
    call_protected(page)
    expect(page.locator("#protected-status")).to_have_text(re.compile(r"^401 nach [\d.]+\sms, ohne Token\."))


# --- Several origins ---------------------------------------------------------------------------------------------


def test_the_page_shows_which_origin_answered(visit: Visit, region: FunctionUrlServer, screenshots: Path) -> None:
    """That of the visitor's region; while it is down the other one, or, with residency, none."""
    pages = {"eu": visit(place=GERMANY).open(), "us": visit(place=AMERICA).open()}
    for name, page in pages.items():
        for button in page.locator("#nearest button").all():
            button.click()
            expect(page.locator("#nearest-status")).to_have_text(
                re.compile(rf"^The origin {name} answered, after \d+ ms")
            )
    german = pages["eu"]
    german.locator("section.nearest").screenshot(path=screenshots / "nearest.png")
    region.stop()
    german.locator("#nearest button").first.click()
    expect(german.locator("#nearest-status")).to_contain_text("The origin us answered")
    german.locator("#nearest button").last.click()
    expect(german.locator("#nearest-status")).to_contain_text("503 no_origin_in_region")
    german.locator("section.nearest").screenshot(path=screenshots / "nearest-down.png")


# --- For everybody -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("place", "locale"), [(GERMANY, "de-DE"), (EGYPT, "ar-EG")])
def test_no_serious_accessibility_fault(visit: Visit, faults: Faults, scheme: str, place: str, locale: str) -> None:
    page = visit(place=place, locale=locale, color_scheme=scheme).open()
    expect(page.locator("#sign-in form")).to_be_visible()
    page.locator("#cache button[type=submit]").click()
    expect(page.locator("#timeline li")).to_have_count(1)
    call_protected(page)
    assert faults(page) == []


def test_the_page_can_be_used_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit().open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "country":
            break
    page.keyboard.type("Switz")
    expect(page.locator("#territory")).to_have_attribute("data-country", "CH")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_runs_off_a_narrow_screen(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 800}, locale="de-DE").open()
    call_protected(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(
    ("name", "place", "locale", "scheme", "width"),
    [
        ("en-US", AMERICA, "en-US", "light", 1280),
        ("de-DE", GERMANY, "de-DE", "dark", 1280),
        ("ar-EG", EGYPT, "ar-EG", "light", 1280),
        ("de-DE-phone", GERMANY, "de-DE", "light", 390),
    ],
)
def test_screenshots(
    visit: Visit, screenshots: Path, name: str, place: str, locale: str, scheme: str, width: int
) -> None:
    page = visit(place=place, locale=locale, color_scheme=scheme, viewport={"width": width, "height": 900}).open()
    page.locator("#sign-in button").click()
    expect(page.locator("#token")).not_to_have_value("")
    call_protected(page)
    for calls in (1, 2, 3):
        page.locator("#cache button[type=submit]").click()
        expect(page.locator("#timeline li")).to_have_count(calls)
    file = screenshots / f"{name}.png"
    page.screenshot(path=file, full_page=True)
    assert file.stat().st_size > 50_000


def test_every_asset_has_its_security_headers(gateway: Gateway) -> None:
    for path in ("/", "/docs", "/app/main.js", "/styles/page.css", "/favicon.svg", "/geo", "/nowhere"):
        headers = gateway.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe-" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
