"""Targeted cache directives (RFC 9213): a Structured Field, where one error anywhere spoils the whole.

directives("max-age=60, private") == {"max-age": ("60",), "private": (None,)}
"""

from collections.abc import Iterator, Mapping
from typing import Final

from fields.directives import Directives
from fields.structured import Member, NotStructured, Token, parse_dictionary

BARE: Final = frozenset({"no-store", "public", "must-revalidate", "proxy-revalidate", "must-understand"})
"""Response directives without an argument."""
SECONDS: Final = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})
"""Response directives whose argument is delta-seconds."""
FIELD_LISTS: Final = frozenset({"no-cache", "private"})
"""Response directives that may name the fields they are about."""


def directives(text: str) -> Directives | None:
    """The members of a targeted field; None when it is empty or invalid and so to be ignored (RFC 9213 section 2.1)."""
    try:
        return dict(_typed(parse_dictionary(text)))
    except NotStructured:
        return None


def _typed(members: Mapping[str, Member]) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """Each member as its directive's argument. A known directive of the wrong type spoils the field."""
    for name, value in members.items():
        if name in SECONDS:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise NotStructured(f"{name} is not delta-seconds")
            yield name, (str(value),)
        elif name in BARE:
            if value is not True:
                raise NotStructured(f"{name} takes no argument")
            yield name, (None,)
        elif name in FIELD_LISTS:
            if value is not True and (not isinstance(value, str) or isinstance(value, Token)):
                raise NotStructured(f"{name} takes a string")
            yield name, (value if isinstance(value, str) else None,)
        else:
            yield name, (None,)
