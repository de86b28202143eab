"""Entity tags and preconditions (RFC 9110 sections 8.8.3 and 13), as a cache evaluates them (RFC 9111 section 4.3.2).

`If-Match` and `If-Unmodified-Since` are for origins only; a cache forwards requests that carry them.
"""

import re
from collections.abc import Mapping
from typing import Final

from core.lengths import REQUEST_FIELDS
from fields.dates import parse_http_date
from fields.lists import split_list

MODE_FIELDS: Final = frozenset(
    {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"}
)
"""Fields of the client that a validation of our own replaces."""
ORIGIN_CONDITIONS: Final = frozenset({"if-match", "if-unmodified-since"})

_ENTITY_TAG: Final = re.compile(r'(?:W/)?"[^\x00-\x20"\x7F]*"')


def entity_tags(text: str) -> list[str]:
    """The members of an `If-None-Match`. What is no entity tag stays as it is, and equals only itself.

    entity_tags('"a", W/"b,c", d') == ['"a"', 'W/"b,c"', 'd']
    """
    return split_list(text, escapes=False)


def weak_match(left: str, right: str) -> bool:
    """Weak comparison: opaque tags are equal, weak or not (RFC 9110 section 8.8.3.2)."""
    return left.removeprefix("W/") == right.removeprefix("W/")


def strong_match(left: str, right: str) -> bool:
    """Strong comparison: equal, and neither weak."""
    return left == right and _ENTITY_TAG.fullmatch(left) is not None and not left.startswith("W/")


def is_not_modified(request: Mapping[str, str], stored: Mapping[str, str], received: float) -> bool:
    """Whether a stored 2xx response answers the client's precondition with 304 (RFC 9111 section 4.3.2).

    `received` is when the stored response came, in seconds since 1970; it stands in for `Last-Modified` and `Date`.
    `If-None-Match` takes precedence: `If-Modified-Since` is not even read beside it. One that is too long
    matches nothing.
    """
    if "if-none-match" in request:
        text = request["if-none-match"]
        members = entity_tags(text) if len(text) <= REQUEST_FIELDS["if-none-match"].characters else []
        if members == ["*"]:
            return True
        etag = stored.get("etag")
        # Not `weak_match` of each: a long tag would be copied as often as the client has members.
        return etag is not None and etag.removeprefix("W/") in {member.removeprefix("W/") for member in members}
    if "if-modified-since" not in request:
        return False
    since = parse_http_date(request["if-modified-since"], received)
    if since is None:
        return False
    for field in ("last-modified", "date"):
        if field in stored:
            modified = parse_http_date(stored[field], received)
            return modified is not None and modified <= since
    return received <= since


def range_applies(request: Mapping[str, str], stored: Mapping[str, str], received: float) -> bool:
    """Whether `If-Range` lets the range be served (RFC 9110 section 13.1.5): only by a strong, exact match.

    A `Last-Modified` is strong when the response was generated at least a second later (section 8.8.2.2).
    """
    condition = request.get("if-range")
    if condition is None:
        return True
    if '"' in condition:
        return strong_match(condition, stored.get("etag", ""))
    if condition != stored.get("last-modified"):
        return False
    modified = parse_http_date(condition, received)
    generated = parse_http_date(stored.get("date", ""), received)
    return modified is not None and generated is not None and modified < generated


def validation_conditions(stored: Mapping[str, str]) -> dict[str, str]:
    """The preconditions that ask the origin whether a stored response still holds (RFC 9111 section 4.3.1).

    Values are sent as they were received: an origin that writes odd tags recognises its own.
    """
    conditions = {}
    if stored.get("etag"):
        conditions["if-none-match"] = stored["etag"]
    if stored.get("last-modified"):
        conditions["if-modified-since"] = stored["last-modified"]
    return conditions


def with_conditions(headers: Mapping[str, str], conditions: Mapping[str, str]) -> dict[str, str]:
    """The fields of a request that validates: `conditions` in place of the client's own, and no range."""
    return {**{name: value for name, value in headers.items() if name not in MODE_FIELDS}, **conditions}
