"""A whole shop in memory, in which everything that can go wrong does: the model of `test_exactly_once.py`.

Every worker (a request, a delivery, the relay, the sweeper) is a coroutine that stops before and after each call of a
port. A list of numbers decides what happens next: which worker goes on, which one crashes where it stands, which
message is delivered, delivered again, or duplicated, what the payment provider does, and when time passes. When the
numbers are used up, everything that is left runs to its end without a fault, dead letters included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from application.common.money import Money
from application.orders.items import message_item
from application.orders.order import Change, Line, Message, Order, happen, placed, timestamp
from application.orders.outbox import send
from application.orders.ports import Charge, Charged, Moved, Outcome, Unknown
from application.orders.processing import Processing
from application.orders.shipping import fulfil
from application.orders.states import FINAL, Channel, Event, NotNow, State
from greenlet import getcurrent, greenlet

from tests.unit.application.orders.doubles import ADA, NOW, MemoryOrders, MemoryPayments

STOCK = {"starter": 4, "team": 3, "business": 2}
UNIT = {"starter": Money(0, "EUR"), "team": Money(1100, "EUR"), "business": Money(4500, "EUR")}
GOOD, BAD = "pm_card_visa", "pm_card_chargeDeclined"
MOST_DELIVERIES = 5
FORGOTTEN_AFTER = 24 * 3600.0
"""Seconds after which the provider has forgotten an idempotency key, and would charge it anew."""


class Crash(BaseException):
    """The process ends where it stands: nothing catches it, as nothing catches a power cut."""


class Unreachable(Exception):
    """A queue or topic did not take a message."""


class Choices:
    """Decisions, one number each; when there are no more, `over`."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = list(reversed(numbers))

    @property
    def over(self) -> bool:
        return not self._numbers

    def pick(self, options: int) -> int:
        """One of `options`; 0, by convention the harmless one, when there are no more decisions."""
        return self._numbers.pop() % options if self._numbers else 0


def pause() -> None:
    """Give the turn back: another worker may come now, or a crash."""
    parent = getcurrent().parent
    if parent is not None:
        parent.switch()


class Stepped(MemoryOrders):
    """The store, with a pause around each call; and what must hold after every commit."""

    def __init__(self) -> None:
        super().__init__(STOCK)
        self.parcels: Counter[str] = Counter()

    def get(self, order_id: str) -> Order | None:
        pause()
        return super().get(order_id)

    def commit(self, change: Change) -> None:
        pause()
        super().commit(change)
        self.parcels[change.after.id] += change.after.state is State.FULFILLED
        self.check_stock()
        pause()

    def forget(self, message_id: str) -> None:
        pause()
        super().forget(message_id)
        pause()

    def check_stock(self) -> None:
        """Never negative, and conserved: what is not there is in an order that holds it."""
        holding = (State.RESERVED, State.PAID, State.FULFILLED)
        held: Counter[str] = Counter()
        for order in self.orders.values():
            if order.state in holding:
                held.update({line.sku: line.quantity for line in order.lines})
        assert all(count >= 0 for count in self.stock.values()), self.stock
        assert {sku: count + held[sku] for sku, count in self.stock.items()} == STOCK


class FaultyPayments(MemoryPayments):
    """A provider that may fail before or after charging, and that forgets its keys after a day."""

    def __init__(self, choices: Choices, clock: Callable[[], float]) -> None:
        super().__init__(frozenset({BAD}))
        self._choices = choices
        self._clock = clock
        self._remembered: dict[str, float] = {}

    def charge(self, charge: Charge) -> Outcome:
        pause()
        fault = self._choices.pick(4)
        if fault == 1:
            raise Unknown("hung up before it charged")
        if self._clock() - self._remembered.get(charge.key, self._clock()) > FORGOTTEN_AFTER:
            del self.outcomes[charge.key]  # and with it the protection by the key
        self._remembered.setdefault(charge.key, self._clock())
        outcome = super().charge(charge)
        pause()
        if fault in (2, 3):
            raise Unknown("charged, and then answered with 500 or not at all")
        return outcome

    def find(self, charge: Charge) -> Outcome | None:
        pause()
        if self._choices.pick(4) == 1:
            raise Unknown("no answer")
        found = super().find(charge)
        pause()
        return found


