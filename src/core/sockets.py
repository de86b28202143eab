"""How a WebSocket ends on either side of the gateway (RFC 6455 section 7.4): tables, and the terms it is open under.

A close that one side sends reaches the other as it is. Two codes are never sent, since they say what somebody saw and
not what somebody said: 1005 (a close without a code) and 1006 (no close at all).
"""

from typing import Final, Literal

from core.records import record

Side = Literal["client", "origin"]


@record
class Close:
    """A close frame; `Close()` is one without a code."""

    code: int | None = None
    reason: str = ""
    """At most 123 bytes of UTF-8."""


TOKEN_EXPIRED: Final = Close(4401, "token_expired")
"""4000 to 4999 are for applications; this one is HTTP's 401."""
LIFETIME: Final = Close(1001, "lifetime")
IDLE: Final = Close(1001, "idle")

NO_STATUS: Final = 1005
LOST: Final[dict[Side, Close]] = {"client": Close(1001, "client_gone"), "origin": Close(1014, "origin_gone")}
"""Side whose connection broke off -> what the other is told. 1014 is "bad gateway" (IANA, WebSocket Close Codes)."""

UNSENT: Final = frozenset({1004, NO_STATUS, 1006, 1015})
"""Reserved (RFC 6455 section 7.4.1)."""
SENDABLE: Final = range(1000, 5000)


@record
class SocketTerms:
    """What ends a socket whatever its two sides do. `SocketTerms(3600, LIFETIME, idle=600)`; seconds, from now on."""

    ends_in: float
    ends_as: Close
    idle: float | None = None
    """For how long no message may pass, either way."""


def told(side: Side, code: int, reason: str) -> Close:
    """What the other side is told of a close of `side`, as the platform reports that."""
    if code == NO_STATUS:
        return Close()
    if code in UNSENT or code not in SENDABLE:
        return LOST[side]
    return Close(code, reason)
