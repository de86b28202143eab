"""Structured Field Values for HTTP (RFC 9651): the parser of Dictionaries, strict as section 4.2 demands.

A field that does not parse is ignored as a whole by whoever reads it, so there is no leniency here. Parameters are
checked and dropped: no field this gateway reads gives them a meaning.
"""

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from core.patterns import rare
from core.records import record


class NotStructured(ValueError):
    """The text is not a Structured Field of the expected type."""


class Token(str):
    """An sf-token: `foo`, told apart from the String `"foo"`."""

    __slots__ = ()


@record
class Decimal:
    """An sf-decimal, told apart from an Integer: `10.0`."""

    text: str


@record
class Date:
    """An sf-date: `@1659578233`, in seconds since 1970."""

    seconds: int


Item = bool | int | str | bytes | Decimal | Date
Member = Item | tuple[Item, ...]
"""An Item (Token is a `str` of its own class), or an Inner List."""

_KEY: Final = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15})(?![0-9.])")
_STRING: Final = re.compile(r'"((?:[\x20\x21\x23-\x5B\x5D-\x7E]++|\\["\\])*+)"')
_TOKEN: Final = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
_BYTES: Final = rare(r":([A-Za-z0-9+/=]*):")
_BOOLEAN: Final = rare(r"\?([01])")
_DATE: Final = rare(r"@(-?[0-9]{1,15})(?![0-9.])")
_DISPLAY: Final = rare(r'%"((?:[\x20\x21\x23\x24\x26-\x7E]++|%[0-9a-f]{2})*+)"')
_SPACES: Final = re.compile(r" *")
_OWS: Final = re.compile(r"[ \t]*")


def parse_dictionary(text: str) -> dict[str, Member]:
    """The members of a Dictionary; of a repeated key the last counts. Raises NotStructured.

    parse_dictionary('max-age=60, private="set-cookie", no-store')
        == {"max-age": 60, "private": "set-cookie", "no-store": True}
    """
    return _Parser(text).dictionary()


class _Parser:
    """A cursor over the text; each method consumes one production of RFC 9651 section 4.2."""

    def __init__(self, text: str) -> None:
        self._text = text.strip(" ")
        self._at = 0

    def dictionary(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        while not self._ended():
            key = self._take(_KEY)[0]
            members.pop(key, None)
            members[key] = self._value()
            self._take(_OWS)
            if self._ended():
                break
            self._expect(",")
            self._take(_OWS)
            if self._ended():
                raise NotStructured("trailing comma")
        return members

    def _value(self) -> Member:
        value: Member = True
        if self._next_is("="):
            value = self._inner_list() if self._next_is("(") else self._item()
        self._parameters()
        return value

    def _inner_list(self) -> tuple[Item, ...]:
        items: list[Item] = []
        while True:
            self._take(_SPACES)
            if self._next_is(")"):
                return tuple(items)
            items.append(self._item())
            self._parameters()
            if self._peek() not in (" ", ")"):
                raise NotStructured("inner list without its end")

    def _parameters(self) -> None:
        while self._next_is(";"):
            self._take(_SPACES)
            self._take(_KEY)
            if self._next_is("="):
                self._item()

    def _item(self) -> Item:
        first = self._peek()
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self._take(_STRING)[1])
        if first == "?":
            return self._take(_BOOLEAN)[1] == "1"
        if first == ":":
            return self._bytes()
        if first == "@":
            return Date(int(self._take(_DATE)[1]))
        if first == "%":
            return self._display_string()
        if first == "-" or first.isdigit():
            number = self._take(_NUMBER)[0]
            return Decimal(number) if "." in number else int(number)
        return Token(self._take(_TOKEN)[0])

    def _bytes(self) -> bytes:
        coded = self._take(_BYTES)[1]
        try:
            return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
        except binascii.Error as error:
            raise NotStructured(str(error)) from None

    def _display_string(self) -> str:
        try:
            return unquote_to_bytes(self._take(_DISPLAY)[1]).decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotStructured(str(error)) from None

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise NotStructured(f"unexpected {self._text[self._at : self._at + 10]!r} at {self._at}")
        self._at = found.end()
        return found

    def _expect(self, character: str) -> None:
        if not self._next_is(character):
            raise NotStructured(f"no {character!r} at {self._at}")

    def _next_is(self, character: str) -> bool:
        """Whether `character` is next; it is then consumed."""
        if self._peek() != character:
            return False
        self._at += 1
        return True

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _ended(self) -> bool:
        return self._at >= len(self._text)
