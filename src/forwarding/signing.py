"""The gateway's own signature, for origins that are not behind IAM: `x-gateway-signature`, HMAC-SHA256.

It vouches for everything an origin acts on: method, host, path, query, content, and every field that is sent, but for
the few that platforms on the way rewrite (`REWRITTEN`). An origin that checks it (`origin/gatehouse_verifier.py`, one
file to copy) may believe those fields; it refuses a request that was changed, that was signed for another host, that is
older than five minutes, or, where it remembers nonces, that it has seen before.

    x-gateway-signature: t=1790000000,kid=5b1f0c9e2a7d,nonce=<32 hexadecimal digits>,names=accept;x-user-id,v2=<64>

`t` is the time of signing in seconds since 1970, `kid` names the key, `nonce` is random and new for each try, `names`
are the signed fields in order, `v2` is the HMAC of the message below under the key. The message is a list of
netstrings, `<length>:<bytes>,`, so that no two lists have the same bytes:

    "gatehouse-origin-v2", kid, host, method, path, query, SHA-256 of the content in hexadecimal, names,
    the value of each field of `names` (no white space around it; cookies as `a=1; b=2`), t, nonce

Path and query are covered byte for byte, as they stand on the request line. The content is read for this, up to the
route's `max_body` (6 MiB, what Lambda takes); longer content is refused with 413 and never signed. A field that is not
ASCII is not signed: nobody can say which bytes an origin gets to see of it.

The visitor's address is sent once more as `x-gateway-client-ip`: platforms add theirs to `x-forwarded-for`.

Rotation: the gateway signs with `ORIGIN_SECRET` alone, the origin accepts two. Give the new secret to the origin as
its second, then to the gateway as its only one, then drop the old one at the origin. `kid` is derived from the secret,
so nothing else has to be kept in step.

Pure: no clock, no randomness, no network. The origin's side is a file of its own because Lambda deploys `origin/`
without `src/`.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

from core.records import field, record

SIGNATURE_HEADER = "x-gateway-signature"
CLIENT_IP_HEADER = "x-gateway-client-ip"

MESSAGE_VERSION = "gatehouse-origin-v2"

REWRITTEN = frozenset({
    "accept-encoding",  # Cloudflare asks for what it can decode itself
    "cdn-loop",
    # the connection's own, or the platform's framing
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade",
    "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-version",
    # every hop says its part
    "forwarded", "traceparent", "tracestate", "via", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto",
})  # fmt: skip
"""Fields that Cloudflare, Lambda function URLs, API Gateway or proxies for tracing change. Never signed. The host is
part of the message by itself, the content by its hash."""

REWRITTEN_PREFIXES = ("cf-", "x-amz-", "x-amzn-")

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

SHORTEST_SECRET = 32
"""Bytes. The output of the hash (RFC 2104 section 3)."""

NONCE_BITS = 128

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
IDENTITY_SAFE = VISIBLE.replace("%", "").replace(",", "")
"""What stands for itself in an identity field. Never add `%` (two values would look alike) or `,` (a role named
`user,admin` would become two roles)."""

NAMES_REMEMBERED = 256
LONGEST_REMEMBERED = 1024
"""Characters of all names of a request together; what is longer is sorted anew each time."""

Stamp = Callable[[float, int], dict[str, str]]
"""(seconds since 1970, a random number of `NONCE_BITS` bits) -> the fields to add to one try of a request."""


@record
class OriginKey:
    """A secret shared with an origin, and its name. Build it with `origin_key`, once per isolate."""

    id: str
    secret: bytes = field(repr=False)


def origin_key(secret: str) -> OriginKey:
    """The key made of a secret such as `openssl rand -base64 48` prints. Raises ValueError when it is too short."""
    material = secret.strip().encode()
    if len(material) < SHORTEST_SECRET:
        raise ValueError(f"an origin secret needs at least {SHORTEST_SECRET} bytes; this one has {len(material)}")
    return OriginKey(hmac.digest(material, b"gatehouse-kid", "sha256").hex()[:12], material)


class RequestSigner:
    """Signs what is sent to one origin. Build it once per isolate: what is the same for all requests is hashed once.

    `host` is the origin's, with its port unless that is 443.
    """

    def __init__(self, key: OriginKey, host: str) -> None:
        constant = (MESSAGE_VERSION, key.id, host.lower().removesuffix(":443"))
        self._key_id = key.id
        self._begun = hmac.new(key.secret, "".join(map(_netstring, constant)).encode("ascii"), hashlib.sha256)

    def sign(self, method: str, path: str, query: str, headers: Mapping[str, str], body_sha256: str | None) -> Stamp:
        """The signing of one request: its message is hashed here, and a try adds its time and its nonce.

        `path` (percent-encoded) and `query` (without "?") are exactly what will be sent; `headers` are all fields that
        will be sent, by lower-case name; `body_sha256` is the content's SHA-256 in hexadecimal, or None without
        content. Raises ValueError when a field of the gateway's own is not ASCII: such values travel as
        `identity_value` spells them.
        """
        address = headers.get("x-forwarded-for")
        added = {} if address is None else {CLIENT_IP_HEADER: address}
        names, values = _signed_fields({**headers, **added})
        parts = (method, path, query, body_sha256 or EMPTY_SHA256, names)
        hashed = self._begun.copy()
        hashed.update("".join(map(_netstring, parts)).encode("ascii") + values)

        def stamp(now: float, nonce: int) -> dict[str, str]:
            seconds, number = str(int(now)), f"{nonce:0{NONCE_BITS // 4}x}"
            whole = hashed.copy()
            whole.update(f"{_netstring(seconds)}{_netstring(number)}".encode("ascii"))
            value = f"t={seconds},kid={self._key_id},nonce={number},names={names},v2={whole.hexdigest()}"
            return {**added, SIGNATURE_HEADER: value}

        return stamp


def identity_value(text: str) -> str:
    """A claim as a header field value: percent-encoded UTF-8 where it is not visible ASCII, and for `%` and `,`.

    `unquote` (UTF-8, strict) gives the claim back, whatever it was; items of a list are encoded one by one and joined
    with ",". Raises ValueError on CR, LF and NUL, which no identity has any business to hold, and on unpaired
    surrogates.

        identity_value("Zoë") -> "Zo%C3%AB"        identity_value("auth0|42") -> "auth0|42"
    """
    if any(character in text for character in "\r\n\0"):
        raise ValueError("holds CR, LF or NUL and cannot be a header field value")
    return quote(text, safe=IDENTITY_SAFE)


def _signed_fields(headers: Mapping[str, str]) -> tuple[str, bytes]:
    """Names of the signed fields, as `names` lists them, and their values as netstrings."""
    names = (_sorted_names if sum(map(len, headers)) > LONGEST_REMEMBERED else _known_names)(tuple(headers))
    try:
        values = "".join(_netstring(_value(name, headers[name])) for name in names).encode("ascii")
    except UnicodeEncodeError:
        return _signed_fields({name: value for name, value in headers.items() if _is_ascii(name, value)})
    return ";".join(names), values


def _sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(filter(_is_signed, names)))


_known_names = lru_cache(NAMES_REMEMBERED)(_sorted_names)
"""Clients send the same fields again and again."""


def _is_signed(name: str) -> bool:
    return name not in REWRITTEN and not name.startswith(REWRITTEN_PREFIXES) and name != SIGNATURE_HEADER


def _is_ascii(name: str, value: str) -> bool:
    """Raises ValueError for a field that only the gateway can have set."""
    if not value.isascii() and name.startswith(("x-gateway-", "x-geo-", "x-user-")):
        raise ValueError(f"{name} is not ASCII and cannot be signed")
    return value.isascii() and name.isascii()


def _value(name: str, value: str) -> str:
    """A field as it is signed. Lambda hands cookies over as a list, so these are signed as pairs."""
    if name != "cookie":
        return value.strip(" \t")
    return "; ".join(pair for part in value.split(";") if (pair := part.strip(" \t")))


def _netstring(text: str) -> str:
    """Of ASCII, whose characters are as many as its bytes."""
    return f"{len(text)}:{text},"
