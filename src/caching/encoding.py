"""How responses and indexes are written as metadata of the key-value store, and read again.

Whatever was not written so by this version of the gateway is `Unreadable`, and the store takes it for a miss.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from caching.lookups import Index
from caching.policy import STORABLE
from caching.stored_response import StoredResponse
from core import strictjson
from core.lengths import STORED

LARGEST: Final = 2**53
"""No time in milliseconds is later: beyond, JSON's numbers are not exact."""

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
"""RFC 9110 section 5.1, lower-case as the platform has it."""
_UNSENDABLE = re.compile(r"[\0\r\n]")
"""What no field value holds (section 5.5)."""


class Unreadable(ValueError):
    """A stored value is not what this version of the gateway writes."""


def encoded_response(stored: StoredResponse) -> dict[str, Any]:
    return {
        "kind": "response",
        "s": stored.status,
        "h": dict(stored.headers),
        "c": list(stored.cookies),
        "q": round(stored.request_time * 1000),
        "r": round(stored.response_time * 1000),
        "n": stored.length,
    }


def decoded_response(metadata: Mapping[str, Any]) -> StoredResponse:
    """The reverse. Raises Unreadable on anything that `encoded_response` cannot have written, above all on what the
    platform would refuse to send."""
    status, headers, cookies, requested, responded, length = (metadata.get(name) for name in "shcqrn")
    if not (isinstance(status, int) and isinstance(requested, int) and isinstance(responded, int)):
        raise Unreadable("status or times are missing")
    if not (isinstance(headers, dict) and isinstance(cookies, list) and isinstance(length, int | None)):
        raise Unreadable("fields or length are missing")
    if status not in STORABLE or not 0 <= requested <= LARGEST or not 0 <= responded <= LARGEST or (length or 0) < 0:
        raise Unreadable("status, times or length are impossible")
    if not all(map(_NAME.fullmatch, headers)) or not all(map(_is_sendable, (*headers.values(), *cookies))):
        raise Unreadable("a field is not one of HTTP")
    return StoredResponse(status, headers, requested / 1000, responded / 1000, tuple(cookies), length)


def _is_sendable(value: Any) -> bool:
    return isinstance(value, str) and _UNSENDABLE.search(value) is None


def encoded_index(index: Index) -> dict[str, Any]:
    return {"kind": "index", "f": sorted(index.fields), "since": index.since, "x": index.expires}


def decoded_index(metadata: Mapping[str, Any]) -> Index:
    """The reverse. Raises Unreadable."""
    fields, since, expires = metadata.get("f"), metadata.get("since"), metadata.get("x")
    if not (isinstance(fields, list) and isinstance(since, int) and isinstance(expires, int)):
        raise Unreadable("the index is incomplete")
    if not all(isinstance(name, str) for name in fields):
        raise Unreadable("a field name is not text")
    return Index(frozenset(fields), since, expires)


def parsed_head(text: str) -> dict[str, Any]:
    """A response's metadata that was too long to be metadata. Raises Unreadable."""
    if len(text) > STORED.characters:
        raise Unreadable("the head is too long")
    try:
        head = strictjson.loads(text.encode())
    except ValueError as error:
        raise Unreadable(f"the head is not JSON: {error}") from None
    if not isinstance(head, dict):
        raise Unreadable("the head is not an object")
    return head
