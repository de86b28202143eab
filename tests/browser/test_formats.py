"""A visitor's formats beside the browser's own: what `?include=formats` says is what `Intl` does."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from devtools.runtime.runner import Gateway

LOCALES = """
de-DE EUR   de-AT EUR   de-CH CHF   fr-FR EUR   fr-CA CAD   it-IT EUR   es-ES EUR   es-MX MXN   es-AR ARS   pt-BR BRL
pt-PT EUR   en-US USD   en-GB GBP   en-IN INR   en-ZA ZAR   nl-NL EUR   sv-SE SEK   nb-NO NOK   da-DK DKK   fi-FI EUR
pl-PL PLN   cs-CZ CZK   hu-HU HUF   tr-TR TRY   ru-RU RUB   ja-JP JPY   ko-KR KRW   zh-TW TWD   hi-IN INR   ar-EG EGP
fa-IR IRR   th-TH THB   he-IL ILS   ar-BH BHD
"""
WORDS = LOCALES.split()

INTL = """
([tag, currency]) => {
  const number = new Intl.NumberFormat(tag)
  const sign = (type) => number.formatToParts(1234567.5).find((part) => part.type === type).value
  const money = new Intl.NumberFormat(tag, { style: 'currency', currency })
  const date = new Intl.DateTimeFormat(tag, { hour: 'numeric' }).resolvedOptions()
  const locale = new Intl.Locale(tag)
  const week = locale.getWeekInfo ? locale.getWeekInfo() : locale.weekInfo
  return {
    currencyDigits: money.resolvedOptions().maximumFractionDigits,
    currencySymbol: money.formatToParts(1).find((part) => part.type === 'currency').value,
    numberingSystem: number.resolvedOptions().numberingSystem,
    decimal: sign('decimal'),
    group: sign('group'),
    hourCycle: date.hourCycle,
    firstDayOfWeek: week.firstDay,
    weekend: week.weekend,
    calendar: date.calendar,
  }
}
"""
"""What the browser makes of a locale and a currency, under the names of `formats`."""


@pytest.fixture(scope="module")
def page(browser: Browser, gateway: Gateway) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{gateway.url}/healthz")
    yield page
    context.close()


@pytest.mark.parametrize(("tag", "currency"), list(zip(WORDS[::2], WORDS[1::2], strict=True)))
def test_the_formats_of_a_visitor_are_those_of_their_browser(
    page: Page, gateway: Gateway, tag: str, currency: str
) -> None:
    country = tag.split("-")[1]
    answer = gateway.get(
        f"/geo?include=formats&currency={currency}", cf={"country": country}, headers={"accept-language": tag}
    ).json()
    assert (answer["country"], answer["language"]) == (country, tag)
    # The mark that keeps an Arabic abbreviation in its direction is a literal beside the symbol to `Intl`.
    symbol = answer["formats"]["currencySymbol"].rstrip("\N{RIGHT-TO-LEFT MARK}")
    formats: dict[str, Any] = {**answer["formats"], "currencySymbol": symbol}
    browsers: dict[str, Any] = page.evaluate(INTL, [tag, currency])
    assert {name: formats[name] for name in browsers} == browsers
