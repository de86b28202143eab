"""How much content an isolate holds in Python at one time: for signing, for ranges, and on its way into the store.

An isolate has 128 MB for everything, and whoever uploads slowly, a few hundred times at once, would fill it. So whoever
holds content takes a share of one budget first, and gives it back when the content goes. The memory tier has a bound of
its own, and content that flows through as a stream is nobody's to hold.

    with budget.share() as share:
        content = await read_within(share, body, length, most)

It counts, and knows nothing of requests or responses.
"""

from types import TracebackType
from typing import Final, Self

from core.messages import Body

HELD_BYTES: Final = 16 * 1024 * 1024
"""The default of the setting of this name."""


class OverBudget(Exception):
    """More would be held than an isolate may hold."""


class Budget:
    """Bytes that may be held by all shares together."""

    def __init__(self, most: int = HELD_BYTES) -> None:
        self._most = most
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes held at the moment, or promised to somebody."""
        return self._held

    def has_room(self, size: int) -> bool:
        """Whether a share of `size` bytes could be taken now."""
        return self._held + size <= self._most

    def share(self) -> "Share":
        """A share of nothing yet."""
        return Share(self)

    def _take(self, size: int) -> None:
        if not self.has_room(size):
            raise OverBudget(f"{self._held} of {self._most} bytes are held, and {size} more are asked for")
        self._held += size

    def _give_back(self, size: int) -> None:
        self._held -= size


class Share:
    """What one content takes of a budget: until the `with` ends or, kept with the content, until both go."""

    __slots__ = ("_arrived", "_budget", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._arrived = 0
        self.size = 0
        """Bytes taken: what was announced, or what has arrived if that is more."""

    def announce(self, size: int) -> None:
        """Take the whole of a content before any of it is there. Raises OverBudget, and then has taken nothing."""
        if size > self.size:
            self._budget._take(size - self.size)
            self.size = size

    def arrived(self, size: int) -> None:
        """`size` more bytes are there. Raises OverBudget."""
        self._arrived += size
        self.announce(self._arrived)

    def give_back(self) -> None:
        """The content is held no longer. May be called twice."""
        self._budget._give_back(self.size)
        self._arrived = self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.give_back()

    def __del__(self) -> None:
        self.give_back()


async def read_within(share: Share, body: Body, length: int | None, limit: int) -> bytes:
    """The content of `body`, counted as `share`: all at once where its `length` is known. Raises OverBudget,
    ContentTooLarge, and then nobody reads on."""
    try:
        share.announce(length or 0)
    except OverBudget:
        await body.cancel()
        raise
    return await body.read(limit, share.arrived)
