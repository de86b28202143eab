"""The exchange with an origin as the cache sees it: what will be sent, who sends it, and what selects among answers.

Knows neither stores nor rules. `origin.Forwarding` is an `Onward`.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Final, Protocol

from caching.keys import framed
from core.messages import Request, Response
from core.records import record, replace
from fields.entity_tags import with_conditions
from fields.names import canonical

_ODD: Final = re.compile(r"[^a-z0-9\-\n]|--")
"""What no name has that is in its `canonical` spelling; several are looked through at once, in lines."""


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

    @property
    def group(self) -> str:
        """Which origins the visitor's geography means it for; empty where they are the same for everybody."""
        ...

    @property
    def stands_in(self) -> bool:
        """Whether the last answer came from an origin that is not meant for the visitor."""
        ...

    async def send(self, request: Request, /) -> Response:
        """The origin's response to `request`. Raises Problem, with one of ORIGIN_FAILURES if none came."""
        ...


@record
class Reply:
    """A response of the origin, and when it was asked for and came, in seconds since 1970."""

    response: Response
    request_time: float
    response_time: float


def validating(outgoing: Request, conditions: Mapping[str, str]) -> Request:
    """The request that asks whether what is stored still holds."""
    return replace(outgoing, headers=with_conditions(outgoing.headers, conditions))


@record(slots=False)
class Selecting:
    """The fields that `Vary` may name: those the origin sees, and no other copy that a client sent.

    Credentials that were withheld stand beside them. The origin answers by what the gateway made of them, so they keep
    callers apart; they can never make two requests alike that the origin sees differently. Nor can a name in another
    spelling, `X_Tenant`, in which some origins find what they vary on.
    """

    onward: Onward

    def get(self, name: str, /) -> str | None:
        seen, withheld = self._seen(name), self.onward.withheld.get(name)
        if withheld is None:
            return seen
        return f"{withheld}; {seen or ''}" if name == "cookie" else framed((seen, withheld))

    def _seen(self, name: str) -> str | None:
        """A field as the origin sees it, with those beside it that some servers take for the same."""
        headers = self.onward.request.headers
        value, plain = headers.get(name), canonical(name)
        alike = [other for other in (plain, *self._oddly_spelt.get(plain, ())) if other != name and other in headers]
        return framed([value, *(part for other in alike for part in (other, headers[other]))]) if alike else value

    @cached_property
    def _oddly_spelt(self) -> Mapping[str, list[str]]:
        """The names that are not in their canonical spelling, by that; mostly there are none."""
        headers, found = self.onward.request.headers, dict[str, list[str]]()
        if _ODD.search("\n".join(headers)):
            for name in sorted(headers):
                if canonical(name) != name:
                    found.setdefault(canonical(name), []).append(name)
        return found
