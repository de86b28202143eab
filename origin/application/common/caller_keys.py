"""One text per caller. In a file of its own, so that functions that see no request need not import a verifier."""

from urllib.parse import quote


def caller_key(issuer: str | None, caller_id: str) -> str:
    """One string per caller: an id means something only with the issuer that gave it. No two pairs share one."""
    return f"{quote(issuer or '', safe='')}/{caller_id}"
