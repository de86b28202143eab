"""A few products to begin with: three plans, priced by hand where we have customers, in four languages."""

from __future__ import annotations

from collections.abc import Mapping

from application.catalogue.products import NewProduct, Text
from application.catalogue.store import CatalogueStore
from application.common.http import now_text
from application.common.money import Money

PLANS = ("starter", "team", "business")

# Monthly price of each plan, in the currency's own decimals (ISO 4217): set by hand, not converted.
AMOUNTS: Mapping[str, tuple[str, str, str]] = {
    "AED": ("0.00", "45.00", "179.00"),
    "AUD": ("0.00", "19.00", "75.00"),
    "BRL": ("0.00", "59.00", "249.00"),
    "CAD": ("0.00", "16.00", "65.00"),
    "CHF": ("0.00", "12.00", "48.00"),
    "EGP": ("0.00", "320.00", "1290.00"),
    "EUR": ("0.00", "11.00", "45.00"),
    "GBP": ("0.00", "10.00", "39.00"),
    "ILS": ("0.00", "42.00", "169.00"),
    "INR": ("0.00", "899.00", "3499.00"),
    "JPY": ("0", "1800", "7200"),
    "KWD": ("0.000", "3.500", "14.500"),
    "MXN": ("0.00", "210.00", "850.00"),
    "PLN": ("0.00", "47.00", "189.00"),
    "SAR": ("0.00", "45.00", "179.00"),
    "SEK": ("0.00", "129.00", "499.00"),
    "USD": ("0.00", "12.00", "49.00"),
}

TEXTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Starter", "For one person and one project."),
        ("Team", "For teams that ship together."),
        ("Business", "For organisations with many teams."),
    ),
    "de": (
        ("Einstieg", "Für eine Person und ein Projekt."),
        ("Team", "Für Teams, die gemeinsam ausliefern."),
        ("Unternehmen", "Für Organisationen mit vielen Teams."),
    ),
    "ar": (
        ("البداية", "لشخص واحد ومشروع واحد."),
        ("الفريق", "للفرق التي تعمل معًا."),
        ("الأعمال", "للمؤسسات ذات الفرق الكثيرة."),
    ),
    "ja": (
        ("スターター", "一人で一つのプロジェクトに。"),
        ("チーム", "いっしょに届けるチームに。"),
        ("ビジネス", "多くのチームを持つ組織に。"),
    ),
}

RATES_OF = "2026-01-02"
RATES: Mapping[str, str] = {"DKK": "6.36", "NOK": "10.05", "NZD": "1.73", "CZK": "20.6", "KRW": "1445", "TND": "2.91"}
"""What a dollar was worth in currencies that nothing is priced in."""


def sample(number: int) -> NewProduct:
    """The plan of that number."""
    return NewProduct(
        rank=number,
        texts={tag: Text(name=texts[number][0], description=texts[number][1]) for tag, texts in TEXTS.items()},
        prices={currency: Money.of(amounts[number], currency).minor for currency, amounts in AMOUNTS.items()},
    )


def put_samples(store: CatalogueStore) -> int:
    """Put them into a catalogue that has no product; gives how many."""
    if store.page(1, None).products:
        return 0
    for number, sku in enumerate(PLANS):
        store.put(sku, sample(number), now_text())
    store.put_rates(RATES_OF, RATES, now_text())
    return len(PLANS)
