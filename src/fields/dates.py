"""HTTP dates (RFC 9110 section 5.6.7), read as a cache must read them (RFC 9111 section 4.2).

All three formats are accepted, letters in any case; any zone but GMT is invalid, and so is everything else: a cache
takes an `Expires` that it cannot read as a time in the past, so leniency here would keep responses alive too long.
"""

import re
from datetime import UTC, date, datetime
from typing import Final

from core.lengths import RESPONSE_FIELDS
from core.patterns import rare

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH = "(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"

_FLAGS: Final = re.IGNORECASE | re.ASCII
FORMATS: Final = (
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT", _FLAGS),  # IMF-fixdate
    rare(rf"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT", _FLAGS),  # RFC 850
    rare(rf"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})", _FLAGS),  # asctime
)

LONGEST: Final = RESPONSE_FIELDS["expires"].characters
"""Characters of a field that is looked at: several dates, one after the other."""

EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
DAY_SECONDS: Final = 86_400


def parse_http_date(text: str, now: float) -> int | None:
    """Seconds since 1970 of an HTTP date, or None when it is not one.

    `now` (seconds since 1970) places a two-digit year: never more than 50 years ahead.

        parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == 784111777
    """
    if len(text) > LONGEST:
        return None
    for pattern in FORMATS:
        if found := pattern.fullmatch(text):
            return _seconds(found, now)
    return None


def parse_first_http_date(text: str, now: float) -> int | None:
    """As `parse_http_date`, but of the first member when several field lines were joined with ", ".

    RFC 9111 section 4.2.1 lets a cache use the first of several `Expires`.
    """
    if len(text) > LONGEST:
        return None
    for pattern in FORMATS:
        if (found := pattern.match(text)) and text[found.end() :].lstrip(" \t")[:1] in ("", ","):
            return _seconds(found, now)
    return None


def format_http_date(seconds: float) -> str:
    """An IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`."""
    moment = datetime.fromtimestamp(int(seconds), UTC)
    month = MONTHS[moment.month - 1].capitalize()
    return f"{DAYS[moment.weekday()]}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def _seconds(found: re.Match[str], now: float) -> int | None:
    year = int(found["year"])
    if len(found["year"]) == 2:
        year = _full_year(year, now)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    if hour > 23 or minute > 59 or second > 60:  # 60 is a leap second
        return None
    try:
        day = date(year, MONTHS.index(found["month"].lower()) + 1, int(found["day"])).toordinal() - EPOCH_DAY
    except ValueError:
        return None
    return day * DAY_SECONDS + hour * 3600 + minute * 60 + second


def _full_year(two_digits: int, now: float) -> int:
    """A year that appears to be more than 50 years ahead is the most recent one in the past (RFC 9110)."""
    this_year = datetime.fromtimestamp(now, UTC).year
    year = this_year - this_year % 100 + two_digits
    if year > this_year + 50:
        return year - 100
    return year + 100 if year <= this_year - 50 else year
