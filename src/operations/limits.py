"""Rate limits: whose requests are counted together, and what a refused caller is told.

The counting is the platform's (a rate-limit binding, per location). A binding that is missing or fails means what the
route's `on_failure` says; silence would either open an expensive origin or close a working one. A request that is
refused for its token, or for want of a role, counts as well: guessing is not free.
"""

from ipaddress import IPv6Address, ip_address

from auth import Principal
from core.lengths import REQUEST_FIELDS
from core.messages import Request
from core.ports import Platform, StoreFailed
from core.problems import Problem
from operations.settings import LimitedSettings, RateLimitSettings, RoleLimitSettings


def limit_key(request: Request, principal: Principal | None) -> str:
    """Issuer and subject when the caller is known, else the client's address.

    An IPv6 subscriber commonly holds a whole /64, so its addresses count as one (RFC 6177 section 2).
    """
    if principal is not None:
        return f"user {principal.key}"
    client = request.headers.get("cf-connecting-ip", "")
    if len(client) > REQUEST_FIELDS["cf-connecting-ip"].characters:
        return "address unknown"
    try:
        address = ip_address(client)
    except ValueError:
        return "address unknown"
    if isinstance(address, IPv6Address):
        return f"address {IPv6Address(int(address) >> 64 << 64)}/64"
    return f"address {address}"


def limit_of(limit: RateLimitSettings, principal: Principal | None) -> RoleLimitSettings:
    """The limit that holds for a caller: that of its role, or the route's."""
    if limit.by_role and principal is not None:
        return next((own for role, own in limit.by_role.items() if role in principal.roles), limit)
    return limit


def policy_field(limit: RoleLimitSettings) -> dict[str, str]:
    """`RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers section 3), when the figures are configured."""
    if limit.limit is None:
        return {}
    return {"ratelimit-policy": f'"{limit.binding}";q={limit.limit};w={limit.period}'}


async def enforce(request: Request, route: LimitedSettings, principal: Principal | None, platform: Platform) -> None:
    """Let the request through, or raise the problem 429 (or 503 when the binding fails and the route says "closed")."""
    if route.rate_limit is None:
        return
    limit = limit_of(route.rate_limit, principal)
    try:
        allowed = await platform.limiter(limit.binding)(limit_key(request, principal))
    except (KeyError, StoreFailed) as error:
        platform.log("limiter_failed", binding=limit.binding, error=str(error), on_failure=route.on_failure)
        if route.on_failure == "open":
            return
        raise Problem(
            503, "limiter_unavailable", "The rate limiter does not answer; try again.", headers={"retry-after": "5"}
        ) from None
    if not allowed:
        headers = {"retry-after": str(limit.period), **policy_field(limit)}
        raise Problem(429, "rate_limited", f"Too many requests; try again in {limit.period} seconds.", headers=headers)
