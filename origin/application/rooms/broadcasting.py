"""What was said is told: entries of the log, in their order, to everybody in their rooms.

The log's stream calls this, and again with the same entries when it failed in the middle: who got one already knows
its number. An entry with an owner also reaches the owner's connections that are not in the room.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from itertools import groupby
from typing import Any

from application.rooms.departures import depart
from application.rooms.log import Entry, entry_of
from application.rooms.telling import tell
from application.rooms.wires import NotTold, Wires
from application.rooms.wiring import Stores


class Broadcasting:
    """Tells entries, and removes those who are gone."""

    def __init__(self, stores: Stores, wires: Wires, threads: Executor, clock: Callable[[], float]) -> None:
        self._stores = stores
        self._wires = wires
        self._threads = threads
        self._clock = clock

    def tell(self, entries: Iterable[Entry]) -> int:
        """Gives how many connections were told something."""
        return sum(self._tell(room, list(said)) for room, said in groupby(entries, key=lambda entry: entry.room))

    def _tell(self, room: str, said: list[Entry]) -> int:
        """Who is in the room when the last of them was said."""
        inside = {connection for member in self._stores.members.of(room) for connection in member.connections}
        texts = [(entry, text_of(entry)) for entry in said]
        lanes = {connection: [text for _, text in texts] for connection in inside}
        for entry, text in texts:
            if entry.owner is not None:
                for connection in set(self._stores.connections.of_user(entry.owner)) - inside:
                    lanes.setdefault(connection, []).append(text)
        gone, silent = tell(lanes, self._wires, self._threads)
        self._part(room, gone, silent)
        return len(lanes)

    def _part(self, room: str, gone: list[str], silent: list[str]) -> None:
        for connection in silent:
            with suppress(NotTold):  # API Gateway is not there; its own idle timeout is
                self._wires.close(connection)
        for connection in sorted({*gone, *silent}):
            depart(connection, self._stores.connections, self._stores.members, self._clock())
        if gone or silent:
            self._drop_ghosts(room, {*gone, *silent})

    def _drop_ghosts(self, room: str, parted: set[str]) -> None:
        """What is left of those whose goodbye ended in the middle, and whom no table of connections knows any more."""
        for member in self._stores.members.of(room):
            for connection in sorted(member.connections & parted):
                self._stores.members.drop(connection, member, room, self._clock())


def text_of(entry: Entry) -> str:
    return json.dumps(entry.document(), ensure_ascii=False)


def inserted(event: Mapping[str, Any]) -> Iterator[Entry]:
    """The entries that a batch of the log's stream says were put there."""
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        if record["eventName"] == "INSERT" and "type" in image:
            yield entry_of(image)
