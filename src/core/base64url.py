"""Base64url without padding, strictly (RFC 7515 section 2, RFC 4648 section 5).

A byte string has exactly one spelling here: no padding, no white space, no standard alphabet, and the bits of the last
character that belong to no byte are zero. A decoder that forgives any of these lets one token be written many ways.
"""

from binascii import a2b_base64, b2a_base64

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")

_ENDINGS = (_ALPHABET, b"", _ALPHABET[::16], _ALPHABET[::4])
"""By length modulo 4, the characters a text may end in: those whose unused bits are zero."""
_PADDING = (b"", b"", b"==", b"=")


def decode(text: str) -> bytes:
    """The bytes of `text`; ValueError if it is not their one spelling."""
    raw = text.encode("ascii")
    if raw.translate(None, _ALPHABET):
        raise ValueError("not base64url")
    remainder = len(raw) % 4
    if raw and raw[-1] not in _ENDINGS[remainder]:
        raise ValueError("not canonical base64url")
    return a2b_base64(raw.translate(_TO_STANDARD) + _PADDING[remainder])


def encode(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")
