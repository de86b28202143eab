"""Where a page of a list ends, opaque to clients and signed: a place that we did not give out is none.

A cursor is good for the list it was given for. Its key is made from the secret shared with the gateway, so a rotation
of that ends cursors when the old secret is gone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from application.common.caller import Secrets
from application.common.users_table import Place

LONGEST = 2048
"""Characters of a cursor that is looked at."""
PURPOSE = b"gatehouse cursors"
MAC_BYTES = 16


class BadCursor(ValueError):
    """The cursor is not one that this list gave out."""


class Cursors:
    """`secrets` are the current one and perhaps the next; there must be one."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def give(self, listing: str, place: Place | None) -> str | None:
        if place is None:
            return None
        payload = json.dumps(place).encode()
        return _text(_mac(self._secrets()[0], listing, payload) + payload)

    def place(self, listing: str, cursor: str | None) -> Place | None:
        """Raises BadCursor."""
        if cursor is None:
            return None
        try:
            if len(cursor) > LONGEST:
                raise ValueError("too long")
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadCursor("not a cursor") from error
        mac, payload = sealed[:MAC_BYTES], sealed[MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(secret, listing, payload)) for secret in self._secrets()):
            raise BadCursor("not a cursor of this list")
        created_at, key = json.loads(payload)
        return created_at, key


def _mac(secret: str, listing: str, payload: bytes) -> bytes:
    key = hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)
    return hmac.digest(key, json.dumps(listing).encode() + payload, hashlib.sha256)[:MAC_BYTES]


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
