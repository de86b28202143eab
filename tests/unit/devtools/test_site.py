"""The local site: a page in each language that its route has, and nothing from elsewhere."""

import re
import tomllib

import pytest

from devtools.application.function_url import HttpRequest, HttpResponse
from devtools.application.site import PAGES, TEXTS, site
from devtools.paths import TEMPLATE_TOML
from sites.settings import SiteSettings


def get(path: str) -> HttpResponse:
    return site(HttpRequest("GET", path, (), b"", "127.0.0.1"))


def test_its_languages_are_those_of_its_route() -> None:
    routes = tomllib.loads(TEMPLATE_TOML.read_text(encoding="utf-8"))["env"]["local"]["vars"]["ROUTES"]
    [locale] = [route["locale"] for route in routes if route["path"] == "/site/*"]
    assert SiteSettings(**locale).languages == tuple(TEXTS)


@pytest.mark.parametrize("language", TEXTS)
def test_every_page_loads_from_its_gateway_and_leads_to_pages_there_are(language: str) -> None:
    for page in PAGES:
        content = get(f"/site/{language}/{page}").body.decode()
        assert f'<html lang="{language}" dir="{TEXTS[language].direction}">' in content
        linked = re.findall(r'(?:src|href)="([^"]+)"', content)
        assert {get(path).status for path in linked} == {200}


@pytest.mark.parametrize("path", ["/site", "/site/", "/site/it/", "/site/de/x", "/site/../geo.js"])
def test_there_is_nothing_else(path: str) -> None:
    assert get(path).status == 404
