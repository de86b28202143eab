"""Origins as browsers write them: the value of `Origin` (HTML standard, "serialization of an origin").

An entry of an allow-list is compared to the letter, so one in any other spelling never matches. `origin_fault` says
which that is, and how it is written here. A pattern, `https://*.preview.example`, stands for any one label there: never
for the host itself, for two labels, or for another port.
"""

import re
from collections.abc import Container, Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

DEFAULT_PORTS: Final = {"http": "80", "https": "443"}

ALL: Final = "*"
"""The entry that stands for every origin, without credentials."""

PAGELESS: Final = frozenset({"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "mailto", "ws", "wss"})
"""Schemes of addresses whose pages have another origin, or `null`, or that are none of pages."""

BEGIN: Final = (
    "begin with https://, http:// or the scheme of an app, as in 'https://app.example', 'capacitor://localhost'"
)
STAR: Final = "'*' stands for one whole label at the beginning of a name, as in 'https://*.preview.example', or alone"

_PARTS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(\[[^\]/]*\]|[^:/?#]*)(?::([^/?#]*))?(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_APP: Final = re.compile(r"[A-Za-z0-9_.-]+")
"""The host of an app's pages: a name, or the number of an extension. Not every browser writes it in lower case."""
_LABEL: Final = "[a-z0-9_-]{1,63}"
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
"""Hosts that a URL parser takes for an IPv4 address (URL standard, "ends in a number checker")."""


class Patterns:
    """Origins by name and by pattern."""

    def __init__(self, named: frozenset[str], patterns: Iterable[str]) -> None:
        self._named = named
        self._patterns = re.compile("|".join(re.escape(one).replace(r"\*", _LABEL, 1) for one in patterns))

    def __contains__(self, origin: object) -> bool:
        return origin in self._named or (isinstance(origin, str) and self._patterns.fullmatch(origin) is not None)


def web_origins(entries: Iterable[str]) -> Container[str]:
    """The origins that the entries of an allow-list name; `*` names none of them.

    "https://pr-7.preview.example" in web_origins(["https://*.preview.example"])
    """
    named = frozenset(entries) - {ALL}
    patterns = sorted(entry for entry in named if "*" in entry)
    return Patterns(named.difference(patterns), patterns) if patterns else named


def origin_fault(entry: str) -> str | None:
    """Why no browser ever sends an `Origin` that `entry` names, or None where one may.

    origin_fault("https://app.example") is None
    origin_fault("https://App.Example:443/") == "browsers write it in lower case; write 'https://app.example:443/'"
    """
    if entry == "null":
        return "every sandboxed page and file sends it, so it names nobody"
    parts = _PARTS.fullmatch(entry)
    if parts is None or parts[1].lower() in PAGELESS:
        return BEGIN
    scheme, host, port, rest = parts.groups()
    if rest:
        return f"an origin ends with its host or port; write '{entry.removesuffix(rest)}'"
    if "@" in entry:
        return "an origin has no user information"
    if not entry.isascii():
        return "browsers write hosts as in DNS; write 'xn--…'"
    if scheme.lower() not in DEFAULT_PORTS:
        return _app_fault(entry, scheme, host) or _port_fault(scheme, host, port)
    if entry != entry.lower():
        return f"browsers write it in lower case; write '{entry.lower()}'"
    return (_pattern_fault(host, port) if "*" in entry else _host_fault(host)) or _port_fault(scheme, host, port)


def _app_fault(entry: str, scheme: str, host: str) -> str | None:
    if scheme != scheme.lower():
        return f"browsers write schemes in lower case; write '{scheme.lower()}{entry.removeprefix(scheme)}'"
    if "*" in entry:
        return "'*' stands for a label of https:// and http:// origins alone; write each app's host"
    return None if _APP.fullmatch(host) else f"an app's pages have a host, as in '{scheme}://localhost'"


def _pattern_fault(host: str, port: str | None) -> str | None:
    below = host.removeprefix("*.")
    if below == host or "*" in below or "*" in (port or ""):
        return STAR
    if below.startswith("[") or _NUMERIC.fullmatch(below):
        return "an address has no labels"
    if "." not in below.removesuffix(".") and below != "localhost":
        return f"'*.{below}' is everybody who has a name there; write two labels at least behind '*.'"
    return _host_fault(below)


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
    if port in ("", DEFAULT_PORTS.get(scheme)):
        return f"browsers leave the default port out; write {bare}"
    if not re.fullmatch(r"[1-9][0-9]{0,4}", port) or int(port) > 65535:
        return "its port is none that a browser writes"
    return None
