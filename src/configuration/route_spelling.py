"""How paths and methods of routes are written here, and what is said to those who write them as elsewhere.

A pattern of another framework would be taken for a literal path: `/items/:id` would match nothing but itself, and a
public `/items/*` below it would let everybody in. So each is a fault, with the spelling that is meant. Likewise hosts.
"""

import re
from typing import Final

from core.paths import normalise_path
from core.patterns import rare
from core.problems import Problem

SHAPE: Final = "must begin with '/' and may end in '/*'"

PARAMETER: Final = "a path parameter is a segment of its own, as in {parameter!r}"
REST: Final = "what follows is taken by {subtree!r}"
EXPRESSION: Final = "regular expressions are not read; write each path, or a subtree as in '/items/*'"

NAME: Final = rare(r"[A-Za-z_][A-Za-z0-9_]*")
PLACE: Final = re.compile(r"/\{[A-Za-z_][A-Za-z0-9_]*\}(?=/|\Z)")
"""`/{id}`: a path parameter as it is written here."""

USUAL: Final = re.compile(r"(?:/[^/?#*+(){}<>:^$|\\\[\]]*)+(?:/\*)?")
"""A path without anything that FOREIGN looks for, which almost all are."""

FOREIGN: Final = (
    (rare(r"/(?:\{\*|\{[A-Za-z_]+(?:\+|\*|:path)\}|<path:|\[\[?\.\.\.|\*[A-Za-z_]|:[A-Za-z_]+[*+])"), REST),
    # API Gateway, Starlette, axum; Flask; Next.js; Rails; Express
    (rare(r"/:"), PARAMETER),  # Express, Hono, Sinatra
    (rare(r"[{}<>]"), PARAMETER),  # FastAPI with types; Flask, Django
    (rare(r"/\[[A-Za-z_]+\]"), PARAMETER),  # Next.js
    (rare(r"\A\^|\\|\||\.[*+]|\(\?|[\[\]]|\$\Z"), EXPRESSION),
    (rare(r"/\*(?=/)"), "one segment, whatever it is, is written with a name, as in {parameter!r}"),
    (rare(r"\*(?!\Z)|(?<!/)\*\Z"), "'*' stands alone, at the end; write {subtree!r}"),
    (rare(r"[?#]"), "no query or fragment is part of it"),
    (rare(r"\A[^/]|\A\Z"), "write it from the root of the gateway"),
)
"""What stands in patterns of other frameworks, and what is said then."""


def path_fault(value: str) -> str | None:
    """What is wrong with the path of a route, and how it is written here; None where nothing is."""
    plain = PLACE.sub(lambda place: "/" + "x" * (len(place[0]) - 1), value)
    for pattern, told in FOREIGN if USUAL.fullmatch(plain) is None else ():
        if found := pattern.search(plain):
            subtree, parameter = _subtree(value[: found.start() + 1]), _parameter(value, found.start())
            return f"{SHAPE}; {told.format(subtree=subtree, parameter=parameter)}"
    names = [found[0][2:-1] for found in PLACE.finditer(value)]
    if len({*names}) < len(names):
        return "names a path parameter twice; give each place a name of its own"
    bare = plain.removesuffix("/*") or "/"
    try:
        normal = normalise_path(bare)
    except Problem as problem:
        return f"must be a normalised, percent-encoded path; {problem.detail}"
    return None if normal == bare else f"must be a normalised, percent-encoded path; write {normal!r}"


def _parameter(value: str, start: int) -> str:
    """The path with the segment around `start` as a parameter: `/items/:id/x` -> `/items/{id}/x`."""
    begin = value.rfind("/", 0, start + 1)
    end = value.find("/", start + 1)
    segment = value[begin + 1 : end if end >= 0 else len(value)]
    names = NAME.findall(segment) or ["id"]
    name = names[-1] if segment.startswith("<") else names[0]  # Flask: `<int:id>`
    return f"{value[:begin]}/{{{name}}}{value[end:] if end >= 0 else ''}"


def _subtree(before: str) -> str:
    """What is above that which is not read here: `/items/:` and `/items/{` -> `/items/*`, `/items*` -> `/items/*`."""
    parent = before[:-1] if before.endswith("*") else before.rpartition("/")[0]
    return parent.rstrip("/") + "/*"


LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST: Final = re.compile(rf"(?:\*\.)?{LABEL}(?:\.{LABEL})*|\[[0-9a-f:]+\]")


def host_fault(value: str) -> str | None:
    """What is wrong with the host of a route; None where nothing is."""
    if HOST.fullmatch(value) and value != "*" and not value.endswith((".", "*")):
        return None if "." in value or not value.startswith("*") else "'*.' stands before a domain"
    if "://" in value or "/" in value:
        return "is a name alone, without scheme and path, as in 'api.example.com'"
    if ":" in value and not value.startswith("["):
        return "is a name without a port: a route takes requests on every port"
    if value != value.lower():
        return f"is compared in lower case; write {value.lower()!r}"
    if "*" in value or ":" in value or "{" in value:
        return "has '*' as its whole first label, once, for one label: '*.tenants.example.com'"
    return "must be a host name in ASCII (xn--… for other letters), without a dot at its end"


def method_fault(method: str) -> str | None:
    """What is wrong with a method's name: a token in any spelling is one (RFC 9110 section 9.1), but case counts."""
    if method != method.upper():
        return f"method names are case-sensitive; write {method.upper()!r}"
    return f"{method} cannot be forwarded" if method in ("CONNECT", "TRACE") else None
