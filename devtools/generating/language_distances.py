"""The tables of `src/places/territories.py` by which languages are matched: CLDR's languageMatching and parentLocales.

Distances are CLDR's own (UTS #35 part 1, section 4.4): the sum of what lies between two languages, two scripts and two
regions. A pair that CLDR does not list is not near: no language, and no script, stands for another by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from devtools.failure import Failure
from devtools.generating import territory_reviews as reviews

if TYPE_CHECKING:
    from devtools.generating.territories import Cldr

MEMBER = 10
"""The distance by which CLDR says that a language is encompassed by a macrolanguage: yue by zh, arz by ar."""

REGION_RULES = """
ar-*-$maghreb ar-*-$maghreb 4
ar-*-$!maghreb ar-*-$!maghreb 4
ar-*-* ar-*-* 5
en-*-$enUS en-*-$enUS 4
en-*-$!enUS en-*-GB 3
en-*-$!enUS en-*-$!enUS 4
en-*-* en-*-* 5
es-*-$americas es-*-$americas 4
es-*-$!americas es-*-$!americas 4
es-*-* es-*-* 5
pt-*-$americas pt-*-$americas 4
pt-*-$!americas pt-*-$!americas 4
pt-*-* pt-*-* 5
zh-Hant-$cnsar zh-Hant-$cnsar 4
zh-Hant-$!cnsar zh-Hant-$!cnsar 4
zh-Hant-* zh-Hant-* 5
*-*-* *-*-* 4
"""
"""CLDR's rules for regions, which `places/matching.py` knows by heart; only what the variables hold is a table."""


def check_region_rules(cldr: Cldr) -> None:
    """Raises Failure when CLDR has other rules for regions than the code that reads the tables."""
    rows = [f"{row['_desired']} {row['_supported']} {row['_distance']}" for row in cldr.distances]
    found = [row for row in rows if row.split()[0].count("-") == 2]
    if found != REGION_RULES.strip().splitlines():
        raise Failure(
            f"CLDR {cldr.version} has other rules for regions", "read languageMatching.json, then places/matching.py"
        )


def macrolanguages(cldr: Cldr) -> dict[str, str]:
    """Language -> languages that count as varieties of it: it encompasses them, or they inherit from it (nn: no)."""
    rows: dict[str, list[str]] = {}
    for child, parent in cldr.parents.items():
        if child.isalpha() and parent.isalpha() and parent != "und":
            rows.setdefault(parent, []).append(child)
    for desired, supported, distance in _pairs(cldr, "language"):
        if distance == MEMBER and desired not in reviews.STANDARDS_OF_THEIR_OWN:
            rows.setdefault(supported, []).append(desired)
    return _joined(rows)


def language_distances(cldr: Cldr) -> dict[str, str]:
    """ "supported/distance" -> languages whose readers read that one as well."""
    varieties = macrolanguages(cldr)
    return _grouped(
        (desired, supported, distance)
        for desired, supported, distance in _pairs(cldr, "language")
        if desired not in varieties.get(supported, "").split()
    )


def script_distances(cldr: Cldr) -> dict[str, str]:
    """The same for language-Script."""
    return _grouped(_pairs(cldr, "script"))


def _pairs(cldr: Cldr, level: str) -> list[tuple[str, str, int]]:
    """(desired, supported, distance), both ways where CLDR has the row both ways; in codes that are not replaced."""
    subtags = {"language": 0, "script": 1}[level]
    alias = cldr.aliases["languageAlias"]
    pairs = []
    for row in cldr.distances:
        desired, supported, distance = row["_desired"], row["_supported"], int(row["_distance"])
        if desired.count("-") != subtags or "*" in desired or desired in alias or supported in alias:
            continue
        pairs.append((desired, supported, distance))
        if not row.get("_oneway"):
            pairs.append((supported, desired, distance))
    return pairs


def _grouped(pairs: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    rows: dict[str, list[str]] = {}
    for desired, supported, distance in pairs:
        rows.setdefault(f"{supported}/{distance}", []).append(desired)
    return _joined(rows)


def _joined(rows: Mapping[str, list[str]]) -> dict[str, str]:
    return {key: " ".join(sorted(rows[key])) for key in sorted(rows)}


def region_groups(cldr: Cldr) -> dict[str, str]:
    """language(-Script) -> the regions that share one of its two varieties (matchVariables); the rest share the other.

    A grouping of regions (419) belongs where all its members do.
    """
    groups = {"ar": "maghreb", "en": "enUS", "es": "americas", "pt": "americas", "zh-Hant": "cnsar"}
    return {stem: " ".join(sorted(_members(cldr, f"${name}"))) for stem, name in groups.items()}


def _members(cldr: Cldr, variable: str) -> set[str]:
    named = cldr.match_variables[variable]["_value"].split("+")
    leaves = {leaf for code in named for leaf in cldr.leaves(code)}
    numbered = {code for code in cldr.containment if re.fullmatch(r"\d{3}", code)}
    return leaves | {code for code in numbered if set(cldr.leaves(code)) <= leaves}


def parents(cldr: Cldr) -> dict[str, str]:
    """Tag with a region -> regions whose variety of the language inherits from it (`es-419`: AR BO ...)."""
    rows: dict[str, list[str]] = {}
    for child, parent in cldr.parents.items():
        stem, _, region = child.rpartition("-")
        if re.fullmatch(r"[A-Z]{2}|\d{3}", region) and re.fullmatch(rf"{stem}-(?:[A-Z]{{2}}|\d{{3}})", parent):
            rows.setdefault(parent, []).append(region)
    return _joined(rows)
