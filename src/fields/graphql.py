"""How much a GraphQL document asks for, by its tokens alone (GraphQL, October 2021, sections 2.1 to 2.10).

    measure("{ user(id: 1) { name friend: peer { ...rest } } } fragment rest on User { id }", most=1000)
    # Measure(tokens=25, depth=3, aliases=1, introspects=False)

No tree is made and no schema is known. Outside of parentheses, which hold arguments and variables, a document is
selections: a "{" goes one level down unless it is an inline fragment's, a ":" makes the name before it an alias. Each
definition is counted once; what fragments add is summed up afterwards, from those that spread none. So the time is in
proportion to the text, whatever it repeats, and nothing recurses. Fragments are found by their order and never by a
hash: thousands of names that all hash alike can be prepared (`core/lengths.py`).

What is no document raises Unreadable. What is one to a full parser is never read otherwise here; some texts that a full
parser refuses are let through, for it to refuse.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import eq, itemgetter
from typing import Final

from core.patterns import rare
from core.records import field, record

IGNORED: Final = r"(?:[\ufeff\t \n\r,]++|\#[^\n\r]*+)*+"
TOKEN: Final = rare(
    IGNORED
    + r"""(?:
      (?P<name>[A-Za-z_][A-Za-z0-9_]*+)
    | (?P<mark>\.\.\.|[!$&():=@\[\]{}|])
    | (?P<string>\"\"\"(?:[^"\\]++|\\\"\"\"|\\|"(?!""))*+\"\"\" | "(?!"")(?:[^"\\\n\r]++|\\[^\n\r])*+")
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![0-9A-Za-z_.]))
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
"""The next token, whatever is ignored before it. No character is looked at twice."""

OPERATIONS: Final = frozenset({"query", "mutation", "subscription"})
SCHEMA_FIELDS: Final = frozenset({"__schema", "__type", "_service"})
"""Fields that tell the schema: introspection's (section 4), and Apollo Federation's."""

BEYOND: Final = 1_000_000
"""Sums are counted no further: fragments that double each other make numbers of thousands of digits."""


class Unreadable(ValueError):
    """The text is no document that could be executed."""


class TooManyTokens(Exception):
    """There are more than were asked for."""


@record
class Measure:
    """`tokens` of the whole document; the rest of the operation that has the most. `depth` is fields within fields."""

    tokens: int
    depth: int
    aliases: int
    introspects: bool


@record(frozen=False)
class _Definition:
    """An operation or a fragment, as far as it goes itself. `spreads` are fragments and the levels they stand on."""

    depth: int = 0
    aliases: int = 0
    introspects: bool = False
    spreads: list[tuple[str, int]] = field(default_factory=list)


def measure(text: str, most: int) -> Measure:
    """Of a document of up to `most` tokens. Raises TooManyTokens, Unreadable."""
    reading = _Reading()
    position, tokens = 0, 0
    while (match := TOKEN.match(text, position)) is not None and match.lastgroup != "end":
        tokens += 1
        if tokens > most:
            raise TooManyTokens(most)
        position = match.end()
        kind = match.lastgroup or ""
        reading.take(match[kind], kind)
    if match is None:
        raise Unreadable("a character that begins no token, or a string without end")
    operations, names, fragments = reading.finish()
    spreads = [_found(one, names) for one in fragments]
    sums = _summed(fragments, spreads)
    whole = [_with_fragments(one, _found(one, names), sums) for one in operations]
    return Measure(
        tokens,
        max(one.depth for one in whole),
        max(one.aliases for one in whole),
        any(one.introspects for one in whole),
    )


