"""Cache directives: `Cache-Control` (RFC 9111 section 5.2), RFC 5861, and targeted fields (RFC 9213).

Reads header fields into plain values; what they mean for storing and reuse is `cache.py`'s business.

Three rules for what is malformed:
- freshness that cannot be read is no freshness: `max-age=3600.5` is `max-age=0` (RFC 9111 section 4.2.1);
- a restriction holds however it is written: `no-store=x`, and `no-cache="???"` restricts the whole response;
- a permission does not: `stale-if-error=soon` permits nothing.
A targeted field, though, is a Structured Field: one error anywhere and the whole field does not exist.

What is longer than `lengths.py` has it is not parsed and forbids everything. The same few values come again and again,
several times in one request alone, so what they say is remembered.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import inf
from typing import Final

from core.lengths import REQUEST_FIELDS, RESPONSE_FIELDS
from core.records import record
from fields.lists import split_list

TARGETED_FIELDS: Final = ("cloudflare-cdn-cache-control", "cdn-cache-control")
"""Most specific first (RFC 9213 section 2.2); the first valid one replaces `Cache-Control` and `Expires`."""

GOVERNING_FIELDS: Final = (*TARGETED_FIELDS, "cache-control")

READINGS_REMEMBERED: Final = 64
"""Values of a field. A long one of an origin's, with hundreds of names in it, takes some 50 KB as it is understood."""

DELTA_MAX: Final = 2**31
"""Greatest delta-seconds; anything above counts as this much (RFC 9111 section 1.2.2)."""

_FIELD_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ARGUMENT: Final = re.compile(r"""[!#$%&'*+\-.^_`|~0-9A-Za-z]++|"(?:[^"\\]++|\\.)*+\"""", re.DOTALL)

Directives = Mapping[str, tuple[str | None, ...]]
"""Every argument of every directive, by lower-case name, in order. None is no argument, "" an unreadable one."""


@record
class ResponseDirectives:
    """The directives in force for a response, read from one field.

    For `Cache-Control: max-age=60, s-maxage=600, private="set-cookie"`:

        ResponseDirectives(field="cache-control", max_age=60, s_maxage=600, private_fields=frozenset({"set-cookie"}))
    """

    field: str | None = None
    """The field they were read from: `cache-control`, a targeted field, or None."""
    max_age: int | None = None
    s_maxage: int | None = None
    stale_while_revalidate: int = 0
    stale_if_error: int = 0
    no_store: bool = False
    no_cache: bool = False
    no_cache_fields: frozenset[str] = frozenset()
    private: bool = False
    private_fields: frozenset[str] = frozenset()
    public: bool = False
    must_revalidate: bool = False
    proxy_revalidate: bool = False
    must_understand: bool = False

    @property
    def targeted(self) -> bool:
        """Whether `Cache-Control` and `Expires` are out of force (RFC 9213 section 2.2)."""
        return self.field in TARGETED_FIELDS


NOTHING_SAID: Final = ResponseDirectives()


@record
class RequestDirectives:
    """What a client asks of caches (RFC 9111 section 5.2.1). Seconds; None is not asked."""

    no_cache: bool = False
    no_store: bool = False
    only_if_cached: bool = False
    max_age: int | None = None
    min_fresh: int | None = None
    max_stale: float | None = None
    """Infinity when the client takes a stale response of any age."""
    stale_if_error: int = 0


NOTHING_ASKED: Final = RequestDirectives()
NO_CACHE: Final = RequestDirectives(no_cache=True)
EVERYTHING_ASKED: Final = RequestDirectives(no_cache=True, no_store=True)
"""What a `Cache-Control` asks that is too long to be read."""


def response_directives(headers: Mapping[str, str]) -> ResponseDirectives:
    """The directives that govern a shared cache in front of an origin."""
    for field in GOVERNING_FIELDS:
        if field in headers and (said := _said(field, headers[field])) is not None:
            return said
    return NOTHING_SAID


def request_directives(headers: Mapping[str, str]) -> RequestDirectives:
    """The client's directives. `Pragma: no-cache` counts only without `Cache-Control` (RFC 9111 section 5.4)."""
    if "cache-control" in headers:
        text = headers["cache-control"]
        return EVERYTHING_ASKED if len(text) > REQUEST_FIELDS["cache-control"].characters else _asked(text)
    pragma = headers.get("pragma")
    if pragma is None:
        return NOTHING_ASKED
    asks = len(pragma) > REQUEST_FIELDS["pragma"].characters or "no-cache" in parse_directives(pragma)
    return NO_CACHE if asks else NOTHING_ASKED


