"""What the origin says: a function of what it is asked, for whom, and when. The origin and the model both read it here.

Every resource has a new version every so many seconds, and its content names the resource, the variant, the caller it
is for and the version. So an answer shows by itself whether it is somebody else's, and how old it is: a version that
ended at `t` cannot have been asked for after `t`. Pure: the time, in seconds since 1970, is handed in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

PHASE: Final = 0.37
"""Seconds between the changes of two neighbouring resources of one sort, so that not all change at once."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of resource: how often it changes, how long it is, and for how long who may keep it.

    The seconds repeat what `caching` says in fields, for the model is not to read fields as the gateway does.
    """

    name: str
    period: float
    """Seconds from one version to the next."""
    size: int
    """Bytes."""
    caching: Mapping[str, str]
    """Response fields."""
    fresh: float = 0.0
    revalidating: float = 0.0
    """Seconds beyond `fresh` in which a stale copy may be answered while a new one is fetched."""
    on_error: float = 0.0
    """The same while the origin fails."""
    disconnected: float = 60.0
    """The same while no answer comes from the origin at all: RFC 9111 section 4.2.4, at most a minute."""
    vary: tuple[str, ...] = ()
    """Request fields that choose the variant."""
    count: int = 8
    """How many such resources there are."""
    stored: bool = True


SORTS: Final = {
    sort.name: sort
    for sort in (
        Sort(
            "small",
            1.5,
            300,
            {"cache-control": "max-age=2, stale-while-revalidate=2, stale-if-error=20"},
            fresh=2,
            revalidating=2,
            on_error=20,
            count=12,
        ),
        Sort(
            "languages",
            1.5,
            1_000,
            {"cache-control": "public, max-age=3", "vary": "Accept-Language"},
            fresh=3,
            vary=("accept-language",),
        ),
        Sort(
            "currencies",
            2.0,
            2_000,
            {"cache-control": "s-maxage=3, max-age=0", "vary": "x-geo-currency"},
            fresh=3,
            disconnected=0,
            vary=("x-geo-currency",),
        ),
        Sort(
            "lasting", 1.0, 4_000, {"cache-control": "max-age=30, stale-if-error=60"}, fresh=30, on_error=60, count=24
        ),
        Sort("page", 2.0, 40_000, {"cache-control": "max-age=4"}, fresh=4, count=6),
        Sort("picture", 3.0, 150_000, {"cache-control": "max-age=4"}, fresh=4, count=4),
        Sort("checked", 1.0, 1_500, {"cache-control": "no-cache"}, disconnected=0),
        Sort("strict", 1.0, 800, {"cache-control": "max-age=1, must-revalidate"}, fresh=1, disconnected=0),
        Sort(
            "targeted",
            1.0,
            600,
            {"cache-control": "no-store", "cdn-cache-control": "max-age=3, stale-if-error=5"},
            fresh=3,
            on_error=5,
        ),
        Sort("unstored", 0.5, 500, {"cache-control": "no-store"}, disconnected=0, stored=False),
        Sort("strange", 1.0, 6_000, {"cache-control": "max-age=60"}, fresh=60, count=10**9),
    )
}
"""`strange` are URLs that nobody asks for twice: what is kept of them must be let go."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as one caller's request selects it: `Resource("mine", "small", 3, caller="https://a.example|u1")`."""

    place: str
    """First segment of the path: `public`, `mine` (one user's), `team` (one role's), `brittle` (of a bad origin)."""
    sort: str
    number: int
    caller: str = ""
    """Whom the content is for: issuer and id, or role; empty on public routes."""
    variant: tuple[tuple[str, str], ...] = ()
    """The request fields that choose it, and their values."""

    @property
    def path(self) -> str:
        return f"/{self.place}/{self.sort}/{self.number}"

    @property
    def tags(self) -> tuple[str, ...]:
        """What it can be purged by."""
        return (f"sort-{self.sort}", f"{self.sort}-{self.number}")

    def version(self, now: float) -> int:
        return int((now + self._phase) // SORTS[self.sort].period)

    def ends(self, version: int) -> float:
        """When a version gives way to the next."""
        return (version + 1) * SORTS[self.sort].period - self._phase

    def begins(self, version: int) -> float:
        return self.ends(version - 1)

    @property
    def _phase(self) -> float:
        return PHASE * (self.number % 1000)


@lru_cache(maxsize=512)
def content(resource: Resource, version: int) -> bytes:
    """The whole content of a version: one line of JSON, and filling that depends on it."""
    told = {"path": resource.path, "for": resource.caller, "variant": resource.variant, "version": version}
    return filled(json.dumps(told).encode() + b"\n", SORTS[resource.sort].size)


def filled(line: bytes, size: int) -> bytes:
    """`line` and filling made of its digest, `size` bytes in all, or the line alone when that is longer."""
    block = sha256(line).hexdigest().encode()
    return line + (block * (size // len(block) + 1))[: max(0, size - len(line))]


def entity_tag(content: bytes, version: int) -> str:
    """Says which version it is, and proves which content: `"17-4c5dc9b7708905f7"`."""
    return f'"{version}-{sha256(content).hexdigest()[:16]}"'


def version_of(tag: str) -> int | None:
    """The version that an entity tag of ours names; None when it is no such tag."""
    number, dash, digest = tag.strip('"').partition("-")
    return int(number) if dash and digest and number.isascii() and number.isdigit() else None


def spelt_variant(name: str, value: str | None) -> str:
    """A request field's value as it chooses a variant: one spelling for what means the same."""
    if name != "accept-language":
        return value or ""
    members = "".join((value or "").lower().split()).split(",")
    return ",".join(member for member in members if member)
