"""Which header fields pass through a gateway, in either direction: the tables, and the functions that read them.

An origin believes `x-user-*`, `x-geo-*` and `x-forwarded-*` because only the gateway can have set them. So no field of
a client may arrive under a name that any server takes for one of those. Servers that hand fields on as variables (CGI,
WSGI, PHP) turn `-` into `_`, some of them every character that is neither letter nor digit, so a name is compared in
its `canonical` spelling. Never add a name to a table here because one client sends it: what is not named passes.

Knows names only. Values are set in `forwarded.py` and `answered.py`.
"""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from itertools import filterfalse

from core.found import Found
from core.records import record
from fields.names import canonical
from forwarding.field_words import is_believed

HOP_BY_HOP = frozenset({
    "connection", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authentication-info",
    "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""For one connection only, beside those that `Connection` lists (RFC 9110 section 7.6.1, RFC 9113 section 8.2.2)."""

VOUCHED_PREFIXES = ("x-user-", "x-geo-", "x-gateway-", "x-forwarded-")
"""Set by the gateway and by nobody else. Every client copy is removed, on public routes too."""

WITHHELD_PREFIXES = (
    "x-amz-",  # would be signed as ours (SigV4), or speak to AWS in our name
    "x-amzn-",
    "cf-",  # the platform's; the visitor's address and country travel in fields of ours
)

WITHHELD = frozenset({
    # set anew for every forwarded request
    "forwarded", "host", "traceparent", "tracestate", "x-request-id",
    # answered by the platform before the content arrives here
    "expect",
})  # fmt: skip
"""Beside the families of `field_words.py`, of which a route may let a name pass: these never do."""

KEPT = frozenset({"cf-ray", "x-auth-key", "x-auth-token"})
"""Exceptions to prefixes and families: the name under which Cloudflare's own logs know the request, and what a client
shows for a server to check."""

CREDENTIALS = frozenset({"authorization", "cf-access-jwt-assertion"})
"""For the gateway; withheld unless the route has `forward_authorization`. Other `cf-access-*` never pass: secrets of
service tokens are not the origin's, and `cf-access-authenticated-user-email` is anybody's word without Access."""

READ_HERE = frozenset({
    "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-encoding", "content-type",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version",
})  # fmt: skip
"""What the gateway or its cache acts on. An origin must not find it in a spelling that is nothing here: `If_Match` goes
around the cache, and `If_Modified_Since` would keep for everybody what is no longer so."""

FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Neither removed by `Connection` nor accepted in another spelling."""

SPELT_ONE_WAY = FRAMING | CREDENTIALS | KEPT | READ_HERE

ACCESS_COOKIE = "CF_Authorization"
"""Cloudflare Access keeps the same token in a cookie."""

RESPONSE_WITHHELD = frozenset({"alt-svc"})
"""`Alt-Svc` speaks for the authority that sent it, and the client asked another one (RFC 7838 section 2.1)."""

RESPONSE_WITHHELD_PREFIXES = ("x-gateway-",)
"""An origin that echoes its request must not show how requests are signed."""

NAMES_REMEMBERED = 1024
SECTIONS_REMEMBERED = 512
LONGEST_SECTION = 1024
"""Characters of all names of one message."""
LONGEST_REMEMBERED = 64
"""Characters. A client may send a name of 100 KB, and a thousand of those would fill the isolate."""


def reaches_origin(name: str) -> bool:
    """Whether a client's field of that name may be forwarded as it is. Credentials are asked for apart."""
    plain = canonical(name)
    if plain in HOP_BY_HOP or plain in WITHHELD or plain.startswith(VOUCHED_PREFIXES):
        return False
    if plain in SPELT_ONE_WAY:
        return name.lower() == plain
    return not plain.startswith(WITHHELD_PREFIXES) and not is_believed(plain)


def reaches_client(name: str) -> bool:
    """Whether an origin's field of that name may be sent to the client."""
    plain = canonical(name)
    return not (plain in HOP_BY_HOP or plain in RESPONSE_WITHHELD or plain.startswith(RESPONSE_WITHHELD_PREFIXES))


Rule = Callable[[str], bool]
"""Whether a field of that name may pass."""

_reaches_origin = lru_cache(NAMES_REMEMBERED)(reaches_origin)


def to_origin(name: str) -> bool:
    """`reaches_origin`, remembered by name: messages that differ have most of their names in common."""
    return _reaches_origin(name) if len(name) <= LONGEST_REMEMBERED else reaches_origin(name)


def passing(headers: Mapping[str, str], rule: Rule) -> dict[str, str]:
    """The fields of a message that may pass: by `rule`, and because they are not of one connection only.

    Messages have the same names again and again, so it is remembered which of them do not. `rule` lives as long as the
    isolate.
    """
    fields = {**headers}
    for name in _STOPPED[rule, tuple(headers)]:
        del fields[name]
    if "connection" in headers:
        for option in connection_options(headers):
            fields.pop(option, None)
    return fields


Section = tuple[Rule, tuple[str, ...]]
"""Who says what passes, and the names of a message's fields."""

_STOPPED: Found[Section, tuple[str, ...]] = Found(
    lambda section: tuple(filterfalse(*section)),
    SECTIONS_REMEMBERED,
    lambda section: len("".join(section[1])) <= LONGEST_SECTION,
)
"""The names among them that do not pass."""


@record
class RouteFields:
    """What one route says otherwise about a client's fields: `withhold` and `pass` of its settings."""

    withheld: frozenset[str]
    withheld_prefixes: tuple[str, ...]
    passed: frozenset[str]
    """As they are written, and in no other spelling."""
    tokens: frozenset[str]
    """The issuers' own fields: what is verified in one spelling does not pass unverified in another."""

    @classmethod
    def of(
        cls, withhold: Collection[str], passed: Collection[str], tokens: Collection[str] = ()
    ) -> "RouteFields | None":
        """None where there is nothing to say. `tokens` are fields of tokens; they pass where `passed` names them."""
        own = frozenset(map(canonical, tokens)) - CREDENTIALS
        if not withhold and not passed and not own:
            return None
        prefixes = tuple(canonical(name[:-1]) for name in withhold if name.endswith("*"))
        names = frozenset(canonical(name) for name in withhold if not name.endswith("*"))
        return cls(names, prefixes, frozenset(passed), own)

    def rule(self, otherwise: Rule) -> Rule:
        """Whether a field of a name may be forwarded; `otherwise` decides on those the route does not name."""

        def reaches(name: str) -> bool:
            plain = canonical(name)
            if plain in self.withheld or plain.startswith(self.withheld_prefixes):
                return False
            return name.lower() in self.passed or (plain not in self.tokens and otherwise(name))

        return reaches


def pass_fault(name: str) -> str | None:
    """Why a route cannot let a client's field of that name pass; None where it can."""
    if "*" in name:
        return "must be whole names"
    plain = canonical(name)
    if plain in HOP_BY_HOP or plain in FRAMING:
        return "is for one connection only (RFC 9110 section 7.6.1)"
    if plain in CREDENTIALS:
        return "passes with forward_authorization"
    if plain in WITHHELD or plain == "via" or plain.startswith((*VOUCHED_PREFIXES, *WITHHELD_PREFIXES)):
        return "is the gateway's own, or the platform's"
    return None


def withhold_fault(name: str) -> str | None:
    """Why a route cannot withhold a field of that name; None where it can. `x-legacy-*` is all that begin so."""
    plain = canonical(name)
    if plain in HOP_BY_HOP or plain in FRAMING:
        return "is for one connection only (RFC 9110 section 7.6.1)"
    if plain in WITHHELD or plain == "via" or plain.startswith((*VOUCHED_PREFIXES, *WITHHELD_PREFIXES)):
        return "is the gateway's own, or the platform's; a client's copy never passes"
    return None


def connection_options(headers: Mapping[str, str]) -> frozenset[str]:
    """Names that `Connection` makes hop-by-hop for this message. Framing is not the sender's to remove."""
    value = headers.get("connection")
    if not value:
        return frozenset()
    return frozenset(option.strip(" \t").lower() for option in value.split(",")) - FRAMING
