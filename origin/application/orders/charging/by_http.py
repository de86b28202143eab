"""A payment provider over HTTP: what is sent, what its answers mean, and when it may be sent again.

    POST /charge   Authorization: Bearer <key>, Idempotency-Key: <order id>
                   {"amount": 3300, "currency": "EUR", "payment_method": "pm_card_visa"}   minor units, ISO 4217
    GET  /charges?idempotency_key=<order id>

Both answer with the charge, `{"id", "status": "succeeded" | "declined", "reason", "amount", "currency",
"idempotency_key"}`; 402 for one that is declined, and GET with 404 when nothing was charged under this key.

| what happened                          | what it means                                       |
| -------------------------------------- | --------------------------------------------------- |
| no connection                          | it was not sent: sent again                         |
| 200 or 402 with this order's charge    | that is the outcome                                 |
| another 4xx but 408, 409, 425, 429     | it will never be taken: Refused                     |
| everything else: no answer in time, a broken one, one about another order, 5xx | unknown: asked for by the key |
| unknown, and the provider knows no such key | sent again with the same key, which cannot charge twice |
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from application.orders.ports import Charge, Charged, Declined, Outcome, Refused, Unknown

SENDS = 2
"""How often a charge is sent while one message is worked off. Later deliveries of the message send again."""

CHARGE_WITHIN, FIND_WITHIN = 3.0, 2.0
"""Seconds to the last byte of an answer. All sends and questions of a charge together: ten seconds."""

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read."""

NOT_NOW = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Client errors that say nothing about the charge itself: the provider is busy, with this very charge perhaps."""

OUTCOMES = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.PAYMENT_REQUIRED)


class _NotSent(Exception):
    """There was no connection, so the provider has seen nothing."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes

    def document(self) -> Any:
        """The content as JSON; None when it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


class HttpPayments:
    """Implements `ports.Payments`. `key` gives the provider's key, and is asked for each request, so that a rotated
    one is used without a new start."""

    def __init__(self, url: str, key: Callable[[], str], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._monotonic = monotonic

    def charge(self, charge: Charge) -> Outcome:
        for _ in range(SENDS):
            try:
                return self._send(charge)
            except _NotSent:
                continue
            except Unknown:
                if (outcome := self.find(charge)) is not None:
                    return outcome
        raise Unknown("the provider does not say what became of the charge")

    def find(self, charge: Charge) -> Outcome | None:
        try:
            answer = self._ask("GET", f"/charges?{urlencode({'idempotency_key': charge.key})}", FIND_WITHIN)
        except _NotSent as error:
            raise Unknown("the provider cannot be reached") from error
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return _outcome(charge, answer)

    def _send(self, charge: Charge) -> Outcome:
        content = {
            "amount": charge.amount.minor,
            "currency": charge.amount.currency,
            "payment_method": charge.payment_method,
        }
        headers = {"Idempotency-Key": charge.key, "Content-Type": "application/json"}
        return _outcome(charge, self._ask("POST", "/charge", CHARGE_WITHIN, headers, json.dumps(content).encode()))

    def _ask(
        self, method: str, target: str, within: float, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> _Answer:
        """Raises _NotSent and Unknown."""
        until = self._monotonic() + within
        sent = {"Authorization": f"Bearer {self._key()}", "Connection": "close", **(headers or {})}
        try:
            # A connection of its own: on a kept one, a provider that answers twice would answer the next order as well.
            response = urllib3.PoolManager(retries=False).request(
                method, self._url + target, headers=sent, body=body or None, preload_content=False, timeout=within,
                redirect=False,
            )  # fmt: skip
            return _Answer(response.status, self._content(response, until))
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise _NotSent from error
        except (HTTPError, OSError) as error:
            raise Unknown(type(error).__name__) from error

    def _content(self, response: BaseHTTPResponse, until: float) -> bytes:
        """All of it, if it is there in time: a provider that drips is one that does not answer."""
        content = b""
        try:
            while part := response.read1(LARGEST_ANSWER):
                content += part
                if self._monotonic() > until or len(content) > LARGEST_ANSWER:
                    raise Unknown("the answer took too long")
        finally:
            response.close()
        return content


def _outcome(charge: Charge, answer: _Answer) -> Outcome:
    """What an answer says about this charge. Raises Unknown and Refused."""
    client_error = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    if client_error and answer.status not in (*NOT_NOW, *OUTCOMES):
        raise Refused(f"the provider answered {answer.status}")
    found = answer.document() if answer.status in OUTCOMES else None
    if not isinstance(found, Mapping) or found.get("idempotency_key") != charge.key:
        raise Unknown(f"an answer with {answer.status} that is not about this charge")
    match found:
        case {"status": "declined"}:
            return Declined(str(found.get("reason") or "declined"))
        case {"status": "succeeded", "id": str(id_), "amount": int(amount), "currency": str(currency)}:
            if (amount, currency) != (charge.amount.minor, charge.amount.currency):
                raise Refused(f"the provider charged another amount under this key ({id_})")
            return Charged(id_)
    raise Unknown("an answer without an outcome")
