"""How an API key is written. Pure: no clock, no look-up, and nothing random but what is handed in.

    gh_4kTz0bQm9XaP_3vJ0…                                    _1cF7qZ
    prefix, id, 32 random bytes as 43 characters of base62, and CRC-32 of all before it as 6

The prefix tells a key from a token at a glance, for the gateway and for those who look for leaked secrets. The checksum
is no protection: it finds what was mistyped or cut off, so that such a key costs no look-up.
"""

import re
import zlib
from functools import lru_cache
from hashlib import sha256
from typing import Final

from core.records import record

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH: Final = 12
SECRET_BYTES: Final = 32
SECRET_LENGTH: Final = 43
"""62 ** 43 is more than 2 ** 256."""
CHECKSUM_LENGTH: Final = 6
"""62 ** 6 is more than 2 ** 32."""

LONGEST: Final = 128
"""Characters of a key. The longest prefix leaves some to spare."""

PREFIX: Final = re.compile(r"[a-z][a-z0-9]{1,15}(?:_[a-z0-9]{1,15}){0,2}")
OF_TOKENS: Final = re.compile(r"e[wy3]")
"""How a JOSE header begins in base64url, by whatever follows its brace."""

_PARTS: Final = rf"_([0-9A-Za-z]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}}_[0-9A-Za-z]{{{CHECKSUM_LENGTH}}}"


@record
class ApiKey:
    """A key that is well formed: by its id it is looked up, by its digest it is recognised."""

    id: str
    digest: str
    """SHA-256 of the whole key, in hexadecimal: all that is stored of it."""


def write_key(prefix: str, id: str, secret: bytes) -> str:
    """The key of an id of ID_LENGTH characters and SECRET_BYTES random bytes."""
    before = f"{prefix}_{id}_{base62(int.from_bytes(secret), SECRET_LENGTH)}"
    return f"{before}_{checksum(before)}"


def read_key(text: str, prefix: str) -> ApiKey | None:
    """The key, or None where it is malformed or its checksum is wrong."""
    found = _shape(prefix).fullmatch(text)
    if found is None or checksum(text[: -CHECKSUM_LENGTH - 1]) != text[-CHECKSUM_LENGTH:]:
        return None
    return ApiKey(found[1], digest(text))


def shaped_like(prefix: str) -> re.Pattern[str]:
    """Finds what begins like a key with this prefix, wherever it stands in a text, be it mistyped or cut off."""
    return re.compile(rf"(?<![0-9A-Za-z]){prefix}_[0-9A-Za-z]{{{ID_LENGTH}}}_")


def prefix_fault(prefix: str) -> str | None:
    """Why keys cannot begin so; None where they can."""
    if not PREFIX.fullmatch(prefix):
        return (
            "must be two to sixteen small letters and digits, as in 'gh' (or several joined by '_', as in 'acme_live')"
        )
    if OF_TOKENS.match(prefix):
        return "is how tokens begin; choose letters by which a key is told from them, as in 'gh'"
    return None


def checksum(text: str) -> str:
    return base62(zlib.crc32(text.encode()), CHECKSUM_LENGTH)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def base62(number: int, length: int) -> str:
    """`number` in base 62, with leading zeros up to `length`."""
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


@lru_cache(8)
def _shape(prefix: str) -> re.Pattern[str]:
    return re.compile(prefix + _PARTS)
