"""`python -m devtools territories`: writes `src/places/territories.py` from Unicode CLDR.

The source is the npm package `cldr-core`, Unicode's own JSON release of CLDR, pinned in package.json. It was chosen
over Babel because the CLDR project publishes it with every release (Babel 2.18 carries CLDR 47, where Bulgaria still
pays in leva), and because it has what Babel drops: territory containment, right-to-left scripts, language distances
(`language_distances.py`).

Files read, all below `supplemental/` but the last: currencyData, territoryInfo, territoryContainment, likelySubtags,
aliases, languageMatching, parentLocales, and scriptMetadata. `territory_reviews.py` is folded in on top.

The output is a function of the package, the reviews and one date: tender changes on a day (BGN until 2026-01-31). That
date stands in the file; it moves only when the tables change, so regenerating gives the same bytes.
"""

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from devtools.failure import Failure
from devtools.generating import currency_changes
from devtools.generating import language_distances as distances
from devtools.generating import territory_reviews as reviews
from devtools.paths import NODE_MODULES, SOURCES

CLDR = NODE_MODULES / "cldr-core"
TARGET = SOURCES / "places" / "territories.py"

NOT_ISO = frozenset({"AC", "CP", "CQ", "DG", "EA", "IC", "TA"})
"""Leaves of CLDR's containment that ISO 3166-1 only reserves. XK stays: Cloudflare reports it."""

CONTINENTS = {"002": "AF", "142": "AS", "150": "EU", "009": "OC", "005": "SA", "003": "NA"}
"""UN M49 groupings to Cloudflare's continent codes. AQ belongs to none of them and is AN."""

NATIONAL = frozenset({"official", "de_facto_official"})
REGIONAL_SHARE = 0.1
"""Percent of the population from which a language official in a part of a territory is listed."""

ON = re.compile(r'^AS_OF: Final = "(\d{4}-\d{2}-\d{2})"$', re.MULTILINE)


