"""Names of fields: which there are, and which one server may take for another."""

import re

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 section 5.6.2."""

_SEPARATORS = re.compile(r"[^a-z0-9]+")


def canonical(name: str) -> str:
    """The spelling that servers may take `name` for: `X_User.Id` -> `x-user-id`."""
    return _SEPARATORS.sub("-", name.lower())
