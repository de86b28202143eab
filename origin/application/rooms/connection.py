"""Who is connected, as the gateway vouched for it at the handshake, and how much they may send. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatehouse_verifier import identity_list, identity_text

from application.common.caller import Caller, is_principal
from application.rooms.protocol import MOST_MESSAGES, WITHIN

LONGEST = 2 * 3600
"""Seconds a connection lives; API Gateway's own limit. One whose token has no end has this one."""

EXPIRES = "x-user-token-expires"
"""The gateway's field: when the caller's token ends, in seconds since 1970."""


class NotVouched(Exception):
    """The handshake is not the gateway's, or is nobody's. `status` is what it is refused with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Connection:
    """One socket. `expires` is when its token ends; `recent` are the times of its last messages, oldest first.

    All times are in seconds since 1970.
    """

    id: str
    caller: Caller
    expires: float
    opened: float
    rooms: frozenset[str] = frozenset()
    recent: tuple[float, ...] = ()

    @property
    def user(self) -> dict[str, str]:
        return user_of(self.caller)


def user_of(caller: Caller) -> dict[str, str]:
    """Somebody, as others in a room see them: an id means something only with its issuer."""
    return {"issuer": caller.issuer or "", "id": caller.id or ""}


def of_handshake(event: Mapping[str, Any], principal: str, now: float) -> Connection:
    """The connection of a `$connect` event. Raises NotVouched.

    AWS fills in `requestContext.identity` for the route's `AWS_IAM`; no client can. The query is not looked at.
    """
    context = event["requestContext"]
    if not is_principal((context.get("identity") or {}).get("userArn") or "", principal):
        raise NotVouched(403, "not signed by the gateway")
    fields = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    caller = vouched_caller(fields)
    if caller.id is None:
        raise NotVouched(401, "nobody is signed in")
    return Connection(context["connectionId"], caller, token_ends(fields, now), now)


def vouched_caller(fields: Mapping[str, str]) -> Caller:
    """Who the gateway says it is. Raises NotVouched."""
    try:
        caller_id = identity_text(fields.get("x-user-id", ""))
        issuer = identity_text(fields.get("x-user-issuer", ""))
        roles = identity_list(fields.get("x-user-role", ""))
    except ValueError as error:
        raise NotVouched(403, "an identity field is not percent-encoded UTF-8") from error
    return Caller(caller_id or None, tuple(roles), "aws-iam", issuer or None)


def token_ends(fields: Mapping[str, str], now: float) -> float:
    """When the token of a request ends. A caller without one, with an API key say, has a connection's whole life."""
    text = fields.get(EXPIRES, "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else now + LONGEST


def counted(recent: tuple[float, ...], now: float) -> tuple[float, ...] | None:
    """The times of the last messages with one more at `now`; None where that is one too many."""
    within = tuple(at for at in recent if at > now - WITHIN)
    return (*within, now) if len(within) < MOST_MESSAGES else None
