"""How paths and methods of routes are written here, and what is said to those who write them as elsewhere.

A pattern of another framework would be taken for a literal path: `/items/:id` would match nothing but itself, and a
public `/items/*` below it would let everybody in. So each is a fault, with the spelling that is meant.
"""

import re
from typing import Final

from core.paths import normalise_path
from core.problems import Problem

SHAPE: Final = "must begin with '/' and may end in '/*'"

PARAMETER: Final = "there are no path parameters; write {subtree!r}"
EXPRESSION: Final = "regular expressions are not read; write each path, or a subtree as in '/items/*'"

FOREIGN: Final = (
    (re.compile(r"/:"), PARAMETER),  # Express, Hono, Sinatra
    (re.compile(r"[{}<>]"), PARAMETER),  # OpenAPI, FastAPI, API Gateway; Flask, Django
    (re.compile(r"/\[\[?[A-Za-z_.]+\]"), PARAMETER),  # Next.js
    (re.compile(r"\A\^|\\|\||\.[*+]|\(\?|[\[\]]|\$\Z"), EXPRESSION),
    (re.compile(r"\*(?!\Z)|(?<!/)\*\Z"), "'*' stands alone, at the end; write {subtree!r}"),
    (re.compile(r"[?#]"), "no query or fragment is part of it"),
    (re.compile(r"\A[^/]|\A\Z"), "write it from the root of the gateway"),
)
"""What stands in patterns of other frameworks, and what is said then."""


def path_fault(value: str) -> str | None:
    """What is wrong with the path of a route, and how it is written here; None where nothing is."""
    for pattern, told in FOREIGN:
        if found := pattern.search(value):
            return f"{SHAPE}; {told.format(subtree=_subtree(value[: found.start() + 1]))}"
    bare = value.removesuffix("/*") or "/"
    try:
        normal = normalise_path(bare)
    except Problem as problem:
        return f"must be a normalised, percent-encoded path; {problem.detail}"
    return None if normal == bare else f"must be a normalised, percent-encoded path; write {normal!r}"


def _subtree(before: str) -> str:
    """What is above that which is not read here: `/items/:` and `/items/{` -> `/items/*`, `/items*` -> `/items/*`."""
    parent = before[:-1] if before.endswith("*") else before.rpartition("/")[0]
    return parent.rstrip("/") + "/*"


def method_fault(method: str) -> str | None:
    """What is wrong with a method's name: a token in any spelling is one (RFC 9110 section 9.1), but case counts."""
    if method != method.upper():
        return f"method names are case-sensitive; write {method.upper()!r}"
    return f"{method} cannot be forwarded" if method in ("CONNECT", "TRACE") else None
