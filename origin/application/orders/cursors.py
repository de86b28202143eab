"""Cursors: where a page ends, opaque to clients. base64url of JSON.

A cursor names a place in the caller's own list and nothing else, so one that is made up shows nobody anything new: the
list it is used on is chosen by who calls.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

LONGEST = 1024
"""Characters of a cursor that is looked at."""


class BadCursor(ValueError):
    """The cursor is not one that a list gave out."""


def cursor(place: Mapping[str, str] | None) -> str | None:
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(place, sort_keys=True).encode()).decode().rstrip("=")


def place_of(text: str | None, names: Sequence[str]) -> dict[str, str] | None:
    """The place a cursor names, with these members. Raises BadCursor."""
    if text is None:
        return None
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor("not a cursor") from error
    if not isinstance(place, dict) or sorted(place) != sorted(names):
        raise BadCursor("not a cursor of this list")
    if not all(isinstance(value, str) and value.isprintable() and value for value in place.values()):
        raise BadCursor("not a cursor of this list")
    return place
