"""The exchange with an origin as the cache sees it: what will be sent, who sends it, and what selects among answers.

Knows neither stores nor rules. `origin.Forwarding` is an `Onward`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from caching.keys import framed
from core.messages import Request, Response


class Onward(Protocol):
    """The exchange with an origin that is made unless the cache can answer."""

    @property
    def request(self) -> Request:
        """What the origin will see. Made when it is first asked for, and most hits never do."""
        ...

    @property
    def told(self) -> Mapping[str, str]:
        """What the origin is told of the caller, as fields."""
        ...

    @property
    def credentials(self) -> Mapping[str, str]:
        """What the client proves itself with, by field, whether or not the origin will see it."""
        ...

    @property
    def withheld(self) -> Mapping[str, str]:
        """Those of the credentials that the origin will not see."""
        ...

    async def send(self, request: Request, /) -> Response:
        """The origin's response to `request`. Raises Problem, with one of ORIGIN_FAILURES if none came."""
        ...


@dataclass(frozen=True, slots=True)
class Selecting:
    """The fields that `Vary` may name: those the origin sees, and no other copy that a client sent.

    Credentials that were withheld stand beside them. The origin answers by what the gateway made of them, so they keep
    callers apart; they can never make two requests alike that the origin sees differently.
    """

    onward: Onward

    def get(self, name: str, /) -> str | None:
        seen, withheld = self.onward.request.headers.get(name), self.onward.withheld.get(name)
        if withheld is None:
            return seen
        return f"{withheld}; {seen or ''}" if name == "cookie" else framed((seen, withheld))
