"""Whether a request came through the gateway, unchanged, a moment ago. One file: copy it into your own Lambda.

The gateway signs what an origin acts on with a shared secret and sends it as `x-gateway-signature`; what the signature
says and covers is written out where it is made (`src/signing.py`). Only after `GatewayVerifier.verify` has returned may
a handler believe the `x-user-*` and `x-geo-*` fields, and nothing else in the request names the caller.

    verifier = GatewayVerifier([os.environ["ORIGIN_SECRET"]])

    def handler(event, context):
        try:
            verifier.verify(Received.from_event(event), time.time())
        except Refused as refusal:
            return {"statusCode": 401, "body": refusal.reason}
        caller = identity_text(event["headers"]["x-user-id"])

What is refused: a request without the field or with two of them, an unknown key, any change to method, host, path,
query, content or a covered field (also one added or taken away), and a signature older than `MAX_AGE` seconds. Within
that time the same request may be sent again; a handler that must not do a thing twice asks for an `Idempotency-Key`.

Identity values: percent-encoded UTF-8, where a claim holds anything but visible ASCII, `%` or `,`. A list (of roles)
is joined with ",". `identity_text` and `identity_list` undo that.

Standard library only. It reads no clock, no environment and no network.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

SIGNATURE_HEADER = "x-gateway-signature"
COVERED_PREFIXES = ("x-gateway-", "x-geo-", "x-user-")
SEPARATORS = re.compile(r"[^a-z0-9]+")
MESSAGE_VERSION = "gatehouse-origin-v1"
SIGNATURE = re.compile(r"t=(0|[1-9][0-9]{0,11}),kid=([0-9a-f]{12}),v1=([0-9a-f]{64})")

MAX_AGE = 300
"""Seconds a signature is good for."""
MAX_SKEW = 60
"""Seconds the gateway's clock may be ahead of ours."""
SHORTEST_SECRET = 32

PCHAR = "!$&'()*+,;=:@-._~/"
"""What stands for itself in a path (RFC 3986 section 3.3)."""


class Refused(Exception):
    """The request is not one the gateway vouches for. `reason` is for the log; the caller need not be told."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it stood on the wire. `headers` have lower-case names, `path` is percent-encoded."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Received":
        """From a Lambda event of payload format 2.0: a function URL's or an API Gateway HTTP API's.

        A function URL passes the path on as it was sent. An HTTP API decodes it first; it is encoded again here, in
        the spelling browsers use, so a path that was spelt otherwise (`%2C` for `,`) is refused there.
        Raises Refused when the event is not of that format.
        """
        try:
            http = event["requestContext"]["http"]
            headers = {name.lower(): str(value) for name, value in event["headers"].items()}
            path, domain = event["rawPath"], event["requestContext"].get("domainName", "")
            return cls(
                method=http["method"],
                host=headers.get("host", domain),
                path=path if ".lambda-url." in domain else quote(path, safe=PCHAR),
                query=event.get("rawQueryString") or "",
                headers=headers,
                body=_content(event),
            )
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError, binascii.Error) as error:
            raise Refused("not an event of payload format 2.0") from error


@dataclass(frozen=True, slots=True)
class Signature:
    """A verified signature: which key made it, and when (seconds since 1970)."""

    key_id: str
    signed_at: int


class GatewayVerifier:
    """Checks signatures under one secret, or under two while one replaces the other. Raises ValueError for bad ones."""

    def __init__(self, secrets: Iterable[str], *, max_age: int = MAX_AGE, max_skew: int = MAX_SKEW) -> None:
        keys = [secret.strip().encode() for secret in secrets]
        if not keys:
            raise ValueError("at least one origin secret is needed")
        if min(map(len, keys)) < SHORTEST_SECRET:
            raise ValueError(f"an origin secret needs at least {SHORTEST_SECRET} bytes")
        self._keys = {_key_id(key): key for key in keys}
        self._max_age = max_age
        self._max_skew = max_skew

    def verify(self, request: Received, now: float) -> Signature:
        """Returns who signed and when. `now` is in seconds since 1970. Raises Refused."""
        value = request.headers.get(SIGNATURE_HEADER)
        if value is None:
            raise Refused("no signature")
        match = SIGNATURE.fullmatch(value)
        if match is None:
            raise Refused("malformed signature")
        stamp, key_id, given = match.groups()
        key = self._keys.get(key_id)
        if key is None:
            raise Refused("unknown key")
        try:
            expected = hmac.new(key, _message(request, key_id, stamp), hashlib.sha256).hexdigest()
        except UnicodeEncodeError as error:
            raise Refused("a covered value is not ASCII") from error
        if not hmac.compare_digest(expected, given):
            raise Refused("the request is not what was signed")
        self._check_age(int(stamp), now)
        return Signature(key_id, int(stamp))

    def _check_age(self, signed_at: int, now: float) -> None:
        if now - signed_at > self._max_age:
            raise Refused("the signature is too old")
        if signed_at - now > self._max_skew:
            raise Refused("the signature is from the future")


def identity_text(value: str) -> str:
    """One identity field as the claim it was made of. Raises ValueError when it is not percent-encoded UTF-8."""
    return unquote(value, errors="strict")


def identity_list(value: str) -> list[str]:
    """An identity field that holds a list, such as `x-user-role`, as its items."""
    return [identity_text(item.strip(" \t")) for item in value.split(",") if item.strip(" \t")]


def _message(request: Received, key_id: str, stamp: str) -> bytes:
    """What was signed: netstrings, so that no two requests have the same bytes."""
    parts = [
        *(MESSAGE_VERSION, key_id, stamp, request.method, request.host.lower().removesuffix(":443")),
        *(request.path, request.query, hashlib.sha256(request.body).hexdigest()),
        *(text for pair in sorted(_covered(request.headers)) for text in pair),
    ]
    return b"".join(b"%d:%b," % (len(part), part.encode("ascii")) for part in parts)


def _covered(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Every field that could be taken for an identity or a locale, in any spelling a framework might fold."""
    for name, value in headers.items():
        if SEPARATORS.sub("-", name).startswith(COVERED_PREFIXES) and name != SIGNATURE_HEADER:
            yield name, value.strip(" \t")


def _content(event: Mapping[str, Any]) -> bytes:
    body: str = event.get("body") or ""
    return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()


def _key_id(key: bytes) -> str:
    return hmac.digest(key, b"gatehouse-kid", "sha256").hex()[:12]
