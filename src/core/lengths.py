"""How long what strangers send may be before it is read, why, and what becomes of what is longer: one table.

Every parser behind it is linear, but an isolate serves everybody with one thread, and Python on WebAssembly reads some
ten characters in a microsecond. What no honest client, origin or store sends is therefore not parsed at all. Repeated
fields arrive joined with ", ", so a limit holds for all lines of a field together. Beyond it the strictest reading
counts: a `Cache-Control` that is too long forbids storing; it is not absent.

Not here: what ends with its own grammar, such as a request id of 128 characters or a byte range of 18 digits.
"""

from collections.abc import Mapping
from typing import Final

from core.messages import Request
from core.problems import Problem
from core.records import record


@record
class Limit:
    """`Limit(1024, "every directive there is, twice over", "read as no-store")`."""

    characters: int
    why: str
    beyond: str


REFUSED: Final = "431 `field_too_long`"
INVALID: Final = "502 `origin_invalid`"

TARGET: Final = Limit(16_384, "what Cloudflare takes", "414 `uri_too_long`")
"""Path and query together."""

REQUEST_FIELDS: Final[Mapping[str, Limit]] = {
    "accept-language": Limit(1024, "browsers send some 500", "cut at a comma"),
    "access-control-request-headers": Limit(8192, "hundreds of names", REFUSED),
    "authorization": Limit(
        32_768, "the most that `max_token_bytes` allows; a token has 8192 unless it says so", "401 `too_large`"
    ),
    "cache-control": Limit(1024, "every directive, ten times over", "read as `no-store, no-cache`"),
    "cf-connecting-ip": Limit(45, "the longest spelling of an address", "no address"),
    "connection": Limit(1024, "names of fields of this connection", REFUSED),
    "cookie": Limit(32_768, "eight cookies of the longest kind", REFUSED),
    "if-modified-since": Limit(1024, "one date has 29", "ignored"),
    "if-none-match": Limit(8192, "hundreds of entity tags", "matches nothing"),
    "pragma": Limit(1024, "as `Cache-Control`", "read as `no-cache`"),
    "range": Limit(1024, "one range", "ignored"),
    "sec-websocket-protocol": Limit(40_960, "a token and the names of protocols", REFUSED),
    "traceparent": Limit(256, "version 00 has 55", "a new trace"),
    "tracestate": Limit(8192, "32 members of the longest kind", "dropped"),
    "upgrade": Limit(1024, "names of protocols", REFUSED),
}

SELECTING: Final = Limit(1024, "browsers send less in each", "compared as it stands, not as it reads")
"""Any request field that an origin's `Vary` names."""

RESPONSE_FIELDS: Final[Mapping[str, Limit]] = {
    "access-control-expose-headers": Limit(8192, "hundreds of names", "exposes nothing"),
    "age": Limit(1024, "a number of seconds", "as old as can be"),
    "cache-control": Limit(1024, "every directive, ten times over", "read as `no-store`"),
    "cache-tag": Limit(16_384, "what Cloudflare takes", "not stored: it could not be purged"),
    "cdn-cache-control": Limit(1024, "as `Cache-Control`", "read as `no-store`"),
    "cloudflare-cdn-cache-control": Limit(1024, "as `Cache-Control`", "read as `no-store`"),
    "connection": Limit(1024, "names of fields of this connection", INVALID),
    "content-location": Limit(16_384, "as the address of a request", INVALID),
    "expires": Limit(1024, "one date has 29", "in the past"),
    "link": Limit(16_384, "hundreds of links", "dropped"),
    "location": Limit(16_384, "as the address of a request", INVALID),
    "pragma": Limit(1024, "as `Cache-Control`", "read as `no-cache`"),
    "refresh": Limit(16_384, "as the address of a request", "dropped"),
    "retry-after": Limit(1024, "one date has 29", "ignored"),
    "set-cookie": Limit(8192, "browsers take 4096, and 1024 of an attribute", "dropped"),
    "vary": Limit(1024, "twice the names that are told apart", "read as `*`"),
}
"""Fields of an origin, or of an issuer's key set."""

STORED: Final = Limit(1024 * 1024, "a response's fields, or a key set, written as JSON", "not found")
"""A text of the key-value store."""

GRAPHQL: Final = Limit(262_144, "a document and its variables", "413 `content_too_large`")
"""The content of a request on a route with `graphql`, in bytes."""

FIELDS: Final = 256
"""How many fields a request may have, those of the platform included; with more it is 431 `field_too_long`.

This and the next are not about time that grows with length. Python finds a name by its hash, and what hashes alike is
compared one by one. An isolate starts from a snapshot, so its hash seed is the same everywhere and known: names that
all hash alike can be prepared. They are then compared with one another, and there must not be many.
"""

NAMES: Final = 1 << 20
"""The members of a JSON text from strangers times the different names among them: 1,024 names, or ten names of a
hundred thousand members. With more it is no JSON. Names that hash alike cost about as many comparisons."""

CLAIM_NAMES: Final = 1024
"""Roles, scopes or audiences of one token, of which tables are made: with more its claims are invalid."""

_REFUSED_FIELDS: Final = {name: limit.characters for name, limit in REQUEST_FIELDS.items() if limit.beyond == REFUSED}
_INVALID_FIELDS: Final = {name: limit.characters for name, limit in RESPONSE_FIELDS.items() if limit.beyond == INVALID}
_LONGEST_TARGET: Final = TARGET.characters
_REFUSED_NAMES: Final = frozenset(_REFUSED_FIELDS)
_INVALID_NAMES: Final = frozenset(_INVALID_FIELDS)


def refuse_too_long(request: Request) -> None:
    """Raises Problem 414 `uri_too_long` or 431 `field_too_long` for what has no stricter reading."""
    if len(request.path) + len(request.query) > _LONGEST_TARGET:
        detail = f"The path and query have more than {TARGET.characters} characters."
        raise Problem(414, "uri_too_long", detail)
    if len(request.headers) > FIELDS:
        raise Problem(431, "field_too_long", f"The request has more than {FIELDS} fields.")
    if _REFUSED_NAMES.isdisjoint(request.headers):  # as of most requests
        return
    name = _first_over(request.headers, _REFUSED_FIELDS)
    if name is not None:
        detail = f"The field {name} has more than {_REFUSED_FIELDS[name]} characters, all its lines together."
        raise Problem(431, "field_too_long", detail, field=name)


def too_long_answer(headers: Mapping[str, str]) -> Problem | None:
    """The problem 502 `origin_invalid` of a response whose fields cannot be passed on without being read."""
    if _INVALID_NAMES.isdisjoint(headers):
        return None
    name = _first_over(headers, _INVALID_FIELDS)
    if name is None:
        return None
    return Problem(502, "origin_invalid", f"The origin answered with a field {name} that is too long to be read.")


def _first_over(headers: Mapping[str, str], most: Mapping[str, int]) -> str | None:
    for name, characters in most.items():
        if len(headers.get(name, "")) > characters:
            return name
    return None
