"""A token before the entries that it may belong to, a key before its record: credentials not yet judged. Pure."""

from core.records import field, record
from identity.jwks import KeySource, KeysUnavailable
from identity.key_format import ApiKey
from identity.principals import Principal
from identity.remembered import Remembered, trusts
from identity.settings import AccessSettings
from identity.tokens import InvalidToken, Token
from identity.trust import FINAL, OF_THE_TOKEN, Entry, furthest


@record(frozen=False)
class Hearing:
    """One token before the entries that it may belong to, one after the other."""

    text: str = field(repr=False)
    fingerprint: bytes
    """Under which it is remembered."""
    token: Token = field(repr=False)
    route: AccessSettings
    entries: list[Entry]
    """Those it may belong to, also those that the route does not trust and that are not asked."""
    asked: int = 0
    """How many of `entries` are done with."""
    refusal: InvalidToken | None = None
    """Of the entry that got furthest."""
    unavailable: KeysUnavailable | None = None

    def next(self) -> Entry | None:
        """The next entry to be asked."""
        for entry in self.entries[self.asked :]:
            self.asked += 1
            if trusts(self.route, entry.references):
                return entry
        return None

    def refused(self, refusal: InvalidToken | KeysUnavailable) -> None:
        if isinstance(refusal, KeysUnavailable):
            self.unavailable = self.unavailable or refusal
        else:
            self.refusal = furthest(self.refusal, refusal)
            if refusal.reason == FINAL:
                self.asked = len(self.entries)

    def verdict(self) -> InvalidToken | KeysUnavailable:
        """What the caller is told when no entry has taken the token.

        Where the keys of one could not be had, it might have; unless another found what is wrong for all of them.
        """
        refusal = self.refusal or InvalidToken("issuer")
        return refusal if self.unavailable is None or refusal.reason in OF_THE_TOKEN else self.unavailable

    def proved(self, entry: Entry, principal: Principal) -> Remembered:
        """What is to be remembered once `entry` has taken the token."""
        before = self.entries[: self.asked - 1]
        unasked = tuple(other.references for other in before if not trusts(self.route, other.references))
        return Remembered(principal, entry.rules.ends(principal.expires), entry.source, entry.references, unasked)


class Unverified:
    """A credential that I/O is needed for: hand it to `Authenticator.verify`."""

    __slots__ = ()


@record
class UnverifiedToken(Unverified):
    """A token whose signature needs a public key."""

    hearing: Hearing
    entry: Entry
    source: KeySource


@record
class UnverifiedKey(Unverified):
    """An API key whose record has to be looked up."""

    key: ApiKey
    route: AccessSettings
