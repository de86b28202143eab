"""The catalogue as visitors read it: what the cache manager keeps, else what the database holds."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from application.catalogue.caching import CacheManager, Entry
from application.catalogue.products import BASE_CURRENCY, Page, Product, Rates
from application.catalogue.showing import ALL, RATES, price, product_tag
from application.catalogue.store import Catalogue
from application.common.http import LARGEST_LIMIT
from application.common.money import Money


class Listed(BaseModel):
    """A product, or that there is none: nobody's guesses of SKUs shall reach the database each time."""

    model_config = ConfigDict(frozen=True)

    product: Product | None


class CachedCatalogue:
    """Implements `store.Catalogue`. Families are named like the tags that a write outdates."""

    def __init__(self, store: Catalogue, cache: CacheManager) -> None:
        self._store = store
        self._cache = cache

    def product(self, sku: str) -> Product | None:
        entry = Entry(product_tag(sku), f"product:{sku}", Listed)
        return self._cache.load(entry, lambda: Listed(product=self._store.product(sku))).product

    def page(self, limit: int, cursor: str | None) -> Page:
        """Pages are of products whole, so one is kept for all currencies and languages. Raises BadCursor."""
        entry = Entry(ALL, f"page:{limit}:{cursor or ''}", Page)
        return self._cache.load(entry, lambda: self._store.page(limit, cursor))

    def rates(self, today: str) -> Rates:
        return self._cache.load(Entry(RATES, f"rates:{today}", Rates), lambda: self._store.rates(today))

    def prices_in(self, currency: str) -> dict[str, Money]:
        """What everything costs, by SKU, all of it in one currency: in the base one, unless all has a price or a rate
        in `currency`."""
        rates, products, cursor = self.rates(today()), list[Product](), None
        while True:
            page = self.page(LARGEST_LIMIT, cursor)
            products += page.products
            if (cursor := page.next) is None:
                break
        wanted = {product.sku: price(product, currency, rates)[0] for product in products}
        if all(money.currency == currency for money in wanted.values()):
            return wanted
        return {product.sku: price(product, BASE_CURRENCY, rates)[0] for product in products}


def today() -> str:
    """The day by which rates are chosen: UTC's."""
    return datetime.now(UTC).date().isoformat()
