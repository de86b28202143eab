"""Whether a request came through the gateway, unchanged, a moment ago. One file: copy it into your own Lambda.

The gateway signs what an origin acts on with a shared secret and sends it as `x-gateway-signature`; what the signature
says and covers is written out where it is made (`src/forwarding/signing.py`). Only after `GatewayVerifier.verify` has
returned may a handler believe the request, and of its fields only those that the answer's `fields` holds.

    verifier = GatewayVerifier([os.environ["ORIGIN_SECRET"]], hosts=["abc.lambda-url.eu-west-1.on.aws"])

    def handler(event, context):
        try:
            signature = verifier.verify(Received.from_event(event), time.time())
        except Refused as refusal:
            return {"statusCode": 401, "body": refusal.reason}
        caller = identity_text(signature.fields["x-user-id"])

What is refused: a request without the field or with two of them, an unknown key, a host that is none of `hosts`, any
change to method, host, path, query, content or a signed field (also one taken away), a field that somebody added and
that the origin would act on (`ASKED_FOR`, and those named as `asked_for`), and a signature older than `MAX_AGE`
seconds.

Within that time the same request may be sent again, unless the verifier is given somewhere to remember: with `nonces`,
a request of any method but GET, HEAD, OPTIONS and TRACE is taken once. The gateway's own repetition is signed anew and
passes.

Identity values: percent-encoded UTF-8, where a claim holds anything but visible ASCII, `%` or `,`. A list (of roles)
is joined with ",". `identity_text` and `identity_list` undo that.

Standard library only. It reads no clock, no environment and no network.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote

SIGNATURE_HEADER = "x-gateway-signature"
MESSAGE_VERSION = "gatehouse-origin-v2"
SIGNATURE = re.compile(
    r"t=(0|[1-9][0-9]{0,11}),kid=([0-9a-f]{12}),nonce=([0-9a-f]{32}),"
    r"names=([0-9a-z!#$%&'*+.^_`|~;-]*),v2=([0-9a-f]{64})"
)

VOUCHED_PREFIXES = ("x-gateway-", "x-geo-", "x-user-")
"""What only the gateway says. Refused without a signature, in any spelling that a framework might fold into one."""
SEPARATORS = re.compile(r"[^a-z0-9]+")

ASKED_FOR = frozenset({
    # what the content is, and whose
    "authorization", "content-encoding", "content-language", "content-type", "cookie", "idempotency-key",
    # what is to be done, and whether
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "prefer", "range",
    "sec-websocket-protocol",
    # on whose page it was asked
    "origin", "referer",
    # another caller, method, path or host than those that were signed: no client's copy passes the gateway
    "remote-user", "x-auth-request-email", "x-auth-request-user", "x-authenticated-user", "x-forwarded-email",
    "x-forwarded-groups", "x-forwarded-host", "x-forwarded-path", "x-forwarded-prefix", "x-forwarded-scheme",
    "x-forwarded-uri", "x-forwarded-user", "x-host", "x-http-method", "x-http-method-override", "x-method-override",
    "x-original-host", "x-original-method", "x-original-uri", "x-original-url", "x-remote-user", "x-request-id",
    "x-request-uri", "x-rewrite-url", "x-script-name", "x-uri", "x-url", "x-webauth-user",
})  # fmt: skip
"""Fields that origins act on, beside those they name themselves: refused where they are not signed, in any spelling."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Nothing happens twice when one of these is repeated (RFC 9110 section 9.2.1)."""

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


class Nonces(Protocol):
    """Where used nonces are remembered, for all of an origin's instances together."""

    def is_new(self, nonce: str, until: int) -> bool:
        """Remember `nonce` until `until` (seconds since 1970), and say whether it was unknown; both in one step."""
        ...


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
            headers = _event_headers(event)
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
    fields: Mapping[str, str]
    """The signed fields of the request, by lower-case name. Whatever else it has may be anybody's."""


