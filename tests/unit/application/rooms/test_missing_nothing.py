"""Whatever happens to connections and functions: everybody gets everything once, in the same order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from application.rooms.log import Entry, Log
from application.rooms.telling import tell
from application.rooms.wires import Gone, NotTold
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.application.rooms.house import Client, House

ROOM = "general"
PEOPLE = ("ada", "grace", "linus")


@dataclass
class Reader:
    """A client as docs/rooms.md wants it: it keeps its last number, and asks for what came after it."""

    house: House
    user: str
    client: Client | None = None
    kept: list[dict[str, Any]] = field(default_factory=list)
    read: int = 0

    @property
    def last(self) -> int:
        return int(self.kept[-1]["number"]) if self.kept else 0

    def connect(self) -> None:
        if self.client is not None and self.client.there:
            return
        self.client, self.read = self.house.connect(self.user), 0
        self.house.say(self.client, "join", room=ROOM)
        self.catch_up()

    def catch_up(self) -> None:
        assert self.client is not None
        more = True
        while more:
            page = self.house.say(self.client, "history", room=ROOM, after=self.last, limit=3)
            self.kept += page["messages"]
            more = page["more"]

    def listen(self) -> None:
        """What arrived: a number it has is dropped, a gap is asked for."""
        if self.client is None or not self.client.there:
            return
        arrived, self.read = self.client.inbox[self.read :], len(self.client.inbox)
        for message in (message for message in arrived if "at" in message):
            if message["number"] == self.last + 1:
                self.kept.append(message)
            elif message["number"] > self.last:
                self.catch_up()


HAPPENINGS = ("connect", "talk", "vanish", "leave", "spread", "crash", "read")
STEPS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(HAPPENINGS)), max_size=14)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, power=st.integers(0, 3))
def test_who_asks_for_what_came_after_their_last_number_misses_nothing(
    database: Any, steps: list[tuple[str, str]], power: int
) -> None:
    house = House(database)
    readers = {user: Reader(house, user) for user in PEOPLE}
    for number, (user, step) in enumerate(steps):
        reader = readers[user]
        client = reader.client
        match step:
            case "connect":
                reader.connect()
            case "talk" if client is not None and client.there:
                house.say(client, "chat_message", room=ROOM, text=str(number))
            case "vanish" if client is not None:
                client.vanish()
            case "leave" if client is not None and client.there:
                house.leave(client)
            case "crash":
                house.wires.power = power
                house.spread()
                house.wires.power = None
            case "spread":
                house.spread()
            case "read":
                reader.listen()
    for reader in readers.values():
        reader.connect()
    house.spread()
    for reader in readers.values():
        reader.listen()
    everything = list(house.room(ROOM))
    assert [message["number"] for message in everything] == list(range(1, len(everything) + 1))
    for reader in readers.values():
        reader.connect()  # a cable that was cut is noticed by what was not told
        reader.catch_up()
        assert reader.kept == list(house.room(ROOM))[: len(reader.kept)]
        assert len(reader.kept) >= len(everything)
    house.tear_down()


def test_a_function_that_dies_in_a_broadcast_leaves_nobody_out_and_nothing_twice(house: House) -> None:
    readers = [Reader(house, f"user{number}") for number in range(6)]
    for reader in readers:
        reader.connect()
    house.spread()
    speaker = readers[0].client
    assert speaker is not None
    for number in range(5):
        house.say(speaker, "chat_message", room=ROOM, text=str(number))
    house.wires.power = 17  # of thirty
    house.spread()
    for reader in readers:
        reader.listen()
    twice = [len(reader.client.heard("chat_message")) > 5 for reader in readers if reader.client]
    assert any(twice), "some are told again"
    for reader in readers:
        assert reader.kept == list(house.room(ROOM)), "and know it by the number"


class SlowWires:
    """`stuck` waits until the test is over, `broken` never takes anything."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.told: list[tuple[str, str]] = []

    def post(self, connection_id: str, text: str) -> None:
        if connection_id == "stuck":
            self.over.wait(20)
        if connection_id == "broken":
            raise NotTold("429")
        if connection_id == "gone":
            raise Gone(connection_id)
        self.told.append((connection_id, text))

    def close(self, connection_id: str) -> None:
        raise AssertionError


def test_one_slow_or_failing_connection_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.rooms.telling.PATIENCE", 0.5)
    wires, threads = SlowWires(), ThreadPoolExecutor(8)
    quick = [f"c{number}" for number in range(50)]
    lanes = {name: ["one", "two"] for name in ("stuck", "broken", "gone", *quick)}
    gone, silent = tell(lanes, wires, threads, sleep=lambda _: None)
    told = list(wires.told)
    wires.over.set()
    threads.shutdown()
    assert (gone, sorted(silent)) == (["gone"], ["broken", "stuck"])
    assert {name for name, _ in told} == set(quick)
    assert all([text for name, text in told if name == one] == ["one", "two"] for one in quick)


def test_numbers_are_given_in_turn_when_somebody_else_is_always_faster(house: House) -> None:
    ada, grace = house.connect("ada"), house.connect("grace")
    for client in (ada, grace):
        house.say(client, "join", room=ROOM)
    others = [Entry(ROOM, "chat_message", "now", {"text": str(number)}) for number in range(3)]

    class Overtaken(Log):
        """Between the reading of the last number and the write of the next, somebody else talks."""

        def last(self, room: str) -> int:
            number = super().last(room)
            if others:
                house.stores.log.say(others.pop())
            return number

    slow = Overtaken(house.database, house.messages, sleep=lambda _: None)
    assert slow.say(Entry(ROOM, "chat_message", "now", {"text": "mine"})) == 6
    everything = list(house.room(ROOM))
    assert [message["number"] for message in everything] == [1, 2, 3, 4, 5, 6]
    assert everything[-1]["text"] == "mine"
