"""Language tags: canonical form, script, direction, and which supported tag serves a reader best.

Pure functions of tags and of CLDR's tables. Nothing here may know of requests, countries or defaults; weights and
headers are `negotiation.py`'s.

- Syntax and canonical form: BCP 47 (RFC 5646 sections 2.1 and 4.5) with CLDR's aliases (UTS #35 part 1, Annex C):
  `iw` is `he`, `zh-cmn-Hans-cn` is `zh-Hans-CN`, `en-UK` is `en-GB`.
- Matching: RFC 4647 lookup (section 3.4), except that it never crosses scripts, then CLDR likely subtags: a reader of
  `zh-TW` is a reader of Traditional Chinese, so `zh-HK` serves and `zh` (Simplified) does not.

A tag whose primary subtag has more than three letters is refused although RFC 5646 reserves them: none is registered,
and `english` in a query is a mistake worth telling.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from places import territories

MAX_TAG = 64
"""Characters of a tag; longer ones are refused (RFC 5646 section 4.4.1 asks for room for 35)."""

NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx", "root"})
"""Primary subtags that name no language one could answer in."""

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?P<extlang>(?:-[a-z]{3}){0,3})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"
    r"(?P<private>(?:-x(?:-[a-z0-9]{1,8})+)?)"
)
"""RFC 5646 section 2.1 without grandfathered tags (those are in CLDR's aliases); applied to lower case."""


class Subtags(NamedTuple):
    """What decides who can read a text: `zh-TW` has the likely subtags `("zh", "Hant", "TW")`."""

    language: str
    script: str
    region: str


# --- Canonical form ----------------------------------------------------------------------------------------------


def canonical(tag: str) -> str | None:
    """The canonical form of `tag`, or None when it is malformed, too long or names no language.

    >>> canonical("ZH_hant") is None, canonical("zh-hant-tw"), canonical("iw"), canonical("x-klingon") is None
    (True, 'zh-Hant-TW', 'he', True)
    """
    # Before the cache, so that nobody fills it with long keys.
    return _canonical(tag.lower()) if len(tag) <= MAX_TAG and tag.isascii() else None


@lru_cache(maxsize=1024)
def _canonical(lower: str) -> str | None:
    replaced = territories.TAG_ALIASES.get(lower, lower).lower()
    match = _TAG.fullmatch(replaced)
    if match is None or _repeats(match["variants"]) or _repeats(re.findall(r"-(\w)(?=-)", match["extensions"])):
        return None
    # RFC 5646 section 4.5: an extended language subtag stands alone, without its prefix.
    named = match["extlang"][1:4] or match["language"]
    language, *implied = _language_aliases().get(named, named).split("-")
    if language in NO_LANGUAGE:
        return None
    script, region = _implied(implied, (match["script"] or "").title(), (match["region"] or "").upper())
    variants = sorted(match["variants"].split("-")[1:])
    parts = [language, script, _region_aliases().get(region, region), *variants]
    return "-".join(filter(None, parts)) + _sorted_extensions(match["extensions"]) + match["private"]


def _repeats(subtags: str | list[str]) -> bool:
    """Whether a variant or singleton occurs twice, which RFC 5646 section 2.2.9 forbids."""
    listed = subtags.split("-")[1:] if isinstance(subtags, str) else subtags
    return len(set(listed)) != len(listed)


def _implied(implied: list[str], script: str, region: str) -> tuple[str, str]:
    """Script and region, filled from what a language's replacement brings along (`sh` is `sr-Latn`)."""
    for subtag in implied:
        if len(subtag) == len("Latn"):
            script = script or subtag
        else:
            region = region or subtag
    return script, region


def _sorted_extensions(extensions: str) -> str:
    """Extensions in the order of their singletons (RFC 5646 section 4.5, step 1)."""
    return "".join(sorted(re.findall(r"-\w(?:-\w{2,8})+", extensions)))


@cache
def _language_aliases() -> dict[str, str]:
    return _inverted(territories.LANGUAGE_ALIASES)


@cache
def _region_aliases() -> dict[str, str]:
    return _inverted(territories.REGION_ALIASES)


@cache
def _scripts() -> dict[str, str]:
    return _inverted(territories.SCRIPTS)


@cache
def _likely_regions() -> dict[str, str]:
    return _inverted(territories.LIKELY_REGIONS)


@cache
def _clusters() -> dict[str, frozenset[str]]:
    return {language: frozenset(regions.split()) for language, regions in territories.REGION_CLUSTERS.items()}


def _inverted(table: dict[str, str]) -> dict[str, str]:
    """Word -> key, of a table that holds words under each key."""
    return {word: key for key, words in table.items() for word in words.split()}


# --- Likely subtags ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def likely(tag: str) -> Subtags:
    """Language, script and region of a canonical tag, the missing ones filled in (UTS #35 part 1, section 4.3).

    >>> likely("zh-TW").script, likely("pa-PK").script, likely("pt").region
    ('Hant', 'Arab', 'BR')
    """
    language, *rest = tag.split("-")
    script = region = ""
    if rest and len(rest[0]) == 4 and rest[0].isalpha():
        script = rest.pop(0)
    if rest and (len(rest[0]) == 2 or (len(rest[0]) == 3 and rest[0].isdigit())):
        region = rest.pop(0)
    script = script or territories.REGIONAL_SCRIPTS.get(f"{language}-{region}") or _scripts().get(language, "Latn")
    if not region:
        regions = _likely_regions()
        region = regions.get(f"{language}-{script}") or regions.get(language, "")
    return Subtags(language, script, region)


@cache
def _right_to_left() -> frozenset[str]:
    return frozenset(territories.RIGHT_TO_LEFT.split())


def direction(tag: str) -> str:
    """`rtl` or `ltr`, by the script a canonical tag is written in: `az` is ltr, `az-Arab` and `az-IR` are rtl."""
    return "rtl" if likely(tag).script in _right_to_left() else "ltr"


# --- Matching ----------------------------------------------------------------------------------------------------


class Matcher:
    """The supported languages, compiled once.

        Matcher(["en", "zh-Hans", "zh-HK"]).best("zh-TW") == "zh-HK"
        Matcher(["en", "zh-Hans"]).best("zh-TW") is None

    Answers are spelled as they were configured. Raises ValueError naming a tag that is not one.
    """

    def __init__(self, supported: Iterable[str]) -> None:
        self._spelling: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._readable: dict[tuple[str, str], list[str]] = {}
        for tag in supported:
            known = canonical(tag)
            if known is None:
                raise ValueError(f"{tag!r} is not a language tag (BCP 47)")
            if known not in self._spelling:
                self._spelling[known] = tag
                if respelled := _respelled(known):
                    self._written.setdefault(respelled, known)
                self._readable.setdefault(likely(known)[:2], []).append(known)

    def __iter__(self) -> Iterator[str]:
        """The canonical tags, in the order configured."""
        return iter(self._spelling)

    def __bool__(self) -> bool:
        return bool(self._spelling)

    def spelling(self, tag: str) -> str:
        return self._spelling[tag]

    def best(self, wanted: str, excluded: frozenset[str] = frozenset()) -> str | None:
        """The supported tag that serves a reader of the canonical tag `wanted`, or None."""
        found = self.lookup(wanted, excluded) or self.close(wanted, excluded)
        return found and self._spelling[found]

    def lookup(self, wanted: str, excluded: frozenset[str] = frozenset()) -> str | None:
        """RFC 4647 section 3.4 within the script of `wanted`; else the nearest variety in the same script."""
        reader = likely(wanted)
        for prefix in prefixes(wanted):
            found = prefix if prefix in self._spelling else self._written.get(prefix)
            if found and found not in excluded and likely(found).script == reader.script:
                return found
        readable = [tag for tag in self._readable.get(reader[:2], ()) if tag not in excluded]
        return max(readable, key=lambda tag: _nearness(reader, tag), default=None)

    def close(self, wanted: str, excluded: frozenset[str] = frozenset()) -> str | None:
        """A language that readers of `wanted` read nearly as well (CLDR languageMatching: `nb` for `no`)."""
        language, script, region = likely(wanted)
        for other in territories.CLOSE_LANGUAGES.get(language, "").split():
            if script == likely(other).script and (found := self.lookup(f"{other}-{region}".strip("-"), excluded)):
                return found
        return None


def _respelled(tag: str) -> str | None:
    """A canonical tag with the script named that it implies, or the other way round: `zh-HK` and `zh-Hant-HK`."""
    language, *rest = tag.split("-")
    script = likely(tag).script
    if not rest or rest[0] != script:
        return "-".join([language, script, *rest])
    short = "-".join([language, *rest[1:]])
    return short if likely(short).script == script else None


def prefixes(tag: str) -> Iterator[str]:
    """`tag` and what remains as subtags are cut from its end; never ending in a singleton (RFC 4647 section 3.4)."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
        if len(tag) > 2 and tag[-2] == "-":
            tag = tag[:-2]


def _nearness(reader: Subtags, tag: str) -> tuple[bool, bool, bool]:
    """How near a tag in the reader's language and script is: same region, same variety, the language's home."""
    region = likely(tag).region
    cluster = _clusters().get(reader.language) or _clusters().get(f"{reader.language}-{reader.script}") or frozenset()
    home = _likely_regions().get(f"{reader.language}-{reader.script}") or _likely_regions().get(reader.language)
    return region == reader.region, (region in cluster) == (reader.region in cluster), region == home
