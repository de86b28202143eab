"""Lists in field values (RFC 9110 section 5.6.1): members between commas that are not in a quoted string.

Runs in linear time on anything a client may send.
"""

import re
from typing import Final

_OUTSIDE: Final = re.compile(r'[",]')
_INSIDE: Final = {True: re.compile(r'\\.|"', re.DOTALL), False: re.compile(r'"')}


def split_list(text: str, *, escapes: bool = True) -> list[str]:
    """The non-empty members, without the whitespace around them.

    `escapes` says whether a backslash quotes the next character inside quotes, as in a quoted-string; in an entity tag
    it is a character like any other. A quote that is never closed is one, too.

        split_list('a, b="1, 2" ,, c') == ["a", 'b="1, 2"', "c"]
    """
    members = text.split(",") if '"' not in text else _split_quoted(text, _INSIDE[escapes])
    return [member for item in members if (member := item.strip(" \t"))]


def _split_quoted(text: str, inside: re.Pattern[str]) -> list[str]:
    members: list[str] = []
    start = at = 0
    while found := _OUTSIDE.search(text, at):
        at = found.end()
        if found[0] == ",":
            members.append(text[start : found.start()])
            start = at
            continue
        closing = next((step for step in inside.finditer(text, at) if step[0] == '"'), None)
        if closing is None:
            return [*members, *text[start:].split(",")]
        at = closing.end()
    return [*members, text[start:]]