class _Reading:
    """The definitions of a document, token by token."""

    def __init__(self) -> None:
        self._operations: list[_Definition] = []
        self._fragments: list[tuple[str, _Definition]] = []
        self._at: _Definition | None = None
        self._levels: list[bool] = []
        """A selection set that is open: whether it is a field's, and no inline fragment's."""
        self._depth = 0
        self._parentheses = 0
        self._before = ""
        """The mark or the keyword that says what the next name is."""
        self._name: str | None = None
        """A name that is a field, unless a ":" follows."""

    def take(self, text: str, kind: str) -> None:
        if self._parentheses:  # a variable's directive may have some of its own
            self._parentheses += {"(": 1, ")": -1}.get(text, 0)
        elif kind == "mark":
            self._mark(text)
        elif kind == "name":
            self._take_name(text)
        elif self._at is not None or kind != "string":  # a string may describe a definition
            raise Unreadable("a value outside of parentheses")

    def finish(self) -> tuple[list[_Definition], list[str], list[_Definition]]:
        """The operations; the fragments' names in their order; the fragments, in the same."""
        if self._at is not None or self._parentheses or not self._operations:
            raise Unreadable("it does not come to its end, or has no operation")
        self._fragments.sort(key=itemgetter(0))
        names = [name for name, _ in self._fragments]
        if any(map(eq, names, names[1:])):
            raise Unreadable("two fragments of one name")
        return self._operations, names, [one for _, one in self._fragments]

    def _mark(self, mark: str) -> None:
        if mark == ":":
            self._take_alias()
            return
        self._settle()
        if mark == "{":
            self._open()
        elif mark == "}":
            self._close()
        elif mark == "(":
            self._parentheses = 1
        elif mark == "@" or (mark == "..." and self._levels):
            self._before = "directive of a fragment" if mark == "@" and self._before in FRAGMENT else mark
        else:
            raise Unreadable(f"{mark} where it cannot be")

    def _take_alias(self) -> None:
        if self._name is None or not self._levels or self._at is None:
            raise Unreadable("a colon after no name")
        self._at.aliases += 1
        self._name = None

    def _take_name(self, name: str) -> None:
        self._settle()
        before, self._before = self._before, ""
        if before == "@":
            return
        if before == "directive of a fragment":
            self._before = "inline"
        elif self._at is None:
            self._begin(name)
        elif before == "fragment":
            self._fragments.append((name, self._at))
        elif before == "...":
            self._spread(name)
        elif before == "on":
            self._before = "inline"
        elif self._levels:
            if before == "inline":
                raise Unreadable("a fragment without selections")
            self._name = name

    def _begin(self, keyword: str) -> None:
        self._at = _Definition()
        if keyword in OPERATIONS:
            self._operations.append(self._at)
        elif keyword == "fragment":
            self._before = "fragment"
        else:
            raise Unreadable("neither an operation nor a fragment")

    def _spread(self, name: str) -> None:
        assert self._at is not None
        if name == "on":
            self._before = "on"
        else:
            self._at.spreads.append((name, self._depth))

    def _settle(self) -> None:
        """The name before was a field."""
        if self._name is None or self._at is None:
            return
        self._at.depth = max(self._at.depth, self._depth)
        self._at.introspects = self._at.introspects or self._name in SCHEMA_FIELDS
        self._name = None

    def _open(self) -> None:
        if self._at is None:
            self._at = _Definition()
            self._operations.append(self._at)
        is_fields = not (self._levels and self._before in FRAGMENT)
        self._before = ""
        self._levels.append(is_fields)
        self._depth += is_fields

    def _close(self) -> None:
        if not self._levels or self._before in FRAGMENT:
            raise Unreadable("a brace that closes nothing")
        self._depth -= self._levels.pop()
        if not self._levels:
            self._at = None


FRAGMENT: Final = frozenset({"...", "inline"})
"""What comes before the "{" of an inline fragment."""


Spread = tuple[int, int]
"""The number of a fragment, and the level that it is spread on."""


def _found(one: _Definition, names: Sequence[str]) -> list[Spread]:
    """The spreads of a definition by the fragments' numbers; those of fragments that are not there are left out."""
    found = [(bisect_left(names, name), name, level) for name, level in one.spreads]
    return [(number, level) for number, name, level in found if number < len(names) and names[number] == name]


def _summed(fragments: Sequence[_Definition], spreads: Sequence[Sequence[Spread]]) -> Sequence[_Definition]:
    """Each fragment with all that it spreads. Raises Unreadable for one that spreads itself."""
    waiting = [{to for to, _ in needed} for needed in spreads]
    used_by: list[list[int]] = [[] for _ in fragments]
    for number, needed in enumerate(waiting):
        for to in needed:
            used_by[to].append(number)
    ready = [number for number, needed in enumerate(waiting) if not needed]
    sums, done = [*fragments], 0
    while ready:
        number = ready.pop()
        done += 1
        sums[number] = _with_fragments(fragments[number], spreads[number], sums)
        for user in used_by[number]:
            waiting[user].discard(number)
            if not waiting[user]:
                ready.append(user)
    if done < len(fragments):
        raise Unreadable("a fragment that spreads itself")
    return sums


def _with_fragments(one: _Definition, spreads: Sequence[Spread], sums: Sequence[_Definition]) -> _Definition:
    whole = _Definition(one.depth, one.aliases, one.introspects)
    for number, level in spreads:
        spread = sums[number]
        whole.depth = max(whole.depth, level - 1 + spread.depth if spread.depth else 0)
        whole.aliases = min(BEYOND, whole.aliases + spread.aliases)
        whole.introspects = whole.introspects or spread.introspects
    return whole
