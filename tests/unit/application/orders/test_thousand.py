"""A thousand orders through a local queue, by workers beside each other, with faults: the sums are the model's.

The provider is on a socket and charges by the cards of the orders; stores and queue are in memory. Of a hundred
messages two each are delivered twice, are poison, or meet a worker that dies right after a commit; of a hundred
requests two meet a provider that fails.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from application.common.money import Money
from application.orders.charging import by_http
from application.orders.charging.by_http import HttpPayments
from application.orders.order import Change, Line, Message, Order, placed, timestamp
from application.orders.ports import Unknown
from application.orders.processing import Processing, UnknownOrder
from application.orders.shipping import fulfil
from application.orders.states import Channel, State

from devtools.application.payments import Provider
from tests.unit.application.orders.doubles import ADA, NOW, MemoryOrders
from tests.unit.application.orders.shop import TOLD

ORDERS, WORKERS = 1000, 4
SHARE = 0.02
STOCK = {"starter": 10_000, "team": 500, "business": 10_000}
"""Of one thing too little, so that some orders are out of stock."""
UNIT = {"starter": Money(0, "EUR"), "team": Money(1100, "EUR"), "business": Money(4500, "EUR")}
VISA, DECLINED = "pm_card_visa", "pm_card_chargeDeclined"
FAULTY = ("pm_card_failsBefore", "pm_card_failsAfter", "pm_card_hangsUp", "pm_card_garbage", "pm_card_hangsAfter")


class Died(Exception):
    """A worker ended in the middle; its message comes again."""


class Poison(Exception):
    """A message that nobody can read."""


@dataclass
class Shop:
    """Stores and a queue, for workers beside each other. `chance` decides about faults."""

    provider: Provider
    chance: random.Random
    store: MemoryOrders = field(default_factory=lambda: MemoryOrders(STOCK))
    waiting: queue.Queue[Message | None] = field(default_factory=queue.Queue)
    mail: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    guard: threading.RLock = field(default_factory=threading.RLock)

    def get(self, order_id: str) -> Order | None:
        with self.guard:
            return self.store.get(order_id)

    def commit(self, change: Change) -> None:
        """Implements `ports.Orders`; what was told is in the queue at once, now and then twice."""
        with self.guard:
            self.store.commit(change)
            for message in change.messages:
                self.waiting.put(message)
                if self._happens():
                    self.waiting.put(message)
            if change.before is not None and self._happens():
                raise Died

    def work(self) -> None:
        """One worker, until there is nothing to do."""
        processing = Processing(self, HttpPayments(self.provider.url, lambda: self.provider.key), lambda: NOW)
        while (message := self.waiting.get()) is not None:
            try:
                self._read(message, processing)
            except (Died, Unknown):
                self.waiting.put(message)
            except (Poison, UnknownOrder) as error:
                with self.guard:
                    self.dead[type(error).__name__] += 1
            finally:
                self.waiting.task_done()

    def _read(self, message: Message, processing: Processing) -> None:
        if not message.body:
            raise Poison
        order_id = str(message.body["order"]["id"])
        match message.tell.channel:
            case Channel.ORDERS:
                processing.work_off(order_id)
            case Channel.FULFILMENT:
                fulfil(order_id, self, lambda: NOW)
            case Channel.NOTIFICATIONS:
                with self.guard:
                    self.mail[message.id] = 1

    def _happens(self) -> bool:
        return self.chance.random() < SHARE


def orders(chance: random.Random) -> Iterator[Order]:
    now = timestamp(NOW)
    for number in range(ORDERS):
        [card] = chance.choices([VISA, DECLINED, chance.choice(FAULTY)], weights=[88, 10, 2])
        sku = chance.choice(list(UNIT))
        lines = (Line(sku, chance.randint(1, 3), UNIT[sku]),)
        yield Order(f"{number:032x}", ADA, State.PENDING, lines, card, now, now, "f" * 64)


def test_a_thousand_orders_with_faults_end_as_the_model_says(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_http, "CHARGE_WITHIN", 0.3)
    provider.ledger.clear()
    chance = random.Random(2026)
    shop, wanted = Shop(provider, chance), list(orders(chance))
    started = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as workers:
        running = [workers.submit(shop.work) for _ in range(WORKERS)]
        for order in wanted:
            shop.commit(placed(order))
            if chance.random() < SHARE:
                shop.waiting.put(Message("poison", placed(order).messages[0].tell, {}, order.placed_at))
        shop.waiting.join()
        for _ in running:
            shop.waiting.put(None)
        for one in running:
            one.result()
    took = time.monotonic() - started
    print(f"{ORDERS} orders in {took:.1f} s, {ORDERS / took:.0f} a second; dead letters: {dict(shop.dead)}")
    judge(shop, wanted)


def judge(shop: Shop, wanted: list[Order]) -> None:
    """What must be true of the end, whatever happened on the way."""
    states = {order.id: shop.store.orders[order.id].state for order in wanted}
    sold = [order for order in wanted if states[order.id] is State.FULFILLED]
    for order in wanted:
        declines = order.payment_method == DECLINED and order.total.minor > 0
        allowed = {State.DECLINED if declines else State.FULFILLED}
        assert states[order.id] in allowed | ({State.OUT_OF_STOCK} if order.lines[0].sku == "team" else set())
    assert len(set(states.values())) == 3, "there was something of everything"
    left = Counter(STOCK)
    for order in sold:
        left.subtract({line.sku: line.quantity for line in order.lines})
    assert shop.store.stock == dict(left)
    booked = [charge for charge in shop.provider.charges if charge.status == "succeeded"]
    assert len({charge.idempotency_key for charge in booked}) == len(booked)
    assert {charge.idempotency_key for charge in booked} == {order.id for order in sold if order.total.minor}
    assert sum(charge.amount for charge in booked) == sum(order.total.minor for order in sold)
    assert shop.mail == Counter(f"{order.id}.{type_}" for order in wanted for type_ in TOLD[states[order.id]])
    assert set(shop.dead) == {"Poison"}