@lru_cache(maxsize=READINGS_REMEMBERED)
def _asked(text: str) -> RequestDirectives:
    found = parse_directives(text)
    max_stale: float | None = None
    if "max-stale" in found:
        argument = found["max-stale"][0]
        max_stale = inf if argument is None else parse_delta(argument)
    return RequestDirectives(
        no_cache="no-cache" in found,
        no_store="no-store" in found,
        only_if_cached="only-if-cached" in found,
        max_age=_first_delta(found, "max-age"),
        min_fresh=_first_delta(found, "min-fresh"),
        max_stale=max_stale,
        stale_if_error=_first_delta(found, "stale-if-error") or 0,
    )


def parse_directives(text: str) -> Directives:
    """The members of a `Cache-Control` value, in either form of argument.

        parse_directives('Max-Age="60", a="1, 2", public') == {"max-age": ("60",), "a": ("1, 2",), "public": (None,)}

    Whitespace around "=" is not allowed by the grammar and makes the argument unreadable.
    """
    found: dict[str, list[str | None]] = {}
    for member in split_list(text):
        name, equals, argument = member.partition("=")
        key = name.rstrip(" \t").lower()
        value = None if not equals else "" if name != name.rstrip(" \t") else _unquoted(argument)
        if key:
            found.setdefault(key, []).append(value)
    return {name: tuple(arguments) for name, arguments in found.items()}


def parse_delta(text: str | None) -> int | None:
    """Delta-seconds (RFC 9111 section 1.2.2), clamped to DELTA_MAX; None when it is anything but digits."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    digits = text.lstrip("0")
    return min(int(digits or "0"), DELTA_MAX) if len(digits) <= len(str(DELTA_MAX)) else DELTA_MAX


def parse_field_names(text: str) -> frozenset[str] | None:
    """A comma-separated list of field names, lower-case; None when it is empty or holds anything else."""
    names = [name for item in text.split(",") if (name := item.strip(" \t"))]
    if not names or not all(_FIELD_NAME.fullmatch(name) for name in names):
        return None
    return frozenset(name.lower() for name in names)


def _unquoted(argument: str) -> str:
    """The argument of either form; "" when it is neither."""
    if not _ARGUMENT.fullmatch(argument):
        return ""
    return re.sub(r"\\(.)", r"\1", argument[1:-1], flags=re.DOTALL) if argument.startswith('"') else argument


def _first_delta(found: Directives, name: str) -> int | None:
    """Of a repeated directive the first counts (RFC 9111 section 4.2.1)."""
    return parse_delta(found[name][0]) if name in found else None


def _said(field: str, text: str) -> ResponseDirectives | None:
    """As `_read`, but a field that is too long to be read forbids everything."""
    if len(text) > RESPONSE_FIELDS[field].characters:
        return ResponseDirectives(field=field, no_store=True, no_cache=True, private=True)
    return _read(field, text)


@lru_cache(maxsize=READINGS_REMEMBERED)
def _read(field: str, text: str) -> ResponseDirectives | None:
    """What `field` says; None when it is a targeted one that is empty or malformed, and so does not exist."""
    if field not in TARGETED_FIELDS:
        return _response(field, parse_directives(text))
    from fields.targeted import directives  # with structured fields, which hardly an origin sends

    members = directives(text)
    return _response(field, members) if members else None


def _response(field: str, found: Directives) -> ResponseDirectives:
    no_cache, no_cache_fields = _restriction(found, "no-cache")
    private, private_fields = _restriction(found, "private")
    return ResponseDirectives(
        field=field,
        max_age=_lifetime(found, "max-age"),
        s_maxage=_lifetime(found, "s-maxage"),
        stale_while_revalidate=_first_delta(found, "stale-while-revalidate") or 0,
        stale_if_error=_first_delta(found, "stale-if-error") or 0,
        no_store="no-store" in found,
        no_cache=no_cache,
        no_cache_fields=no_cache_fields,
        private=private,
        private_fields=private_fields,
        public="public" in found,
        must_revalidate="must-revalidate" in found,
        proxy_revalidate="proxy-revalidate" in found,
        must_understand="must-understand" in found,
    )


def _lifetime(found: Directives, name: str) -> int | None:
    """Seconds of freshness; 0 when the argument cannot be read, None without the directive."""
    return (_first_delta(found, name) or 0) if name in found else None


def _restriction(found: Directives, name: str) -> tuple[bool, frozenset[str]]:
    """Whether the whole response is restricted, and otherwise which of its fields are."""
    fields: set[str] = set()
    for argument in found.get(name, ()):
        names = None if argument is None else parse_field_names(argument)
        if names is None:
            return True, frozenset()
        fields |= names
    return False, frozenset(fields)
