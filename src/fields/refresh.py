"""`Refresh` (HTML standard, "shared declarative refresh steps"): where its target stands.

    5; url=https://a.example/x      0;/x      10, URL = '/x' and what is behind the quote is nothing

Runs in linear time on anything an origin may send.
"""

import re
from collections.abc import Callable
from typing import Final

from core.patterns import rare

_WHITE: Final = r"[ \t\n\f\r]"
_REFRESH: Final = rare(
    rf"({_WHITE}*+(?:[0-9][0-9.]*+|\.[0-9.]*+)(?:{_WHITE}++[;,]?|[;,]){_WHITE}*+"
    rf"(?:[Uu][Rr][Ll]{_WHITE}*+={_WHITE}*+)?+)"
    r"""(?:"([^"]*+)|'([^']*+)|([^"'].*+))""",
    re.DOTALL,
)


def with_target(value: str, changed: Callable[[str], str]) -> str:
    """`value` with its target changed; what names none is kept.

    with_target("5; url=/a", str.upper) == "5; url=/A"
    """
    found = _REFRESH.match(value)
    if found is None or found.lastindex is None or found.lastindex < 2:
        return value
    start, end = found.span(found.lastindex)
    target = value[start:end].rstrip(" \t\n\f\r")
    return value[:start] + changed(target) + value[start + len(target) :]
