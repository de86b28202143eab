"""Addresses as the settings write them: https URLs, and those of origins, that no URL parser changes."""

import re
from ipaddress import IPv4Address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from core.paths import normalise_path
from core.problems import Problem

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})

PLAIN_HOST = re.compile(r"([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:]+\])(?::[1-9][0-9]*)?")
"""Host and port that a URL parser leaves as they are, letter case apart: nothing internationalised, nothing escaped."""
NUMERIC_HOST = re.compile(r"(?:\A|\.)(?:[0-9]+|0[Xx][0-9A-Fa-f]*)\.?\Z")
"""A host that a URL parser takes for an IPv4 address (URL standard, "ends in a number checker"): `127.1`, `0x7f.1`."""

VISIBLE = re.compile(r"[\x21-\x7E]+")
"""The characters of a URL and more; `urlsplit` drops or keeps the others without a word."""


def https_url(value: str) -> str:
    """An absolute https URL without user information or fragment; http only for loopback."""
    if not VISIBLE.fullmatch(value):
        raise ValueError("must be visible ASCII: percent-encode the path, write the host as in DNS (xn--…)")
    parts = urlsplit(value)
    if parts.scheme == "http" and (parts.hostname or "") in LOOPBACK:
        pass
    elif parts.scheme != "https":
        raise ValueError("must be an https:// URL (http:// only for loopback hosts)")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must name a host and carry no user information or fragment")
    if parts.port == 0:
        raise ValueError("port 0 is not an address")
    return value


def origin_url(value: str) -> str:
    """An https URL that a URL parser leaves as it is: what is signed for an origin is what is sent to it."""
    parts = urlsplit(https_url(value))
    host = PLAIN_HOST.fullmatch(parts.netloc)
    if host is None:
        raise ValueError(
            "must name its host in plain ASCII (xn--… for other letters), and a port without leading zeros"
        )
    if NUMERIC_HOST.search(host[1]) and not _is_ipv4(host[1]):
        raise ValueError("must name its host, or give the four decimal numbers of its IPv4 address")
    if parts.query:
        raise ValueError("must not carry a query")
    path = parts.path.rstrip("/")
    try:
        normal = normalise_path(path or "/").rstrip("/")
    except Problem as problem:
        raise ValueError(f"must have a normalised, percent-encoded path; {problem.detail}") from None
    if normal != path:
        raise ValueError(f"must have a normalised, percent-encoded path; write {normal!r}")
    return value.rstrip("/")


def _is_ipv4(host: str) -> bool:
    """Whether `host` is four decimal numbers, none of them spelt with zeros before it."""
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


HttpsUrl = Annotated[str, AfterValidator(https_url)]
