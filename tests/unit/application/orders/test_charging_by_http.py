"""Charging over HTTP: a real provider on a socket that hangs, fails after charging, and answers twice."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from application.common.money import Money
from application.orders.charging import by_http
from application.orders.charging.by_http import HttpPayments
from application.orders.ports import Charge, Charged, Declined, Refused, Unknown

from devtools import ports
from devtools.application import payments
from devtools.application.payments import Provider, payment_provider

KEY = "sk_test_of_the_charging_tests"
ELEVEN = Money(1100, "EUR")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with payment_provider(KEY) as running:
        yield running


@pytest.fixture
def client(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> HttpPayments:
    """With less patience than in earnest."""
    monkeypatch.setattr(by_http, "CHARGE_WITHIN", 1.0)
    return HttpPayments(provider.url, lambda: KEY)


def charge_by(card: str, key: str | None = None) -> Charge:
    return Charge(key or f"order-of-{card}", ELEVEN, card)


def booked(provider: Provider, charge: Charge) -> list[tuple[int, str, str]]:
    return [
        (entry.amount, entry.currency, entry.status)
        for entry in provider.charges
        if entry.idempotency_key == charge.key
    ]


@pytest.mark.parametrize(
    "card",
    [card for card, (declined, _) in payments.CARDS.items() if not declined],
)
def test_whatever_the_provider_does_a_card_is_charged_once_and_we_know_it(
    client: HttpPayments, provider: Provider, card: str
) -> None:
    charge = charge_by(card)
    outcome = client.charge(charge)
    assert isinstance(outcome, Charged)
    assert booked(provider, charge) == [(1100, "EUR", "succeeded")]
    assert client.charge(charge) == outcome == client.find(charge)
    assert booked(provider, charge) == [(1100, "EUR", "succeeded")]


@pytest.mark.parametrize(
    ("card", "reason"), [(card, declined) for card, (declined, _) in payments.CARDS.items() if declined]
)
def test_a_declined_card_is_declined_even_when_the_answer_was_lost(
    client: HttpPayments, provider: Provider, card: str, reason: str
) -> None:
    charge = charge_by(card)
    assert client.charge(charge) == Declined(reason)
    assert client.find(charge) == Declined(reason)
    assert booked(provider, charge) == [(1100, "EUR", "declined")]


def test_what_was_never_charged_is_found_to_be_so(client: HttpPayments) -> None:
    assert client.find(charge_by("pm_card_visa", "never-sent")) is None


def test_a_wrong_key_and_an_unknown_card_are_refused_and_not_repeated(client: HttpPayments, provider: Provider) -> None:
    with pytest.raises(Refused):
        client.charge(charge_by("pm_card_nobodyKnows"))
    with pytest.raises(Refused):
        HttpPayments(provider.url, lambda: "sk_wrong").charge(charge_by("pm_card_visa", "wrong-key"))
    assert booked(provider, charge_by("pm_card_visa", "wrong-key")) == []


def test_another_amount_under_the_same_key_is_refused(client: HttpPayments) -> None:
    client.charge(charge_by("pm_card_visa", "twice"))
    with pytest.raises(Refused):
        client.charge(Charge("twice", Money(1, "EUR"), "pm_card_visa"))


def test_a_provider_that_is_not_there_leaves_the_outcome_open() -> None:
    away = HttpPayments(f"http://127.0.0.1:{ports.free_port()}", lambda: KEY)
    for ask in (away.charge, away.find):
        with pytest.raises(Unknown):
            ask(charge_by("pm_card_visa"))


def test_the_key_is_asked_for_each_request(provider: Provider) -> None:
    keys = iter(["sk_rotated_away", KEY])
    client = HttpPayments(provider.url, lambda: next(keys))
    with pytest.raises(Refused):
        client.charge(charge_by("pm_card_visa", "rotated"))
    assert isinstance(client.charge(charge_by("pm_card_visa", "rotated")), Charged)


# --- answers that no good provider gives -----------------------------------------------------------------------


def _request(connection: socket.socket) -> bytes:
    """A whole request: its content may come after its head."""
    received = b""
    while (chunk := connection.recv(65536)) and not _is_whole(received := received + chunk):
        pass
    return received


def _is_whole(received: bytes) -> bool:
    head, end, content = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and len(content) >= (int(length[1]) if length else 0)


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A server that takes any request and answers with what `answer` makes of its head."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(answer(_request(connection)))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()


def http(status: str, content: str = "", *fields: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(content.encode())}", *fields, "", content]
    return "\r\n".join(head).encode()


GOOD = '{"id": "ch_1", "status": "succeeded", "amount": 1100, "currency": "EUR", "idempotency_key": "k"}'


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (http("200 OK", GOOD.replace('"k"', '"another order"')), Unknown),
        (http("200 OK", GOOD.replace("succeeded", "pending")), Unknown),
        (http("200 OK", GOOD.replace('"ch_1"', "7")), Unknown),
        (http("200 OK", GOOD.replace("1100", "11.0")), Unknown),
        (http("200 OK", GOOD.replace("1100", "1")), Refused),
        (http("200 OK", GOOD.replace("EUR", "USD")), Refused),
        (http("200 OK", "[]"), Unknown),
        (http("200 OK", '{"id'), Unknown),
        (http("204 No Content"), Unknown),
        (http("302 Found", "", "location: http://127.0.0.1:1/"), Unknown),
        (http("401 Unauthorized"), Refused),
        (http("403 Forbidden", GOOD), Refused),
        (http("409 Conflict"), Unknown),
        (http("429 Too Many Requests"), Unknown),
        (http("500 Internal Server Error", GOOD), Unknown),
        (http("503 Service Unavailable"), Unknown),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Unknown),
        (b"", Unknown),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + GOOD.encode(), Unknown),
        (http("200 OK", GOOD + " " * 100_000), Unknown),
    ],
)
def test_an_answer_that_is_not_the_outcome_is_never_taken_for_one(answer: bytes, raised: type[Exception]) -> None:
    with answering(lambda _: answer) as url, pytest.raises(raised):
        HttpPayments(url, lambda: KEY).charge(Charge("k", ELEVEN, "pm_card_visa"))


def test_the_amount_is_sent_in_minor_units_with_the_orders_id_as_idempotency_key() -> None:
    heads: list[bytes] = []

    def answer(head: bytes) -> bytes:
        heads.append(head)
        return http("200 OK", GOOD.replace("EUR", "KWD").replace("1100", "14500"))

    with answering(answer) as url:
        assert HttpPayments(url, lambda: KEY).charge(Charge("k", Money(14500, "KWD"), "pm_x")) == Charged("ch_1")
    [head] = heads
    assert head.startswith(b"POST /charge HTTP/1.1\r\n")
    assert b"Idempotency-Key: k\r\n" in head
    assert f"Authorization: Bearer {KEY}\r\n".encode() in head
    assert b'"amount": 14500, "currency": "KWD"' in head
