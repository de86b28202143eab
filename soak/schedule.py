"""What happens when, in seconds since the soak began: the origin acts on it, and the model knows what to expect.

Key sets. The provider signs with another key every minute. As providers do, it publishes a key before it signs with it
and after: in minute `e` the set holds the keys e-1, e and e+1. Once a minute it fails for some seconds. The gateway
believes a set for KEYS_FRESH seconds, and after a failure asks again 30 s later, so within the minute it has seen every
set, and a token signed with the key of its minute is good whatever befell the provider.

The bad origin drops every connection for some seconds of each minute; the gateway's breaker may then stay open for
30 s.
"""

from dataclasses import dataclass
from typing import Final, Literal

TURN: Final = 60.0
"""Seconds from one signing key to the next, and from one outage to the next."""
KEYS_FRESH: Final = 10
"""`max-age` of the key set, in seconds."""
PROVIDER_FAILS: Final = (5.0, 9.0)
"""Seconds of each turn between which the provider fails; the first turn has a good start and no failure."""
SETTLED: Final = 56.0
"""Seconds of a turn after which the gateway must have seen its key set: fresh 10, failing 4, hanging 5, waiting 30."""
OUTAGE: Final = (20.0, 24.0)
"""Seconds of each turn between which the bad origin drops every connection."""
AFTER_OUTAGE: Final = 36.0
"""Seconds until the breaker has let a probe through, and the probe was answered."""

Mood = Literal["well", "error", "hang", "drop"]
MOODS: Final[tuple[Mood, ...]] = ("error", "hang", "drop")
"""How the provider fails, turn by turn."""


def key_id(number: int) -> str:
    """The `kid` of a key."""
    return f"soak-{number}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`began` is the start of the soak in seconds since 1970; every method takes such a time."""

    began: float

    def turn(self, now: float) -> int:
        return int((now - self.began) // TURN)

    def within(self, now: float) -> float:
        """Seconds since the turn began."""
        return (now - self.began) % TURN

    def published(self, now: float) -> range:
        """The keys that the provider publishes."""
        turn = self.turn(now)
        return range(turn - 1, turn + 2)

    def mood(self, now: float) -> Mood:
        """How the provider answers."""
        turn = self.turn(now)
        failing = turn > 0 and PROVIDER_FAILS[0] <= self.within(now) < PROVIDER_FAILS[1]
        return MOODS[turn % len(MOODS)] if failing else "well"

    def is_settled(self, now: float) -> bool:
        """Whether the gateway must have seen the key set of this turn."""
        return self.within(now) >= SETTLED

    def is_out(self, now: float) -> bool:
        """Whether the bad origin drops its connections."""
        return OUTAGE[0] <= self.within(now) < OUTAGE[1]

    def may_be_out(self, sent: float, received: float) -> bool:
        """Whether a request of that span may find the bad origin out, or the breaker open because of it."""
        for turn in range(self.turn(sent) - 1, self.turn(received) + 1):
            start = self.began + turn * TURN
            if sent < start + OUTAGE[1] + AFTER_OUTAGE and received >= start + OUTAGE[0]:
                return True
        return False
