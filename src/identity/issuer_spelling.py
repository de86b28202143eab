"""How issuers, key sets, claims and roles are written here, and what is said to those who write them as elsewhere.

Each would be a configuration that passes every other check and lets nobody in.
"""

import re
from typing import Final

METADATA: Final = re.compile(r"/\.well-known/(?:openid-configuration|oauth-authorization-server)/?\Z")
"""What the address of an issuer's metadata ends in (OpenID Connect Discovery 1.0 section 4; RFC 8414 section 3)."""

FOREIGN_PATH: Final = re.compile(r"\A\$[.\[]|\A/|\[.*\]|\.\.", re.DOTALL)
"""JSONPath (RFC 9535), JSON Pointer (RFC 6901), subscripts."""

TOLD_FIELD: Final = re.compile(r"x-user(?:-[a-z0-9]+)+")
OWN_FIELDS: Final = frozenset({"x-user-id", "x-user-role", "x-user-issuer", "x-user-token-expires"})

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def issuer_fault(value: str) -> str | None:
    """Why no token has this `iss`; None where one may."""
    found = METADATA.search(value)
    return found and f"is where the issuer's metadata is; write {value[: found.start()]!r}, as it stands in `iss`"


def key_set_fault(value: str) -> str | None:
    """Why no key set is at this address; None where one may be."""
    return "is the issuer's metadata and no key set; write discovery = true instead" if METADATA.search(value) else None


def claim_path_fault(value: str) -> str | None:
    """Why no claim is found by this path; None where one may be."""
    return "is no dotted path; write it as in 'realm_access.roles'" if FOREIGN_PATH.search(value) else None


def told_field_fault(name: str) -> str | None:
    """Why no claim is told by a field of this name; None where one may be."""
    if not TOLD_FIELD.fullmatch(name):
        return "must be a field under 'x-user-', in small letters, digits and '-': clients' copies of those never pass"
    return "is set already, from id_claim, role_claim, `iss` and `exp`" if name in OWN_FIELDS else None


def role_fault(value: str) -> str | None:
    """Why no caller has this role (`principals.py`); None where one may."""
    if not value:
        return "an empty role is nobody's; leave the list out if any caller will do"
    return f"{value!r} holds a control character, which no role has" if _CONTROL.search(value) else None
