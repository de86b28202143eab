"""Charging by Stripe's SDK, against a server on a socket that speaks its API's shapes."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from application.common.money import Money
from application.orders.charging import by_stripe
from application.orders.charging.by_stripe import StripePayments, stripe_amount
from application.orders.ports import Charge, Charged, Declined, Refused, Unknown

KEY = "sk_test_stripe"
CHARGE = Charge("0123456789abcdef", Money(1100, "EUR"), "pm_card_visa")


def intent(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "pi_1", "object": "payment_intent", "status": status, "amount": 1100, "currency": "eur", **more}


def error(type_: str, **more: Any) -> dict[str, Any]:
    return {"error": {"type": type_, "message": "…", **more}}


@dataclass
class Stripe:
    """A server that answers with `answers`, one after the other, and keeps what it was sent."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], dict[str, list[str]]]] = field(default_factory=list)


@pytest.fixture
def api() -> Iterator[Stripe]:
    stripe = Stripe()

    class Connection(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """The test looks at `requests`."""

        def do_GET(self) -> None:
            self._serve(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["content-length"])).decode())

        def _serve(self, form: str) -> None:
            path = urlsplit(self.path).path
            headers = {name.lower(): value for name, value in self.headers.items()}
            stripe.requests.append((f"{self.command} {path}", headers, parse_qs(form)))
            status, document = stripe.answers.pop(0)
            if status == 0:  # hangs up
                return
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    stripe.url = f"http://127.0.0.1:{server.server_port}"
    yield stripe
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(api: Stripe) -> StripePayments:
    return StripePayments(lambda: KEY, api.url)


def test_a_charge_is_a_confirmed_payment_intent_with_the_orders_id_as_key(api: Stripe, client: StripePayments) -> None:
    api.answers = [(200, intent("succeeded"))]
    assert client.charge(CHARGE) == Charged("pi_1")
    [(line, headers, form)] = api.requests
    assert line == "POST /v1/payment_intents"
    assert headers["idempotency-key"] == CHARGE.key
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (form["amount"], form["currency"], form["confirm"]) == (["1100"], ["eur"], ["true"])
    assert (form["payment_method"], form["metadata[order]"]) == (["pm_card_visa"], [CHARGE.key])


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (402, error("card_error", code="card_declined", decline_code="insufficient_funds"), "insufficient_funds"),
        (402, error("card_error", code="expired_card"), "expired_card"),
        (402, error("card_error", code="authentication_required"), "authentication_required"),
        (200, intent("requires_payment_method", last_payment_error={"code": "card_declined"}), "card_declined"),
        (200, intent("canceled"), "declined"),
    ],
)
def test_a_card_that_is_declined_says_why(
    api: Stripe, client: StripePayments, status: int, answer: Any, reason: str
) -> None:
    api.answers = [(status, answer)]
    assert client.charge(CHARGE) == Declined(reason)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (0, None),
        (409, error("invalid_request_error", code="idempotency_key_in_use")),
        (429, error("invalid_request_error", code="rate_limit")),
        (500, error("api_error")),
        (503, error("api_error")),
        (200, intent("processing")),
    ],
)
def test_an_open_outcome_is_open_and_nothing_is_sent_again_by_itself(
    api: Stripe, client: StripePayments, status: int, answer: Any
) -> None:
    api.answers = [(status, answer)]
    with pytest.raises(Unknown):
        client.charge(CHARGE)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, error("invalid_request_error", code="amount_too_small")),
        (400, error("idempotency_error")),
        (401, error("invalid_request_error")),
        (403, error("invalid_request_error")),
        (404, error("invalid_request_error", code="resource_missing")),
    ],
)
def test_what_is_wrong_with_the_request_is_refused(
    api: Stripe, client: StripePayments, status: int, answer: Any
) -> None:
    api.answers = [(status, answer)]
    with pytest.raises(Refused):
        client.charge(CHARGE)


def test_an_earlier_charge_is_found_by_the_orders_id(api: Stripe, client: StripePayments) -> None:
    failed = intent("requires_payment_method", id="pi_0", last_payment_error={"code": "card_declined"})
    found = {"object": "search_result", "data": [failed, intent("succeeded")], "has_more": False, "url": "/"}
    api.answers = [(200, found), (200, {**found, "data": [failed]}), (200, {**found, "data": []})]
    assert client.find(CHARGE) == Charged("pi_1")
    assert client.find(CHARGE) == Declined("card_declined")
    assert client.find(CHARGE) is None
    line, _, form = api.requests[0]
    assert (line, form["query"]) == ("GET /v1/payment_intents/search", [f'metadata["order"]:"{CHARGE.key}"'])


def test_a_search_that_fails_says_nothing(api: Stripe, client: StripePayments) -> None:
    api.answers = [(500, error("api_error"))]
    with pytest.raises(Unknown):
        client.find(CHARGE)


def test_an_api_that_does_not_answer_leaves_the_outcome_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_stripe, "TIMEOUT", 0.5)
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unknown):
        StripePayments(lambda: KEY, f"http://127.0.0.1:{silent.getsockname()[1]}").charge(CHARGE)


@pytest.mark.parametrize(
    ("minor", "currency", "counted"),
    [
        (1100, "EUR", 1100),
        (1800, "JPY", 1800),
        (14500, "KWD", 14500),
        (1800, "ISK", 180000),
        (5000, "UGX", 500000),
        (500000, "MGA", 5000),
    ],
)
def test_an_amount_is_counted_as_stripe_counts_the_currency(minor: int, currency: str, counted: int) -> None:
    assert stripe_amount(Money(minor, currency)) == counted


@pytest.mark.parametrize(("minor", "currency"), [(14505, "KWD"), (120, "MGA")])
def test_an_amount_that_stripe_cannot_count_is_refused_and_not_rounded(minor: int, currency: str) -> None:
    with pytest.raises(Refused):
        stripe_amount(Money(minor, currency))
