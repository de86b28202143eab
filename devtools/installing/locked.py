"""Reading the lock files of requirements/: one package's version, or its whole entry with the hashes."""

from __future__ import annotations

import re
from pathlib import Path

from devtools.failure import Failure


def requirement(package: str, lock: Path) -> str:
    """The entry of `package` in the lock file, `name==version` and its hashes. Raises Failure when there is none."""
    entry = re.search(rf"^{re.escape(package)}==.*(?:\n\s+--hash=.*)+", lock.read_text(), re.MULTILINE)
    if not entry:
        raise Failure(f"{lock.name} pins no {package}", "run `make lock`")
    return entry[0]


def version(package: str, lock: Path) -> str:
    """The version of `package` in the lock file. Raises Failure when it is not in there."""
    return requirement(package, lock).split()[0].partition("==")[2]
