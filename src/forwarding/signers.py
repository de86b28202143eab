"""Which signature a route's requests carry: from `sign`, the secrets and the origin's host to one function.

Compiled once per isolate, so that a route that cannot be signed for is found before its first request.
The algorithms are in `sigv4.py` and `signing.py`; this file only chooses.
"""

from collections.abc import Callable, Mapping

from core.messages import Request
from core.ports import Randomness
from forwarding import signing, sigv4
from forwarding.settings import ForwardingSettings

Stamp = Callable[[float], dict[str, str]]
"""(seconds since 1970) -> the header fields to add to one try of a request."""

Signer = Callable[[Request, str | None], Stamp]
"""(request, SHA-256 of its content in hexadecimal or None) -> what signs each of its tries."""


def compiled_signer(
    route: ForwardingSettings, host: str, secrets: Mapping[str, str], random: Randomness, *, binding: bool = False
) -> Signer | None:
    """The signer of `route` for an origin at `host`, or None when its requests go unsigned.

    Raises ValueError (`field: what is wrong and how to mend it`) when the configuration does not suffice.
    """
    if route.sign == "sigv4":
        if binding:
            raise ValueError("sign: 'sigv4' is for AWS; a service binding needs no signature")
        return _sigv4_signer(route, host, secrets)
    if route.sign == "hmac":
        return _hmac_signer(host, secrets, random)
    return None


def signed_service(route: ForwardingSettings, host: str) -> str | None:
    """The service of AWS that a route's requests are signed for; None where they are not, or for none that is known."""
    if route.sign != "sigv4":
        return None
    known = sigv4.scope_of(host)
    return route.aws_service or (known.service if known else None)


def _sigv4_signer(route: ForwardingSettings, host: str, secrets: Mapping[str, str]) -> Signer:
    if route.forward_authorization:
        raise ValueError(
            "forward_authorization: 'sigv4' signs in the Authorization field; only one of both can be sent"
        )
    known = sigv4.scope_of(host)
    region = route.aws_region or (known.region if known else None)
    service = signed_service(route, host)
    if region is None or service is None:
        raise ValueError(f"aws_region: {host} does not tell its region and service; set aws_region and aws_service")
    scope = sigv4.Scope(region, service)
    credentials = sigv4.Credentials(
        secrets.get("AWS_ACCESS_KEY_ID", ""), secrets.get("AWS_SECRET_ACCESS_KEY", ""), secrets.get("AWS_SESSION_TOKEN")
    )

    def signer(request: Request, body_sha256: str | None) -> Stamp:
        def stamp(now: float) -> dict[str, str]:
            return sigv4.sign(
                request.method,
                request.host,
                request.path,
                request.query,
                request.headers,
                body_sha256,
                credentials,
                scope,
                now,
            )

        return stamp

    return signer


def _hmac_signer(host: str, secrets: Mapping[str, str], random: Randomness) -> Signer:
    try:
        key = signing.origin_key(secrets.get("ORIGIN_SECRET", ""))
    except ValueError as error:
        raise ValueError(f"sign: ORIGIN_SECRET: {error}") from None
    of_route = signing.RequestSigner(key, host)

    def signer(request: Request, body_sha256: str | None) -> Stamp:
        stamp = of_route.sign(request.method, request.path, request.query, request.headers, body_sha256)
        return lambda now: stamp(now, random.getrandbits(signing.NONCE_BITS))

    return signer
