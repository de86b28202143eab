"""`payments`: a payment provider on this machine, on a real socket, that charges no one.

    python -m devtools payments --key sk_local
    POST /charge                        Idempotency-Key; {"amount", "currency", "payment_method"}
    GET  /charges?idempotency_key=…     the charge, or 404
    GET  /charges                       all of them, in order; each with `Authorization: Bearer <key>`

A key charges once: the same again gives the same charge, and with another amount is a 422. As with real providers, what
happens is chosen by the card: see CARDS.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from devtools import ports
from devtools.failure import Failure

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8790
HANGS_FOR = 10.0
"""Seconds without an answer, which is longer than anybody waits; then the connection ends."""


class Fault(Enum):
    """What goes wrong with a request that charges; a later one with the same key is answered as it should be."""

    NONE = auto()
    HANGS_BEFORE = auto()
    HANGS_AFTER = auto()
    FAILS_BEFORE = auto()
    FAILS_AFTER = auto()
    HANGS_UP_AFTER = auto()
    DRIPS_AFTER = auto()
    TWICE = auto()
    GARBAGE_AFTER = auto()


# payment method: (why it is declined, or None; what goes wrong the first time)
CARDS: Final[Mapping[str, tuple[str | None, Fault]]] = {
    "pm_card_visa": (None, Fault.NONE),
    "pm_card_chargeDeclined": ("generic_decline", Fault.NONE),
    "pm_card_chargeDeclinedInsufficientFunds": ("insufficient_funds", Fault.NONE),
    "pm_card_declinedSlowly": ("generic_decline", Fault.HANGS_AFTER),
    "pm_card_hangsBefore": (None, Fault.HANGS_BEFORE),
    "pm_card_hangsAfter": (None, Fault.HANGS_AFTER),
    "pm_card_failsBefore": (None, Fault.FAILS_BEFORE),
    "pm_card_failsAfter": (None, Fault.FAILS_AFTER),
    "pm_card_hangsUp": (None, Fault.HANGS_UP_AFTER),
    "pm_card_drips": (None, Fault.DRIPS_AFTER),
    "pm_card_answersTwice": (None, Fault.TWICE),
    "pm_card_garbage": (None, Fault.GARBAGE_AFTER),
}


@dataclass(frozen=True)
class Recorded:
    """A charge that was made or declined; `requests` counts how often it was asked for."""

    id: str
    idempotency_key: str
    amount: int
    currency: str
    payment_method: str
    reason: str | None
    requests: int = 1

    @property
    def status(self) -> str:
        return "declined" if self.reason else "succeeded"

    def document(self) -> dict[str, Any]:
        return {**vars(self), "status": self.status, "object": "charge"}


class Refusal(Exception):
    """The provider takes no such request."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Ledger:
    """The provider's books. Safe to use from threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._charges: dict[str, Recorded] = {}
        self._stumbled: set[str] = set()

    @property
    def charges(self) -> list[Recorded]:
        with self._guard:
            return list(self._charges.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._guard:
            self._charges.clear()
            self._stumbled.clear()

    def find(self, key: str) -> Recorded | None:
        with self._guard:
            return self._charges.get(key)

    def charge(self, key: str, amount: int, currency: str, payment_method: str) -> Recorded:
        """Charge once. Raises Refusal."""
        card = CARDS.get(payment_method)
        if card is None:
            raise Refusal(400, "unknown_payment_method")
        with self._guard:
            before = self._charges.get(key)
            if before and (before.amount, before.currency) != (amount, currency):
                raise Refusal(422, "idempotency_key_reused")
            id_ = before.id if before else f"ch_{len(self._charges) + 1:08d}"
            requests = before.requests + 1 if before else 1
            self._charges[key] = Recorded(id_, key, amount, currency, payment_method, card[0], requests)
            return self._charges[key]

    def fault(self, key: str, payment_method: str) -> Fault:
        """What goes wrong with this request: with the first one of a key only."""
        fault = CARDS.get(payment_method, (None, Fault.NONE))[1]
        with self._guard:
            first = key not in self._stumbled
            self._stumbled.add(key)
        return fault if first else Fault.NONE


class Provider(ThreadingHTTPServer):
    """The provider's server. `ledger` holds what it did."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, key: str, port: int) -> None:
        """Raises OSError when the port is taken; port 0 takes a free one."""
        super().__init__((LOOPBACK, port), _Connection)
        self.key = key
        self.ledger = Ledger()
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    @property
    def charges(self) -> list[Recorded]:
        """What was charged or declined, in order."""
        return self.ledger.charges

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news here: it is made to."""


class _Connection(BaseHTTPRequestHandler):
    server: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """The ledger is the log."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not self._admitted():
            return
        if parts.path != "/charges":
            self._answer(404, {"error": "not_found"})
            return
        keys = parse_qs(parts.query).get("idempotency_key")
        if keys is None:
            self._answer(200, {"charges": [charge.document() for charge in self.server.charges]})
            return
        found = self.server.ledger.find(keys[0])
        self._answer(*((200, found.document()) if found else (404, {"error": "no_such_charge"})))

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", "0")))
        if not self._admitted():
            return
        try:
            asked = json.loads(content)
            key, method = self.headers["idempotency-key"], asked["payment_method"]
            amount, currency = asked["amount"], asked["currency"]
            if self.path != "/charge" or not key or type(amount) is not int or amount <= 0:
                raise Refusal(400, "invalid_request")
            self._charge(key, amount, currency, method)
        except Refusal as refusal:
            self._answer(refusal.status, {"error": refusal.code})
        except (ValueError, LookupError, TypeError):
            self._answer(400, {"error": "invalid_request"})

    def _charge(self, key: str, amount: int, currency: str, method: str) -> None:
        fault = self.server.ledger.fault(key, method)
        if fault is Fault.HANGS_BEFORE:
            self._hang()
            return
        if fault is Fault.FAILS_BEFORE:
            self._answer(500, {"error": "internal"})
            return
        charge = self.server.ledger.charge(key, amount, currency, method)
        status, document = (402 if charge.reason else 200), charge.document()
        match fault:
            case Fault.HANGS_AFTER:
                self._hang()
            case Fault.HANGS_UP_AFTER:
                self.close_connection = True
            case Fault.FAILS_AFTER:
                self._answer(500, {"error": "internal"})
            case Fault.GARBAGE_AFTER:
                self._answer(200, "charged, I think")
            case Fault.DRIPS_AFTER:
                self._drip(status, document)
            case Fault.TWICE:
                self._answer(status, document)
                self._answer(status, document)
            case _:
                self._answer(status, document)

    def _admitted(self) -> bool:
        if self.headers.get("authorization") == f"Bearer {self.server.key}":
            return True
        self._answer(401, {"error": "unknown_key"})
        return False

    def _answer(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self._head(status, len(content))
        self.wfile.write(content)

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(length))
        self.end_headers()

    def _drip(self, status: int, document: object) -> None:
        """A byte now and then: never silent for long, and never done in time."""
        content = json.dumps(document).encode()
        self._head(status, len(content))
        for byte in content:
            if self.server.stopped.wait(HANGS_FOR / 20):
                return
            self.wfile.write(bytes([byte]))

    def _hang(self) -> None:
        self.server.stopped.wait(HANGS_FOR)
        self.close_connection = True


@contextmanager
def payment_provider(key: str, port: int = 0) -> Iterator[Provider]:
    """Serve the provider on loopback until the block ends. Raises OSError when the port is taken."""
    provider = Provider(key, port)
    thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.stopped.set()
        provider.shutdown()
        provider.server_close()
        thread.join()


def main(argv: list[str]) -> int:
    """`payments --key KEY [--port N]`: serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m devtools payments", description=__doc__.partition("\n")[0])
    parser.add_argument("--key", required=True, help="what a caller must show as its bearer token")
    parser.add_argument("--port", type=ports.port, default=DEFAULT_PORT, help=f"on {LOOPBACK} (default {DEFAULT_PORT})")
    options = parser.parse_args(argv)
    try:
        with payment_provider(options.key, options.port) as provider:
            print(f"payments: {provider.url}; cards: {', '.join(CARDS)}", flush=True)
            threading.Event().wait()
    except OSError as error:
        raise Failure(
            f"the provider cannot listen on {options.port} ({error.strerror})", "choose another --port"
        ) from error
    return 0
