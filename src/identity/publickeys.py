"""Public keys as providers publish them: JWK Sets read, checked and chosen from (RFC 7517, RFC 7518, RFC 8037).

Pure: parsed JSON in, a `KeySet` out. A set may hold anything; keys that are malformed, weak, private or meant for
something else are left out, each with a reason, and never spoil the others. A member of a key that is `null` or empty
counts as one that is not there, as many providers write what does not apply; so does a `kid` that is a number. What is
kept of a key is only what a verifier needs, so that nothing a provider adds (`x5c`, `use`, `ext`) can change what an
import makes of it.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from core import base64url
from core.records import record
from identity.jose import canonical_algorithm, key_id
from identity.tenants import is_keys_issuer

MAX_KEYS: Final = 100
"""Members of a set that are looked at."""
MAX_TRIED: Final = 4
"""Keys of a set that one token may be verified with: each costs a verification, and anybody can send a token."""
RSA_BITS = range(2048, 8193)
"""RFC 7518 section 3.3 sets the lower bound; the upper keeps one verification from costing a request's CPU time."""
RSA_EXPONENTS = range(3, 2**32, 2)

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"P-256": ("ES256", 32), "P-384": ("ES384", 48), "P-521": ("ES512", 66), "Ed25519": ("EdDSA", 32)}
"""Curve -> the one algorithm it serves, and the bytes of a coordinate (RFC 7518 section 6.2, RFC 8037 section 2)."""


_NOTHING: tuple[Any, ...] = (None, "", [], {})
"""Values of a key's member that say as much as if it were absent."""


class UnusableKey(ValueError):
    """A member of a key set cannot verify signatures; the message says why and holds nothing of the key."""


@record
class PublicKey:
    """One verification key."""

    kid: str | None
    algorithms: frozenset[str]
    """The JWS algorithms it may verify: what its type, curve, `alg`, `use` and `key_ops` agree on."""
    jwk: Mapping[str, str]
    """`kty` and the public parameters, nothing else."""
    signature_length: int
    """Bytes of every signature made with it."""
    issuer: str | None = None
    """The one issuer whose tokens it verifies, where the key says so: sets of several tenants do."""

    def is_of(self, issuer: str | None) -> bool:
        """Whether it may verify tokens with this `iss`."""
        return is_keys_issuer(self.issuer, issuer)


class KeySet:
    """The usable keys of a JWK Set, indexed for selection.

    keys = KeySet.read({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "..."}]}, ["EdDSA"])
    keys.select("EdDSA", "a")[0].jwk   # {"kty": "OKP", "crv": "Ed25519", "x": "..."}
    """

    def __init__(self, keys: Collection[PublicKey], faults: Collection[str] = ()) -> None:
        self.keys = tuple(keys)
        self.faults = tuple(faults)
        """`keys[3]: RSA key of 1024 bits`: a line for each member that was left out, and for those not read."""
        self._by_kid: dict[tuple[str, str | None], list[PublicKey]] = {}
        self._by_algorithm: dict[str, list[PublicKey]] = {}
        for key in self.keys:
            for algorithm in key.algorithms:
                self._by_kid.setdefault((algorithm, key.kid), []).append(key)
                self._by_algorithm.setdefault(algorithm, []).append(key)

    @classmethod
    def read(cls, document: Any, algorithms: Collection[str]) -> "KeySet":
        """The keys of `document` that serve one of `algorithms`. Raises ValueError if it is no JWK Set."""
        members = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(members, list):
            raise ValueError("not a JWK Set: it has no list 'keys' (RFC 7517 section 5)")
        keys: list[PublicKey] = []
        faults: list[str] = []
        for index, member in enumerate(members[:MAX_KEYS]):
            try:
                key = read_key(member, algorithms)
                if key not in keys:  # published twice, it is no choice between two
                    keys.append(key)
            except UnusableKey as fault:
                faults.append(f"keys[{index}]: {fault}")
        if len(members) > MAX_KEYS:
            faults.append(f"keys: has {len(members)}; the first {MAX_KEYS} are read")
        return cls(keys, faults)

    def select(self, algorithm: str, kid: str | None) -> tuple[PublicKey, ...]:
        """The keys that fit a header's `alg` and `kid`, in the set's order: of a token without `kid`, all of its
        algorithm."""
        fitting = self._by_algorithm.get(algorithm) if kid is None else self._by_kid.get((algorithm, kid))
        return tuple(fitting or ())

    def same_keys(self, other: "KeySet") -> bool:
        return self.keys == other.keys


def read_key(member: Any, algorithms: Collection[str]) -> PublicKey:
    """One member of a key set. Raises UnusableKey."""
    if not isinstance(member, dict):
        raise UnusableKey("not an object")
    member = {name: value for name, value in member.items() if value not in _NOTHING}
    try:
        kid = key_id(member.get("kid"))
    except ValueError as fault:
        raise UnusableKey(str(fault)) from None
    issuer = member.get("issuer")
    if issuer is not None and not isinstance(issuer, str):
        raise UnusableKey("'issuer' is not a string")
    _check_purpose(member)
    if member.get("kty") == "RSA":
        served, jwk, length = _read_rsa(member)
    else:
        served, jwk, length = _read_curve(member)
    if "alg" in member:
        served = tuple(name for name in served if name == canonical_algorithm(member["alg"]))
    usable = frozenset(served).intersection(map(canonical_algorithm, algorithms))
    if not usable:
        raise UnusableKey("serves none of the issuer's algorithms")
    return PublicKey(kid, usable, jwk, length, issuer)


def _check_purpose(member: Mapping[str, Any]) -> None:
    """`use` and `key_ops` (RFC 7517 sections 4.2, 4.3), and that what should be public is."""
    if "d" in member or "k" in member:
        raise UnusableKey("a private or symmetric key in a public place")
    if member.get("use", "sig") != "sig":
        raise UnusableKey("not for signatures ('use')")
    operations = member.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise UnusableKey("not for verification ('key_ops')")


def _read_rsa(member: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, str], int]:
    modulus, exponent = (int.from_bytes(_parameter(member, name)) for name in ("n", "e"))
    if modulus.bit_length() not in RSA_BITS:
        raise UnusableKey(f"RSA key of {modulus.bit_length()} bits")
    if exponent not in RSA_EXPONENTS or modulus % 2 == 0:
        raise UnusableKey("RSA key that no key generator makes")
    return _RSA, {"kty": "RSA", "n": member["n"], "e": member["e"]}, (modulus.bit_length() + 7) // 8


def _read_curve(member: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, str], int]:
    kty, curve = member.get("kty"), member.get("crv")
    if not isinstance(curve, str) or curve not in _CURVES or kty != ("OKP" if curve == "Ed25519" else "EC"):
        raise UnusableKey("key type or curve is not supported")
    algorithm, size = _CURVES[curve]
    names = ("x",) if kty == "OKP" else ("x", "y")
    for name in names:
        if len(_parameter(member, name)) != size:
            raise UnusableKey(f"'{name}' has the wrong length")
    return (algorithm,), {"kty": kty, "crv": curve, **{name: member[name] for name in names}}, 2 * size


def _parameter(member: Mapping[str, Any], name: str) -> bytes:
    value = member.get(name)
    try:
        return base64url.decode(value) if isinstance(value, str) else b""
    except ValueError:
        raise UnusableKey(f"'{name}' is not base64url") from None
