"""Cookies as pairs (RFC 6265 section 4.2), in one reading for the whole gateway.

A client may send several `Cookie` fields; they are one list (RFC 9113 section 8.2.3). The platform joins repeated
fields with ", " as it does any other, so that is a boundary here where a name and "=" follow. No cookie that RFC 6265
lets a server set has a comma in it.

Runs in linear time on anything a client may send.
"""

import re
from typing import Final
from urllib.parse import unquote

from fields.names import canonical

_TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_FIELD_BOUNDARY: Final = re.compile(rf", (?={_TOKEN}+[ \t]*=)")


def one_field(cookie: str) -> str:
    """A `Cookie` field value as it would be if the client had sent one field: `a=1, b=2` -> `a=1; b=2`.

    Of one that was a single field, every byte is kept.
    """
    return _FIELD_BOUNDARY.sub("; ", cookie) if ", " in cookie else cookie


def cookie_pairs(cookie: str) -> list[str]:
    """The pairs in their order, without the whitespace around them: `a=1;b=2; ;` -> `["a=1", "b=2"]`."""
    return [pair for piece in one_field(cookie).split(";") if (pair := piece.strip(" \t"))]


def cookie_name(pair: str) -> str:
    """The name of a pair, as the servers read it that forgive a space before "="; empty without one."""
    name, equals, _ = pair.partition("=")
    return name.rstrip(" \t") if equals else ""


def cookie_value(cookie: str, name: str) -> str | None:
    """The value of the first cookie of that name; None without one."""
    if name not in cookie:
        return None
    for pair in cookie_pairs(cookie):
        if cookie_name(pair) == name:
            return pair.partition("=")[2].lstrip(" \t")
    return None


def without_cookie(cookie: str, name: str) -> str:
    """A `Cookie` field value without the cookies of that name. The others keep their bytes and their order."""
    if name not in cookie:
        return cookie
    pairs = cookie_pairs(cookie)
    kept = [pair for pair in pairs if cookie_name(pair) != name]
    return cookie if len(kept) == len(pairs) else "; ".join(kept)


def comparable_cookies(cookie: str) -> str:
    """A text that is equal for `Cookie` fields that mean the same: the order of names does not matter.

    Names that some server takes for one another (`a.b` and `a_b`, `a` and `a[x]`, `a` and `%61`) keep their order: it
    may say which of them counts.
    """
    return "; ".join(sorted(cookie_pairs(cookie), key=_order))


def _order(pair: str) -> str:
    return canonical(unquote(cookie_name(pair)).partition("[")[0])
