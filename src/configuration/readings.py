"""What else a path may be read as: no spelling leads around a stricter route.

The gateway compares paths to the letter (RFC 3986 section 6.2.2.1). Servers behind it are kinder: some cut path
parameters off, some ignore letter case, a trailing slash, dot or space, some decode first and find a query afterwards,
some take a script or a session out of it.
Where such a server would take a path for one of a route that refuses somebody whom the matched route lets in, the path
is refused: 400 `ambiguous_path`. Everywhere else `;`, capitals and their like pass.

    /api/protected;x=1/data   /api/protected%20/data   /api/protected./data   /API/Protected/data   /api/protected%3Fx
    /index.php/api/protected/data   /(S(x))/api/protected/data

The readings of a path are all combinations of the readings of its segments (`CUTS`, `KINDNESSES`, `fold`). They are
followed through a tree of the routes, all at once, so that the cost grows with the path and not with their number.
What `paths.normalise_path` refuses never gets here: encoded slashes and dots, empty segments, dot segments.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from auth import refuses_some
from core.paths import MOST_DECODINGS, comparable_path
from core.patterns import rare
from core.problems import Problem
from core.records import field, record
from identity.settings import AccessSettings

PLAIN: Final = re.compile(r"/|(?:/[a-z0-9\-_~!'()*,=:@&]+(?:\.[a-z0-9\-_~!'()*,=:@&]+)*(?=/))*/[a-z0-9\-_~!'()*,=:@&]+")
"""Paths that have one reading where no stricter route has capitals or a slash at its end: almost all are. One pass."""

HIDING: Final = re.compile(r"/\(|\.[a-z]+[0-9]?/")
"""What a path that is PLAIN may hide behind: a session, or a script."""

SESSION: Final = rare(r"/\((?:[A-Za-z]\([^()/]*\))+\)")
"""`/(S(x))`, which ASP.NET takes out wherever it stands, and joins what was around it: `/prot/(S(x))ected`."""

SCRIPT: Final = rare(r"[^/]+\.(?:php[0-9]?|phtml|cgi|fcgi|pl|dll|exe)", re.IGNORECASE)
"""A segment that names a program; what follows is the path that the program is asked for (RFC 3875 section 4.1.5)."""

NAMED: Final = re.compile(r"/\{[^/]*\}")
"""A `{name}` in the path of a route."""

SIMPLE: Final = re.compile(r"[A-Za-z0-9\-_~!'()*,=:@&]+")
"""Segments with one reading, letter case apart."""

CUTS: Final = (
    (";", False),  # path parameters (RFC 3986 section 3.3), which servlet containers cut off in every segment
    (";", True),  # and some filters with all that follows
    ("?", True),  # %3F, where decoding comes before the query is cut off
    ("#", True),  # %23, likewise
)
"""Character at which a segment may end, and whether the whole path ends there."""

ENCODED_SLASHES: Final = rare(r"/?(?:%2F)+/?")
"""Slashes within a segment, where a route keeps them, as a server reads them that decodes first."""

KEPT_SLASH: Final = "\ue000"
"""Stands for a `%2F` that is part of a segment; nobody's alphabet has it."""

STREAM: Final = rare(r":(?=[^:]*:?\$)")

KINDNESSES: Final[tuple[Callable[[str], str], ...]] = (
    lambda text: text.replace("+", " "),  # read as a form (WHATWG URL, application/x-www-form-urlencoded)
    str.strip,  # white space around a name
    lambda text: text.rstrip(". "),  # what Windows does to names of files
    lambda text: STREAM.split(text, maxsplit=1)[0],  # streams of NTFS: `admin::$INDEX_ALLOCATION`
)
"""What a server may do to a decoded segment before it compares."""

