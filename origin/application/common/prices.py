"""The public price list, in the currency the gateway found for the visitor.

It exists to be cached by the gateway: `CDN-Cache-Control` (RFC 9213) says for how long, `Vary: x-geo-currency` that
there is one variant a currency (and not one a visitor), the `ETag` lets a stale copy be confirmed instead of sent
again. Browsers and caches in between see neither that field nor the currency, so `Cache-Control` makes them ask every
time.
"""

import hashlib
import json
from collections.abc import Mapping

PLANS = (("starter", "Starter"), ("team", "Team"), ("business", "Business"))

# Monthly price of each plan, in the currency's own decimals (ISO 4217): set by hand, not converted. A new catalogue
# begins with them.
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
DEFAULT_CURRENCY = "USD"

CACHING: Mapping[str, str] = {
    "CDN-Cache-Control": "max-age=30, stale-while-revalidate=60, stale-if-error=600",
    "Cache-Control": "private, no-cache",
    "Vary": "x-geo-currency",
    "Cache-Tag": "prices",
}


def price_list(currency: str) -> dict[str, object]:
    """The plans with their monthly amounts; in US dollars where we have no price in `currency`."""
    chosen = currency if currency in AMOUNTS else DEFAULT_CURRENCY
    plans = [
        {"id": id_, "name": name, "amount": amount} for (id_, name), amount in zip(PLANS, AMOUNTS[chosen], strict=True)
    ]
    return {"currency": chosen, "period": "month", "plans": plans}


def entity_tag(prices: Mapping[str, object]) -> str:
    """A weak validator (RFC 9110 section 8.8.3): the time of the answer, shown beside the prices, does not count."""
    return f'W/"{hashlib.sha256(json.dumps(prices).encode()).hexdigest()[:16]}"'
