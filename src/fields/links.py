"""`Link` (RFC 8288 section 3): where its targets stand, and everything else as it came.

Runs in linear time on anything an origin may send.
"""

import re
from collections.abc import Callable
from typing import Final

from core.patterns import rare

_LINK: Final = rare(
    r"([ \t,]*+)(?:<([^<>]*+)>)?+"
    r'((?:[^",]++|"(?:[^"\\]++|\\.)*+")*+)',  # parameters, to the next comma that is not in a quoted string
    re.DOTALL,
)


def with_targets(value: str, changed: Callable[[str], str]) -> str:
    """`value` with each target changed. What is no link is kept, as is all from a quote on that is never closed.

    with_targets('</a>; rel="b, <c>", <d>', str.upper) == '</A>; rel="b, <c>", <D>'
    """
    parts: list[str] = []
    at = 0
    while (found := _LINK.match(value, at)) is not None and found.end() > at:
        before, target, parameters = found.groups()
        parts += [before, parameters] if target is None else [before, f"<{changed(target)}>", parameters]
        at = found.end()
    return "".join([*parts, value[at:]])
