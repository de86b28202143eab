"""Documents that clients write: what a letter is, and what the origin has before anybody wrote one. Pure."""

import json
from typing import Final

from soak.content import filled

DOCUMENTS: Final = 30
LETTER: Final = 700
"""Bytes, about."""
CACHING: Final = {"cache-control": "max-age=30, stale-while-revalidate=5, stale-if-error=30"}


def letter(document: int, name: str) -> bytes:
    """The content of a letter by its name; the nameless one is what a document holds at first."""
    return filled(json.dumps({"document": document, "letter": name}).encode() + b"\n", LETTER + len(name) * 7)


def name_of(content: bytes) -> str:
    """The name in a letter. Raises ValueError, KeyError when it is none."""
    name: str = json.loads(content.partition(b"\n")[0])["letter"]
    return name


def varies(document: int) -> bool:
    """Whether a document has variants by language: every other has."""
    return document % 2 == 1
