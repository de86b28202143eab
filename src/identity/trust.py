"""Entries of ISSUERS, compiled: which tokens each may take, by which keys, and which of them a token is shown to.

Several entries may have the same issuer. They are candidates in the order of the settings, and the first that takes the
token says who the caller is; none of them sees another's keys. Where all refuse, the caller is told what the one that
got furthest found: `FURTHEST` is the order in which an entry looks at a token, and what comes behind `signature` is
said of a token alone that this very entry found genuine.

Pure but for the making of key sources.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from core.ports import Platform
from identity.hmacs import HASHES, Hmac, secret_bytes
from identity.jose import canonical_algorithm
from identity.jwks import KeySource, key_source
from identity.principals import ClaimRules
from identity.remembered import References
from identity.settings import IssuerSettings
from identity.tenants import IssuerName
from identity.tokens import USUAL_LENGTH, Header, InvalidToken, Token

FURTHEST: Final = (
    "issuer", "too_large", "algorithm", "type", "unknown_key", "signature", "ambiguous_key",
    "no_expiry", "expired", "not_yet_valid", "lifetime", "audience", "claim", "condition", "subject",
    "revoked",
)  # fmt: skip
"""Reasons of an entry, in the order in which it may come to them."""

OF_THE_TOKEN: Final = frozenset({"no_expiry", "expired", "not_yet_valid", "revoked"})
"""What no other entry would find otherwise, once one has found the signature valid."""

FINAL: Final = "revoked"
"""After this no other entry is asked: it might take the token for somebody else, who has not been taken back."""


class Entry:
    """One entry of ISSUERS: which tokens it takes, and what they prove."""

    def __init__(
        self,
        position: int,
        settings: IssuerSettings,
        references: References,
        secrets: Mapping[str, str],
        compared: Collection[str | tuple[str, ...]] = (),
    ) -> None:
        self.position = position
        self.references = references
        self.issuer = IssuerName(settings.issuer, settings.tenants)
        self.rules = ClaimRules(settings, compared)
        self.longest = settings.max_token_bytes
        self.source: KeySource | None = None
        """Where its public keys come from; None for one with a secret."""
        self._algorithms = frozenset(map(canonical_algorithm, settings.algorithms))
        self._types = frozenset(name.lower().removeprefix("application/") for name in settings.typ)
        keys = [secret_bytes(secrets[name], settings.secret_encoding) for name in settings.secret or ()]
        self._hmacs: dict[str, list[Hmac]] = {
            name: [Hmac(HASHES[name], key) for key in keys] for name in settings.algorithms if keys
        }

    def check_form(self, text: str, header: Header) -> None:
        """What can be said without a key. Raises InvalidToken."""
        if len(text) > self.longest:
            raise InvalidToken("too_large", self.longest)
        if header.alg not in self._algorithms:
            raise InvalidToken("algorithm")
        if self._types and header.typ not in self._types:
            raise InvalidToken("type")

    def check_hmac(self, token: Token) -> None:
        """Raises InvalidToken."""
        for hmac in self._hmacs[token.header.alg]:
            if hmac.accepts(token):
                return
        raise InvalidToken("signature")


class Entries:
    """The entries of one carrier, found by `iss`."""

    def __init__(self, entries: Collection[Entry]) -> None:
        self.longest = max((entry.longest for entry in entries), default=USUAL_LENGTH)
        self._patterns = [entry for entry in entries if entry.issuer.is_pattern]
        self._exact: dict[str | None, list[Entry]] = {}
        for entry in entries:
            if not entry.issuer.is_pattern:
                self._exact.setdefault(entry.issuer.exact, []).append(entry)

    def candidates(self, claims: Mapping[str, Any]) -> list[Entry]:
        """The entries that a token with these claims may belong to, going by its `iss` alone."""
        name = claims.get("iss")
        if "iss" in claims and not isinstance(name, str):
            return []
        found = self._exact.get(name, [])
        if name is None or not self._patterns:
            return found
        matching = [entry for entry in self._patterns if entry.issuer.takes(name)]
        return sorted([*found, *matching], key=_position) if matching else found


def candidates(carriers: Sequence[Entries], claims: Mapping[str, Any]) -> list[Entry]:
    """The same of several carriers by which the same token came."""
    if len(carriers) == 1:
        return carriers[0].candidates(claims)
    found = {entry.position: entry for entries in carriers for entry in entries.candidates(claims)}
    return [found[position] for position in sorted(found)]


def furthest(one: InvalidToken | None, other: InvalidToken) -> InvalidToken:
    """Of two entries' refusals the one to be told."""
    if one is None or FURTHEST.index(other.reason) > FURTHEST.index(one.reason):
        return other
    return one


def connect_keys(
    entries: Iterable[tuple[Entry, IssuerSettings]], platform: Platform, on_change: Callable[[KeySource], None]
) -> list[KeySource]:
    """Give the entries that have public keys their source: those with the same key set share one, and its fetches."""
    groups: dict[object, list[tuple[Entry, IssuerSettings]]] = {}
    for entry, settings in entries:
        if settings.secret is None:
            place = (settings.jwks_url, settings.issuer if settings.discovery else None)
            groups.setdefault(place if settings.jwks is None else entry, []).append((entry, settings))
    sources = []
    for members in groups.values():
        algorithms = frozenset(name for _, settings in members for name in settings.algorithms)
        source = key_source(members[0][1], platform, on_change, algorithms)
        for entry, _ in members:
            entry.source = source
        sources.append(source)
    return sources


def _position(entry: Entry) -> int:
    return entry.position
