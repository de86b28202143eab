"""Who goes where, when several origins share a route's callers: rendezvous hashing, weighted.

Each origin gives every caller a score, and the highest takes it ("highest random weight", Thaler and Ravishankar 1998;
weighted as in Schindelhauer and Schomaker 2005: -weight / ln(u) of a uniform u). So a caller is always sent to the
same origin, the shares are those of the weights, and a change of one weight moves callers to or from that origin alone.

Pure, and without a table: the isolates of a hundred cities agree without having spoken.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import log
from typing import Final, Protocol, TypeVar

DIGEST_BYTES: Final = 8
STEPS: Final = 2.0 ** (8 * DIGEST_BYTES)


class Weighted(Protocol):
    """An origin, as far as its share is concerned."""

    @property
    def url(self) -> str: ...
    @property
    def weight(self) -> int: ...


T = TypeVar("T", bound=Weighted)


def ranked(origins: Sequence[T], caller: str) -> list[T]:
    """The origins that take anybody, the caller's own first; the others are whom it goes to should that one fail."""
    taking = [origin for origin in origins if origin.weight > 0]
    if len(taking) < 2:
        return taking
    return sorted(taking, key=lambda origin: score(origin, caller), reverse=True)


def score(origin: Weighted, caller: str) -> float:
    """How much an origin wants a caller: positive, and the same everywhere."""
    text = f"{origin.url}\n{caller}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(blake2b(text, digest_size=DIGEST_BYTES).digest())
    return -origin.weight / log((number + 0.5) / STEPS)
