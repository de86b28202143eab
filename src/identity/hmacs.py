"""HMAC signatures of tokens, with one secret or several while one is exchanged (RFC 7518 section 3.2).

A secret is text as it was set, or the text of bytes: whoever made it says which (`secret_encoding`). Read as the other,
it would be another key. Pure: no clock, no I/O.
"""

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from hmac import digest
from typing import Final

from jwt.algorithms import HMACAlgorithm

from identity.tokens import Token

HASHES: Final = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""RFC 7518 section 3.2."""

_ALPHABETS: Final = {"base64": "-_", "base64url": "+/"}
"""Encoding -> characters of the other alphabet, which a decoder would drop or forgive."""


class Hmac(HMACAlgorithm):
    """PyJWT's HMAC, computed in one call: its own `hmac.new` costs three times as much on WebAssembly.

    Refusing asymmetric keys as secrets and comparing in constant time stay PyJWT's.
    """

    def __init__(self, name: str, secret: str | bytes) -> None:
        super().__init__(getattr(self, name.upper()))
        self._name = name
        self._key = self.prepare_key(secret)

    def sign(self, msg: bytes, key: bytes) -> bytes:
        return digest(key, msg, self._name)

    def accepts(self, token: Token) -> bool:
        return self.verify(token.signing_input, self._key, token.signature)


def secret_bytes(text: str, encoding: str) -> bytes:
    """The key that a secret's `text` means. Raises ValueError if it is not written so."""
    return _DECODERS[encoding](text)


def _utf8(text: str) -> bytes:
    return text.encode()


def _hex(text: str) -> bytes:
    if not text.isalnum():
        raise ValueError("is not hexadecimal")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError("is not hexadecimal") from None


def _base64(text: str) -> bytes:
    return _from_base64(text, "base64", lambda padded: b64decode(padded, validate=True))


def _base64url(text: str) -> bytes:
    return _from_base64(text, "base64url", lambda padded: b64decode(padded, b"-_", validate=True))


def _from_base64(text: str, encoding: str, decode: Callable[[str], bytes]) -> bytes:
    """With padding or without: both are written, and both mean the same bytes."""
    bare = text.rstrip("=")
    try:
        if any(character in bare for character in _ALPHABETS[encoding]):
            raise ValueError
        return decode(bare + "=" * (-len(bare) % 4))
    except (ValueError, binascii.Error):
        raise ValueError(f"is not {encoding}") from None


_DECODERS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "utf-8": _utf8,
    "base64": _base64,
    "base64url": _base64url,
    "hex": _hex,
}
"""`secret_encoding` -> how the text of a secret becomes a key."""
