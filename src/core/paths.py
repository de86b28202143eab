"""One meaning for a path: what is matched is what is forwarded.

A path that two readers could read differently is refused, not guessed at: dot segments and empty segments (resolved by
some, kept by others), separators in disguise (`%2F`, `\\`, `%5C`), encoded dots, control characters, malformed or
double percent-encoding, and bytes that are not UTF-8 (overlong forms of "." and "/" among them). What is left is
brought to the normal form of RFC 3986 section 6.2.2: unreserved characters decoded (`/%61pi` is `/api`, so it cannot
slip past a protected `/api`), hexadecimal digits in upper case, and everything that may not stand in a path encoded.
That form is also what a WHATWG URL parser leaves alone, so what is signed is what the platform sends.

This file knows no routes and no origins. It never looks at a query.
"""

import re
import unicodedata

from core.patterns import rare
from core.problems import Problem

PLAIN = re.compile(r"(?:/(?!\+*\.\.?\+*(?:[/;]|:+\$|\Z)|;)[A-Za-z0-9\-._~!$&'()*+,;=:@]+)*/?")
"""A path already in normal form without any percent-encoding: almost every path there is. One pass, no allocation."""

NORMALISED = rare(r"(%..)|([^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+)")
"""What normalisation rewrites: escapes, and runs of characters that may not stand in a path."""

OCTET = re.compile(rb"%(..)")

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""RFC 3986 section 2.3."""

RESERVED_ESCAPE = rare("%(?:21|24|26|27|28|29|2A|2B|2C|3A|3B|3D|40)")
"""Escapes of `sub-delims`, ":" and "@" (RFC 3986 section 3.3): kept in a path, and in a match equal to the bare one."""

FAULTS = (
    (rare(r"[\x00-\x1f\x7f-\x9f]"), "holds a control character"),
    (rare(r"\\"), "holds a backslash"),
    (rare(r"%(?![0-9A-Fa-f]{2})"), "holds a malformed percent-encoding"),
    (rare(r"%(?:[01][0-9A-Fa-f]|7[Ff]|[Cc]2%[89][0-9A-Fa-f])"), "holds an encoded control character"),
    (rare(r"%2[Ee]"), "holds an encoded dot"),
    (rare(r"%5[Cc]"), "holds an encoded backslash"),
    (rare(r"%25[Uu][0-9A-Fa-f]{4}"), "is percent-encoded twice"),
    (rare(r"//|/(?:;|%3[Bb])"), "holds an empty segment"),
    (
        rare(r"/(?:\+|%20)*\.\.?(?:\+|%20)*(?:/|;|%3[BbFf]|%23|(?::|%3[Aa])+(?:\$|%24)|\Z)"),
        "holds a dot segment",
    ),
)
"""What makes a path ambiguous. `/..;x` and `/;x` are there because servlet containers cut parameters off first, and
`/..%20`, `/..%3F` and `/..::$DATA` because others cut off, or decode, what hides the dots there."""

ENCODED_SLASH = re.compile(r"%2[Ff]")

RUN = rare(r"(?:%[0-9A-Fa-f]{2})+")
"""Escapes one after the other: together they may be one character."""

HIDDEN_MARK = rare(r"[!$&'()*+,;=:@/?#\[\]\\.\x00-\x1f\x7f-\x9f]")
"""What must not come out when a path is decoded twice: delimiters, dots, control characters."""

MOST_DECODINGS = 4
"""How often the escapes of one path may be nested: more is nobody's data."""

MARKS = frozenset({"Mn", "Mc", "Me", "Cf", "Cn"})
"""General categories of what stands on or between letters: combining characters, and what has no shape."""
MOST_MARKS = 30
"""In a row: text with more is not stream-safe (UAX #15 section 13), and putting them in order, as comparing paths does,
takes time that grows with their square."""

DISGUISED = rare(r"[/\\]|(?:/|\A)[\s+]*\.\.?[\s+]*(?:[/;?#]|:+\$|\Z)")
"""What compatible characters of Unicode (UAX #15, NFKC) must not turn into within a segment: slashes, dots."""


def normalise_path(raw: str, keep_slashes: bool = False) -> str:
    """`raw` in normal form; the same path comes back unchanged when it is in normal form already.

    `/users/%7ezo%c3%ab` -> `/users/~zo%C3%AB`. A trailing slash and letter case are significant and kept. With
    `keep_slashes`, `%2F` is let through as a part of its segment, for a route that takes it so; whoever has no such
    route calls `refuse_encoded_slash`. Raises Problem 400 `ambiguous_path` when the path could mean two things.
    """
    if raw and PLAIN.fullmatch(raw):
        return raw
    if not raw.startswith("/"):
        raise _ambiguous("does not begin with a slash")
    if not keep_slashes:
        refuse_encoded_slash(raw)
    _refuse_faults(raw)
    path = NORMALISED.sub(_normal, _utf8_escaped(raw))
    _refuse_faults(path)
    text = _decoded(path)
    _refuse_disguises(text)
    if "%2F" in path:
        _refuse_dots_between(path, keep_slashes=keep_slashes)
    if "%25" in path:
        _refuse_hidden_marks(text)
    return path


