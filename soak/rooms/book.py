"""What everybody in a room must have heard: every message once, in the order of its number. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Message = Mapping[str, Any]


@dataclass
class Ears:
    """What one reader has heard, as docs/rooms.md wants it: what is known is dropped, and a gap is asked for."""

    kept: list[Message] = field(default_factory=list)
    newest: int = 0
    """The highest number that was ever mentioned."""
    known: int = 0
    """Messages that came again."""
    wrong: list[str] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The number up to which nothing is missing."""
        return len(self.kept)

    @property
    def misses(self) -> bool:
        """Whether there is a gap to ask for."""
        return self.newest > self.last

    def be_told(self, message: Message) -> None:
        """A message with a number, on a connection to which nothing may be left out any more."""
        if not self.misses and message["number"] > self.last + 1:
            self.wrong.append(f"after number {self.last} it was told {message['number']}")
        self.hear(message)

    def hear(self, message: Message) -> None:
        """A message with a number, from wherever it came."""
        number = int(message["number"])
        self.newest = max(self.newest, number)
        if number == self.last + 1:
            self.kept.append(message)
        elif number <= self.last:
            self.known += 1
            if self.kept[number - 1] != message:
                self.wrong.append(f"number {number} is now {message}, and was {self.kept[number - 1]}")


@dataclass
class Book:
    """What was said in one room, as its speakers know it. Texts are said once."""

    attempted: set[str] = field(default_factory=set)
    acknowledged: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By number: the speaker's id, and the text."""
    doubtful: list[str] = field(default_factory=list)
    """Numbers that were given twice, or backwards to one speaker."""
    _latest: dict[str, int] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """The highest number that a speaker was told; 0 before."""
        return max(self.acknowledged, default=0)

    def acknowledge(self, number: int, speaker: str, text: str) -> None:
        """A speaker was told that the text has this number."""
        if number in self.acknowledged:
            self.doubtful.append(f"number {number} was given to {self.acknowledged[number]} and to {speaker}")
        if number <= self._latest.get(speaker, 0):
            self.doubtful.append(f"{speaker} was given {number} after {self._latest[speaker]}")
        self._latest[speaker] = number
        self.acknowledged[number] = speaker, text

    def complaints(self, everything: Sequence[Message], readers: Mapping[str, Ears]) -> Iterator[str]:
        """`everything` is the room's history, read once all have done with listening."""
        yield from self.doubtful
        if [message["number"] for message in everything] != list(range(1, len(everything) + 1)):
            yield f"the history has gaps: {[message['number'] for message in everything]}"
            return
        yield from self._of_texts(everything)
        for name, ears in readers.items():
            yield from (f"{name}: {complaint}" for complaint in ears.wrong)
            if ears.last < self.newest:
                yield f"{name} heard up to {ears.last}, and {self.newest} was said"
            if ears.kept != list(everything[: ears.last]):
                yield f"{name} heard something else than the history has: {ears.kept}"

    def _of_texts(self, everything: Sequence[Message]) -> Iterator[str]:
        """Whatever was acknowledged is there; what was not may be, once."""
        said = Counter(message["text"] for message in everything if message["type"] == "chat_message")
        yield from (f"{text!r} was said {count} times" for text, count in said.items() if count > 1)
        yield from (f"nobody said {text!r}" for text in said if text not in self.attempted)
        for number, (speaker, text) in self.acknowledged.items():
            found = everything[number - 1] if number <= len(everything) else {}
            if (found.get("text"), found.get("user", {}).get("id")) != (text, speaker):
                yield f"number {number} should be {text!r} of {speaker}, and is {found}"