class Cldr:
    """The parts of a `cldr-core` package, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version: str = self._read("package.json")["version"]
        self.currencies = self._supplemental("currencyData")["region"]
        self.population = self._supplemental("territoryInfo")
        self.containment = self._supplemental("territoryContainment")
        self.likely: dict[str, str] = self._supplemental("likelySubtags")
        self.aliases = self._supplemental("aliases", "metadata")["alias"]
        matching = self._supplemental("languageMatching")["written-new"]
        self.distances = matching["languageMatch"]
        self.match_variables = matching["matchVariables"]
        self.paradigms: list[str] = matching["paradigmLocales"]["_locales"]
        self.parents: dict[str, str] = self._supplemental("parentLocales")["parentLocale"]
        self.scripts = self._read("scriptMetadata.json")["scriptMetadata"]

    def _supplemental(self, name: str, member: str | None = None) -> Any:
        return self._read(f"supplemental/{name}.json")["supplemental"][member or name]

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError as missing:
            raise Failure(f"{self.folder / name} is missing", "run `make setup`: npm brings cldr-core") from missing

    def leaves(self, group: str) -> list[str]:
        """The territories in `group`, at any depth (territoryContainment.json)."""
        members = self.containment.get(group, {}).get("_contains", [])
        return [leaf for member in members for leaf in self.leaves(member)] if members else [group]

    def maximise(self, language: str, script: str = "", region: str = "") -> tuple[str, str, str]:
        """Add Likely Subtags (UTS #35 part 1, section 4.3); script and region are empty when CLDR knows none."""
        for key in (f"{language}-{script}-{region}", f"{language}-{script}", f"{language}-{region}", language):
            if key in self.likely:
                found = self.likely[key].split("-")
                return language, script or found[1], region or found[2]
        guess = self.likely.get(f"und-{script}", "").split("-")
        return language, script, region or (guess[2] if guess[0] == language else "")


class Territory(NamedTuple):
    """One row: how `src/places/territories.py` writes it is `line`."""

    continent: str
    european_union: bool
    currencies: list[str]
    national: list[str]
    regional: list[str]

    def line(self) -> str:
        columns = [self.continent, str(int(self.european_union)), ",".join(self.currencies), ",".join(self.national)]
        return " ".join([*columns, ",".join(self.regional)] if self.regional else columns)


# --- Territories -------------------------------------------------------------------------------------------------


def territories(cldr: Cldr, on: str) -> dict[str, Territory]:
    """Every ISO 3166-1 territory and XK, with tender and languages of the day `on` (YYYY-MM-DD)."""
    codes = (set(cldr.leaves("001")) | set(cldr.leaves("QO"))) - NOT_ISO
    continent = {code: name for group, name in CONTINENTS.items() for code in cldr.leaves(group)}
    continent |= {code: "NA" for group in ("013", "029") for code in cldr.leaves(group)} | {"AQ": "AN"}
    union = {*cldr.leaves("EU"), *reviews.EUROPEAN_UNION.codes.split()}
    money, speech = _by_code(reviews.CURRENCIES), _by_code(reviews.LANGUAGES)
    table = {}
    for code in sorted(codes):
        national, regional = _reviewed_languages(speech[code]) if code in speech else _languages(cldr, code)
        currencies = money[code].split() if code in money else tender(cldr, code, on)
        table[code] = Territory(continent[code], code in union, currencies, national, regional)
    return table


def _by_code(table: Iterable[reviews.Review]) -> dict[str, str]:
    return {code: review.value for review in table for code in review.codes.split()}


def tender(cldr: Cldr, code: str, on: str) -> list[str]:
    """Legal tender on that day, in CLDR's order; money about to be withdrawn counts only where there is no other."""
    found = {
        currency: facts
        for entry in cldr.currencies[code]
        for currency, facts in entry.items()
        if facts.get("_tender") != "false" and facts.get("_from", "") <= on <= facts.get("_to", on)
    }
    staying = [currency for currency, facts in found.items() if "_to" not in facts]
    return staying or list(found)


def _languages(cldr: Cldr, code: str) -> tuple[list[str], list[str]]:
    """(national, regional), each by share of the population; without an official one, the most spoken."""
    spoken = cldr.population[code]["languagePopulation"]
    share = {tag: float(facts["_populationPercent"]) for tag, facts in spoken.items()}
    # Of two scripts with the same share the one that needs no naming comes first.
    order = sorted(spoken, key=lambda tag: (-share[tag], len(_written(cldr, tag, code)), tag))
    status = {tag: spoken[tag].get("_officialStatus") for tag in order}
    national = [tag for tag in order if status[tag] in NATIONAL] or order[:1]
    regional = [tag for tag in order if status[tag] == "official_regional" and share[tag] >= REGIONAL_SHARE]
    return _distinct(cldr, national, code), _distinct(cldr, regional, code)


def _distinct(cldr: Cldr, tags: Iterable[str], code: str) -> list[str]:
    return list(dict.fromkeys(_written(cldr, tag, code) for tag in tags))


def _written(cldr: Cldr, tag: str, code: str) -> str:
    """`tag` without the script that its language has in this territory anyway: zh_Hant in TW is `zh`."""
    language, _, script = tag.partition("_")
    implied = cldr.maximise(language, region=code)[1]
    return f"{language}-{script}" if script and script != implied else language


def _reviewed_languages(value: str) -> tuple[list[str], list[str]]:
    national, _, regional = value.partition("|")
    return national.split(), regional.split()


def region_languages() -> dict[str, str]:
    """ISO 3166-2 code -> language tag with the country in it: `CA-QC` -> `fr-CA`, `ES-VC` -> `ca-ES-valencia`."""
    rows = {}
    for code, value in sorted(_by_code(reviews.REGION_LANGUAGES).items()):
        language, *variant = value.split("-")
        rows[code] = "-".join([language, code.split("-")[0], *variant])
    return rows


# --- Languages ---------------------------------------------------------------------------------------------------


def scripts(cldr: Cldr) -> dict[str, str]:
    """Script -> languages written in it by default. Latin is what remains."""
    table: dict[str, list[str]] = {}
    for language in sorted(key for key in cldr.likely if "-" not in key and key != "und"):
        table.setdefault(cldr.maximise(language)[1], []).append(language)
    return {script: " ".join(table[script]) for script in sorted(table) if script != "Latn"}


def regional_scripts(cldr: Cldr) -> dict[str, str]:
    """language-REGION -> script, where it is another than the language's own."""
    keys = sorted(key for key in cldr.likely if re.fullmatch(r"[a-z]{2,3}-([A-Z]{2}|\d{3})", key))
    rows = {key: cldr.likely[key].split("-")[1] for key in keys if not key.startswith("und")}
    return {key: script for key, script in rows.items() if script != cldr.maximise(key.split("-")[0])[1]}


def likely_regions(cldr: Cldr, table: Mapping[str, Territory]) -> dict[str, str]:
    """Region -> languages (with script where it is not the default one) most at home there."""
    official = {tag for row in table.values() for tag in (*row.national, *row.regional)}
    known = {key for key in cldr.likely if re.fullmatch(r"[a-z]{2}(-[A-Z][a-z]{3})?", key)}
    rows: dict[str, list[str]] = {}
    for tag in sorted(official | known | {"zh-Hant"}):
        language, _, script = tag.partition("-")
        region = cldr.maximise(language, script)[2]
        if region and not (script and region == cldr.maximise(language)[2]):
            rows.setdefault(region, []).append(tag)
    return {region: " ".join(rows[region]) for region in sorted(rows)}


def language_aliases(cldr: Cldr) -> dict[str, str]:
    """Replacement -> primary languages it replaces (`he`: iw, heb)."""
    rows: dict[str, list[str]] = {}
    for alias, facts in sorted(cldr.aliases["languageAlias"].items()):
        if "-" not in alias:
            rows.setdefault(facts["_replacement"], []).append(alias)
    return {replacement: " ".join(rows[replacement]) for replacement in sorted(rows)}


def tag_aliases(cldr: Cldr) -> dict[str, str]:
    """Whole tags, lower-case: grandfathered ones (RFC 5646 section 2.2.8) and language with variant."""
    rows = {alias.lower(): facts["_replacement"] for alias, facts in cldr.aliases["languageAlias"].items()}
    return {alias: rows[alias] for alias in sorted(rows) if "-" in alias and not alias.startswith("und-")}


def region_aliases(cldr: Cldr) -> dict[str, str]:
    """Replacement -> regions it replaces (`GB`: 826, UK). Where a state fell apart, the first of its successors."""
    rows: dict[str, list[str]] = {}
    for alias, facts in sorted(cldr.aliases["territoryAlias"].items()):
        if re.fullmatch(r"[A-Z]{2}|\d{3}", alias):
            rows.setdefault(facts["_replacement"].split(" ")[0], []).append(alias)
    return {replacement: " ".join(rows[replacement]) for replacement in sorted(rows)}


def right_to_left(cldr: Cldr) -> str:
    return " ".join(sorted(script for script, facts in cldr.scripts.items() if facts["rtl"] == "YES"))


# --- The file ----------------------------------------------------------------------------------------------------

HEADER = '''"""Territories, their money and their languages, and what a language tag implies. Generated; do not edit.

By `python -m devtools territories` from CLDR {version} (npm package cldr-core), reviewed in
devtools/generating/territory_reviews.py. Each table is one string, a row a line, because Python compiles one string
faster than a thousand: what a row holds is taken apart by whoever asks for it.

Data: copyright Unicode, Inc., under the Unicode License V3 (https://www.unicode.org/license.txt).
"""

from typing import Final

CLDR_VERSION: Final = "{version}"
AS_OF: Final = "{on}"
"""The day on which the money below was legal tender. Moves only when a table changes."""


def _table(rows: str) -> dict[str, str]:
    """`key value value ...` a line; a line that begins with a blank goes on with the one before."""
    return dict(row.split(" ", 1) for row in rows.strip().replace("\\n ", " ").split("\\n") if row)

'''


def render(cldr: Cldr, on: str) -> str:
    """The whole of `src/places/territories.py`, as `ruff format` would leave it."""
    table = territories(cldr, on)
    parts = [
        HEADER.format(version=cldr.version, on=on),
        _mapping(
            "TERRITORIES",
            {code: row.line() for code, row in table.items()},
            "ISO 3166-1 code -> continent, member of the EU, currencies, national languages, languages of a part.\n"
            "Most used first; the first language is the one to answer in. Scripts the territory implies are left out.",
        ),
        _mapping(
            "REGION_LANGUAGES", region_languages(), "ISO 3166-2 code -> its language, where not the country's first."
        ),
        *_money(cldr, table, on),
        _mapping("SCRIPTS", scripts(cldr), "Script -> languages written in it. All others are written in Latin."),
        _mapping("REGIONAL_SCRIPTS", regional_scripts(cldr), "language-REGION -> script, where the region decides it."),
        _mapping("LIKELY_REGIONS", likely_regions(cldr, table), "Region -> languages most at home there."),
        _mapping("LANGUAGE_ALIASES", language_aliases(cldr), "Language in use -> codes it replaces."),
        _mapping("REGION_ALIASES", region_aliases(cldr), "Region in use -> codes it replaces."),
        _mapping("TAG_ALIASES", tag_aliases(cldr), "Whole tag, lower-case -> the tag that replaces it."),
        *_matching(cldr),
        _words("RIGHT_TO_LEFT", right_to_left(cldr), "Scripts written from right to left."),
    ]
    return "\n".join(parts)


def _money(cldr: Cldr, table: dict[str, Territory], on: str) -> list[str]:
    """What `places/tender.py` reads."""
    reviewed = _by_code(reviews.CURRENCIES)
    return [
        _mapping(
            "CURRENCY_CHANGES",
            currency_changes.changes(cldr, table, reviewed, on, tender),
            "ISO 3166-1 code -> day/currencies: changes that are decided and still to come.",
        ),
        _mapping(
            "CURRENCY_SUCCESSORS",
            currency_changes.successors(cldr, table, reviewed, on, tender),
            "Currency that is nobody's any more, or will be -> its successor, and the first day without it.",
        ),
    ]


def _matching(cldr: Cldr) -> list[str]:
    """What `places/matching.py` reads."""
    distances.check_region_rules(cldr)
    return [
        _mapping("MACROLANGUAGES", distances.macrolanguages(cldr), "Language -> languages that are varieties of it."),
        _mapping(
            "LANGUAGE_DISTANCES",
            distances.language_distances(cldr),
            "Language/distance -> languages whose readers read it too (languageMatching).",
        ),
        _mapping("SCRIPT_DISTANCES", distances.script_distances(cldr), "The same for language-Script."),
        _mapping(
            "REGION_GROUPS",
            distances.region_groups(cldr),
            "Language -> regions that share one of its two varieties; all others share the other (matchVariables).",
        ),
        _mapping("PARENTS", distances.parents(cldr), "Tag -> regions whose variety inherits from it (parentLocales)."),
        _words("PARADIGMS", " ".join(cldr.paradigms), "Tags that stand for a variety of their language."),
    ]


WIDTH = 120


def _mapping(name: str, rows: Mapping[str, str], doc: str) -> str:
    lines = [line for key, value in rows.items() for line in _wrapped(f"{key} {value}")]
    return "\n".join([f'{name}: Final = _table("""', *lines, '""")', f'"""{doc}"""', ""])


def _words(name: str, value: str, doc: str) -> str:
    first, *more = _wrapped(value)
    return "\n".join([f'{name}: Final = """', first, *more, '"""', f'"""{doc}"""', ""])


def _wrapped(row: str) -> list[str]:
    return textwrap.wrap(row, WIDTH, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False)


def tables(text: str) -> str:
    """A generated file without its date: what decides whether the date has to move."""
    return ON.sub("", text)


def recorded_date(text: str) -> str | None:
    found = ON.search(text)
    return found[1] if found else None


def main(argv: list[str]) -> int:
    """0: written or up to date; 1: `--check` found a difference. Raises Failure when the package is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m devtools territories", description="Generate src/places/territories.py."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not what CLDR gives")
    parser.add_argument(
        "--on", metavar="YYYY-MM-DD", help="tender of that day (default: today; with --check, the file's)"
    )
    parser.add_argument(
        "--cldr", type=Path, default=CLDR, help="folder of the cldr-core package (default: %(default)s)"
    )
    options = parser.parse_args(argv)
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    cldr = Cldr(options.cldr)
    if options.check:
        return _check(cldr, old, options.on or recorded_date(old) or "")
    new = render(cldr, options.on or datetime.now(UTC).date().isoformat())
    if tables(new) == tables(old):
        print(f"territories: {TARGET.name} is up to date (CLDR {cldr.version})")
        return 0
    TARGET.write_text(new, encoding="utf-8")
    print(f"territories: wrote {TARGET.name} from CLDR {cldr.version}")
    return 0


def _check(cldr: Cldr, old: str, on: str) -> int:
    if tables(render(cldr, on)) == tables(old):
        return 0
    print(f"territories: {TARGET.name} is not what CLDR {cldr.version} gives: run `python -m devtools territories`.")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
