"""The gateway's own signature, for origins that are not behind IAM: `x-gateway-signature`, HMAC-SHA256.

It vouches for everything an origin acts on: method, host, path, query, content, and every `x-user-*`, `x-geo-*` and
`x-gateway-*` field. An origin that checks it (`origin/gatehouse_verifier.py`, one file to copy) may believe those
fields; it refuses a request that was changed, that was signed for another host, or that is older than five minutes.

    x-gateway-signature: t=1790000000,kid=5b1f0c9e2a7d,v1=<64 hexadecimal digits>

`t` is the time of signing in seconds since 1970, `kid` names the key, `v1` is the HMAC of the message below under it.
The message is a list of netstrings, `<length>:<bytes>,`, so that no two lists have the same bytes:

    "gatehouse-origin-v1", kid, t, method, host, path, query, SHA-256 of the content in hexadecimal,
    then, sorted by name, name and value of every covered field (lower-case name, no white space around the value)

Path and query are covered byte for byte, as they stand on the request line. The content is read for this, up to the
route's `max_body` (6 MiB, what Lambda takes); longer content is refused with 413 and never signed.

Rotation: the gateway signs with `ORIGIN_SECRET` alone, the origin accepts two. Give the new secret to the origin as
its second, then to the gateway as its only one, then drop the old one at the origin. `kid` is derived from the secret,
so nothing else has to be kept in step.

Pure: no clock, no network. The origin's side is a file of its own because Lambda deploys `origin/` without `src/`.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

SIGNATURE_HEADER = "x-gateway-signature"

COVERED_PREFIXES = ("x-gateway-", "x-geo-", "x-user-")
"""Fields an origin may believe; also in spellings that some servers take for the same name, such as `X_User.Id`."""

SEPARATORS = re.compile(r"[^a-z0-9]+")

MESSAGE_VERSION = "gatehouse-origin-v1"

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

SHORTEST_SECRET = 32
"""Bytes. The output of the hash (RFC 2104 section 3)."""

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
IDENTITY_SAFE = VISIBLE.replace("%", "").replace(",", "")
"""What stands for itself in an identity field. Never add `%` (two values would look alike) or `,` (a role named
`user,admin` would become two roles)."""


@dataclass(frozen=True, slots=True)
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


def sign(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body_sha256: str | None,
    key: OriginKey,
    now: float,
) -> dict[str, str]:
    """The header field to add to a request so that the origin believes its identity and locale fields.

    `host` is the origin's, with its port unless that is 443; `path` (percent-encoded) and `query` (without
    "?") are exactly what will be sent; `headers` are all fields that will be sent, by lower-case name; `body_sha256`
    is the content's SHA-256 in hexadecimal, or None without content; `now` is in seconds since 1970.
    Raises ValueError when a covered value is not ASCII: such values travel as `identity_value` spells them.
    """
    stamp = str(int(now))
    parts = [
        *(MESSAGE_VERSION, key.id, stamp, method, host.lower().removesuffix(":443"), path, query),
        EMPTY_SHA256 if body_sha256 is None else body_sha256,
        *(text for pair in sorted(_covered(headers)) for text in pair),
    ]
    message = b"".join(_netstring(part) for part in parts)
    signature = hmac.new(key.secret, message, hashlib.sha256).hexdigest()
    return {SIGNATURE_HEADER: f"t={stamp},kid={key.id},v1={signature}"}


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


def _covered(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        if SEPARATORS.sub("-", name).startswith(COVERED_PREFIXES) and name != SIGNATURE_HEADER:
            yield name, value.strip(" \t")


def _netstring(text: str) -> bytes:
    content = text.encode("ascii")
    return b"%d:%b," % (len(content), content)
