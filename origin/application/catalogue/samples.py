"""A few products to begin with: the three plans of the price list, at its prices, in four languages."""

from __future__ import annotations

from collections.abc import Mapping

from application.catalogue.products import NewProduct, Text
from application.catalogue.store import CatalogueStore
from application.common.http import now_text
from application.common.money import Money
from application.common.prices import AMOUNTS, PLANS

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
    for number, (sku, _) in enumerate(PLANS):
        store.put(sku, sample(number), now_text())
    store.put_rates(RATES_OF, RATES, now_text())
    return len(PLANS)
