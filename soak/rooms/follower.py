"""Who follows a room without a WebSocket: the event stream, asked for again from the last event's id on."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from soak.exchanges import Answer, Question
from soak.model import expect_fields, expect_status
from soak.rooms.book import Ears

POLLED: Final = 0.25
"""Seconds between two questions: sooner than `retry` says, for a party is short."""

Ask = Callable[[Question], Awaitable[Answer]]


class Follower:
    """One reader. `ask` asks through the gateway, and counts what is wrong with the answer."""

    def __init__(self, room: str, headers: dict[str, str], ask: Ask, name: Callable[[], str]) -> None:
        self.ears = Ears()
        self._target = f"/rooms/{room}/events"
        self._headers = headers
        self._ask = ask
        self._name = name

    async def hear(self, number: int) -> None:
        """Ask until everything up to that number was heard."""
        while self.ears.last < number:
            await self.follow()
            await asyncio.sleep(POLLED)

    async def follow(self) -> None:
        """Once: whatever came after the last event."""
        headers = {**self._headers, "last-event-id": str(self.ears.last)}
        question = Question("room events", "GET", self._target, self._check, headers, id=self._name())
        await self._ask(question)

    def _check(self, question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, 200)
        yield from expect_fields(answer, content_type="text/event-stream", cache_control="no-store, no-transform")
        for event in answer.content.decode().split("\n\n")[1:]:
            if event:
                yield from self._heard(event)

    def _heard(self, event: str) -> Iterator[str]:
        """The next event. Its id is the number of the message, and nothing comes twice or is left out."""
        fields = dict(line.split(": ", 1) for line in event.split("\n"))
        message = json.loads(fields["data"])
        if (fields["id"], fields["event"]) != (str(message["number"]), message["type"]):
            yield f"event {fields['id']} of type {fields['event']} is about {message}"
        if message["number"] != self.ears.last + 1:
            yield f"after event {self.ears.last} came {message['number']}"
        self.ears.hear(message)
