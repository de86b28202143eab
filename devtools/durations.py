"""How long: `90s`, `15m`, `1h`, `7d`, as every command reads it."""

import re
from typing import Final

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
DURATION: Final = re.compile(r"(-?[0-9]{1,9})([smhd]?)")


def seconds_of(text: str, *, unit: str = "") -> int | None:
    """Seconds; None for what is no duration. A number alone is one of `unit`, and without it none."""
    found = DURATION.fullmatch(text)
    named = (found[2] or unit) if found else ""
    return int(found[1]) * UNITS[named] if found and named else None
