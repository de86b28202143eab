"""Charging: one adapter a provider, behind `ports.Payments`.

by_http.py     a provider that takes `POST /charge`: what `python -m devtools payments` plays on this machine
by_stripe.py   Stripe's own API, by its SDK
"""

from collections.abc import Callable

from application.orders.ports import Payments


def payments(provider: str, url: str | None, key: Callable[[], str]) -> Payments:
    """The adapter for `provider`; the other one is not even imported. Raises ValueError for one there is not."""
    match provider:
        case "http" if url:
            from application.orders.charging.by_http import HttpPayments

            return HttpPayments(url, key)
        case "stripe":
            from application.orders.charging.by_stripe import StripePayments

            return StripePayments(key, url or None)
    raise ValueError(f"PAYMENT_PROVIDER is http (with PAYMENT_API_URL) or stripe, not {provider!r}")
