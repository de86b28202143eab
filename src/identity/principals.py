"""Who a verified token speaks for, and the reading of its claims (RFC 7519 section 4).

Pure: claims, rules and the time in, a `Principal` or `InvalidToken` out. Signatures are checked elsewhere, before.
Values are read by their JSON type and never converted: `"exp": "1700000000"` is a fault, not a date.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from identity.claim_paths import ClaimPath, Claims, Condition
from identity.settings import IssuerSettings
from identity.tenants import IssuerName
from identity.tokens import InvalidToken

LATEST_DATE = 253_402_300_800
"""First second of the year 10000: a date after it is a mistake of units."""

_NUMBERS = frozenset({int, float})
"""What the JSON parser makes of a number. `bool` is a subclass of `int`, and no number here."""

SCOPE_SEPARATOR = " "
"""RFC 8693 section 4.2. Roles have no such rule: `"pending admin"` is one role unless the issuer's entry says else."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller, as the claims of a verified token describe it.

    {"iss": "https://id.example", "sub": "u1", "role": "admin", "scope": "read write", "exp": 1900000000} becomes

        Principal(issuer="https://id.example", id="u1", roles=("admin",), scopes=frozenset({"read", "write"}),
                  expires=1900000000)

    No part holds a control character, so each may be written into a field after encoding.
    """

    issuer: str | None
    """None for tokens without `iss`."""
    id: str
    roles: tuple[str, ...] = ()
    """In the token's order, without repetitions."""
    scopes: frozenset[str] = frozenset()
    expires: float = 0.0
    """`exp`: seconds since 1970."""
    audience: frozenset[str] = field(default=frozenset(), compare=False)
    """Every `aud` of the token."""

    @property
    def key(self) -> str:
        """One string per caller, for cache keys and rate limits: an id means something only with its issuer."""
        return f"{self.issuer or ''}\n{self.id}"

    def describe(self) -> dict[str, Any]:
        """The body of `GET /_gatehouse/whoami`."""
        return {
            "issuer": self.issuer,
            "id": self.id,
            "roles": list(self.roles),
            "scopes": sorted(self.scopes),
            "expires": int(self.expires),
        }


class ClaimRules:
    """How one issuer's claims are read."""

    def __init__(self, issuer: IssuerSettings) -> None:
        self._issuer = IssuerName(issuer.issuer, issuer.tenants)
        self._required = Condition(issuer.require)
        self._audience = frozenset(issuer.audience)
        self._id = ClaimPath(issuer.id_claim)
        self._role = ClaimPath(issuer.role_claim)
        self._role_separator = issuer.role_separator
        self._leeway = issuer.leeway
        self._max_lifetime = issuer.max_lifetime

    def read(self, claims: Claims, now: float) -> Principal:
        """The principal of `claims` at the time `now`. Raises InvalidToken."""
        expires = self._check_dates(claims, now)
        audience = self._check_audience(claims.get("aud"))
        issuer = self._issuer.exact
        if self._issuer.is_pattern:
            issuer = claims["iss"]
            if not self._issuer.is_bound(issuer, claims.get("tid")):
                raise InvalidToken("issuer")
        if not self._required.holds(claims):
            raise InvalidToken("condition")
        identifier = self._id.find(claims)
        if not isinstance(identifier, str) or not identifier:
            raise InvalidToken("subject")
        roles = _names(self._role.find(claims), self._role_separator)
        scopes = _names(claims["scope"] if "scope" in claims else claims.get("scp"), SCOPE_SEPARATOR)
        return Principal(
            issuer, _clean(identifier), tuple(dict.fromkeys(roles)), frozenset(scopes), expires, frozenset(audience)
        )

    def ends(self, expires: float) -> float:
        """The time from which on a token with this `exp` is refused: that very second counts (RFC 7519 4.1.4)."""
        return expires + self._leeway

    def _check_dates(self, claims: Claims, now: float) -> float:
        expires = _date(claims, "exp")
        if expires is None:
            raise InvalidToken("no_expiry")
        if now >= self.ends(expires):
            raise InvalidToken("expired")
        earliest = now + self._leeway
        not_before, issued = _date(claims, "nbf"), _date(claims, "iat")
        if (not_before is not None and not_before > earliest) or (issued is not None and issued > earliest):
            raise InvalidToken("not_yet_valid")
        if self._max_lifetime is not None and (issued is None or expires - issued > self._max_lifetime):
            raise InvalidToken("lifetime")
        return expires

    def _check_audience(self, value: Any) -> Sequence[str]:
        """The audiences of the token. Raises InvalidToken where none of them is the entry's."""
        if isinstance(value, str):
            value = (value,)
        elif value is not None and not _is_list_of_strings(value):
            raise InvalidToken("claim")
        named: Sequence[str] = value or ()
        if self._audience and self._audience.isdisjoint(named):
            raise InvalidToken("audience")
        return named


def _date(claims: Claims, name: str) -> float | None:
    """A NumericDate (RFC 7519 section 2): a JSON number, fractions allowed."""
    if name not in claims:
        return None
    value = claims[name]
    if type(value) not in _NUMBERS or not 0 <= value < LATEST_DATE:
        raise InvalidToken("claim")
    return float(value)


def _names(value: Any, separator: str | None) -> list[str]:
    """Roles or scopes: a list of strings, or one string, which is one name where nothing separates several."""
    if value is None:
        return []
    if isinstance(value, str):
        names = [_clean(value)] if separator is None else map(_trimmed, _clean(value).split(separator))
        return [name for name in names if name]
    if not _is_list_of_strings(value):
        raise InvalidToken("claim")
    return [_clean(name) for name in value if name]


def _trimmed(name: str) -> str:
    return name.strip(" ")


def _clean(text: str) -> str:
    """`text`, which has no control character: it will stand in a header field."""
    if _CONTROL.search(text):
        raise InvalidToken("claim")
    return text


def _is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
