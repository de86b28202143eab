"""Ordering on the demo page: the whole application behind the gateway, and a real browser before it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from devtools.application.local_aws.application import LocalApplication
from devtools.configuration.local_vars import LOCAL
from devtools.runtime.runner import Gateway, Runner
from tests.browser.conftest import EGYPT, GERMANY, Visitor, before_the_application

Visit = Callable[..., Visitor]
Faults = Callable[[Page], list[str]]

AFTERWARDS = 150_000
"""Milliseconds until an order is where it belongs, on a busy machine."""


@pytest.fixture(scope="module")
def gateway(runner: Runner, application: LocalApplication) -> Iterator[Gateway]:
    with runner.start(environment=LOCAL, vars=before_the_application(application)) as running:
        yield running


def signed_in(page: Page, user: str) -> Page:
    page.locator("#user").select_option(user)
    page.locator("#sign-in button").click()
    expect(page.locator("#stock [data-sku=team]")).to_be_visible(timeout=AFTERWARDS)
    return page


def order(page: Page, *, card: str = "pm_card_visa", quantity: int = 1) -> None:
    page.locator("#quantity").fill(str(quantity))
    page.locator("#card").select_option(card)
    page.locator("#order button[type=submit]").click()


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("#order-status")).to_have_attribute("data-state", state, timeout=AFTERWARDS)


def left(page: Page, sku: str = "team") -> int:
    return int(page.locator(f"#stock [data-sku={sku}]").get_attribute("data-available") or "")


def test_what_is_ordered_is_seen_on_its_way_and_its_notifications_arrive(visit: Visit) -> None:
    visitor = visit(place=GERMANY)
    page = signed_in(visitor.open(), "grace")
    before = left(page)
    order(page, quantity=2)
    expect_state(page, "fulfilled")
    expect(page.locator("#order-status")).to_have_text("€22.00: on its way.")
    steps = page.locator("#journey li").evaluate_all("steps => steps.map((step) => step.dataset.state)")
    assert steps[0] == "pending"
    assert steps[-1] == "fulfilled"
    told = page.locator("#mail-rows li").first
    expect(told).to_have_text(
        re.compile(r"^Your order of €22\.00 is on its way: parcel GH\d{18}\.$"), timeout=AFTERWARDS
    )
    expect(page.locator("#mail-rows li").nth(1)).to_have_text("Your order of €22.00 is paid.")
    expect(page.locator("#stock [data-sku=team]")).to_have_attribute("data-available", str(before - 2))
    assert visitor.complaints == []


def test_a_declined_card_gives_the_stock_back(visit: Visit) -> None:
    page = signed_in(visit().open(), "alan")
    before = left(page)
    order(page, card="pm_card_chargeDeclined", quantity=3)
    expect_state(page, "declined")
    expect(page.locator("#mail-rows li")).to_have_text(
        "Your card was declined (generic_decline); nothing was charged.", timeout=AFTERWARDS
    )
    expect(page.locator("#stock [data-sku=team]")).to_have_attribute("data-available", str(before))


def test_an_order_whose_answer_was_lost_is_placed_once_when_it_is_sent_again(
    visit: Visit, application: LocalApplication
) -> None:
    page = signed_in(visit().open(), "zoe")
    lost: list[Route] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/orders?*", lose_the_first)
    before = len(application.payments.charges)
    order(page)
    expect(page.locator("#order-status")).to_have_class(re.compile("bad"))
    page.locator("#order button[type=submit]").click()
    expect_state(page, "fulfilled")
    assert len(application.payments.charges) == before + 1


def test_nobody_orders_without_signing_in(visit: Visit) -> None:
    page = visit().open()
    order(page)
    expect(page.locator("#order-status")).to_contain_text("401 token_missing")
    expect(page.locator("#mail")).to_be_hidden()


def test_an_order_is_placed_with_the_keyboard_and_read_in_the_pages_language(visit: Visit) -> None:
    page = signed_in(visit(locale="de-DE").open(), "grace")
    page.locator("#sku").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect_state(page, "fulfilled")
    expect(page.locator("#order-status")).to_have_text("11,00\N{NO-BREAK SPACE}€: unterwegs.")
    page.locator("#language").select_option("ar-EG")
    expect(page.locator("#order-status")).to_contain_text("في الطريق")
    expect(page.locator("#mail-rows li").first).to_contain_text("الطرد", timeout=AFTERWARDS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("place", "locale"), [(GERMANY, "de-DE"), (EGYPT, "ar-EG")])
def test_no_serious_accessibility_fault_with_an_order_and_its_notifications(
    visit: Visit, faults: Faults, scheme: str, place: str, locale: str
) -> None:
    page = signed_in(visit(place=place, locale=locale, color_scheme=scheme).open(), "grace")
    order(page, card="pm_card_chargeDeclined")
    expect_state(page, "declined")
    expect(page.locator("#mail-rows li").first).to_be_visible(timeout=AFTERWARDS)
    assert faults(page) == []


@pytest.mark.parametrize("width", [320, 390, 768])
def test_an_order_does_not_run_off_a_narrow_screen(visit: Visit, width: int) -> None:
    page = signed_in(visit(viewport={"width": width, "height": 800}, locale="de-DE").open(), "grace")
    expect(page.locator("#mail-rows li").first).to_be_visible(timeout=AFTERWARDS)
    assert page.evaluate("document.documentElement.scrollWidth") == width
