"""The room on the demo page: two browsers that talk, through the gateway and over real sockets."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from devtools.application.local_aws.application import LocalApplication
from devtools.configuration.local_vars import LOCAL
from devtools.runtime.runner import Gateway, Runner
from tests.browser.conftest import EGYPT, Visitor, before_the_application

Visit = Callable[..., Visitor]
AFTERWARDS = 120_000
"""Milliseconds for what takes a tenth of a second on an idle machine."""

WITHOUT_WEBSOCKETS = "Object.defineProperty(window, 'WebSocket', { value: undefined }); delete window.WebSocket;"


@pytest.fixture(scope="module")
def gateway(runner: Runner, application: LocalApplication) -> Iterator[Gateway]:
    with runner.start(environment=LOCAL, vars=before_the_application(application)) as running:
        yield running


def entered(page: Page, user: str, state: str = "sockets") -> Page:
    page.locator("#user").select_option(user)
    page.locator("#sign-in button").click()
    expect(page.locator("#token")).not_to_have_value("")
    page.locator("#room-enter").click()
    expect_state(page, state)
    return page


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("#room-status")).to_have_attribute("data-state", state, timeout=AFTERWARDS)


def talk(page: Page, text: str) -> None:
    page.locator("#room-text").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#room-text")).to_have_value("", timeout=AFTERWARDS)


def hears(page: Page, text: str) -> None:
    expect(page.locator("#room-log li", has_text=text)).to_have_count(1, timeout=AFTERWARDS)


def numbers(page: Page) -> list[int]:
    return [
        int(number) for number in page.locator("#room-log li").evaluate_all("all => all.map(li => li.dataset.number)")
    ]


def people(page: Page, *names: str) -> None:
    expect(page.locator("#room-people li")).to_have_count(len(names), timeout=AFTERWARDS)
    for name in names:
        expect(page.locator(f"#room-people [data-user={name}]")).to_be_visible()


def test_two_talk_see_each_other_come_and_go_and_one_comes_back_without_a_gap(visit: Visit) -> None:
    first, second = visit(), visit(locale="de-DE")
    grace = entered(first.open(), "grace")
    people(grace, "grace")
    zoe = entered(second.open(), "zoe")
    people(grace, "grace", "zoe")
    people(zoe, "grace", "zoe")
    expect(grace.locator("#room-log [data-type=user_joined]", has_text="zoe")).to_have_text(re.compile("zoe came in"))
    grace.locator("#room-text").press_sequentially("Hello")
    expect(zoe.locator("#room-typing")).to_have_text("Es schreibt: grace", timeout=AFTERWARDS)
    talk(grace, "Hello, Zoë 😀 <b>bold</b>")
    hears(zoe, "Hello, Zoë 😀 <b>bold</b>")
    expect(zoe.locator("#room-typing")).to_have_text("")

    second.page.context.set_offline(True)
    expect_state(zoe, "lost")
    people(grace, "grace")
    for text in ("one", "two", "three"):
        talk(grace, text)
    second.page.context.set_offline(False)
    expect_state(zoe, "sockets")
    for text in ("one", "two", "three"):
        hears(zoe, text)
    talk(zoe, "back again")
    hears(grace, "back again")
    seen = numbers(zoe)
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert seen == numbers(grace)[-len(seen) :]

    zoe.locator("#room-enter").click()
    people(grace, "grace")
    expect(zoe.locator("#say")).to_be_hidden()
    assert [said for said in first.complaints if " 503 " not in said] == [], "but that the shop is still opening"


def test_without_websockets_the_page_reads_events_and_talks_all_the_same(visit: Visit) -> None:
    old, other = visit(), visit()
    old.page.add_init_script(WITHOUT_WEBSOCKETS)
    alan = entered(old.open(), "alan", "events")
    grace = entered(other.open(), "grace")
    talk(alan, "from afar")
    hears(grace, "from afar")
    talk(grace, "welcome")
    hears(alan, "welcome")
    assert [said for said in old.complaints if " 503 " not in said] == []


def test_nobody_enters_without_signing_in(visit: Visit) -> None:
    page = visit().open()
    page.locator("#room-enter").click()
    expect(page.locator("#room-status")).to_have_text("Sign in above first.")
    expect(page.locator("#say")).to_be_hidden()


def test_no_serious_accessibility_fault_and_nothing_runs_off_a_narrow_screen(
    visit: Visit, faults: Callable[[Page], list[str]]
) -> None:
    window = {"width": 320, "height": 800}
    page = entered(visit(place=EGYPT, locale="ar-EG", viewport=window).open(), "grace")
    talk(page, "x" * 300)
    hears(page, "x" * 300)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("[role=log]").get_attribute("aria-live") == "polite"
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320