def refuse_encoded_slash(path: str) -> None:
    """Raises Problem 400 `ambiguous_path` for a `%2F`: to one server data, to another the end of a segment."""
    if ENCODED_SLASH.search(path):
        raise _ambiguous("holds an encoded slash")


def comparable_path(path: str) -> str:
    """A normalised path in the form routes are compared in: `/users%3Abatch` and `/users:batch` are one route.

    Origins decode before they route, so an encoded `:` must not carry a request past a protected path. Forwarding keeps
    the path as normalised, because to some origins an encoded delimiter is data. Segments stay aligned: no slash
    is ever added or removed.
    """
    if "%" not in path:
        return path
    return RESERVED_ESCAPE.sub(lambda match: chr(int(match[0][1:], 16)), path)


def _refuse_faults(path: str) -> None:
    """Asked before and after normalising: decoding `%32` in `/%25%32e` lays bare a dot that was encoded twice."""
    for pattern, fault in FAULTS:
        if pattern.search(path):
            raise _ambiguous(fault)


def _refuse_dots_between(path: str, *, keep_slashes: bool) -> None:
    """Of a path with `%2F`: dot segments between slashes of either kind, `/files/..%2F..%2Fadmin`."""
    if not keep_slashes:
        refuse_encoded_slash(path)  # `%2%46` became one
    pattern, fault = FAULTS[-1]
    if pattern.search(path.replace("%2F", "/")):
        raise _ambiguous(fault)


def _refuse_hidden_marks(text: str) -> None:
    """What an encoded percent sign hid from the first decoding must be data to a second, and to all that follow."""
    for _ in range(MOST_DECODINGS):
        if not RUN.search(text):
            return
        text = RUN.sub(_data, text)
    raise _ambiguous("is percent-encoded again and again")


def _data(run: re.Match[str]) -> str:
    """What a run of escapes decodes to. A single byte that is no character is data, as in `100%25ab`."""
    octets = bytes.fromhex(run[0].replace("%", ""))
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = "\ufffd" if len(octets) == 1 else ""
    if not text or HIDDEN_MARK.search(text):
        raise _ambiguous("is percent-encoded twice")
    _refuse_disguises(text)
    return text


def _utf8_escaped(raw: str) -> str:
    """Characters outside ASCII as escapes of their UTF-8 bytes."""
    if raw.isascii():
        return raw
    try:
        return "".join(char if char.isascii() else _escaped(char.encode()) for char in raw)
    except UnicodeEncodeError:
        raise _ambiguous("is not Unicode text") from None


def _normal(match: re.Match[str]) -> str:
    """An escape in upper case, or the unreserved character it stands for; other characters as an escape."""
    escape, forbidden = match.groups()
    if forbidden:
        return _escaped(forbidden.encode())
    char = chr(int(escape[1:], 16))
    return char if char in UNRESERVED else escape.upper()


def _escaped(octets: bytes) -> str:
    return "".join(f"%{octet:02X}" for octet in octets)


def _decoded(path: str) -> str:
    """Bytes that are no UTF-8 are read differently everywhere, overlong forms (`%C0%AF` for "/") most of all."""
    octets = OCTET.sub(lambda match: bytes([int(match[1], 16)]), path.encode())
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise _ambiguous("is not UTF-8 once decoded") from None


def _refuse_disguises(text: str) -> None:
    if text.isascii():
        return
    if _marks_in_a_row(text) > MOST_MARKS:
        raise _ambiguous("holds more combining characters in a row than any word has")
    if any(DISGUISED.search(unicodedata.normalize("NFKC", segment)) for segment in text.split("/") if segment):
        raise _ambiguous("holds a slash, a backslash or a dot segment in other characters of Unicode")


def _marks_in_a_row(text: str) -> int:
    """The most there are, in what `text` decomposes to: halfwidth katakana hide theirs."""
    most = run = 0
    for char in text:
        for part in unicodedata.normalize("NFKD", char):
            run = run + 1 if unicodedata.category(part) in MARKS else 0
            most = max(most, run)
    return most


def _ambiguous(fault: str) -> Problem:
    return Problem(
        400, "ambiguous_path", f"The path {fault}; send it in one unambiguous form (RFC 3986 section 6.2.2)."
    )
