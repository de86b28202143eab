"""Which of a route's origins are asked for one visitor, in which order. Pure: place, caller and marks in, a plan out.

1. The origins that name the visitor's place, the closest first: country, then European Union, then continent.
2. Spares (`backup`) that name it.
3. Origins without geography, or with `default`: for whom no other names, or as a stand-in.
4. Spares without geography, then everybody else.

Among equals the weights decide (`shares.py`). With `residency` the list ends where the visitor's geography does: those
who name the visitor (1 and 2); 3 and the spares of 4 only for whom none names. What comes first is meant for the
visitor; whatever is not its equal is a stand-in, whose answers are not stored.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from core.records import field, record
from forwarding.geography import VisitorPlace
from forwarding.settings import OriginSettings
from forwarding.shares import ranked

T = TypeVar("T")

LEVELS: Final = 4
"""How closely a place may be named, and not at all."""


@record
class Ranks:
    """The origins for one kind of place, in groups of equals; the first that is not empty is meant for the visitor."""

    groups: tuple[tuple[OriginSettings, ...], ...]
    label: str
    """Stands for the group that is meant: the same for visitors who are meant for the same origins."""


@record
class Plan(Generic[T]):
    """Whom to ask for one request, one after the other."""

    asked: tuple[T, ...]
    meant: int
    """So many of them are meant for the visitor; the others stand in."""
    group: str = ""
    """What parts the cache by geography; empty where there is none."""
    has_one: bool = False
    """Whether there is nobody else to turn to, whatever the request."""


@record
class Pool(Generic[T]):
    """The origins of one route, compiled; `T` is what is asked."""

    origins: tuple[OriginSettings, ...]
    asked: Mapping[str, T]
    """By the origin's URL."""
    residency: bool = False
    _ranks: dict[Hashable, Ranks] = field(default_factory=dict)
    """By how closely each origin names a place: a handful, since there are few such combinations."""

    @property
    def alone(self) -> "Plan[T] | None":
        """The plan for everybody, where there is one origin for all."""
        (first, *others) = self.origins
        if others or first.names_somebody or first.weight == 0:
            return None
        return Plan((self.asked[first.url],), 1, has_one=True)

    def plan(self, place: VisitorPlace, caller: Callable[[], str], is_well: Callable[[str], bool]) -> Plan[T]:
        """Whom to ask. `caller` is asked for who it is where that matters; `is_well` for what is known of a URL.

        Empty where residency leaves nobody. Marks are heeded where somebody well is left, and always with residency.
        """
        ranks = self._ranked(place)
        name = caller() if any(len(group) > 1 for group in ranks.groups) else ""
        groups = [ranked(group, name) for group in ranks.groups]
        well = [[origin for origin in group if is_well(origin.url)] for group in groups]
        if self.residency or any(well):
            groups, meant = well, len(well[0]) if groups else 0
        else:
            meant = len(groups[0]) if groups else 0
        order = [self.asked[origin.url] for group in groups for origin in group]
        return Plan(tuple(order), meant, ranks.label)

    def _ranked(self, place: VisitorPlace) -> Ranks:
        closeness = tuple(origin.names(place) for origin in self.origins)
        ranks = self._ranks.get(closeness)
        if ranks is None:
            ranks = self._ranks[closeness] = _ranks(self.origins, closeness, residency=self.residency)
        return ranks


def _ranks(origins: Sequence[OriginSettings], closeness: Sequence[int], *, residency: bool) -> Ranks:
    taking = [(origin, close) for origin, close in zip(origins, closeness, strict=True) if origin.weight > 0]
    named = [
        [origin for origin, close in taking if close == level and origin.backup == backup]
        for backup in (False, True)
        for level in range(LEVELS - 1, 0, -1)
    ]
    general = [
        [origin for origin, close in taking if not close and origin.takes_anybody and origin.backup == backup]
        for backup in (False, True)
    ]
    others = [
        [origin for origin, close in taking if not close and not origin.takes_anybody and origin.backup == backup]
        for backup in (False, True)
    ]
    is_named = any(closeness)
    groups = [*named, *general, *others]
    if residency:
        groups = named if is_named else general
    groups = [group for group in groups if group]
    parts = any(origin.names_somebody for origin in origins)
    label = "\n".join(origin.url for origin in groups[0]) if groups and parts else ""
    return Ranks(tuple(map(tuple, groups)), label)
