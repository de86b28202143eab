"""Somebody who talks in a room over a WebSocket as docs/rooms.md wants a client: whatever breaks, nothing is missed."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from soak.rooms.book import Book, Ears, Message

PATIENCE: Final = 30.0
"""Seconds for anything at all."""
PAGE: Final = 5
"""Messages of one answer to `history`: few, so that there are more."""
PAUSE: Final = 1.0
"""Seconds after which what was too much is said again."""
AGAIN: Final = frozenset({"busy", "too_many_messages"})

Opening = Callable[[], dict[str, Any]]
"""What `connect` takes: the address, and the fields of another handshake."""


class Wrong(Exception):
    """An answer that cannot be right."""


class Talker:
    """One person. `opened` is how often they connected, `asked` how often they asked for a gap."""

    def __init__(self, name: str, room: str, book: Book, opening: Opening) -> None:
        self.name = name
        self.ears = Ears()
        self.opened = 0
        self.asked = 0
        self._room = room
        self._book = book
        self._opening = opening
        self._refs = count(1)
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._heard = asyncio.Event()
        self._caught_up = False
        """Whether this connection has had all from before it: from then on it is told everything, without a gap."""

    async def say(self, text: str) -> None:
        """Once; when the connection is lost meanwhile, nobody knows whether it was said. Raises Wrong."""
        await self._be_there()
        self._book.attempted.add(text)
        with suppress(ConnectionClosed):
            answer = await self._ask("chat_message", "sent", text=text)
            self._book.acknowledge(answer["number"], self.name, text)

    async def blurt(self, text: str) -> None:
        """Say something and vanish before it is acknowledged."""
        await self._be_there()
        self._book.attempted.add(text)
        with suppress(ConnectionClosed):
            await self._send("chat_message", {"text": text})
        await self.vanish()

    async def vanish(self) -> None:
        """Without goodbye, as a cable that is cut."""
        if self._socket is not None:
            self._socket.transport.abort()
        await self._end()

    async def leave(self) -> None:
        """With a close frame."""
        if self._socket is not None:
            await self._socket.close()
        await self._end()

    async def hear(self, number: int) -> None:
        """Wait until everything up to that number was heard; who stays connected is told without asking."""
        while self.ears.last < number:
            await self._be_there()
            self._heard.clear()
            if self.ears.last < number:
                await self._heard.wait()

    async def history(self) -> list[Message]:
        """Everything from the first message on. Raises Wrong."""
        found: list[Message] = []
        while True:
            await self._be_there()
            with suppress(ConnectionClosed):
                page = await self._ask("history", "history", after=len(found), limit=PAGE * 10)
                found += page["messages"]
                if not page["more"]:
                    return found

    async def _be_there(self) -> None:
        """Connected, in the room, and without a gap. Raises Wrong."""
        while self._socket is None or self._listening is None or self._listening.done() or self.ears.misses:
            with suppress(ConnectionClosed):
                if self._listening is None or self._listening.done():
                    await self._open()
                    joined = await self._ask("join", "joined")
                    self.ears.newest = max(self.ears.newest, joined["last"])
                while self.ears.misses:
                    await self._catch_up()
                self._caught_up = True

    async def _open(self) -> None:
        await self._end()
        self._socket = await connect(
            **self._opening(), open_timeout=PATIENCE, ping_interval=None, compression=None, proxy=None
        )
        self.opened += 1
        self._listening = asyncio.create_task(self._listen(self._socket))

    async def _catch_up(self) -> None:
        """What came after the last number."""
        self.asked += 1
        page = await self._ask("history", "history", after=self.ears.last, limit=PAGE)
        for message in page["messages"]:
            self.ears.hear(message)

    async def _ask(self, type_: str, answered: str, **fields: Any) -> Message:
        """The answer of that type. Raises Wrong, ConnectionClosed."""
        while True:
            answer = await (await self._send(type_, fields))
            if answer["type"] == answered:
                return answer
            if answer.get("code") not in AGAIN:
                raise Wrong(f"{self.name} was answered {answer} to {type_}")
            await asyncio.sleep(PAUSE)

    async def _send(self, type_: str, fields: dict[str, Any]) -> asyncio.Future[Message]:
        """Its answer, in future. Raises ConnectionClosed."""
        assert self._socket is not None
        ref = str(next(self._refs))
        self._answers[ref] = answer = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"type": type_, "room": self._room, "ref": ref, **fields}))
        if self._listening is None or self._listening.done():
            raise ConnectionClosed(None, None)
        return answer

    async def _listen(self, socket: ClientConnection) -> None:
        """Until the connection ends; who waits for an answer then is told so."""
        try:
            async for text in socket:
                message = json.loads(text)
                if waiting := self._answers.pop(message.get("ref", ""), None):
                    if not waiting.done():  # a party that took too long
                        waiting.set_result(message)
                elif "number" in message:
                    (self.ears.be_told if self._caught_up else self.ears.hear)(message)
                    self._heard.set()
        except ConnectionClosed:
            pass
        finally:
            for waiting in (one for one in self._answers.values() if not one.done()):
                waiting.set_exception(ConnectionClosed(None, None))
                waiting.exception()  # perhaps nobody waits
            self._answers.clear()
            self._heard.set()

    async def _end(self) -> None:
        if self._listening is not None:
            await self._listening
        self._socket = self._listening = None
        self._caught_up = False