class GatewayVerifier:
    """Checks signatures under one secret, or under two while one replaces the other. Raises ValueError for bad ones.

    `hosts` are the names under which the gateway reaches this origin, with a port unless it is 443. `asked_for` names
    fields that this origin acts on, beside `ASKED_FOR`. `nonces` remembers; without it, a request may be replayed while
    its signature is good. `accept_v1` takes signatures of the former version as well, which cover method, host, path,
    query, content and the gateway's own fields alone: for the time in which the gateway is brought up to date.
    """

    def __init__(
        self,
        secrets: Iterable[str],
        *,
        hosts: Collection[str],
        asked_for: Iterable[str] = (),
        nonces: Nonces | None = None,
        accept_v1: bool = False,
        max_age: int = MAX_AGE,
        max_skew: int = MAX_SKEW,
    ) -> None:
        keys = [secret.strip().encode() for secret in secrets]
        if not keys:
            raise ValueError("at least one origin secret is needed")
        if min(map(len, keys)) < SHORTEST_SECRET:
            raise ValueError(f"an origin secret needs at least {SHORTEST_SECRET} bytes")
        if not hosts or isinstance(hosts, str):
            raise ValueError("hosts: the names under which the gateway reaches this origin are needed, as a list")
        self._keys = {_key_id(key): key for key in keys}
        self._hosts = frozenset(map(_authority, hosts))
        self._asked_for = ASKED_FOR.union(map(_canonical, asked_for))
        self._nonces = nonces
        self._accept_v1 = accept_v1
        self._max_age = max_age
        self._max_skew = max_skew

    def verify(self, request: Received, now: float) -> Signature:
        """Returns who signed, when and which fields. `now` is in seconds since 1970. Raises Refused."""
        value = request.headers.get(SIGNATURE_HEADER)
        if value is None:
            raise Refused("no signature")
        if _authority(request.host) not in self._hosts:
            raise Refused("the host is none of this origin's")
        former = V1_SIGNATURE.fullmatch(value) if self._accept_v1 else None
        if former is not None:
            return self._verify_v1(request, former, now)
        match = SIGNATURE.fullmatch(value)
        if match is None:
            raise Refused("malformed signature")
        stamp, key_id, nonce, listed, given = match.groups()
        fields = _signed_fields(request.headers, listed)
        self._compare(key_id, _message(request, key_id, stamp, nonce, listed, fields), given)
        self._refuse_added(request.headers, fields)
        self._check_age(int(stamp), now)
        self._use(request.method, f"{key_id}-{nonce}", int(stamp))
        return Signature(key_id, int(stamp), fields)

    def _compare(self, key_id: str, parts: Iterable[str], given: str) -> None:
        key = self._keys.get(key_id)
        if key is None:
            raise Refused("unknown key")
        try:
            expected = hmac.new(key, b"".join(map(_netstring, parts)), hashlib.sha256).hexdigest()
        except UnicodeEncodeError as error:
            raise Refused("a covered value is not ASCII") from error
        if not hmac.compare_digest(expected, given):
            raise Refused("the request is not what was signed")

    def _refuse_added(self, headers: Mapping[str, str], signed: Mapping[str, str]) -> None:
        """Nobody may add what the origin acts on."""
        for name in headers:
            plain = _canonical(name)
            if name in signed or name == SIGNATURE_HEADER:
                continue
            if plain in self._asked_for or plain.startswith(VOUCHED_PREFIXES):
                raise Refused(f"the field {plain} is not signed")

    def _check_age(self, signed_at: int, now: float) -> None:
        if now - signed_at > self._max_age:
            raise Refused("the signature is too old")
        if signed_at - now > self._max_skew:
            raise Refused("the signature is from the future")

    def _use(self, method: str, nonce: str, signed_at: int) -> None:
        """Last of all, so that only what would have been taken is remembered."""
        if self._nonces is None or method in SAFE_METHODS:
            return
        if not self._nonces.is_new(nonce, signed_at + self._max_age + 1):
            raise Refused("the request was sent before")

    def _verify_v1(self, request: Received, match: re.Match[str], now: float) -> Signature:
        """The former version has no nonce: its signature stands for one."""
        stamp, key_id, given = match.groups()
        fields = dict(_v1_fields(request.headers))
        self._compare(key_id, _v1_message(request, key_id, stamp, fields), given)
        self._check_age(int(stamp), now)
        self._use(request.method, f"{key_id}-{given}", int(stamp))
        return Signature(key_id, int(stamp), fields)


