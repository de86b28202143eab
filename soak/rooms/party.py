"""A party: a room from its first guest to its last. Three talk, vanish and come back; one follows the event stream.

It is over before memory is looked at, like every other exchange.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from websockets.exceptions import WebSocketException

from soak.log_lines import LogLines
from soak.people import HS, Person
from soak.rooms.book import Book
from soak.rooms.follower import Ask, Follower
from soak.rooms.talker import Talker, Wrong
from soak.world import World

GUESTS: Final = 3
TURNS: Final = 3
"""How often each guest says two things."""
LONGEST: Final = 60.0
"""Seconds for a whole party, on a machine that does a lot else."""
SWITCHED: Final = 101


class Parties:
    """One party after the other, each in a room of its own, whose members have its name as a role."""

    def __init__(self, world: World, log: LogLines, address: tuple[str, int], ask: Ask) -> None:
        self._world = world
        self._log = log
        self._address = address
        self._ask = ask
        self._parties = count(1)
        self._handshakes = count(1)

    async def party(self, now: Callable[[], float]) -> tuple[Counter[str], list[str]]:
        """What happened how often, and what was wrong. Raises nothing."""
        role = f"party-{next(self._parties)}"
        room, book = f"role:{role}", Book()
        guests = [self._guest(Person(HS, f"guest-{n}", ("user", role)), room, book, now) for n in range(GUESTS)]
        follower = Follower(
            room, self._bearer(Person(HS, "follower", (role,)), now()), self._ask, lambda: self._name("events")
        )
        try:
            async with asyncio.timeout(LONGEST):
                found = await _celebrate(guests, follower, book)
        except TimeoutError:
            heard = ", ".join(f"{guest.name} {guest.ears.last}" for guest in guests)
            found = [f"not over within {LONGEST:.0f} s; heard {heard}, follower {follower.ears.last}, of {book.newest}"]
        except (ExceptionGroup, Wrong, OSError, WebSocketException) as error:
            errors = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
            found = [f"{type(one).__name__}: {one}" for one in errors]
        finally:
            for guest in guests:
                await guest.vanish()
        return _counts(guests, follower, book), [f"{room}: {complaint}" for complaint in found]

    def _guest(self, who: Person, room: str, book: Book, now: Callable[[], float]) -> Talker:
        host, port = self._address

        def opening() -> dict[str, Any]:
            name = self._name("handshake")
            self._log.answered(name, SWITCHED)
            fields = {**self._bearer(who, now()), "x-request-id": name}
            return {"uri": f"ws://{host}:{port}/rooms", "additional_headers": fields}

        return Talker(who.id, room, book, opening)

    def _bearer(self, who: Person, now: float) -> dict[str, str]:
        return {"authorization": f"Bearer {self._world.tokens.good(who, now, new=True)}"}

    def _name(self, kind: str) -> str:
        return f"soak-room-{kind}-{next(self._handshakes)}"


async def _celebrate(guests: list[Talker], follower: Follower, book: Book) -> list[str]:
    """All of it, and what is wrong with it. Raises Wrong and what `websockets` does, one by one or as a group."""
    async with asyncio.TaskGroup() as talking:
        for number, guest in enumerate(guests):
            talking.create_task(_talk(guest, number))
        talking.create_task(follower.follow())
    newest = book.newest
    async with asyncio.TaskGroup() as listening:
        for guest in guests:
            listening.create_task(guest.hear(newest))
        listening.create_task(follower.hear(newest))
    everything = await guests[0].history()
    for guest in guests:
        await guest.leave()
    readers = {**{guest.name: guest.ears for guest in guests}, "follower": follower.ears}
    # Goodbyes are said in the room, too, and of those who vanished with their last word: who stays longest hears most.
    longest = max((ears.kept for ears in readers.values()), key=len)
    return list(book.complaints(everything + longest[len(everything) :], readers))


async def _talk(guest: Talker, number: int) -> None:
    """Each guest vanishes in another turn, and one in the middle of a word."""
    for turn in range(TURNS):
        await guest.say(f"{guest.name} {turn}.1")
        if turn != number:
            await guest.say(f"{guest.name} {turn}.2")
        elif number == 1:
            await guest.blurt(f"{guest.name} {turn}.2")
        else:
            await guest.vanish()


def _counts(guests: list[Talker], follower: Follower, book: Book) -> Counter[str]:
    ears = [*(guest.ears for guest in guests), follower.ears]
    return Counter(
        connections=sum(guest.opened for guest in guests),
        histories=sum(guest.asked for guest in guests),
        said=len(book.acknowledged),
        heard=sum(one.last for one in ears),
        again=sum(one.known for one in ears),
    )