@dataclass
class Delivery:
    """A message in a queue, and how often it was delivered."""

    message: Message
    count: int = 0


@dataclass
class Worker:
    """Something that runs step by step. `ended` is called with whether it ended well."""

    coroutine: greenlet
    ended: Callable[[bool], None]
    well: bool = False


@dataclass
class Shop:
    """The world. `clock` is in seconds since 1970."""

    choices: Choices
    now: float = NOW
    queues: dict[Channel, list[Delivery]] = field(default_factory=lambda: {channel: [] for channel in Channel})
    dead: list[tuple[Channel, Delivery]] = field(default_factory=list)
    mail: Counter[str] = field(default_factory=Counter)
    workers: list[Worker] = field(default_factory=list)
    stream: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Stepped()
        self.payments = FaultyPayments(self.choices, self.clock)
        self._processing = Processing(self.store, self.payments, self.clock)
        self._seen: set[str] = set()

    def clock(self) -> float:
        return self.now

    # --- workers ---------------------------------------------------------------------------------------------------

    def start(self, work: Callable[[], object], ended: Callable[[bool], None] = lambda _: None) -> None:
        worker = Worker(greenlet(lambda: None), ended)

        def run() -> None:
            try:
                work()
                worker.well = True
            except Crash:
                pass
            except AssertionError:
                raise
            except Exception:
                pass

        worker.coroutine = greenlet(run)
        self.workers.append(worker)

    def step(self, worker: Worker, *, crash: bool = False) -> None:
        if not crash:
            worker.coroutine.switch()
        elif worker.coroutine:  # one that has not begun cannot be interrupted: it never was
            worker.coroutine.throw(Crash)
        if crash or worker.coroutine.dead:
            self.workers.remove(worker)
            worker.ended(worker.well)
        self._watch_the_stream()

    def _watch_the_stream(self) -> None:
        """The table's stream shows every message that was put there, once."""
        for id_, message in self.store.outbox.items():
            if id_ not in self._seen:
                self._seen.add(id_)
                self.stream.append(message)

    # --- what the workers do ---------------------------------------------------------------------------------------

    def place(self, order: Order) -> None:
        def work() -> None:
            with suppress(Moved):  # this request placed it before
                self.store.commit(placed(order))

        self.start(work)

    def cancel(self, order_id: str) -> None:
        def work() -> None:
            order = self.store.get(order_id)
            if order is not None:
                with suppress(Moved, NotNow):  # too late
                    self.store.commit(happen(order, Event.CANCELLED, timestamp(self.now)))

        self.start(work)

    def publish(self, message: Message) -> None:
        """Implements `ports.Wires`."""
        pause()
        if self.choices.pick(8) == 1:
            raise Unreachable
        self.queues[message.tell.channel].append(Delivery(message))
        pause()

    def relay(self, messages: Sequence[Message]) -> None:
        self.start(lambda: send(map(message_item, messages), self, self.store, lambda _row, _error: None))

    def deliver(self, channel: Channel, delivery: Delivery) -> None:
        """Hand a message to its reader; it is in nobody else's hands until that ends."""
        self.queues[channel].remove(delivery)
        delivery.count += 1
        self.start(partial(self._read, channel, delivery.message), partial(self._read_by, channel, delivery))

    def _read(self, channel: Channel, message: Message) -> None:
        order_id = str(message.body["order"]["id"])
        match channel:
            case Channel.ORDERS:
                self._processing.work_off(order_id)
            case Channel.FULFILMENT:
                fulfil(order_id, self.store, self.clock)
            case Channel.NOTIFICATIONS:
                pause()
                self.mail[message.id] = 1  # a conditional put by the message's id
                pause()

    def _read_by(self, channel: Channel, delivery: Delivery, well: bool) -> None:
        if well:
            if self.choices.pick(6) == 1:  # queues deliver at least once
                self.queues[channel].append(Delivery(delivery.message, delivery.count))
        elif delivery.count >= MOST_DELIVERIES:
            self.dead.append((channel, delivery))
        else:
            self.queues[channel].append(delivery)

    # --- time ------------------------------------------------------------------------------------------------------

    def actions(self) -> list[Callable[[], None]]:
        """What may happen next."""
        found: list[Callable[[], None]] = []
        for worker in self.workers:
            found += [partial(self.step, worker)] * 4 + [partial(self.step, worker, crash=True)]
        for channel, deliveries in self.queues.items():
            found += [partial(self.deliver, channel, delivery) for delivery in deliveries]
        found += [partial(self._relay_from_the_stream, message) for message in self.stream]
        if self.store.outbox:
            found.append(lambda: self.relay(list(self.store.outbox.values())))
        return found

    def _relay_from_the_stream(self, message: Message) -> None:
        self.stream.remove(message)
        self.relay([message])

    def settle(self) -> None:
        """Let everything that is left run to its end without a fault; dead letters are put back, a day later."""
        while self.workers or self.store.outbox or any(self.queues.values()) or self.dead:
            if self.workers:
                self.step(self.workers[0])
                continue
            waiting = [(channel, one) for channel, deliveries in self.queues.items() for one in deliveries]
            if not waiting:
                self.now += FORGOTTEN_AFTER + 1
                for channel, letter in self.dead:
                    self.queues[channel].append(Delivery(letter.message))
                self.dead.clear()
                if self.store.outbox:
                    self.relay(list(self.store.outbox.values()))
            for channel, delivery in waiting:
                self.deliver(channel, delivery)

    # --- what must be true in the end --------------------------------------------------------------------------------

    def judge(self) -> None:
        """Every order is in a final state that its card allows, and everything else follows from the states."""
        self.store.check_stock()
        expected: Counter[str] = Counter()
        for order in self.store.orders.values():
            assert order.state in FINAL, order
            pays = order.total.minor > 0
            if order.payment_method == BAD and pays:
                assert order.state is not State.FULFILLED
            if order.payment_method == GOOD or not pays:
                assert order.state is not State.DECLINED
            sold = order.state is State.FULFILLED
            assert self.payments.charged[order.id] == (sold and pays), "charged once when it is sold, and else never"
            assert self.store.parcels[order.id] == sold
            assert isinstance(self.payments.outcomes.get(order.id), Charged) == (sold and pays)
            expected.update(f"{order.id}.{type_}" for type_ in TOLD[order.state])
        assert self.mail == expected


