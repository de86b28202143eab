"""Where paths lead, remembered: the way from a path to its route is gone once.

A path is brought into its normal form, compared with every endpoint and route, and with what other servers might read
in it. Most paths are those of a moment ago, and lead where they led then:

    remembered are paths that a route takes, in their normal form, by kind of host, method and path
    no refusal is: whoever tries paths that lead nowhere takes nobody's place, and learns nothing of anybody's
    what a request has beside them is not looked at here, and neither is it on the long way

A path is remembered by its digest: it may hold what opens something, and texts that all hash alike can be prepared
(`core/lengths.py`), digests of which cannot. What a name leads to is the route of a configuration that does not change.

There are two halves. What is found goes into the younger, from the older, too; once that is full, it is the older, and
what was in the older is forgotten. So a crowd of paths costs no more than its digests, and what is asked for in
between stays.
"""

from hashlib import sha256
from typing import Final

from configuration.route_patterns import Pattern
from configuration.settings import RouteSettings
from core.records import record

HALF: Final = 512
"""Paths in each half, some 150 bytes each."""


@record
class Lead:
    """What a request comes to by its host, method and path."""

    pattern: Pattern
    label: str
    """The pattern's."""
    route: RouteSettings
    is_open: bool
    """Whether nobody is asked who they are."""
    is_answered: bool
    """Whether the gateway answers itself, in an origin's place."""

    @classmethod
    def to(cls, pattern: Pattern, route: RouteSettings) -> "Lead":
        answered = route.redirect is not None or route.respond is not None
        return cls(pattern, pattern.label, route, route.auth == "none", answered)


class Leads:
    """Those that one isolate remembers."""

    def __init__(self, half: int = HALF) -> None:
        self._half = half
        self._young: dict[bytes, Lead] = {}
        self._old: dict[bytes, Lead] = {}

    def get(self, name: bytes) -> Lead | None:
        """What was remembered under a `name_of`."""
        lead = self._young.get(name)
        if lead is None and (lead := self._old.get(name)) is not None:
            self.put(name, lead)
        return lead

    def put(self, name: bytes, lead: Lead) -> None:
        if len(self._young) >= self._half:
            self._young, self._old = {}, self._young
        self._young[name] = lead

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


def name_of(host: str, method: str, path: str) -> bytes:
    """The name of a path: neither a kind of host nor a method has a space in it."""
    return sha256(f"{host} {method} {path}".encode("utf-8", "surrogatepass")).digest()
