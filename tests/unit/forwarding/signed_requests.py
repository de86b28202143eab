"""What the gateway adds to a request so that an origin believes it, for tests that have no gateway; and one request."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from gatehouse_verifier import GatewayVerifier, Received, Refused

from forwarding.signing import NONCE_BITS, OriginKey, RequestSigner, origin_key

SECRET = "first-secret-of-at-least-thirty-two-bytes"
NOW = 1_790_000_000
HOST = "abc.lambda-url.eu-west-1.on.aws"
VERIFIER = GatewayVerifier([SECRET], hosts=[HOST])

REQUEST = Received(
    method="POST",
    host=HOST,
    path="/users/Zo%C3%AB",
    query="limit=2&q=a+b",
    headers={
        "accept": "*/*",
        "accept-encoding": "gzip, br",
        "content-type": "application/json",
        "cookie": "theme=dark; basket=7",
        "idempotency-key": "k-1",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-host": "api.example",
        "x-request-id": "r-1",
        "x-user-id": "auth0|42",
        "x-user-role": "user",
        "x-geo-country": "PT",
        "x-geo-currency": "EUR",
    },
    body=b'{"name":"Ada"}',
)


def sign(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body_sha256: str | None,
    key: OriginKey,
    now: float,
    nonce: int | None = None,
) -> dict[str, str]:
    """The fields of one try; its nonce is a new one unless it is given."""
    stamp = RequestSigner(key, host).sign(method, path, query, headers, body_sha256)
    return stamp(now, random.getrandbits(NONCE_BITS) if nonce is None else nonce)


def signed(request: Received, secret: str = SECRET, now: float = NOW, nonce: int | None = None) -> Received:
    """`request` with the gateway's signature on it."""
    body_sha256 = hashlib.sha256(request.body).hexdigest() if request.body else None
    key = origin_key(secret)
    added = sign(
        request.method, request.host, request.path, request.query, request.headers, body_sha256, key, now, nonce
    )
    return replace(request, headers={**request.headers, **added})


def refusal(request: Received, now: float = NOW, verifier: GatewayVerifier = VERIFIER) -> str:
    with pytest.raises(Refused) as caught:
        verifier.verify(request, now)
    reason: str = caught.value.reason
    return reason


def with_headers(request: Received, **headers: str) -> Received:
    return replace(request, headers={**request.headers, **{name.replace("_", "-"): v for name, v in headers.items()}})


def without(request: Received, name: str) -> Received:
    return replace(request, headers={k: v for k, v in request.headers.items() if k != name})
