"""Language tags: canonical form, what they imply, direction.

Pure functions of tags and of CLDR's tables. Nothing here may know of requests, countries or defaults; which supported
tag serves a reader is `matching.py`'s, weights and headers are `negotiation.py`'s.

- Syntax and canonical form: BCP 47 (RFC 5646 sections 2.1 and 4.5) with CLDR's aliases (UTS #35 part 1, Annex C):
  `iw` is `he`, `zh-cmn-Hans-cn` is `zh-Hans-CN`, `en-UK` is `en-GB`.
- Implied subtags: CLDR's likely subtags. A reader of `zh-TW` is a reader of Traditional Chinese.
- `_` separates as "-" does (UTS #35 part 1, section 3.1): systems and SDKs write `en_US`.

A tag whose primary subtag has more than three letters is refused although RFC 5646 reserves them: none is registered,
and `english` in a query is a mistake worth telling.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from core.records import record
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


@record
class Subtags:
    """What decides who can read a text: `zh-TW` has the likely subtags `("zh", "Hant", "TW")`."""

    language: str
    script: str
    region: str


# --- Canonical form ----------------------------------------------------------------------------------------------


def canonical(tag: str) -> str | None:
    """The canonical form of `tag`, or None when it is malformed, too long or names no language.

    >>> canonical("zh-hant-tw"), canonical("en_US"), canonical("iw"), canonical("x-klingon") is None
    ('zh-Hant-TW', 'en-US', 'he', True)
    """
    # Before the cache, so that nobody fills it with long keys.
    return _canonical(tag.lower().replace("_", "-")) if len(tag) <= MAX_TAG and tag.isascii() else None


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
    return inverted(territories.LANGUAGE_ALIASES)


@cache
def _region_aliases() -> dict[str, str]:
    return inverted(territories.REGION_ALIASES)


@cache
def _scripts() -> dict[str, str]:
    return inverted(territories.SCRIPTS)


@cache
def _likely_regions() -> dict[str, str]:
    return inverted(territories.LIKELY_REGIONS)


def inverted(table: dict[str, str]) -> dict[str, str]:
    """Word -> key, of a table that holds words under each key."""
    return {word: key for key, words in table.items() for word in words.split()}


# --- Likely subtags ----------------------------------------------------------------------------------------------


def home(language: str, script: str) -> str:
    """The region where a language, in this script, is most at home; empty when CLDR knows none."""
    regions = _likely_regions()
    return regions.get(f"{language}-{script}") or regions.get(language, "")


@lru_cache(maxsize=1024)
def likely(tag: str) -> Subtags:
    """Language, script and region of a canonical tag, the missing ones filled in (UTS #35 part 1, section 4.3).

    >>> likely("zh-TW").script, likely("pa-PK").script, likely("pt").region
    ('Hant', 'Arab', 'BR')
    """
    language, script, region = _named(tag)
    script = script or territories.REGIONAL_SCRIPTS.get(f"{language}-{region}") or _scripts().get(language, "Latn")
    return Subtags(language, script, region or home(language, script))


def named_region(tag: str) -> str:
    """The region that a canonical tag names; empty when it names none."""
    return _named(tag)[-1]


def _named(tag: str) -> tuple[str, str, str]:
    """Language, script and region that are written in a canonical tag; the others are empty."""
    language, *rest = tag.split("-")
    script = region = ""
    if rest and len(rest[0]) == 4 and rest[0].isalpha():
        script = rest.pop(0)
    if rest and (len(rest[0]) == 2 or (len(rest[0]) == 3 and rest[0].isdigit())):
        region = rest.pop(0)
    return language, script, region


@cache
def _right_to_left() -> frozenset[str]:
    return frozenset(territories.RIGHT_TO_LEFT.split())


def direction(tag: str) -> str:
    """`rtl` or `ltr`, by the script a canonical tag is written in: `az` is ltr, `az-Arab` and `az-IR` are rtl."""
    return "rtl" if likely(tag).script in _right_to_left() else "ltr"


# --- Ranges ------------------------------------------------------------------------------------------------------


def prefixes(tag: str) -> Iterator[str]:
    """`tag` and what remains as subtags are cut from its end; never ending in a singleton (RFC 4647 section 3.4)."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
        if len(tag) > 2 and tag[-2] == "-":
            tag = tag[:-2]
