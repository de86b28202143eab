"""How a token comes: `authorization`, `header:<field>`, `cookie:<name>`, `query:<name>`.

Pure. Cookies and parameters that may hold a token are taken out of a request once, before anything else looks at it, so
that none of them is forwarded, logged or part of a cache key. What was taken stands apart, in `Request.taken`.

A cookie is sent by browsers whoever asks for it to be sent. So where one could do harm, in a method that is not safe or
a WebSocket's handshake, the request must say that it comes from here: by `Sec-Fetch-Site`, or by an `Origin` that is
the gateway's own or among those that the route trusts (as OWASP's cheat sheet on CSRF has it). No page can write either
field.
"""

import re
from collections.abc import Collection, Container, Mapping, Sequence
from typing import Final
from urllib.parse import unquote_plus

from core.messages import Request
from core.records import record
from fields.cookies import cookie_name, cookie_pairs
from fields.handshake import is_websocket
from fields.names import TOKEN
from identity.token_fields import NOT_FOR_TOKENS

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110 section 9.2.1."""
OWN_SITE: Final = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of a request by a page of this origin, and of one that somebody typed (Fetch Metadata)."""

AUTHORIZATION: Final = "authorization"
PARAMETER: Final = re.compile(r"[A-Za-z0-9._~-]+")


@record
class Carrier:
    """`Carrier("cookie", "__Host-session")`."""

    kind: str
    name: str

    @property
    def is_field(self) -> bool:
        return self.kind in (AUTHORIZATION, "header")


def carrier(text: str) -> Carrier:
    """What `from` says. Raises ValueError."""
    if text == AUTHORIZATION:
        return Carrier(AUTHORIZATION, AUTHORIZATION)
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("header", "cookie", "query"):
        raise ValueError(f"{text!r} is none of 'authorization', 'header:<field>', 'cookie:<name>', 'query:<name>'")
    if kind == "header":
        return header_carrier(name)
    if not (TOKEN if kind == "cookie" else PARAMETER).fullmatch(name):
        raise ValueError(f"{name!r} is no name of a {'cookie' if kind == 'cookie' else 'parameter'}")
    return Carrier(kind, name)


def header_carrier(field: str) -> Carrier:
    """The carrier that is a field of its own. Raises ValueError."""
    name = field.lower()
    if not TOKEN.fullmatch(field):
        raise ValueError("must be a header field name")
    if name in NOT_FOR_TOKENS:
        raise ValueError(f"no token is read from {name!r}: {NOT_FOR_TOKENS[name]}")
    return Carrier(AUTHORIZATION if name == AUTHORIZATION else "header", name)


class Taken:
    """What is taken out of requests, compiled once."""

    def __init__(self, carriers: Collection[Carrier]) -> None:
        self._cookies = frozenset(one.name for one in carriers if one.kind == "cookie")
        self._parameters = frozenset(one.name for one in carriers if one.kind == "query")

    def take_out(self, request: Request) -> None:
        """Take the tokens' cookies and parameters out of `request`."""
        taken: dict[str, tuple[str | None, ...]] = {}
        if self._cookies and (cookie := request.headers.get("cookie")) is not None:
            rest, values = taken_cookies(cookie, self._cookies)
            taken.update((f"cookie:{name}", found) for name, found in values.items())
            if not rest:
                del request.headers["cookie"]
            elif rest is not cookie:
                request.headers["cookie"] = rest
        if self._parameters and request.query:
            request.query, parameters = taken_parameters(request.query, self._parameters)
            taken.update((f"query:{name}", tuple(found)) for name, found in parameters.items())
        if taken:
            request.taken = taken


def taken_cookies(cookie: str, names: Collection[str]) -> tuple[str, Mapping[str, tuple[str | None, ...]]]:
    """A `Cookie` field without the cookies of these names, and their values.

    The platform joins two fields by `, `, which is read as a boundary where a name follows. A server that does not read
    it so sees other cookies; where that makes a difference to a token's, nobody can say which it is, and a None is
    among its values.
    """
    pairs = cookie_pairs(cookie)
    kept = [pair for pair in pairs if cookie_name(pair) not in names]
    if len(kept) == len(pairs):
        return cookie, {}
    joined = [piece.strip(" \t") for piece in cookie.split(";")]
    values: dict[str, tuple[str | None, ...]] = {}
    for name in names:
        found = _values(pairs, name)
        if found or _values(joined, name):
            values[name] = tuple(found) if found == _values(joined, name) else (None,)
    return "; ".join(kept), values


def _values(pairs: Sequence[str], name: str) -> list[str]:
    """The values of a cookie; an empty one is what is left of one that was deleted."""
    found = (pair.partition("=")[2].lstrip(" \t") for pair in pairs if cookie_name(pair) == name)
    return [value for value in found if value]


def taken_parameters(query: str, names: Collection[str]) -> tuple[str, Mapping[str, list[str | None]]]:
    """A query without the parameters of these names, in any spelling, and their values."""
    pairs = query.split("&")
    named = [unquote_plus(pair.partition("=")[0]) for pair in pairs]
    values: dict[str, list[str | None]] = {}
    for name, pair in zip(named, pairs, strict=True):
        if name in names:
            values.setdefault(name, []).append(unquote_plus(pair.partition("=")[2]))
    if not values:
        return query, {}
    return "&".join(pair for name, pair in zip(named, pairs, strict=True) if name not in names), values


def is_from_here(request: Request, origins: Container[str]) -> bool:
    """Whether a request with a token in a cookie may do what it asks for, as far as the site that made it goes."""
    if request.method in SAFE and not is_websocket(request):
        return True
    if request.headers.get("sec-fetch-site") in OWN_SITE:
        return True
    origin = request.headers.get("origin")
    return origin is not None and (origin in origins or origin == f"{request.scheme}://{request.host.lower()}")
