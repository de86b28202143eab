"""The catalogue in this process, over any database and shelf: signed requests in, answers out.

house.ask("GET", "/products", EUR_GERMAN)          as the gateway would send it
house.gateway.purged                               the tags that the gateway was told of
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")

from application.catalogue.app import Parts, create_handler
from application.catalogue.caching import CacheManager
from application.catalogue.database import Database
from application.catalogue.outbox import OutboxTable, Telling
from application.catalogue.reading import CachedCatalogue
from application.catalogue.shelf import Shelf
from application.catalogue.store import CatalogueStore
from application.common.caller import Gatekeeper
from application.common.purging import Gateway, NotPurged
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from sqlalchemy import Engine, event

from devtools.application.function_url import DOMAIN, Context, HttpRequest, event_of
from forwarding.signing import origin_key
from tests.unit.forwarding.signed_requests import sign

SECRET = "catalogue-tests-secret-of-the-origin-long-enough"

Headers = Mapping[str, str]

ADMIN: Headers = {"x-user-id": "root", "x-user-role": "admin"}
GRACE: Headers = {"x-user-id": "grace", "x-user-role": "user"}
EUR_GERMAN: Headers = {"x-geo-currency": "EUR", "x-geo-language": "de-DE"}
JPY_JAPANESE: Headers = {"x-geo-currency": "JPY", "x-geo-language": "ja"}

LAMP: Mapping[str, Any] = {
    "texts": {"en": {"name": "Lamp", "description": "Gives light."}, "de": {"name": "Lampe"}},
    "prices": {"USD": 1999, "EUR": 1899},
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class RecordingGateway:
    """A gateway that remembers what it was told, or takes nothing."""

    purged: list[str] = field(default_factory=list)
    fails: bool = False

    def purge(self, tags: Sequence[str]) -> None:
        if self.fails:
            raise NotPurged("the gateway answered 503 ()")
        self.purged += tags


@dataclass
class House:
    """One execution environment: its own connection, the shelf that all share."""

    engine: Engine
    shelf: Shelf
    gateway: RecordingGateway = field(default_factory=RecordingGateway)
    told: Gateway | None = None
    """Who is told instead."""
    hosts: Sequence[str] = (DOMAIN,)

    def __post_init__(self) -> None:
        self.counted: Counter[str] = Counter()
        """Metrics of the cache manager, and "database" for each reason why a transaction was tried again."""
        self.reasons: list[str] = []
        self.statements: list[str] = []
        """Every SQL statement that was sent."""
        event.listen(self.engine, "before_cursor_execute", lambda *sent: self.statements.append(sent[2]))
        self.log = io.StringIO()
        self.database = Database(self.engine, lambda reason: self._count("database", reason))
        self.cache = CacheManager(self.shelf, self._count)
        self.store = CatalogueStore(self.database)
        self.read = CachedCatalogue(self.store, self.cache)
        self.outbox = OutboxTable(self.database)
        self.telling = Telling(self.outbox, self.cache, self.told or self.gateway)
        parts = Parts(self.read, self.store, self.telling, Gatekeeper(lambda: [SECRET], None, self.hosts))
        handler = logging.StreamHandler(self.log)
        logger = Logger(service=f"catalogue-{id(self)}", logger_handler=handler)
        metrics: Any = EphemeralMetrics(namespace="tests")  # others are one for the whole process
        self.handler = create_handler(parts, logger, metrics)

    def _count(self, name: str, reason: str) -> None:
        self.counted[name] += 1
        if reason:
            self.reasons.append(reason)

    def ask(self, method: str, target: str, headers: Headers | None = None, content: Any = None) -> Answer:
        """One request, as the gateway signs it."""
        body = b"" if content is None else json.dumps(content).encode()
        sent = {**(headers or {}), **({"content-type": "application/json"} if body else {})}
        path, _, query = target.partition("?")
        digest = hashlib.sha256(body).hexdigest() if body else None
        signature = sign(method, DOMAIN, path, query, sent, digest, origin_key(SECRET), time.time())
        fields = tuple({"host": DOMAIN, **sent, **signature}.items())
        answer = self.handler(event_of(HttpRequest(method, target, fields, body, "203.0.113.7")), Context())
        shown = {name.lower(): value for name, value in answer["headers"].items()}
        return Answer(answer["statusCode"], shown, json.loads(answer["body"]) if answer.get("body") else None)

    def put(self, sku: str, product: Mapping[str, Any] = LAMP, headers: Headers = ADMIN) -> Answer:
        return self.ask("PUT", f"/products/{sku}", headers, product)

    def price(self, sku: str, headers: Headers = EUR_GERMAN) -> int:
        return int(self.ask("GET", f"/products/{sku}", headers).body["price"]["minor"])


def priced(minor: int) -> dict[str, Any]:
    """The lamp at another price in euros."""
    return {**LAMP, "prices": {"USD": 1999, "EUR": minor}}
