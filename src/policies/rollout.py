"""Gives a percentage of the callers the new thing: the origin is told `x-rollout: on` or `off`.

    POLICIES = { rollout = { percent = 20, name = "checkout-2" } }

A caller stays on the side they are on, and raising the percentage adds callers and moves nobody back. Another `name`
draws anew. The cache keeps both sides' answers apart, since what a policy says to the origin is part of its key.
"""

from hashlib import sha256

from pydantic import Field

import policy
from policy import Call, Response

POINTS = 10_000
"""A percentage is counted to the hundredth."""


class Settings(policy.Settings):
    percent: float = Field(ge=0, le=100)
    name: str = Field("rollout", min_length=1)
    field: str = "x-rollout"


def on_request(call: Call) -> Response | None:
    settings: Settings = call.settings
    is_in = point(settings.name, call.visitor) < settings.percent * POINTS / 100
    call.request.headers[settings.field] = "on" if is_in else "off"
    return None


def point(name: str, visitor: str) -> int:
    """Where a visitor stands, from 0 to 9,999, the same for good."""
    return int.from_bytes(sha256(f"{name}\n{visitor}".encode()).digest()[:8]) % POINTS
