"""Who counts as one caller where callers are shared among origins: nobody flips from one version to the other."""

from ipaddress import IPv6Address, ip_address

from core.messages import Request
from forwarding.forwarded import Identity, client_address


def caller_of(request: Request, principal: Identity | None) -> str:
    """The caller by issuer and id; without a token, by the network it comes from: a phone's address changes within it,
    and no cookie is needed."""
    if principal is not None:
        return f"{principal.issuer or ''}\n{principal.id}"
    return _network(client_address(request) or "")


def _network(address: str) -> str:
    """`203.0.113.7` -> `203.0.113`, `2001:db8:1:2::7` -> its first 48 bits."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return found.packed[:6].hex()
    return address.rpartition(".")[0]
