"""What a message does. One method a row of the protocol; that each row has one is seen when the router is made."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from application.common.times import time_text
from application.rooms.connection import Connection, counted
from application.rooms.connections import Moved
from application.rooms.departures import depart
from application.rooms.entering import OwnerOf, may_enter, people_talk
from application.rooms.log import Busy, Entry
from application.rooms.members import TooManyRooms
from application.rooms.protocol import PROTOCOL, ChatMessage, Code, History, InRoom, Message, Row, Who
from application.rooms.reading import Fault, answer, read
from application.rooms.telling import tell
from application.rooms.wires import Gone, NotTold, Wires
from application.rooms.wiring import Stores

MOST_SHOWN = 200
"""Users of a room that one who joins is shown; `count` says how many there are."""
LARGEST_ANSWER = 100_000
"""Bytes of messages in one answer: API Gateway takes 128 KB."""
COUNTS = 5
"""How often a message is counted that others of the same connection came between."""

Answer = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """What the router works with. `clock` is in seconds since 1970."""

    stores: Stores
    wires: Wires
    owner_of: OwnerOf
    threads: Executor
    clock: Callable[[], float] = time.time


class Router:
    """Takes messages of connections, one at a time, and answers each by the same connection."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stores = parts.stores
        self._does: dict[str, Callable[[Connection, Any], Answer | None]] = {
            row.type: getattr(self, row.type) for row in PROTOCOL
        }

    def receive(self, connection_id: str, body: str | None) -> None:
        """A message, None for one that is no text. Raises `ClientError`, NotTold."""
        connection = self._stores.connections.get(connection_id)
        if connection is None:
            self._parts.wires.close(connection_id)
            return
        try:
            said = self._answer(connection, body)
        except Fault as fault:
            said = fault.answer()
        except Moved:
            return  # it has ended meanwhile
        if said is not None:
            self._post(connection_id, said)

    def _answer(self, connection: Connection, body: str | None) -> Answer | None:
        """Raises Fault, Moved."""
        fault: Fault | None = None
        message = Message()
        try:
            row, message = read(body)
        except Fault as found:
            fault = found
        ref = fault.ref if fault else message.ref
        if self._parts.clock() >= connection.expires:
            raise Fault(Code.TOKEN_EXPIRED, ref)
        connection = self._count(connection, ref)
        if fault:
            raise fault
        self._admit(connection, row, message)
        try:
            return self._does[row.type](connection, message)
        except TooManyRooms:
            raise Fault(Code.TOO_MANY_ROOMS, ref) from None
        except Busy:
            raise Fault(Code.BUSY, ref) from None

    def _count(self, connection: Connection, ref: str | None) -> Connection:
        """The connection with one message more. Raises Fault, Moved."""
        for _ in range(COUNTS):
            recent = counted(connection.recent, self._parts.clock())
            if recent is None:
                raise Fault(Code.TOO_MANY_MESSAGES, ref)
            try:
                self._stores.connections.count(connection, recent)
            except Moved:
                again = self._stores.connections.get(connection.id)
                if again is None:
                    raise
                connection = again
            else:
                return connection
        raise Fault(Code.TOO_MANY_MESSAGES, ref)

    def _admit(self, connection: Connection, row: Row, message: Message) -> None:
        """Raises Fault."""
        if not isinstance(message, InRoom):
            return
        if row.who is Who.MAY_ENTER and not may_enter(connection.caller, message.room, self._parts.owner_of):
            raise Fault(Code.UNKNOWN_ROOM, message.ref)
        if row.who in (Who.INSIDE, Who.MAY_TALK) and message.room not in connection.rooms:
            raise Fault(Code.NOT_JOINED, message.ref)
        if row.who is Who.MAY_TALK and not people_talk(message.room):
            raise Fault(Code.READ_ONLY, message.ref)

    # --- the rows of the protocol -----------------------------------------------------------------

    def join(self, connection: Connection, message: InRoom) -> Answer:
        self._stores.members.join(connection, message.room, self._parts.clock())
        last = self._stores.log.last(message.room)
        inside = self._stores.members.of(message.room)
        users = [member.user for member in inside[:MOST_SHOWN]]
        return answer("joined", message.ref, room=message.room, last=last, users=users, count=len(inside))

    def leave(self, connection: Connection, message: InRoom) -> Answer:
        self._stores.members.leave(connection.id, connection.caller, message.room, self._parts.clock(), stays=True)
        return answer("left", message.ref, room=message.room)

    def chat_message(self, connection: Connection, message: ChatMessage) -> Answer:
        content = {"user": connection.user, "text": message.text}
        entry = Entry(message.room, "chat_message", time_text(self._parts.clock()), content)
        return answer("sent", message.ref, room=message.room, number=self._stores.log.say(entry))

    def typing_start(self, connection: Connection, message: InRoom) -> None:
        self._tell_others(connection, message.room, "typing_start")

    def typing_stop(self, connection: Connection, message: InRoom) -> None:
        self._tell_others(connection, message.room, "typing_stop")

    def history(self, connection: Connection, message: History) -> Answer:
        room, after, more = message.room, message.after, False
        if after is None:
            found = _fitting(self._stores.log.newest(room, message.limit)[::-1])[::-1]
        else:
            entries, more = self._stores.log.after(room, after, message.limit)
            found = _fitting(entries)
            more = more or len(found) < len(entries)
        return answer("history", message.ref, room=room, messages=found, more=more)

    def ping(self, connection: Connection, message: Message) -> Answer:
        return answer("pong", message.ref, connection=connection.id, expires=int(connection.expires))

    # --- answers ----------------------------------------------------------------------------------

    def _tell_others(self, connection: Connection, room: str, type_: str) -> None:
        """Without a number: who misses it has missed nothing."""
        text = json.dumps({"type": type_, "room": room, "user": connection.user}, ensure_ascii=False)
        inside = {one for member in self._stores.members.of(room) for one in member.connections}
        tell({one: [text] for one in inside - {connection.id}}, self._parts.wires, self._parts.threads)

    def _post(self, connection_id: str, said: Answer) -> None:
        try:
            self._parts.wires.post(connection_id, json.dumps(said, ensure_ascii=False))
        except Gone:
            depart(connection_id, self._stores.connections, self._stores.members, self._parts.clock())
        except NotTold:
            self._parts.wires.close(connection_id)


def _fitting(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """As many of the first entries as one answer holds; one at least."""
    shown: list[dict[str, Any]] = []
    left = LARGEST_ANSWER
    for entry in entries:
        left -= len(json.dumps(entry.document(), ensure_ascii=False).encode())
        if left < 0 and shown:
            break
        shown.append(entry.document())
    return shown