TOLD = {
    State.FULFILLED: ("order_confirmed", "order_fulfilled"),
    State.DECLINED: ("order_declined",),
    State.OUT_OF_STOCK: ("order_out_of_stock",),
    State.CANCELLED: ("order_cancelled",),
}


def order(number: int, sku: str, quantity: int, payment_method: str) -> Order:
    """The order that a client's request number `number` places."""
    now = timestamp(NOW)
    lines = (Line(sku, quantity, UNIT[sku]), *([Line("business", 1, UNIT["business"])] if sku == "team" else []))
    return Order(f"{number:032x}", ADA, State.PENDING, lines, payment_method, now, now, "f" * 64)


def play(orders: Sequence[Order], numbers: Sequence[int]) -> Shop:
    """A history: the shop after everything has happened and settled."""
    choices = Choices(numbers)
    shop = Shop(choices)
    requests: list[Callable[[], None]] = []
    for one in orders:
        requests += [partial(shop.place, one), partial(shop.place, one), partial(shop.cancel, one.id)]
    while not choices.over:
        options = [partial(_take, requests, index) for index in range(min(2, len(requests)))] + shop.actions()
        options.append(lambda: setattr(shop, "now", shop.now + 45))
        options[choices.pick(len(options))]()
    for one in orders:
        shop.place(one)  # a client sends again until it is answered
    shop.settle()
    return shop


def _take(requests: list[Callable[[], None]], index: int) -> None:
    requests.pop(index)()
