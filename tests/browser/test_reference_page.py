"""`/docs`: the gateway's own description, readable, and loaded from nowhere else."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

Visit = Callable[..., Visitor]
Faults = Callable[[Page], list[str]]


def test_every_operation_is_shown(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/docs")
    description = page.request.get(f"{visitor.url}/openapi.json").json()
    wanted = {
        operation["operationId"]
        for item in description["paths"].values()
        for method, operation in item.items()
        if isinstance(operation, dict) and not (method == "head" and "get" in item)
    }
    shown = set(page.locator("#operations article").evaluate_all("articles => articles.map((one) => one.id)"))
    assert shown == wanted
    assert "get-api-prices" in shown


def test_it_loads_without_complaints_and_only_from_the_gateway(visit: Visit) -> None:
    visitor = visit()
    visitor.open("/docs")
    assert visitor.complaints == []
    assert {urlsplit(url).netloc for url in visitor.requested} == {urlsplit(visitor.url).netloc}


def test_every_reference_leads_to_its_schema(visit: Visit) -> None:
    page = visit().open("/docs")
    targets = page.locator("a[href^='#']").evaluate_all(
        "links => links.map((one) => one.getAttribute('href').slice(1))"
    )
    assert targets
    for target in set(targets):
        assert page.locator(f"[id='{target}']").count() == 1, target


def test_an_operation_can_be_tried(visit: Visit) -> None:
    page = visit().open("/docs")
    article = page.locator("#get-geo-country")
    article.locator("summary").click()
    article.get_by_label("country").fill("JP")
    article.get_by_role("button", name="Send").click()
    expect(article.locator("pre")).to_contain_text('"currency": "JPY"')
    expect(article.locator("pre")).to_contain_text("HTTP 200")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_fault(visit: Visit, faults: Faults, scheme: str) -> None:
    page = visit(color_scheme=scheme).open("/docs")
    page.locator("#get-geo summary").click()
    assert faults(page) == []


@pytest.mark.parametrize("width", [320, 768])
def test_nothing_runs_off_a_narrow_screen(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 800}).open("/docs")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_screenshot(visit: Visit, screenshots: Path) -> None:
    page = visit(viewport={"width": 1280, "height": 1400}).open("/docs")
    file = screenshots / "docs.png"
    page.screenshot(path=file)
    assert file.stat().st_size > 50_000
