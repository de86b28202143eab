"""The faults that a request can ask the origin for, in the field `x-soak-fault`, and what may come of each.

The client asks for a fault so that the model knows what to expect of that very request. Beside these, faults come by
the clock (`schedule.py`) and from the key-value store (`kv_faults.mjs`).
"""

from dataclasses import dataclass
from typing import Final

FIELD: Final = "x-soak-fault"

TIMEOUT: Final = 5.0
"""Seconds that the soak's routes give the origin."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of failing. `status` and `code` are what the gateway answers when nothing better is at hand.

    An empty `code` is the origin's own answer, passed on; status 200 with `breaks` is an answer that breaks off.
    """

    name: str
    status: int = 200
    code: str = ""
    once: bool = False
    """Whether only the first try meets it: a second one succeeds, where the request may be repeated."""
    breaks: bool = False
    answered: bool = False
    """Whether the origin answers, be it with an error; else it counts as disconnected."""

    @property
    def fails(self) -> bool:
        """Whether it is a failure at all, and not only slow."""
        return self.status != 200 or self.breaks


FAULTS: Final = {
    fault.name: fault
    for fault in (
        Fault("reset", 502, "origin_unreachable"),
        Fault("reset-once", 502, "origin_unreachable", once=True),
        Fault("garbage", 502, "origin_unreachable"),
        Fault("hang", 504, "origin_timeout"),
        Fault("error", 500, answered=True),
        Fault("busy", 503, answered=True),
        Fault("busy-once", 503, once=True, answered=True),
        Fault("cut", breaks=True, answered=True),
        Fault("cut-reset", breaks=True, answered=True),
        Fault("slow", answered=True),
        Fault("drip", answered=True),
    )
}

NONE: Final = Fault("", answered=True)


def fault(name: str) -> Fault:
    """The fault of that name; `NONE` for the empty one."""
    return FAULTS[name] if name else NONE
