"""What can be ordered, and for how much: the public price list as money.

A currency without prices of its own gets the list's default, as the list itself does; the order says which it was.
"""

from application.common.money import Money
from application.common.prices import AMOUNTS, DEFAULT_CURRENCY, PLANS
from application.orders.placing import PriceList

SKUS = tuple(id_ for id_, _ in PLANS)


def prices_in(currency: str) -> PriceList:
    """Price by sku, in `currency` where it has prices."""
    chosen = currency if currency in AMOUNTS else DEFAULT_CURRENCY
    return {sku: Money.of(amount, chosen) for sku, amount in zip(SKUS, AMOUNTS[chosen], strict=True)}
