"""Where a page of the list of users ends, opaque to clients. base64url of JSON.

The list is an admin's, who sees everybody in it anyway: a cursor that is made up shows nothing new.
"""

from __future__ import annotations

import base64
import binascii
import json

from application.common.users_table import Place


class BadCursor(ValueError):
    """The `next` key is not one that the list gave out."""


def cursor_of(place: Place | None) -> str | None:
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> Place | None:
    """Raises BadCursor."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        created_at, key = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("not a next key of this list") from error
    if not (isinstance(created_at, str) and isinstance(key, str) and created_at and key):
        raise BadCursor("not a next key of this list")
    return created_at, key
