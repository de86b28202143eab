"""What a visitor is shown of a product: one price, one text, and how far the answer may be shared. Pure.

A price is the product's own in the visitor's currency; without one, that in the base currency, converted by the newest
rate that was known, which is said with its day; without a rate, the one in the base currency. A text is the one of
the visitor's language by RFC 4647 lookup (`de-CH`, then `de`), else the fallback's, and says which language it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from application.catalogue.products import BASE_CURRENCY, FALLBACK_LANGUAGE, Page, Product, Rates
from application.common.exponents import EXPONENTS
from application.common.money import Money

CACHING: Mapping[str, str] = {
    "Cache-Control": "public, s-maxage=300, stale-while-revalidate=60",
    "Vary": "x-geo-currency, x-geo-language",
}
"""One variant a currency and language, and not one a visitor; kept by the gateway until it is purged by its tags."""

ALL = "products"
"""The tag of every list: a product that is new outdates them all."""
RATES = "rates"
"""The tag of every answer with a converted price."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What the gateway found out about who is asking: ISO 4217 and BCP 47, or ""."""

    currency: str
    language: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A price that was made of another one: by which rate, of which day."""

    base: Money
    rate: str
    day: str


def product_tag(sku: str) -> str:
    return f"product-{sku}"


def price(product: Product, currency: str, rates: Rates) -> tuple[Money, Converted | None]:
    """What the product costs in `currency`, or in the base currency where nobody can say."""
    if currency in product.prices:
        return Money(product.prices[currency], currency), None
    base = Money(product.prices[BASE_CURRENCY], BASE_CURRENCY)
    if currency not in rates.newest or currency not in EXPONENTS:
        return base, None
    rate, day = rates.newest[currency]
    shift = EXPONENTS[currency] - base.exponent
    minor = (Decimal(base.minor) * Decimal(rate)).scaleb(shift).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(minor), currency), Converted(base, rate, day)


def language_of(product: Product, wanted: str) -> str:
    """Which of the product's languages to show for `wanted` (RFC 4647 section 3.4)."""
    known = {language.lower(): language for language in product.texts}
    subtags = wanted.lower().split("-")
    while subtags:
        if found := known.get("-".join(subtags)):
            return found
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:  # a singleton says nothing without what follows it
            subtags.pop()
    return FALLBACK_LANGUAGE


def shown(product: Product, visitor: Visitor, rates: Rates) -> dict[str, Any]:
    """A product as JSON shows it."""
    cost, converted = price(product, visitor.currency, rates)
    language = language_of(product, visitor.language)
    return {
        "sku": product.sku,
        **product.texts[language].model_dump(),
        "language": language,
        "price": _money(cost),
        "converted": converted and {"from": _money(converted.base), "rate": converted.rate, "day": converted.day},
        "changed_at": product.changed_at,
    }


def shown_page(page: Page, visitor: Visitor, rates: Rates) -> dict[str, Any]:
    return {"products": [shown(product, visitor, rates) for product in page.products], "next": page.next}


def caching(documents: Iterable[Mapping[str, Any]], *more: str) -> dict[str, str]:
    """How the answer that shows these may be kept: until one of its tags is purged."""
    listed = list(documents)
    tags = [product_tag(document["sku"]) for document in listed]
    rated = [RATES] if any(document["converted"] for document in listed) else []
    return {**CACHING, "Cache-Tag": ",".join([*more, *tags, *rated])}


def entity_tag(document: Mapping[str, Any]) -> str:
    """A strong validator (RFC 9110 section 8.8.3): of all that is shown."""
    return f'"{hashlib.sha256(json.dumps(document).encode()).hexdigest()[:20]}"'


def _money(money: Money) -> dict[str, Any]:
    return {**money.document(), "exponent": money.exponent}
