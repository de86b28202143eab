"""Who calls, as the gateway vouches for it; never as the request alone says.

A request is the gateway's when one of two things holds, and otherwise it is refused with 401:

- it carries a good `x-gateway-signature` (routes with `sign = "hmac"`), or
- AWS has verified its SigV4 signature and found the gateway's own IAM principal behind it (routes with
  `sign = "sigv4"`, function URL with `AWS_IAM`). AWS itself fills in `requestContext.authorizer.iam`; no client can.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from gatehouse_verifier import GatewayVerifier, Nonces, Received, Refused, identity_list, identity_text

from application.common.caller_keys import caller_key as caller_key
from application.common.problems import Problem

ADMIN = "admin"

Secrets = Callable[[], Sequence[str]]
"""Gives the secrets shared with the gateway, the current one and perhaps the next; asked at every request."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`id` is None for an anonymous visitor of a public route. `verified_by` says how we know: for the log.

    Another issuer's `ada` is somebody else: callers are told apart by `key`, never by `id` alone.
    """

    id: str | None
    roles: tuple[str, ...]
    verified_by: str
    issuer: str | None = None

    @property
    def key(self) -> str:
        return caller_key(self.issuer, self.id or "")

    @property
    def is_admin(self) -> bool:
        return self.id is not None and ADMIN in self.roles


@dataclass(frozen=True, slots=True)
class Vouched:
    """A request that came through the gateway: what was received, and on whose behalf.

    Its fields are those that were signed, where the gateway's own signature says so.
    """

    request: Received
    caller: Caller


class Gatekeeper:
    """Lets in what came through the gateway.

    `secrets` are shared with the gateway; `principal` is the ARN of the IAM user or role it signs with, or None where
    SigV4 is not used. `hosts` are the names under which the gateway reaches this origin; without any it is the one by
    which AWS says that the request came (`requestContext.domainName`). `nonces` keeps signed requests from being sent
    twice.
    """

    def __init__(
        self, secrets: Secrets, principal: str | None, hosts: Sequence[str] = (), nonces: Nonces | None = None
    ) -> None:
        self._secrets = secrets
        self._principal = principal
        self._hosts = tuple(hosts)
        self._verifier = lru_cache(maxsize=4)(partial(_verifier, nonces))

    def admit(self, event: Mapping[str, Any], now: float) -> Vouched:
        """`now` is in seconds since 1970. Raises Refused."""
        request, verified_by = Received.from_event(event), "aws-iam"
        if not self._is_vouched_by_iam(event):
            request, verified_by = self._vouched_by_signature(request, event, now)
        try:
            caller_id = identity_text(request.headers.get("x-user-id", ""))
            issuer = identity_text(request.headers.get("x-user-issuer", ""))
            roles = identity_list(request.headers.get("x-user-role", ""))
        except ValueError as error:
            raise Refused("an identity field is not percent-encoded UTF-8") from error
        return Vouched(request, Caller(caller_id or None, tuple(roles), verified_by, issuer or None))

    def _is_vouched_by_iam(self, event: Mapping[str, Any]) -> bool:
        iam = (event["requestContext"].get("authorizer") or {}).get("iam") or {}
        return bool(self._principal and is_principal(iam.get("userArn") or "", self._principal))

    def _vouched_by_signature(self, request: Received, event: Mapping[str, Any], now: float) -> tuple[Received, str]:
        """The request with its signed fields alone, and which key signed it."""
        secrets = tuple(self._secrets())
        if not secrets:
            raise Refused("no origin secret is configured")
        hosts = self._hosts or (event["requestContext"].get("domainName") or "",)
        signature = self._verifier(secrets, hosts).verify(request, now)
        return replace(request, headers=signature.fields), f"gateway-signature kid={signature.key_id}"


def is_principal(user_arn: str, principal: str) -> bool:
    """Whether the ARN that AWS reports is that of `principal`; a role is reported as one of its sessions.

    arn:aws:iam::1:role/edge/gatehouse  <-  arn:aws:sts::1:assumed-role/gatehouse/<session>
    """
    head, kind, name = principal.partition(":role/")
    if not kind:
        return user_arn == principal
    session = f"{head.replace(':iam:', ':sts:')}:assumed-role/{name.rpartition('/')[2]}/"
    return user_arn.startswith(session) and len(user_arn) > len(session)


def require_identity(caller: Caller) -> str:
    """The caller's id, or 401: the gateway let an anonymous visitor through to something that is not public."""
    if caller.id is None:
        raise Problem(401, "identity_required", "This resource is for authenticated callers only.")
    return caller.id


def require_admin(caller: Caller) -> str:
    """The caller's id, or 401 for nobody and 403 for somebody else."""
    caller_id = require_identity(caller)
    if not caller.is_admin:
        raise Problem(403, "forbidden", f"Only callers with the role {ADMIN!r} may do this.")
    return caller_id


def _verifier(nonces: Nonces | None, secrets: tuple[str, ...], hosts: tuple[str, ...]) -> GatewayVerifier:
    return GatewayVerifier(secrets, hosts=hosts, nonces=nonces)
