"""What is remembered of tokens that were judged: a digest of each, and what it proved or why it was refused. Pure; no
token is kept.

What a token proved depends on the entries of ISSUERS that were asked, and a route asks those alone that it trusts. So
with the entry that took the token stands which ones before it were not asked: a route that trusts one of them has to
ask anew. The carriers that a token came by are part of the key, since they say which entries may take it.

A refusal is remembered where no later moment makes it untrue (`FOR_GOOD`), with what of a route it depends on: whoever
goes on with a token that has expired is told so again, and nothing of it is read. An earlier moment may, so a clock
that is set back finds nothing remembered. A crowd of forged tokens, no two alike, passes through.
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final, Protocol

from core.halves import Halves
from core.records import record
from identity.principals import Principal
from identity.settings import AccessSettings
from identity.tokens import InvalidToken

REMEMBERED: Final = 2048
"""Most tokens remembered per isolate, about half a kilobyte each."""

REFUSED: Final = 256
"""Refused tokens in each half of what is remembered of them."""

FOR_GOOD: Final = frozenset({
    "too_large", "malformed", "critical", "algorithm", "type", "issuer", "signature", "no_expiry", "expired",
})  # fmt: skip
"""Reasons that stay, once entries without key sets have given them; of several entries' the furthest is told, and none
that could change is before these (`trust.FURTHEST`)."""

References = frozenset[str]
"""What routes may call an entry of ISSUERS by."""


class Keys(Protocol):
    """A set of keys that may change; `jwks.KeySource` is one."""

    @property
    def recheck_at(self) -> float: ...


@record
class Remembered:
    """What a token proved when it was verified."""

    principal: Principal
    until: float
    """`exp` and the leeway: from then on the token has expired."""
    source: Keys | None
    """The keys it was verified with; None for a secret."""
    references: References = frozenset()
    """The entry that took it."""
    unasked: tuple[References, ...] = ()
    """Entries before that one, to which the token might belong as well and which were not asked."""

    def holds_for(self, route: AccessSettings) -> bool:
        """Whether `route` would find the same if it asked."""
        if not self.unasked and route.issuers is None:
            return True
        if self.unasked and any(trusts(route, references) for references in self.unasked):
            return False
        return trusts(route, self.references)


class Memory:
    """Verified tokens, the least recently used forgotten first, and refused ones. All go by their `fingerprint`."""

    def __init__(self, size: int = REMEMBERED, refused: int = REFUSED) -> None:
        self._entries: OrderedDict[bytes, Remembered] = OrderedDict()
        self._size = size
        self._refused: Halves[tuple[object, ...], tuple[float, InvalidToken]] = Halves(refused)

    def refusal(self, fingerprint: bytes, route: AccessSettings, now: float) -> InvalidToken | None:
        """What `route` has refused a token for and always will."""
        found = self._refused.get((fingerprint, route.issuers, route.credentials))
        return found[1] if found is not None and now >= found[0] else None

    def refuse(self, fingerprint: bytes, route: AccessSettings, refusal: InvalidToken, now: float) -> None:
        """Remember what `route` refuses a token for, if that is for good."""
        if refusal.reason in FOR_GOOD:
            lasting = InvalidToken(refusal.reason, refusal.longest)  # the one that was raised holds its frames
            self._refused.put((fingerprint, route.issuers, route.credentials), (now, lasting))

    def recall(self, fingerprint: bytes, now: float) -> Remembered | None:
        """What a token proved when it came by the same carriers, if it still holds."""
        entry = self._entries.get(fingerprint)
        if entry is None:
            return None
        if now >= entry.until or (entry.source is not None and now >= entry.source.recheck_at):
            del self._entries[fingerprint]
            return None
        self._entries.move_to_end(fingerprint)
        return entry

    def remember(self, fingerprint: bytes, entry: Remembered) -> None:
        self._entries[fingerprint] = entry
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, source: Keys) -> None:
        """Forget every token that was verified with the keys of `source`."""
        for fingerprint in [key for key, entry in self._entries.items() if entry.source is source]:
            del self._entries[fingerprint]

    def forget_callers(self, are_forgotten: Callable[[Principal], bool]) -> None:
        """Forget the tokens of some callers, so that nobody has to ask for theirs at every use."""
        for fingerprint in [key for key, entry in self._entries.items() if are_forgotten(entry.principal)]:
            del self._entries[fingerprint]

    def __len__(self) -> int:
        return len(self._entries)


def trusts(route: AccessSettings, references: References) -> bool:
    """Whether `route` believes the entry of ISSUERS that has these `references`; one that names none believes all."""
    return route.issuers is None or not references.isdisjoint(route.issuers)


def fingerprint(token: str, carriers: bytes) -> bytes:
    """Stands for `token`, and for the doors that it came by, by their marks."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest() + carriers
