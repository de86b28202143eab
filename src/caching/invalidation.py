"""What a request with an unsafe method makes outdated (RFC 9111 section 4.4)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from core.paths import normalise_path
from core.problems import Problem
from fields.uri_references import split_reference

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PRI", "PROPFIND", "QUERY", "REPORT", "SEARCH"})
"""Safe by IANA's method registry. Any other method may change things, and so may one that nobody knows."""

REFERENCES: Final = ("location", "content-location")

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def invalidated_urls(method: str, url: str, status: int, headers: Mapping[str, str]) -> list[str]:
    """The absolute URLs whose stored responses must not be used any more: none after a safe method or an error.

    `Location` and `Content-Location` count only on the origin of `url` itself, lest one site empties another's cache.

        invalidated_urls("POST", "https://a.example/users", 201, {"location": "/users/7"})
            == ["https://a.example/users", "https://a.example/users/7"]
    """
    if method in SAFE_METHODS or not 200 <= status < 400:
        return []
    urls = {url: None}
    for name in REFERENCES:
        if name in headers and (other := _resolved(url, headers[name])) is not None:
            urls[other] = None
    return list(urls)


def _resolved(base: str, reference: str) -> str | None:
    """The URL a reference points to, written as requests for it are, if that is on the same origin."""
    try:
        split_reference(reference)
        target, parts = urlsplit(base), urlsplit(urljoin(base, reference.strip()))
        if _origin(target) != _origin(parts):
            return None
        path = normalise_path(parts.path or "/")
    except (ValueError, Problem):
        return None
    return f"{target.scheme}://{target.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454 section 4)."""
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
