"""The example origin in origin/, which whoever has an API of their own may delete: everything else works without it."""

from __future__ import annotations

from devtools.failure import Failure
from devtools.paths import ORIGIN

FOLDER = ORIGIN


def require(what: str) -> None:
    """Raises Failure where the example is not here; `what` needs it."""
    if not FOLDER.is_dir():
        raise Failure(
            f"{what} needs the example in origin/, which is not here", "`git checkout HEAD -- origin` restores it"
        )
