"""`Accept-Language`: which languages a visitor reads, and how much (RFC 9110 section 12.5.4).

A header becomes a `Reader`, which answers one question for any tag: its quality, 0 to 1000. What is available, and
what to do when nothing fits, is the caller's. Malformed items are dropped one by one; the header never raises.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from core.lengths import REQUEST_FIELDS
from core.records import field, record
from places.languages import canonical, prefixes
from places.matching import FAR, Match, Matcher

MAX_HEADER = REQUEST_FIELDS["accept-language"].characters
"""Characters read. What follows is not looked at, so it costs nothing."""

MAX_ITEMS = 64
"""Items read. With the caches it bounds the memory a stranger can fill."""

FULL = 1000
"""A quality of 1, in thousandths: RFC 9110 section 12.4.2 allows three decimals."""

DEMOTION = 5
"""By how much a language is farther for each one that the visitor named before it: CLDR's matcher has the same."""

_ITEM = re.compile(
    r"[ \t]*(?P<range>\*|[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8})*)"
    r"[ \t]*(?:;[ \t]*[qQ]=(?P<q>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
"""language-range (`en_US` as some clients write it) and weight; `;level=1`, `q=2` and `q=.5` are none."""


@record
class Reader:
    """What a visitor said of languages.

    For `fr-CH, fr;q=0.9, de;q=0, *;q=0.5`:

        Reader(wanted=("fr-CH", "fr"), weights={"fr-CH": 1000, "fr": 900, "de": 0}, others=500, any_at=2)
    """

    wanted: tuple[str, ...] = ()
    """Canonical tags with a quality above 0, best first; those of equal quality as they stood in the header."""
    weights: Mapping[str, int] = field(default_factory=dict)
    others: int | None = None
    """Quality of every language not named (`*`); None without one: then they are not excluded, but not asked for."""
    any_at: int | None = None
    """How many of `wanted` are preferred to "any language at all"; None without a `*` above 0."""

    def quality(self, tag: str) -> int | None:
        """Quality of a canonical tag by the longest range that covers it; None when nothing was said of it."""
        for prefix in prefixes(tag):
            if prefix in self.weights:
                return self.weights[prefix]
        return self.others

    def excludes(self, tag: str) -> bool:
        """Whether `q=0` rules `tag` out."""
        return self.quality(tag) == 0


NOBODY = Reader()


def reader(header: str | None) -> Reader:
    """The reader behind an `Accept-Language` field value; NOBODY without one."""
    return _reader(capped(header)) if header else NOBODY


def capped(header: str) -> str:
    """At most MAX_HEADER characters, cut at a comma: half an item could mean something else (`en;q=0.5`, `en;q=0`)."""
    return header if len(header) <= MAX_HEADER else header[:MAX_HEADER].rpartition(",")[0]


@lru_cache(maxsize=256)
def _reader(header: str) -> Reader:
    weights: dict[str, int] = {}
    others: int | None = None
    for item in header.split(",", MAX_ITEMS)[:MAX_ITEMS]:
        match = _ITEM.fullmatch(item)
        if match is None:
            continue
        weight = round(float(match["q"]) * FULL) if match["q"] else FULL
        if match["range"] == "*":
            others = _merged(others, weight)
        elif tag := canonical(match["range"]):
            weights[tag] = _merged(weights.get(tag), weight)
    return _ranked(weights, others)


def _merged(before: int | None, weight: int) -> int:
    """Quality of a range given twice: a refusal stands, otherwise the higher one."""
    if before is None:
        return weight
    return 0 if 0 in (before, weight) else max(before, weight)


def _ranked(weights: dict[str, int], others: int | None) -> Reader:
    wanted = sorted((tag for tag in weights if weights[tag]), key=lambda tag: -weights[tag])
    any_at = sum(weights[tag] >= others for tag in wanted) if others else None
    return Reader(tuple(wanted), weights, others, any_at)


def negotiate(visitor: Reader, supported: Matcher) -> str | None:
    """The language to answer in, if `visitor` named one that can be had; never one they exclude.

    Without supported languages every language can be had, and the best one is kept as it is. None also when any
    other language (`*`) is preferred to what remains: then the choice is the server's.
    """
    wanted = visitor.wanted[: visitor.any_at]
    if not supported:
        return wanted[0] if wanted else None
    served = ((rank, _nearest(visitor, tag, supported)) for rank, tag in enumerate(wanted))
    # Of the languages that were named, one to make do with is worse than any that can be had itself.
    found = [(near.distance >= FAR, near.distance + DEMOTION * rank, rank, near.tag) for rank, near in served if near]
    return supported.spelling(min(found)[-1]) if found else None


def _nearest(visitor: Reader, tag: str, supported: Matcher) -> Match | None:
    """What serves a reader of `tag` best, of what the visitor does not exclude."""
    return next((match for match in supported.matches(tag) if not visitor.excludes(match.tag)), None)
