"""Where Cloudflare says that a visitor is: what is taken of `request.cf`."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

PLACE: Final = ("country", "region", "regionCode", "city", "timezone")

_together: Final = itemgetter(*PLACE)
_TEXT: Final = frozenset({str})


def place_of(cf: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of `PLACE`. What is absent, null or something else than text is empty."""
    try:
        place: tuple[Any, ...] = _together(cf)
    except KeyError:
        place = (None,)
    if _TEXT.issuperset(map(type, place)):
        return place
    return tuple(value if isinstance(value := cf.get(name), str) else "" for name in PLACE)