IGNORABLE: Final = rare(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters without a shape (Unicode, Default_Ignorable_Code_Point)."""


def fold(text: str) -> str:
    r"""What two segments have in common that differ in letter case or in compatible characters (UAX #15, NFKC).

    fold("Protected") == fold("\uff30rotected") == "protected"
    """
    if text.isascii():
        return text.lower()
    plain = IGNORABLE.sub("", unicodedata.normalize("NFKC", text)).replace("\u0307", "")
    return unicodedata.normalize("NFKC", plain.upper().casefold()).replace("\u0307", "")


def segment_readings(text: str, *, last: bool) -> set[tuple[str, bool]]:
    """What a decoded segment may be read as, and whether that reading ends the path.

    segment_readings("a;x", last=False) == {("a;x", False), ("a", False), ("a", True)}

    With `last`, also without a format: `users.json` is `users` where frameworks look for suffixes.
    """
    if SIMPLE.fullmatch(text):
        return {(text, False)}
    found: set[tuple[str, bool]] = set()
    pending = [(text, False)]
    while pending:
        reading = pending.pop()
        if reading not in found:
            found.add(reading)
            pending += _read_once(*reading)
    if any(SCRIPT.fullmatch(reading) for reading, _ in found):
        found.add(("", False))
    return found | {(_without_format(reading), ends) for reading, ends in found} if last else found


def _read_once(text: str, ends: bool) -> Iterator[tuple[str, bool]]:
    yield from ((text.partition(mark)[0], ends or cuts_path) for mark, cuts_path in CUTS if mark in text)
    yield from ((kind(text), ends) for kind in KINDNESSES)
    if not text.isascii():
        yield unicodedata.normalize("NFKC", text), ends


def _without_format(text: str) -> str:
    stem, dot, suffix = text.rpartition(".")
    return stem if dot and stem and suffix.isalnum() else text


@record(frozen=False, eq=False)
class _Node:
    """Routes that have the same segments up to here."""

    children: dict[str, dict[str, "_Node"]] = field(default_factory=dict)
    """By folded segment, then by the segment as a route spells it."""
    any_segment: "_Node | None" = None
    """What follows a `{name}`."""
    exact: int | None = None
    below: int | None = None
    """The first route that ends here, and the first that takes everything from here on: indices in their order."""

    def child(self, segment: str) -> "_Node":
        """What follows a segment of a route's path, percent-encoded as there: `%7Bx%7D` is no name."""
        if segment.startswith("{"):
            self.any_segment = self.any_segment or _Node()
            return self.any_segment
        segment = unquote(segment)
        return self.children.setdefault(fold(segment), {}).setdefault(segment, _Node())


@record
class _Reading:
    """One reading of a path so far: the nodes its segments lead to, and the first subtree route on the way."""

    nodes: tuple[_Node, ...]
    below: int | None

    def step(self, segment: str) -> "Iterator[_Reading]":
        """The readings after one more segment: as it is spelt, and as each route spells it."""
        if not segment or not self.nodes:
            yield self
            return
        folded = fold(segment)
        spellings = {segment}.union(*(node.children.get(folded, ()) for node in self.nodes))
        for spelling in spellings:
            yield self.into(spelling, folded)

    def into(self, spelling: str, folded: str) -> "_Reading":
        reached = [node.children.get(folded, {}).get(spelling) for node in self.nodes]
        if spelling:
            reached += [node.any_segment for node in self.nodes]
        nodes = tuple(node for node in reached if node is not None)
        return _Reading(nodes, _first([self.below, *(node.below for node in nodes)]))

    @property
    def is_spelt_with_a_slash(self) -> bool:
        """Whether a route is, that has the same segments up to here."""
        return any("" in node.children for node in self.nodes)

    @property
    def in_charge(self) -> int | None:
        """The first route that takes the path, should it end here."""
        return _first([self.below, *(node.exact for node in self.nodes)])


class Readings:
    """The readings of one table of paths, each with the access it asks for by method.

    `paths` are in the order in which they are matched; `/x/*` is a subtree with its bare prefix, `{name}` any one
    segment.
    """

    def __init__(self, paths: Iterable[tuple[str, Mapping[str, AccessSettings]]]) -> None:
        self._table = tuple(paths)
        self._index = {path: index for index, (path, _) in reversed([*enumerate(self._table)])}
        self._root = _Node()
        for index, (path, _) in enumerate(self._table):
            self._plant(path, index)
        self._beside = [self._stricter_beside(index) for index in range(len(self._table))]
        stricter = {other for by_method in self._beside for others in by_method.values() for other in others}
        self._spelt_plainly = all(_is_plain(self._table[index][0]) for index in stricter)

    def require_one_meaning(self, matched: str, method: str, path: str) -> None:
        """Raise Problem 400 `ambiguous_path` when a server could read `path` as one of a stricter route.

        `matched` is the path of the route in charge of the normalised `path`; `method` one that it takes.
        """
        index = self._index[matched]
        stricter = self._beside[index][method]
        if "%2" in path:
            self._require_one_meaning_decoded_again(index, stricter, path)
        if not stricter:
            return
        plain = PLAIN.fullmatch(path) is not None and not HIDING.search(path)
        if plain and self._spelt_plainly:
            return
        if SESSION.search(comparable_path(path)) or not stricter.isdisjoint(
            self.in_charge(path, formats=matched.endswith("/*"), slash=not plain)
        ):
            raise _ambiguous()

    def _require_one_meaning_decoded_again(self, index: int, stricter: frozenset[int], path: str) -> None:
        """The same of what is left when an encoded percent sign, or a slash, is decoded before the path is read."""
        readings = [ENCODED_SLASHES.sub("/", path)] if "%2F" in path else []
        for again in _decodings(path):
            if self._takes(again) not in (None, index):
                raise _ambiguous()
            readings.append(again)
        if stricter and any(not stricter.isdisjoint(self.in_charge(one, formats=False)) for one in readings):
            raise _ambiguous()

    def _takes(self, path: str) -> int | None:
        """The route in charge of a path as it is spelt."""
        reading = _Reading((self._root,), self._root.below)
        for segment in comparable_path(path).split("/")[1:]:
            text = unquote(segment)
            reading = reading.into(text, fold(text))
        return reading.in_charge

    def in_charge(self, path: str, *, formats: bool, slash: bool = True) -> set[int | None]:
        """The routes in charge of the readings of a normalised path, as indices; None where none is.

        `formats`: whether a suffix may be one. It is not where a route names the path with its suffix. `slash`: whether
        one at the end leads to what takes all below; it does not where a path is asked for as it is documented, `/a`
        beside `/*`. To a route that is spelt with it, it always leads.
        """
        readings, ended = {_Reading((self._root,), self._root.below)}, set[_Reading]()
        segments = comparable_path(path).split("/")[1:]
        last = len(segments) - (not segments[-1]) if formats else 0
        for position, segment in enumerate(segments, 1):
            after: set[_Reading] = set()
            for text, ends in segment_readings(unquote(segment), last=position == last):
                reached = {step for reading in readings for step in reading.step(text)}
                (ended if ends else after).update(reached)
            readings = after
            if not any(reading.nodes for reading in readings):
                break  # no route has more segments of these: what follows changes nothing
        ended |= readings
        ended |= {reading.into("", "") for reading in ended if slash or reading.is_spelt_with_a_slash}
        return {reading.in_charge for reading in ended}

    def _plant(self, path: str, index: int) -> None:
        node, subtree = self._root, path.endswith("/*")
        for segment in comparable_path(path.removesuffix("/*")).split("/")[1:]:
            node = node.child(segment)
        if subtree and node.below is None:
            node.below = index
        elif not subtree and node.exact is None:
            node.exact = index

    def _stricter_beside(self, index: int) -> dict[str, frozenset[int]]:
        """By method: the routes that refuse somebody whom this one lets in. One without the method refuses all."""
        found: dict[str, frozenset[int]] = {}
        for method, access in self._table[index][1].items():
            found[method] = frozenset(
                other
                for other, (_, by_method) in enumerate(self._table)
                if other != index and (method not in by_method or refuses_some(by_method[method], access))
            )
        return found


def _decodings(path: str) -> Iterator[str]:
    """The path decoded, as long as that leaves something to decode. A slash that is kept stays within its segment."""
    path = path.replace("%2F", KEPT_SLASH)
    for _ in range(MOST_DECODINGS):
        path = unquote(path)
        if "%" not in path:
            return
        yield path


def _ambiguous() -> Problem:
    return Problem(
        400,
        "ambiguous_path",
        "Some servers would read the path as another, which not everybody may ask for; "
        "leave out path parameters, and write letter case, dots, spaces and slashes as documented.",
    )


def _is_plain(path: str) -> bool:
    """Whether no path that is PLAIN is read as this one, but itself."""
    text = unquote(comparable_path(NAMED.sub("/x", path)))
    return fold(text) == text and (path == "/" or not path.endswith("/"))


def _first(indices: Iterable[int | None]) -> int | None:
    return min((index for index in indices if index is not None), default=None)
