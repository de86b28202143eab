"""Byte ranges of a stored, complete response (RFC 9110 section 14): one range, or none.

A server may ignore `Range`; several ranges, other units and malformed fields are ignored here, and the client gets
the whole. A stored partial response does not exist: 206 is never stored.
"""

import re
from typing import Final

from core.lengths import REQUEST_FIELDS
from core.patterns import rare
from core.records import record

_SINGLE: Final = rare(r"bytes=[ \t]*+(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))[ \t]*+", re.IGNORECASE)


@record
class ByteRange:
    """The bytes `first` to `last`, both included, of `length`. `Content-Range: bytes 0-499/1234`.

    A range that cannot be satisfied has `last` before `first`; it is answered 416 with `bytes */1234`.
    """

    first: int
    last: int
    length: int

    @property
    def satisfiable(self) -> bool:
        return self.first <= self.last

    @property
    def content_range(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.length}" if self.satisfiable else f"bytes */{self.length}"

    @property
    def size(self) -> int:
        return self.last - self.first + 1


def single_range(field: str, length: int) -> ByteRange | None:
    """The range that `Range: field` asks of a representation of `length` bytes; None when it is to be ignored.

    single_range("bytes=-500", 1234) == ByteRange(734, 1233, 1234)
    """
    found = _SINGLE.fullmatch(field) if len(field) <= REQUEST_FIELDS["range"].characters else None
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        start = max(length - int(suffix), 0) if int(suffix) else length
        return ByteRange(start, length - 1, length)
    if last is not None and int(last) < int(first):
        return None  # invalid, not unsatisfiable (section 14.1.1)
    end = length - 1 if last is None else min(int(last), length - 1)
    return ByteRange(int(first), end, length)
