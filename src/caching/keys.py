"""Cache keys: what two requests must have in common to be answered alike (RFC 9111 section 2 and 4.1).

A key is a digest of URL, partition, locale and the values of the fields that `Vary` names, so it is short whatever a
client sends, and nobody can read a user's id in it. Every part is encoded so that no two inputs share an encoding.
"""

from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import unquote_plus, urlsplit

from caching.settings import CacheSettings, QuerySettings
from core.lengths import SELECTING
from core.records import field, record
from fields.cookies import comparable_cookies
from fields.lists import split_list

LOCALE_FIELDS: Final = ("x-geo-country", "x-geo-region", "x-geo-currency", "x-geo-language")
"""What the origin is told about the visitor's place; part of the key with `vary_on_locale`."""

UNORDERED_FIELDS: Final = frozenset({"accept-charset", "accept-encoding", "accept-language"})
"""Request fields whose members are case-insensitive, and whose order means nothing beside their weights (RFC 9110
sections 12.5.2 to 12.5.4)."""


NO_FIELDS: Final[Mapping[str, str]] = {}


class SelectingFields(Protocol):
    """The request fields that may select a response, by lower-case name; any mapping is one."""

    def get(self, name: str, /) -> str | None: ...


class Caller(Protocol):
    """A verified caller; `principals.Principal` is one."""

    @property
    def issuer(self) -> str | None: ...
    @property
    def id(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...


@record
class CacheKey:
    """Where the responses to one request are kept.

    `root` is one per URL; `apart` holds the parts, beside `Vary`, that keep callers and visitors from each other.
    Whoever is kept apart has a `home` of their own, so that nothing shows whether others were there.
    """

    url: str
    """Scheme, host, path and the query as the route counts it. `https://a.example/users?page=2`."""
    root: str
    apart: tuple[str, ...] = ()
    home: str = field(init=False)
    """Where these callers' responses, or the index of their variants, are: the root, where nobody is kept apart."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", self.variant((), NO_FIELDS) if self.apart else self.root)

    def variant(self, fields: Collection[str], selecting: SelectingFields) -> str:
        """The key of the response selected by the request fields that `Vary` names (lower-case)."""
        values = [part for name in sorted(fields) for part in (name, normalised_field(name, selecting.get(name)))]
        return digest(self.url, *self.apart, framed(values))


def cache_key(
    settings: CacheSettings,
    url: str,
    selecting: SelectingFields = NO_FIELDS,
    caller: Caller | None = None,
    told: Mapping[str, str] = NO_FIELDS,
    group: str = "",
) -> CacheKey:
    """The key of a request.

    `selecting` are its fields as the origin sees them; `told` are those of them that say who the caller is; `group`
    stands for the origins that its visitor is meant for.
    """
    counted = counted_url(url, settings.query)
    apart = []
    if settings.partition != "none":
        apart.append(_partition(settings, caller, told))
    if settings.vary_on_locale:
        apart.append(framed([selecting.get(name) for name in LOCALE_FIELDS]))
    if group:
        apart.append(framed(["group", group]))
    return CacheKey(counted, digest(counted), tuple(apart))


def digest(*parts: str) -> str:
    """43 characters of base64url: the SHA-256 of the parts, each told from its neighbours."""
    # Never remembered by its parts: a token or a cookie may be among them, and no isolate keeps those.
    # A claim may hold a lone surrogate, which has no UTF-8 of its own.
    return urlsafe_b64encode(sha256(framed(parts).encode("utf-8", "surrogatepass")).digest())[:43].decode()


def framed(parts: Iterable[str | None]) -> str:
    """The parts in one text that no other parts have: `framed(["ab", None, "c"]) == "2:ab-1:c"`."""
    return "".join(["-" if part is None else f"{len(part)}:{part}" for part in parts])


def counted_url(url: str, query: QuerySettings) -> str:
    """The URL with the query as the key sees it.

    With `QuerySettings(ignore=("utm_*",), sort=True)`, `https://a.example/?b=1&utm_source=x&a=2` becomes
    `https://a.example/?a=2&b=1`. Sorting keeps the order of values of one name.
    """
    base, _, text = url.partition("?")
    rest = counted_query(text, query)
    return f"{base}?{rest}" if rest else base


def counted_query(text: str, query: QuerySettings) -> str:
    """The same of a query alone. What it leaves out must not reach the origin, whose answer would depend on it.

    A pair with ";" counts whatever its name is: some servers read two in it, `utm_x=1;callback=evil`.
    """
    if not text or not (query.ignore or query.sort):
        return text
    named = [(unquote_plus(pair.partition("=")[0]), pair) for pair in text.split("&") if pair]
    kept = [(name, pair) for name, pair in named if ";" in pair or not _is_ignored(name, query)]
    if query.sort:
        kept.sort(key=lambda item: item[0])
    return "&".join(pair for _, pair in kept)


def normalised_field(name: str, value: str | None) -> str | None:
    """A value that is equal for requests that RFC 9111 section 4.1 lets match; None is an absent field. One that is too
    long to be read equals itself alone.

    normalised_field("accept-language", "de , EN;q=0.50") == "de,en;q=0.5"
    """
    if value is None:
        return None
    if len(value) > SELECTING.characters:
        return value
    if name == "cookie":
        return comparable_cookies(value)
    members = split_list(value)
    if name in UNORDERED_FIELDS:
        return ",".join(sorted(_without_default_weight(member) for member in members))
    return ",".join(members)


def path_prefixes(url: str, deepest: int) -> list[str]:
    """The URL's path and every path above it, at most `deepest` segments long: `/a/b` -> `["/", "/a", "/a/b"]`."""
    segments = [segment for segment in urlsplit(url).path.split("/") if segment][:deepest]
    return ["/", *("/" + "/".join(segments[: count + 1]) for count in range(len(segments)))]


def _without_default_weight(member: str) -> str:
    """`EN ; q=1.0` -> `en`; `en;Q=0.50` -> `en;q=0.5` (RFC 9110 section 12.4.2)."""
    item, *parameters = (part.strip(" \t").lower() for part in member.split(";"))
    kept = []
    for parameter in parameters:
        if parameter.startswith("q=") and "." in parameter:
            parameter = parameter.rstrip("0").rstrip(".")
        if parameter != "q=1":
            kept.append(parameter)
    return ";".join([item, *kept])


def _partition(settings: CacheSettings, caller: Caller | None, told: Mapping[str, str]) -> str:
    """Among whom a response is shared. Somebody without a token is nobody's user and has no role.

    One user's tokens may differ, in roles or in whatever else the origin is told: then its answers may, too.
    """
    if caller is None:
        return framed([settings.partition])
    if settings.partition == "user":
        vouched = framed(part for item in sorted(told.items()) for part in item)
        return framed(["user", caller.issuer, caller.id, framed(caller.roles), vouched])
    return framed(["role", caller.issuer, *sorted(caller.roles)])


def _is_ignored(name: str, query: QuerySettings) -> bool:
    return any(_matches(pattern, name) for pattern in query.ignore)


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
