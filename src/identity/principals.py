"""Who a verified token speaks for, and the reading of its claims (RFC 7519 section 4).

Pure: claims, rules and the time in, a `Principal` or `InvalidToken` out. Signatures are checked elsewhere, before.
Values are read by their JSON type and never converted: `"exp": "1700000000"` is a fault, not a date.
"""

from collections.abc import Collection, Sequence
from math import inf
from typing import Any

from core.records import field, record
from identity.claim_paths import ClaimPath, Claims, Condition
from identity.claim_values import few, id_text, is_list_of_strings, owned_texts, role_names, scope_names, told_texts
from identity.presets import fills_in
from identity.settings import IssuerSettings
from identity.tenants import CLAIM, IssuerName
from identity.tokens import InvalidToken

LATEST_DATE = 253_402_300_800
"""First second of the year 10000: a date after it is a mistake of units."""

_NUMBERS = frozenset({int, float})
"""What the JSON parser makes of a number. `bool` is a subclass of `int`, and no number here."""

LONGEST_MARK = 512
"""Characters of the longest `sub` or `jti` that is kept; one that is longer cannot be taken back by itself."""

Told = tuple[tuple[str, tuple[str, ...]], ...]
"""Field names, and the texts that each tells."""


@record
class Marks:
    """By what a credential can be taken back, beside its issuer and the caller's id (`revocations.py`)."""

    subject: str | None = None
    """`sub`, which need not be what origins are told."""
    token_id: str | None = None
    """`jti`."""
    issued: float | None = None
    """`iat`: seconds since 1970."""


NO_MARKS = Marks()


Owned = tuple[tuple[str | tuple[str, ...], tuple[str, ...]], ...]
"""Claim paths, and the ids that are there."""


@record
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
    """`exp`: seconds since 1970; infinite for an API key that is good until it is revoked."""
    audience: frozenset[str] = field(default=frozenset(), compare=False)
    """Every `aud` of the token."""
    told: Told = ()
    """What origins are told beside id, roles and issuer (`forward_claims`), by field."""
    unfound: tuple[str, ...] = field(default=(), compare=False)
    """Settings of the token's entry whose claim is not there: a misspelt path looks like a caller without roles."""
    anonymous: bool = field(default=False, compare=False)
    """Whether the token counts as none; nobody outside this room gets to see such a one."""
    marks: Marks = field(default=NO_MARKS, compare=False)
    owned: Owned = field(default=(), compare=False)
    """What the claims hold that routes compare with their paths (`match`), by claim path."""
    key: str = field(init=False, compare=False, repr=False)
    """One string per caller, for cache keys, rate limits and logs: an id means something only with its issuer."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.issuer or ''}\n{self.id}")

    def owns(self, claim: str | tuple[str, ...], text: str) -> bool:
        """Whether the caller has `text` at that claim path; `sub` is the id, as origins are told it."""
        if claim == "sub":
            return text == self.id
        return any(text in texts for path, texts in self.owned if path == claim)

    def describe(self) -> dict[str, Any]:
        """The body of `GET /_gatehouse/whoami`."""
        return {
            "issuer": self.issuer,
            "id": self.id,
            "roles": list(self.roles),
            "scopes": sorted(self.scopes),
            "expires": None if self.expires == inf else int(self.expires),
            **({"claims": {name: list(texts) for name, texts in self.told}} if self.told else {}),
        }


class ClaimRules:
    """How one entry's claims are read."""

    def __init__(self, entry: IssuerSettings, compared: Collection[str | tuple[str, ...]] = ()) -> None:
        """`compared` are the claims that routes compare with their paths."""
        self._compared = [(path, ClaimPath(path)) for path in compared]
        self._issuer = IssuerName(entry.issuer, entry.tenants)
        self._audience = frozenset(entry.audience)
        self._required = Condition(entry.require)
        self._anonymous = Condition(entry.anonymous) if entry.anonymous else None
        self._ids = [ClaimPath(path) for path in entry.id_claim]
        self._role = ClaimPath(entry.role_claim)
        self._role_separator = entry.role_separator
        self._scope = None if entry.scope_claim is None else ClaimPath(entry.scope_claim)
        self._told = [(name, ClaimPath(path)) for path, name in entry.forward_claims.items()]
        usual = fills_in(entry.preset, "role_claim", entry.role_claim)  # where many have no role, and no such claim
        self._names_roles = "role_claim" in entry.model_fields_set and not usual
        self._leeway = entry.leeway
        self._max_lifetime = entry.max_lifetime

    def read(self, claims: Claims, now: float) -> Principal:
        """The principal of `claims` at the time `now`. Raises InvalidToken."""
        expires = self._check_dates(claims, now)
        audience = self._check_audience(claims.get("aud"))
        issuer = self._check_issuer(claims)
        if not self._required.holds(claims):
            raise InvalidToken("condition")
        if self._anonymous is not None and self._anonymous.holds(claims):
            return Principal(issuer, "", expires=expires, anonymous=True, marks=_marks(claims))
        role = self._role.find(claims)
        asked = None if self._scope is None else self._scope.find(claims)
        told = [(name, told_texts(path.find(claims))) for name, path in self._told]
        return Principal(
            issuer,
            self._id(claims),
            tuple(dict.fromkeys(few(role_names(role, self._role_separator)))),
            frozenset(few([*scope_names(claims.get("scope")), *scope_names(claims.get("scp")), *scope_names(asked)])),
            expires,
            frozenset(audience),
            tuple((name, texts) for name, texts in told if texts is not None),
            self._unfound(role, asked, [name for name, texts in told if texts is None]),
            marks=_marks(claims),
            owned=tuple((path, owned_texts(found.find(claims))) for path, found in self._compared),
        )

    def _id(self, claims: Claims) -> str:
        """The first id that says something. Raises InvalidToken."""
        for path in self._ids:
            if (text := id_text(path.find(claims))) is not None:
                return text
        raise InvalidToken("subject")

    def _unfound(self, role: Any, scope: Any, told: Sequence[str]) -> tuple[str, ...]:
        """The settings that were written down and found nothing."""
        found = [("role_claim", role is not None or not self._names_roles)]
        found.append(("scope_claim", scope is not None or self._scope is None))
        return (*(name for name, there in found if not there), *(f"forward_claims.{name}" for name in told))

    def _check_issuer(self, claims: Claims) -> str | None:
        """The issuer, which is bound to the tenant that the token is of. Raises InvalidToken."""
        if not self._issuer.is_pattern:
            return self._issuer.exact
        issuer: str = claims["iss"]
        if not self._issuer.is_bound(issuer, claims.get(CLAIM)):
            raise InvalidToken("issuer")
        return issuer

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
            value = [value]
        elif value is not None and not is_list_of_strings(value):
            raise InvalidToken("claim")
        named = few(value or [])
        if self._audience and self._audience.isdisjoint(named):
            raise InvalidToken("audience")
        return named


def _marks(claims: Claims) -> Marks:
    return Marks(_mark(claims.get("sub")), _mark(claims.get("jti")), _date(claims, "iat"))


def _mark(value: Any) -> str | None:
    """A string, or an integer as its decimal text, as ids are read; None for anything else, which refuses nobody."""
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and len(text) <= LONGEST_MARK else None


def _date(claims: Claims, name: str) -> float | None:
    """A NumericDate (RFC 7519 section 2): a JSON number, fractions allowed."""
    if name not in claims:
        return None
    value = claims[name]
    if type(value) not in _NUMBERS or not 0 <= value < LATEST_DATE:
        raise InvalidToken("claim")
    return float(value)
