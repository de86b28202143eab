"""The words of JOSE headers and keys that have several spellings (RFC 7515, RFC 7518, RFC 8037, RFC 9864).

`EdDSA` may be read as Ed25519 or as Ed448, which is why RFC 9864 gave Ed25519 a name of its own. Here no other curve is
known, so the two names are one algorithm wherever they stand: in a token, in a key, in the settings.

Nothing here verifies anything.
"""

from typing import Any, Final, Literal

Algorithm = Literal[
    "HS256", "HS384", "HS512",
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
]  # fmt: skip
"""What the settings may name."""

HS_KEY_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Shortest key per algorithm: the output of its hash (RFC 7518 section 3.2)."""

ASYMMETRIC: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip

_SAME: Final = {"Ed25519": "EdDSA"}


def canonical_algorithm(name: Any) -> Any:
    """The one name of an algorithm that has two; anything else, a string or not, as it is."""
    return _SAME.get(name, name) if isinstance(name, str) else name


def key_id(value: Any) -> str | None:
    """A `kid`; None where there is none, which is what `null` and a number say. Raises ValueError for anything else."""
    if value is None or type(value) in (int, float):
        return None
    if not isinstance(value, str):
        raise ValueError("'kid' is not a string")
    return value
