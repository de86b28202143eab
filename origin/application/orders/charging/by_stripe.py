"""Stripe, by its own SDK: a PaymentIntent that is made and confirmed in one request.

The idempotency key is the order's id: Stripe answers a repeated request with the first answer, whatever that was, for
at least 24 hours. So "what became of it?" is asked by sending the same again while the key is remembered, and by a
search for the order's id afterwards (`find`), which is behind by up to a minute: `processing.ASK_FIRST_AFTER`.

Sources: docs.stripe.com/api/idempotent_requests, /error-low-level, /currencies, /search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import stripe

from application.common.money import Money
from application.orders.ports import Charge, Charged, Declined, Outcome, Refused, Unknown

TIMEOUT = 8.0
"""Seconds for one request, of which there is one a delivery: a card's bank may take that long."""

AS_TWO_DECIMALS: Final = frozenset({"ISK", "UGX"})
"""No minor unit by ISO 4217, but Stripe still counts hundredths, of which there must be none."""

AS_WHOLE_UNITS: Final = frozenset({"MGA"})
"""A minor unit of a fifth that ISO 4217 counts with two digits; Stripe counts whole ones."""

DONE = "succeeded"
NOT_DONE = frozenset({"requires_payment_method", "canceled"})
"""States of a PaymentIntent from which nothing is charged unless somebody confirms it anew, which nobody does."""


def stripe_amount(money: Money) -> int:
    """`money` as Stripe counts its currency. Raises Refused for an amount that Stripe cannot take."""
    if money.currency in AS_TWO_DECIMALS:
        return money.minor * 100
    if money.currency in AS_WHOLE_UNITS:
        return _divided(money, 100)
    if money.exponent == 3:
        _divided(money, 10)  # Stripe takes thousandths whose last digit is 0
    return money.minor


def _divided(money: Money, by: int) -> int:
    whole, rest = divmod(money.minor, by)
    if rest:
        raise Refused(f"Stripe takes no {money.decimal} {money.currency}")
    return whole


class StripePayments:
    """Implements `ports.Payments`. `key` gives the secret key; `base` is another address of the API, for tests."""

    def __init__(self, key: Callable[[], str], base: str | None = None) -> None:
        self._key = key
        self._base = base
        self._http = stripe.RequestsClient(timeout=TIMEOUT)

    def charge(self, charge: Charge) -> Outcome:
        parameters: stripe.params.PaymentIntentCreateParams = {
            "amount": stripe_amount(charge.amount),
            "currency": charge.amount.currency.lower(),
            "payment_method": charge.payment_method,
            "confirm": True,
            "off_session": True,  # nobody is there who could answer a question of the bank's
            "error_on_requires_action": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"order": charge.key},
        }
        try:
            intent = self._client().v1.payment_intents.create(parameters, {"idempotency_key": charge.key})
        except stripe.CardError as error:
            return Declined(_why(error.error))
        except stripe.StripeError as error:
            raise _sorted(error) from error
        return _outcome(intent)

    def find(self, charge: Charge) -> Outcome | None:
        try:
            found = self._client().v1.payment_intents.search({"query": f'metadata["order"]:"{charge.key}"'})
        except stripe.StripeError as error:
            raise _sorted(error) from error
        outcomes = [_outcome(intent) for intent in found.data]
        charged = [outcome for outcome in outcomes if isinstance(outcome, Charged)]
        return (charged or outcomes or [None])[0]

    def _client(self) -> stripe.StripeClient:
        addresses: stripe.StripeClient
        if self._base:
            addresses = stripe.StripeClient(
                self._key(), http_client=self._http, max_network_retries=0, base_addresses={"api": self._base}
            )
        else:
            addresses = stripe.StripeClient(self._key(), http_client=self._http, max_network_retries=0)
        return addresses


def _outcome(intent: stripe.PaymentIntent) -> Outcome:
    if intent.status == DONE:
        return Charged(intent.id)
    if intent.status in NOT_DONE:
        return Declined(_why(getattr(intent, "last_payment_error", None)))
    raise Unknown(f"the payment is {intent.status}")


def _why(said: object) -> str:
    """Stripe's word for why a card was declined; the SDK's objects have only the members that were sent."""
    return getattr(said, "decline_code", None) or getattr(said, "code", None) or "declined"


def _sorted(error: stripe.StripeError) -> Exception:
    """Which of the port's errors one of Stripe's is.

    A rate limit, a conflict with the same key, a failure of theirs or of the network leaves the outcome open. What is
    wrong with the request itself stays wrong.
    """
    wrong = (
        stripe.InvalidRequestError,
        stripe.AuthenticationError,
        stripe.PermissionError,
        stripe.IdempotencyError,
    )
    if isinstance(error, wrong) and error.http_status not in (409, 429):
        return Refused(f"{type(error).__name__} {error.code or ''}".strip())
    return Unknown(type(error).__name__)
