"""Which supported language serves a reader best, as CLDR means it (UTS #35 part 1, section 4.4, LanguageMatching).

Every supported tag lies at a distance from what a reader reads: between the languages, the scripts and the regions that
both imply. The least distance wins.

    language   the same, or a variety of it (yue of zh, nn of no)     0
               another that its readers read                          1 to 30, as CLDR lists it; else no match
    script     the same                                               0
               another that its readers read (sr-Latn for sr)         5 to 20, as CLDR lists it; else no match
    region     the same                                               0
               the group whose text theirs inherits (es-419 for CO)   1, and 1 more a generation
               another of the same variety (en-GB for AU: 3)          4
               any other                                              5; 4 in a language without two varieties

So `zh-TW` is served by `zh-HK` and never by `zh` (Simplified): CLDR lists no distance from one script to the other,
only one for any script at all, which we do not take for reading.
"""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final

from core.records import record
from places import territories
from places.languages import Subtags, canonical, home, inverted, likely

FAR: Final = 20
"""From this distance on it is another language, or script, that one can make do with (Catalan: Spanish)."""

SAME_VARIETY: Final = 4
OTHER_VARIETY: Final = 5
BRITISH: Final = 3
"""From English that is not of the American group to en-GB, whose spelling it has."""


@record
class Match:
    """A supported tag, in canonical form, and how far it is from what a reader reads."""

    distance: int
    tag: str


class Matcher:
    """The supported languages, compiled once.

        Matcher(["en", "zh-Hans", "zh-HK"]).best("zh-TW") == "zh-HK"
        Matcher(["en", "zh-Hans"]).best("zh-TW") is None

    Answers are spelled as they were configured, with "-" between subtags. Raises ValueError naming a tag that is not
    one.
    """

    def __init__(self, supported: Iterable[str]) -> None:
        self._spelling: dict[str, str] = {}
        for tag in supported:
            known = canonical(tag)
            if known is None:
                raise ValueError(f"{tag!r} is not a language tag (BCP 47)")
            # Of a code and the one that replaced it, the one in use.
            if known not in self._spelling or tag == known:
                self._spelling[known] = tag.replace("_", "-")
        self.matches = lru_cache(maxsize=512)(self._matches)

    def __iter__(self) -> Iterator[str]:
        """The canonical tags, in the order configured."""
        return iter(self._spelling)

    def __bool__(self) -> bool:
        return bool(self._spelling)

    def spelling(self, tag: str) -> str:
        return self._spelling[tag]

    def best(self, wanted: str) -> str | None:
        """The supported tag that serves a reader of the canonical tag `wanted`; None if none is nearer than FAR."""
        found = self.matches(wanted)
        return self._spelling[found[0].tag] if found and found[0].distance < FAR else None

    def _matches(self, wanted: str) -> tuple[Match, ...]:
        """The supported tags that a reader of the canonical tag `wanted` reads, nearest first."""
        reader = likely(wanted)
        near = ((distance(reader, likely(tag)), tag) for tag in self._spelling)
        found = [Match(far, tag) for far, tag in near if far is not None]
        return tuple(sorted(found, key=lambda match: (match.distance, *_unlikeness(wanted, match.tag))))


def distance(reader: Subtags, text: Subtags) -> int | None:
    """From what a reader reads to a text; None when they do not read it."""
    languages = _between(reader.language, text.language, _varieties(), _language_distances())
    if languages is None:
        return None
    if reader.script == text.script:
        scripts: int | None = 0
    else:
        # A variety is written as its language is: what holds for zh-Latn holds for yue-Latn.
        spoken = text.language if languages == 0 else reader.language
        scripts = _script_distances().get((f"{spoken}-{reader.script}", f"{text.language}-{text.script}"))
    return None if scripts is None else languages + scripts + _regions(reader.region, text)


def _between(wanted: str, served: str, varieties: dict[str, str], distances: dict[tuple[str, str], int]) -> int | None:
    if served in (wanted, varieties.get(wanted)):
        return 0
    return distances.get((wanted, served))


def _regions(region: str, text: Subtags) -> int:
    """From the region of a reader of the text's language, or of one like it, to the text's."""
    if region == text.region:
        return 0
    written = f"{text.language}-{text.script}"
    stem = written if written in _region_groups() else text.language
    groups = ancestors(stem, region)
    if text.region in groups:
        return 1 + groups.index(text.region)
    group = _region_groups().get(stem)
    if group is None:
        return SAME_VARIETY
    if stem == "en" and region not in group and text.region == "GB":
        return BRITISH
    return SAME_VARIETY if (region in group) == (text.region in group) else OTHER_VARIETY


def ancestors(stem: str, region: str) -> list[str]:
    """The groups whose text that of a region inherits, nearest first: 150 and 001 of English in AT."""
    found = []
    while region := _parents().get((stem, region), ""):
        found.append(region)
    return found


def _unlikeness(wanted: str, tag: str) -> tuple[bool, int, bool, bool]:
    """What decides between tags at the same distance: the tag itself, the same subtags written, a paradigm of its
    variety, the language's home."""
    said, written = set(wanted.split("-")), tag.split("-")[1:]
    unlike = sum(-_WEIGHT.get(len(part), 1) if part in said else _EXTRA.get(len(part), 3) for part in written)
    subtags = likely(tag)
    return tag != wanted, unlike, tag not in _paradigms(), subtags.region != home(subtags.language, subtags.script)


_WEIGHT: Final = {2: 2, 3: 2}
"""What a subtag that both tags name counts for, by its length: a region more than a script or a variant."""
_EXTRA: Final = {2: 1, 3: 1, 4: 1}
"""The same of one that only the supported tag names: a variant is more special than a region or a script."""


@cache
def _varieties() -> dict[str, str]:
    return inverted(territories.MACROLANGUAGES)


@cache
def _language_distances() -> dict[tuple[str, str], int]:
    return _distances(territories.LANGUAGE_DISTANCES)


@cache
def _script_distances() -> dict[tuple[str, str], int]:
    return _distances(territories.SCRIPT_DISTANCES)


def _distances(table: dict[str, str]) -> dict[tuple[str, str], int]:
    """(wanted, supported) -> distance."""
    rows = ((*key.split("/"), words) for key, words in table.items())
    return {(word, served): int(far) for served, far, words in rows for word in words.split()}


@cache
def _region_groups() -> dict[str, frozenset[str]]:
    return {stem: frozenset(regions.split()) for stem, regions in territories.REGION_GROUPS.items()}


@cache
def _parents() -> dict[tuple[str, str], str]:
    """(language or language-Script, region) -> region of the group it inherits from."""
    rows = ((*parent.rpartition("-")[::2], regions) for parent, regions in territories.PARENTS.items())
    return {(stem, region): group for stem, group, regions in rows for region in regions.split()}


@cache
def _paradigms() -> frozenset[str]:
    return frozenset(territories.PARADIGMS.split())
