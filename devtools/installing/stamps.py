"""Stamps: how a tool knows that what it made last time is still good.

A stamp is a file that holds a key, the digest of everything a product was made from. It is written last, so a product
without its stamp is half made; it is compared by content, so touching a file or switching branches back and forth
causes no work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from devtools.failure import Failure


def key_of(files: Iterable[Path], *facts: str) -> str:
    """Digest over the names and contents of `files`, in the order given, and over `facts` beside them.

    Raises Failure when a file is missing: every one of them is part of the checkout.
    """
    digest = hashlib.sha256()
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise Failure(f"{file} cannot be read ({error.strerror})", "restore it with `git checkout`") from error
        _feed(digest, file.name.encode(), content)
    for fact in facts:
        _feed(digest, b"fact", fact.encode())
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, *parts: bytes) -> None:
    """Add `parts`, each behind its length, so that no two different lists give the same digest."""
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)


@dataclass(frozen=True)
class Stamp:
    """The stamp at `path` of a product that is whole only while `witness` (one of its files) exists."""

    path: Path
    witness: Path

    def is_current(self, key: str) -> bool:
        """Whether the product exists and was made from what `key` stands for."""
        try:
            return self.path.read_text() == key and self.witness.exists()
        except OSError:
            return False

    def clear(self) -> None:
        """Say that the product is being remade."""
        self.path.unlink(missing_ok=True)

    def write(self, key: str) -> None:
        """Say that the product is whole and made from what `key` stands for."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(key)
