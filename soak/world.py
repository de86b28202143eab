"""What the model knows of the world while it changes: who wrote what, what was purged, what clients remember.

Everything here is about what has been answered: a write counts from its acknowledgement on, and a purge, too. Times
are in seconds since 1970.
"""

import random
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from geo import Locator
from soak.content import Resource
from soak.people import Person, Tokens
from soak.schedule import Schedule

REMEMBERED_TAGS: Final = 2000

DEFAULTS: Final = {"DEFAULT_COUNTRY": "US", "DEFAULT_LANGUAGE": "en-US", "DEFAULT_CURRENCY": "USD"}


@dataclass(slots=True)
class Purged:
    """From when on nothing older may be answered, by what a purge can name."""

    everything: float = 0.0
    paths: dict[str, float] = field(default_factory=dict)
    """Of single URLs."""
    prefixes: dict[str, float] = field(default_factory=dict)
    tags: dict[str, float] = field(default_factory=dict)

    def floor(self, resource: Resource) -> float:
        """The latest purge that covers a resource; 0 if there was none."""
        path = resource.path
        return max(
            self.everything,
            self.paths.get(path, 0.0),
            *(asked for prefix, asked in self.prefixes.items() if (path + "/").startswith(prefix + "/")),
            *(self.tags.get(tag, 0.0) for tag in resource.tags),
        )


@dataclass(slots=True)
class Document:
    """What is known of one document that clients write: the origin numbers what is written to it."""

    acknowledged: int = 0
    """The highest number that a writer was told."""
    attempts: int = 0
    """Writes that were sent, answered or not."""
    letters: dict[int, str] = field(default_factory=dict)
    """What each number turned out to hold, by the letter's id."""
    sent: set[str] = field(default_factory=set)
    """Ids of all letters that were ever sent."""


class World:
    """Everything that a question may ask about, and that its check compares with."""

    def __init__(self, schedule: Schedule, tokens: Tokens, seed: int) -> None:
        self.random = random.Random(seed)
        self.schedule = schedule
        self.tokens = tokens
        self.locator = Locator(*DEFAULTS.values())
        self.purged = Purged()
        self.documents: dict[int, Document] = {}
        self.dismissed: list[Person] = []
        """Whose tokens were taken back."""
        self.stores_fail = False
        """Whether the key-value store fails now and then."""
        self.description: bytes = b""
        """`/openapi.json` as it was first answered."""
        self._tags: OrderedDict[Resource, str] = OrderedDict()
        self._strangers = 0

    def remember_tag(self, resource: Resource, tag: str) -> None:
        """A client keeps the entity tag of what it was answered."""
        self._tags[resource] = tag
        self._tags.move_to_end(resource)
        if len(self._tags) > REMEMBERED_TAGS:
            self._tags.popitem(last=False)

    def remembered_tag(self, resource: Resource) -> str | None:
        return self._tags.get(resource)

    def stranger(self) -> int:
        """A number that was never given before."""
        self._strangers += 1
        return self._strangers