def identity_text(value: str) -> str:
    """One identity field as the claim it was made of. Raises ValueError when it is not percent-encoded UTF-8."""
    return unquote(value, errors="strict")


def identity_list(value: str) -> list[str]:
    """An identity field that holds a list, such as `x-user-role`, as its items."""
    return [identity_text(item.strip(" \t")) for item in value.split(",") if item.strip(" \t")]


def _message(
    request: Received, key_id: str, stamp: str, nonce: str, listed: str, fields: Mapping[str, str]
) -> Iterable[str]:
    """What was signed."""
    yield from (MESSAGE_VERSION, key_id, _authority(request.host), request.method, request.path, request.query)
    yield from (hashlib.sha256(request.body).hexdigest(), listed)
    yield from (_cookies(value) if name == "cookie" else value.strip(" \t") for name, value in fields.items())
    yield from (stamp, nonce)


def _signed_fields(headers: Mapping[str, str], listed: str) -> dict[str, str]:
    """Raises Refused when one was taken away."""
    try:
        return {name: headers[name] for name in listed.split(";") if name}
    except KeyError as error:
        raise Refused("the request is not what was signed") from error


def _netstring(text: str) -> bytes:
    """So that no two requests have the same bytes."""
    return b"%d:%b," % (len(text), text.encode("ascii"))


def _authority(host: str) -> str:
    return host.lower().removesuffix(":443")


def _canonical(name: str) -> str:
    """The spelling that a framework may take `name` for: `X_User.Id` -> `x-user-id`."""
    return SEPARATORS.sub("-", name.lower())


def _cookies(value: str) -> str:
    return "; ".join(pair for part in value.split(";") if (pair := part.strip(" \t")))


def _event_headers(event: Mapping[str, Any]) -> dict[str, str]:
    """The fields, with the cookies of the event's list. Raises Refused when there are others beside them."""
    headers = {name.lower(): str(value) for name, value in event["headers"].items()}
    if cookies := event.get("cookies"):
        listed = "; ".join(cookies)
        if _cookies(headers.setdefault("cookie", listed)) != _cookies(listed):
            raise Refused("the event has two lists of cookies")
    return headers


def _content(event: Mapping[str, Any]) -> bytes:
    body: str = event.get("body") or ""
    return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()


def _key_id(key: bytes) -> str:
    return hmac.digest(key, b"gatehouse-kid", "sha256").hex()[:12]


# --- the former version -----------------------------------------------------------------------------------------------

V1_SIGNATURE: Final = re.compile(r"t=(0|[1-9][0-9]{0,11}),kid=([0-9a-f]{12}),v1=([0-9a-f]{64})")


def _v1_fields(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Every field that could be taken for an identity or a locale, in any spelling a framework might fold."""
    for name in sorted(headers):
        if _canonical(name).startswith(VOUCHED_PREFIXES) and name != SIGNATURE_HEADER:
            yield name, headers[name]


def _v1_message(request: Received, key_id: str, stamp: str, fields: Mapping[str, str]) -> Iterable[str]:
    yield from ("gatehouse-origin-v1", key_id, stamp, request.method, _authority(request.host))
    yield from (request.path, request.query, hashlib.sha256(request.body).hexdigest())
    for name, value in fields.items():
        yield from (name, value.strip(" \t"))
