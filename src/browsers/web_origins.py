"""Origins as browsers write them: the value of `Origin` (HTML standard, "serialization of an origin").

An entry of an allow-list is compared to the letter, so one in any other spelling never matches. `origin_fault` says
which that is, and how it is written here.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

DEFAULT_PORTS: Final = {"http": "80", "https": "443"}

_PARTS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(\[[^\]/]*\]|[^:/?#]*)(?::([^/?#]*))?(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
"""Hosts that a URL parser takes for an IPv4 address (URL standard, "ends in a number checker")."""


def origin_fault(entry: str) -> str | None:
    """Why no browser ever sends `entry` as its `Origin`, or None where one may.

    origin_fault("https://app.example") is None
    origin_fault("https://App.Example:443/") == "browsers write it in lower case; write 'https://app.example:443/'"
    """
    if entry == "null":
        return "every sandboxed page and file sends it, so it names nobody"
    parts = _PARTS.fullmatch(entry)
    if parts is None or parts[1].lower() not in DEFAULT_PORTS:
        return "begin with https:// or http://, as in 'https://app.example'"
    scheme, host, port, rest = parts.groups()
    if rest:
        return f"an origin ends with its host or port; write '{entry.removesuffix(rest)}'"
    if "*" in entry:
        return "an entry is one exact origin, and '*' stands only alone, for all of them"
    if "@" in entry:
        return "an origin has no user information"
    if not entry.isascii():
        return "browsers write hosts as in DNS; write 'xn--…'"
    if entry != entry.lower():
        return f"browsers write it in lower case; write '{entry.lower()}'"
    return _host_fault(host) or _port_fault(scheme, host, port)


def _host_fault(host: str) -> str | None:
    if host.startswith("["):
        return _address_fault(IPv6Address, host[1:-1])
    if _NUMERIC.fullmatch(host):
        return _address_fault(IPv4Address, host)
    return None if _NAME.fullmatch(host) else "its host is not one that a URL has"


def _address_fault(kind: type[IPv4Address | IPv6Address], text: str) -> str | None:
    try:
        normal = str(kind(text))
    except AddressValueError:
        return "its host is an address that no URL has"
    return None if normal == text else f"browsers write the address as {normal}"


def _port_fault(scheme: str, host: str, port: str | None) -> str | None:
    if port is None:
        return None
    bare = f"'{scheme}://{host}'"
    if port in ("", DEFAULT_PORTS[scheme]):
        return f"browsers leave the default port out; write {bare}"
    if not re.fullmatch(r"[1-9][0-9]{0,4}", port) or int(port) > 65535:
        return "its port is none that a browser writes"
    return None
