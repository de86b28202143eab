"""Issuers with a tenant in their name: `https://login.microsoftonline.com/{tenantid}/v2.0`.

Pure. The placeholder is one segment of the path. Whoever stands there must be one of the entry's `tenants`, and the
token must say the same in `tid`: a tenant that could write another's id into `iss` alone would be that other one.
"""

import re
from typing import Final
from urllib.parse import urlsplit

PLACEHOLDER: Final = "{tenantid}"
ANY: Final = "*"

CLAIM: Final = "tid"
"""In which a token says whose it is."""

TENANT: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
"""A GUID, a name, a domain: never empty, never a dot segment, never two segments."""

METADATA_TENANT: Final = "common"
"""What stands in the place of the tenant where the issuer's metadata is asked for, as Entra has it."""


def pattern_fault(issuer: str | None, tenants: tuple[str, ...]) -> str | None:
    """Why `issuer` and `tenants` do not go together; None where they do."""
    named = PLACEHOLDER in (issuer or "")
    if named and urlsplit(issuer or "").path.split("/").count(PLACEHOLDER) != 1:
        return f"{PLACEHOLDER} must be one segment of the path of 'issuer', once"
    if (issuer or "").count(PLACEHOLDER) > 1:
        return f"{PLACEHOLDER} must stand in 'issuer' once"
    if named and not tenants:
        return f"{PLACEHOLDER} in 'issuer' needs 'tenants': those who may stand there, or ['*'] for anybody"
    if tenants and not named:
        return f"'tenants' needs {PLACEHOLDER} in 'issuer'"
    if ANY in tenants and len(tenants) > 1:
        return "'tenants' is ['*'] or a list of tenants"
    strange = next((one for one in tenants if one != ANY and not TENANT.fullmatch(one)), None)
    return strange and f"{strange!r} in 'tenants' cannot be a segment of a path"


def metadata_issuer(issuer: str) -> str:
    """The issuer below which metadata is looked for."""
    return issuer.replace(PLACEHOLDER, METADATA_TENANT)


def is_keys_issuer(declared: str | None, name: str | None) -> bool:
    """Whether a key that declares an issuer, maybe with the placeholder, verifies tokens of the issuer `name`."""
    if declared is None:
        return True
    if name is None:
        return False
    head, placeholder, tail = declared.partition(PLACEHOLDER)
    return name == declared if not placeholder else tenant_of(head, tail, name) is not None


def tenant_of(head: str, tail: str, name: str) -> str | None:
    """What stands in `name` between `head` and `tail`, if that can be a tenant."""
    if not (name.startswith(head) and name.endswith(tail) and len(name) > len(head) + len(tail)):
        return None
    tenant = name[len(head) : len(name) - len(tail)]
    return tenant if TENANT.fullmatch(tenant) else None


class IssuerName:
    """The `iss` that an entry takes: exactly one, or one for each tenant."""

    def __init__(self, issuer: str | None, tenants: tuple[str, ...] = ()) -> None:
        self.exact = None if tenants else issuer
        self.is_pattern = bool(tenants)
        self._head, _, self._tail = (issuer or "").partition(PLACEHOLDER)
        self._tenants = frozenset(tenants)

    def takes(self, name: str) -> bool:
        """Whether the entry takes tokens of `name`, as far as that alone says."""
        if not self.is_pattern:
            return name == self.exact
        tenant = tenant_of(self._head, self._tail, name)
        return tenant is not None and (ANY in self._tenants or tenant in self._tenants)

    def is_bound(self, name: str, tid: object) -> bool:
        """Whether the tenant in `name` is the one that the token itself is of."""
        return not self.is_pattern or tid == tenant_of(self._head, self._tail, name)
