"""Asking an identity provider for its key set, by URL or by OpenID Connect Discovery.

A provider is a stranger on the network: it may hang, redirect, answer with garbage or with gigabytes. Whatever it does,
`Provider.fetch` returns a key set or raises `ProviderFailed` within `FETCH_TIMEOUT` seconds, and keeps nothing.
"""

import asyncio
import re
import zlib
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from core import strictjson
from core.addresses import LOOPBACK, NUMERIC_HOST, PLAIN_HOST
from core.lengths import RESPONSE_FIELDS
from core.messages import Content, ContentTooLarge, Request, Response
from core.ports import Fetch, FetchFailed
from core.release import USER_AGENT
from fields.uri_references import split_reference
from identity.publickeys import KeySet
from identity.settings import IssuerSettings
from identity.tenants import metadata_issuer

FETCH_TIMEOUT: Final = 5.0
"""Seconds for everything: discovery, key set, content."""
MAX_DOCUMENT: Final = 256 * 1024

FRESH: Final = 600.0
"""Seconds of freshness where the provider says nothing."""
SHORTEST_FRESH: Final = 30.0
LONGEST_FRESH: Final = 86_400.0
"""Seconds: the bounds of what a provider may say. Less would fetch for every request, more would honour a revoked key
for too long."""

_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})', re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|[\s,])no-(?:store|cache)\s*(?:$|,)", re.IGNORECASE)

_EMBEDDING = frozenset({0x0000_FFFF, 0x0064_FF9B << 64})
"""First 96 bits of an IPv6 address that is an IPv4 one: mapped (RFC 4291 section 2.5.5.2), translated (RFC 6052)."""

_HEADERS: Final = {
    "accept": "application/jwk-set+json, application/json",
    "accept-encoding": "identity",
    "user-agent": USER_AGENT,
}

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""What a parser may read over at the beginning of a JSON text (RFC 8259 section 8.1)."""


class ProviderFailed(Exception):
    """The provider did not answer with a key set; the message says why."""


class Provider:
    """The far end of one issuer."""

    def __init__(self, issuer: IssuerSettings, fetch: Fetch, algorithms: Collection[str] = ()) -> None:
        """`algorithms` are those of all entries that ask it, where it is more than one."""
        self._fetch = fetch
        self._issuer = issuer.issuer or ""
        self._algorithms = algorithms or issuer.algorithms
        self._jwks_url = issuer.jwks_url
        self._discovery_url = f"{metadata_issuer(self._issuer).rstrip('/')}/.well-known/openid-configuration"
        self.name = issuer.jwks_url or self._discovery_url
        """The URL that is asked first; names the provider in logs."""

    async def fetch(self) -> tuple[Any, KeySet, float]:
        """The key set as it is now: the document, what is usable of it, seconds of freshness. Raises ProviderFailed."""
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                url = self._jwks_url or await self._discover()
                document, response = await self._get_json(url)
            return document, KeySet.read(document, self._algorithms), _freshness(response)
        except (TimeoutError, FetchFailed, ContentTooLarge, ValueError, RecursionError) as error:
            raise ProviderFailed(f"{type(error).__name__}: {error}") from error

    async def _discover(self) -> str:
        """`jwks_uri` of the provider's metadata (OpenID Connect Discovery 1.0 section 4.3)."""
        metadata, _ = await self._get_json(self._discovery_url)
        if not isinstance(metadata, dict) or metadata.get("issuer") != self._issuer:
            raise ValueError("the discovery document is another issuer's")
        url = metadata.get("jwks_uri")
        if not isinstance(url, str):
            raise ValueError("the discovery document names no jwks_uri")
        if not PLAIN_HOST.fullmatch(split_reference(url).netloc):
            raise ValueError("the discovery document names a host that parsers may read differently")
        if _is_loopback(url) and not _is_loopback(self._issuer):
            raise ValueError("the discovery document of an issuer elsewhere points to this machine")
        return url

    async def _get_json(self, url: str) -> tuple[Any, Response]:
        response = await self._fetch(_get(url), timeout=FETCH_TIMEOUT)
        if response.status != 200:
            await _discard(response.body)
            raise FetchFailed(f"status {response.status}")
        content = _decode(await _read(response.body), response)
        return strictjson.loads(content.removeprefix(_BYTE_ORDER_MARK)), response


def _get(url: str) -> Request:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("keys are fetched over https only")
    return Request("GET", parts.scheme, parts.netloc, parts.path or "/", parts.query, dict(_HEADERS))


def _is_loopback(url: str) -> bool:
    """Whether `url` may mean this machine: by name (RFC 6761 section 6.3), or an address in any of its spellings."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return NUMERIC_HOST.search(host) is not None  # `127.1`, `0x7f000001`: whose address it is, parsers find out
    if isinstance(address, IPv6Address):
        address = IPv4Address(int(address) & 0xFFFF_FFFF) if int(address) >> 32 in _EMBEDDING else address
    return address.is_loopback or address.is_unspecified


async def _read(content: Content) -> bytes:
    if content is None or isinstance(content, str | bytes):
        raw = content.encode() if isinstance(content, str) else content or b""
        if len(raw) > MAX_DOCUMENT:
            raise ContentTooLarge
        return raw
    return await content.read(MAX_DOCUMENT)


def _decode(raw: bytes, response: Response) -> bytes:
    """Undo the content coding. Asked for or not, gzip is what a provider behind a CDN may answer with."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        return raw
    if coding != "gzip":
        raise FetchFailed("a content coding that was not asked for")
    try:
        content = zlib.decompressobj(wbits=31).decompress(raw, MAX_DOCUMENT + 1)
    except zlib.error:
        raise FetchFailed("content that is not gzip") from None
    if len(content) > MAX_DOCUMENT:
        raise ContentTooLarge
    return content


async def _discard(content: Content) -> None:
    if content is not None and not isinstance(content, str | bytes):
        await content.cancel()


def _freshness(response: Response) -> float:
    """Seconds for which the response says it is fresh, within the bounds above (RFC 9111 section 4.2)."""
    directives = response.headers.get("cache-control", "")
    if len(directives) > RESPONSE_FIELDS["cache-control"].characters:
        return SHORTEST_FRESH
    if _UNCACHED.search(directives):
        return SHORTEST_FRESH
    stated = _MAX_AGE.search(directives)
    if stated is None:
        return FRESH
    age = response.headers.get("age", "")
    left = int(stated[1]) - (int(age) if re.fullmatch(r"\d{1,9}", age) else 0)
    return min(max(left, SHORTEST_FRESH), LONGEST_FRESH)
