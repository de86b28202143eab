"""A response as it is stored, and how a validation updates it (RFC 9111 sections 3.1, 3.2 and 4.3.4).

Plain values; where they are kept is `cache_store.py`'s business. What may be stored and reused is `cache.py`'s.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from core.lengths import RESPONSE_FIELDS
from core.records import record, replace
from fields.dates import format_http_date, parse_http_date
from fields.directives import ResponseDirectives, response_directives
from fields.lists import split_list

NEVER_STORED: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""About one connection or one proxy, not about the response (RFC 9111 section 3.1, RFC 9110 section 7.6.1)."""

NEVER_UPDATED: Final = frozenset({"content-encoding", "content-length", "content-range"})
"""Fields that describe the stored content itself, which a 304 does not bring (RFC 9111 section 3.2)."""

DESCRIBES_CONTENT: Final = frozenset(
    {"accept-ranges", "digest", "etag", "last-modified", "link", "repr-digest", "x-content-type-options"}
)
"""Beside `content-*`: fields that say what the content is and how it is to be taken (RFC 9110 section 8, RFC 9530)."""

LEFT_OUT_OF_304: Final = frozenset(
    {"content-encoding", "content-language", "content-length", "content-range", "content-type", "content-md5"}
)
"""Representation metadata that a 304 should not repeat (RFC 9110 section 15.4.5)."""


MOST_TAGS: Final = 100
"""Of one response: after a purge of anything, each is a read of the store."""


@record(slots=False)
class StoredResponse:
    """A complete response to GET. Times are in seconds since 1970 (RFC 9111 section 4.2.3).

    StoredResponse(200, {"cache-control": "max-age=60", "date": "…"}, request_time=1000.0, response_time=1000.2)
    """

    status: int
    headers: Mapping[str, str]
    request_time: float
    """When the request that brought it, or last validated it, was sent."""
    response_time: float
    """When that request's response arrived."""
    cookies: tuple[str, ...] = ()
    length: int | None = None
    """Bytes of content, when known."""

    @cached_property
    def directives(self) -> ResponseDirectives:
        return response_directives(self.headers)

    @cached_property
    def date(self) -> int:
        """`Date`, or the time of arrival without a valid one (RFC 9110 section 6.6.1)."""
        date = parse_http_date(self.headers.get("date", ""), self.response_time)
        return int(self.response_time) if date is None else date

    @cached_property
    def vary(self) -> frozenset[str]:
        """The request fields named by `Vary`, lower-case. `*` stands for everything, and for what is too long."""
        text = self.headers.get("vary", "")
        if len(text) > RESPONSE_FIELDS["vary"].characters:
            return frozenset({"*"})
        return frozenset(name.lower() for name in split_list(text))

    @cached_property
    def tags(self) -> list[str]:
        """By which it can be purged: `Cache-Tag: users, users-7`. At most MOST_TAGS count."""
        return split_list(self.headers.get("cache-tag", ""))[:MOST_TAGS]

    @property
    def is_tagged_too_much(self) -> bool:
        """Whether it has tags that do not count, so that it could not be purged by them."""
        text = self.headers.get("cache-tag", "")
        return len(text) > RESPONSE_FIELDS["cache-tag"].characters or len(split_list(text)) > MOST_TAGS

    @cached_property
    def born(self) -> int:
        """Milliseconds since 1970 of `request_time`: whatever was purged or changed since is not in it.

        Rounded, so that it is the same after a time has been stored in milliseconds.
        """
        return round(self.request_time * 1000)


def storable_headers(headers: Mapping[str, str], received: float) -> dict[str, str]:
    """The fields of a response that may be stored (RFC 9111 section 3.1); a missing or invalid `Date` is set.

    Fields that `private` and `no-cache` name are left out: a shared cache may not store the former, nor use the latter
    without asking the origin.
    """
    directives = response_directives(headers)
    dropped = NEVER_STORED | directives.private_fields | directives.no_cache_fields
    dropped |= {name.lower() for name in split_list(headers.get("connection", ""))}
    kept = {name: value for name, value in headers.items() if name not in dropped}
    if parse_http_date(kept.get("date", ""), received) is None:
        kept["date"] = format_http_date(received)
    return kept


def storable_cookies(headers: Mapping[str, str], cookies: Sequence[str]) -> tuple[str, ...]:
    """The `Set-Cookie` values that may be stored, by the same rule."""
    directives = response_directives(headers)
    return () if "set-cookie" in directives.private_fields | directives.no_cache_fields else tuple(cookies)


def is_validated_by(stored: StoredResponse, validation: Mapping[str, str]) -> bool:
    """Whether a 304 is about this stored response (RFC 9111 section 4.3.4).

    A 304 need not repeat a validator that we sent; one that names another tag is about something else. Another
    `Last-Modified` is not held against it: that is a weak validator, servers of one site disagree in it by seconds, and
    a 304 has just said that nothing was modified since the date we sent.
    """
    etag, ours = validation.get("etag"), stored.headers.get("etag")
    if etag is None:
        return True
    if ours is not None:
        return etag.removeprefix("W/") == ours.removeprefix("W/")
    modified, known = validation.get("last-modified"), stored.headers.get("last-modified")
    return modified is None or known is None or modified == known


def told_by_head(headers: Mapping[str, str]) -> dict[str, str]:
    """What a response to HEAD may change in a stored one: nothing that describes the content it did not bring.

    RFC 9111 section 4.3.5 lets it change more. But an origin that reflects a field of its request would have what one
    client wrote there stand beside everybody's content.
    """
    return {
        name: value
        for name, value in headers.items()
        if name not in DESCRIBES_CONTENT and not name.startswith("content-")
    }


def freshened(
    stored: StoredResponse,
    validation: Mapping[str, str],
    request_time: float,
    response_time: float,
    cookies: Sequence[str] = (),
) -> StoredResponse:
    """The stored response after its validation: fields replaced or added, times anew, content unchanged.

    `Age` is that of the validation alone: without one, an origin has just spoken. `cookies` are its `Set-Cookie`
    values; like any other field they replace those that were stored.
    """
    received = storable_headers(validation, response_time)
    update = {name: value for name, value in received.items() if name not in NEVER_UPDATED}
    kept = {name: value for name, value in stored.headers.items() if name != "age"}
    headers = storable_headers({**kept, **update}, response_time)
    kept_cookies = storable_cookies(headers, cookies or stored.cookies)
    return replace(
        stored, headers=headers, request_time=request_time, response_time=response_time, cookies=kept_cookies
    )
