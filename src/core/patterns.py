"""`rare`: a pattern that is compiled by whoever first asks it something.

    LINK = rare(r"<([^<>]*)>")
    LINK.match(value)

The Worker takes half a millisecond to compile one, and every start would pay for those that hardly a request needs:
obsolete dates, operations of GraphQL, paths that are to be refused. What an ordinary request or the reading of the
configuration asks stays `re.compile`, which is done before the first of them comes. Asked again, both cost the same.
"""

import re
from typing import Any, cast


def rare(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`; what is wrong with `pattern` is told to who first asks."""
    return cast(re.Pattern[str], Rare(pattern, flags))


class Rare:
    def __init__(self, pattern: str, flags: int) -> None:
        self._told = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """`match`, `sub` and all else that a pattern has; kept, so that it is not asked for again."""
        value = getattr(re.compile(*self._told), name)
        setattr(self, name, value)
        return value
