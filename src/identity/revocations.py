"""Credentials that are taken back before they expire: which, until when, and whom that concerns. Pure.

    {"subject": "u1", "issuer": "https://id.example"}                         everything of one caller
    {"token_id": "9f3c", "issuer": …}                                         one token, by its `jti`
    {"issued_before": 1900000000, "issuer": …}                                everything older, as after a theft of keys
    {"subject": "u1", "issued_before": 1900000000, "issuer": …}               one caller has to sign in again

A revocation takes away and never gives: a token that one entry of ISSUERS finds revoked is refused, whatever another
would make of it. What cannot be told apart is taken for revoked: a token without `iat` was issued before any moment. A
subject is the caller's id, as origins are told it, and the token's own `sub`, where those differ.

Who is judged is a `Principal`, of whatever credential; an API key is one of the issuer `api-key`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from core.records import record
from identity.principals import Principal
from identity.tenants import IssuerName

KIND: Final = "revoked"
"""Of flags (`core/flags.py`)."""

ID_LENGTH: Final = 32
"""Hexadecimal digits of a revocation's id."""


@record
class Revocation:
    """One revocation. `subject` and `issued_before` may stand together; `token_id` stands alone."""

    issuer: str | None
    """None for tokens without `iss`."""
    until: float
    """Seconds since 1970; from then on it is none."""
    made: float
    subject: str | None = None
    token_id: str | None = None
    issued_before: float | None = None

    @property
    def id(self) -> str:
        """The same for the same, so that one that is repeated is one."""
        said = {name: value for name, value in self.said().items() if name != "made"}
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:ID_LENGTH]

    def said(self) -> dict[str, Any]:
        """What its flag says."""
        before = None if self.issued_before is None else _plain(self.issued_before)
        what = {"subject": self.subject, "token_id": self.token_id, "issued_before": before}
        told = {name: value for name, value in what.items() if value is not None}
        return {**told, "issuer": self.issuer, "until": _plain(self.until), "made": _plain(self.made)}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Revocation":
        """What `said` wrote. Raises ValueError for anything else: nobody else writes there."""
        until, made, before = said.get("until"), said.get("made", 0), said.get("issued_before")
        issuer, subject, token_id = said.get("issuer"), said.get("subject"), said.get("token_id")
        if not all(isinstance(text, str | None) for text in (issuer, subject, token_id)):
            raise ValueError("names are texts")
        if not isinstance(until, int | float) or not isinstance(made, int | float):
            raise ValueError("times are numbers")
        if not isinstance(before, int | float | None) or all(name is None for name in (subject, token_id, before)):
            raise ValueError("it names nothing")
        return cls(issuer, until, made, subject, token_id, before)

    def covers(self, principal: Principal, now: float) -> bool:
        """Whether the caller's credential is taken back by it at the time `now`."""
        if now >= self.until or principal.issuer != self.issuer:
            return False
        marks = principal.marks
        if self.token_id is not None:
            return self.token_id == marks.token_id
        if self.subject is not None and self.subject not in (principal.id, marks.subject):
            return False
        return self.issued_before is None or marks.issued is None or marks.issued < self.issued_before


def _plain(seconds: float) -> float:
    """As JSON writes it for people: `1900000000`, not `1900000000.0`."""
    return int(seconds) if seconds == int(seconds) else seconds


Name = tuple[str | None, str]
"""An issuer, and a subject or the id of a token."""


class Revocations:
    """Those in force, found by what they name: a caller is compared with its own alone."""

    def __init__(self, flags: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._of_issuer: dict[str | None, list[Revocation]] = {}
        self._of_name: dict[Name, list[Revocation]] = {}
        for said in (flags or {}).values():
            try:
                self._add(Revocation.read(said))
            except ValueError:
                continue
        self.are_none = not self._of_issuer and not self._of_name

    def _add(self, revocation: Revocation) -> None:
        name = revocation.token_id or revocation.subject
        if name is None:
            self._of_issuer.setdefault(revocation.issuer, []).append(revocation)
        else:
            self._of_name.setdefault((revocation.issuer, name), []).append(revocation)

    def cover(self, principal: Principal, now: float) -> bool:
        """Whether the caller's credential, of whatever kind, is taken back at the time `now`."""
        if self.are_none:
            return False
        issuer, marks = principal.issuer, principal.marks
        found = [*self._of_issuer.get(issuer, ())]
        for name in {principal.id, marks.subject, marks.token_id}:
            if name is not None:
                found += self._of_name.get((issuer, name), ())
        return any(revocation.covers(principal, now) for revocation in found)


class Issuers:
    """Whose credentials there are to take back: names that are misspelt would take back nothing, without a word."""

    def __init__(self, names: Sequence[IssuerName], others: Collection[str] = ()) -> None:
        """`others` are issuers of other credentials than tokens: they have to be said."""
        self._names = names
        self._others = others

    @property
    def only(self) -> IssuerName | None:
        """The one there is, where it need not be said."""
        exact = {name.exact for name in self._names}
        return self._names[0] if len(exact) == 1 and not self._names[0].is_pattern else None

    def has(self, name: str | None) -> bool:
        return name in self._others or any(
            known.takes(name) if name is not None else known.exact is None and not known.is_pattern
            for known in self._names
        )
