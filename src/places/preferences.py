"""What a visitor asks for by name: `?currency=`, `?lang=`, `?include=`, the preferences cookie, the body that sets it.

A query and a body are said on purpose, so what is wrong in them is told (a 400 naming the field). A cookie is old news:
what is wrong in it is ignored. Which of the two wins, and whether a wish can be met, is `geo.py`'s.
"""

import re
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import unquote_plus

from core import strictjson
from core.problems import Problem
from core.records import record
from fields.cookies import cookie_value
from places import tender
from places.languages import canonical

COOKIE: Final = "gatehouse_locale"
MAX_AGE: Final = 365 * 24 * 3600
"""Seconds a browser keeps the cookie: one year."""

CURRENCIES: Final = tender.in_use()
"""ISO 4217 codes that are tender somewhere, or will be on a day that is decided."""

_COOKIE_VALUE = re.compile(r"[A-Za-z0-9&=-]{0,128}")

CURRENCY_SYNTAX = "must be an ISO 4217 code of a currency in use, such as EUR."
LANGUAGE_SYNTAX = "must be a BCP 47 language tag, such as de-CH."


Words = tuple[str | None, str | None]
"""Currency and language of a wish, as what is remembered is found by."""


@record(slots=False)
class Wish:
    """A currency, a language, both or neither; each valid and in canonical form.

    from_query("lang=fr&currency=cad") == Wish(currency="CAD", language="fr")
    """

    currency: str | None = None
    language: str | None = None

    @cached_property
    def words(self) -> Words:
        return self.currency, self.language


NO_WISH: Final = Wish()
NO_WORDS: Final = NO_WISH.words


def existing_currency(code: str, setting: str) -> str:
    """The code of money that is, or was until it was replaced. Raises ValueError naming the setting."""
    known = currency_in_use(code) or (code if tender.replaced(code) else None)
    if known is None:
        raise ValueError(f"{setting}: {code!r} is not an ISO 4217 currency in use")
    return known


def currency_in_use(code: str) -> str | None:
    """`code` in upper case, or None when it is not one of CURRENCIES."""
    upper = code.upper() if code.isascii() else ""
    return upper if upper in CURRENCIES else None


def from_query(query: str) -> Wish:
    """The wish in a query (without "?"), the first of each parameter. Raises a 400 Problem naming what is wrong."""
    currency, language = _parameter(query, "currency"), _parameter(query, "lang")
    if currency is None and language is None:
        return NO_WISH
    return _valid(currency, language, "lang")


def from_foreign_query(query: str) -> Wish:
    """The same of a query that is the origin's: what is no currency or language there is a parameter of its own."""
    currency, language = _parameter(query, "currency"), _parameter(query, "lang")
    return Wish(currency_in_use(currency) if currency else None, canonical(language) if language else None)


def profile_asked(query: str) -> bool:
    """Whether a query says `include=formats`. Raises a 400 Problem for anything else to include."""
    included = _parameter(query, "include")
    if included not in (None, "formats"):
        raise Problem(400, "invalid_include", "Only formats can be included.", field="include")
    return included is not None


def _parameter(query: str, name: str) -> str | None:
    """The decoded value of the first parameter `name`; None without one."""
    if name not in query:
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return unquote_plus(value)
    return None


def from_cookie(cookie: str | None) -> Wish:
    """The wish in a `Cookie` field value; a value that means nothing (any more) is no wish."""
    value = cookie_value(cookie, COOKIE) if cookie else None
    return _from_cookie_value(value) if value and _COOKIE_VALUE.fullmatch(value) else NO_WISH


@lru_cache(maxsize=512)
def _from_cookie_value(value: str) -> Wish:
    saved = dict(pair.split("=", 1) for pair in value.split("&") if "=" in pair)
    return Wish(currency_in_use(saved.get("currency", "")), canonical(saved.get("language", "")))


def from_body(body: bytes) -> Wish:
    """The wish in the JSON content of `POST /geo/preferences`.

    `{"currency": "CAD", "language": "fr"}`: the whole of the preferences, so a member left out or null is one
    forgotten. Raises a 400 Problem naming the member that is wrong.
    """
    try:
        members = strictjson.loads(body)
    except ValueError:
        raise Problem(400, "invalid_preferences", "Send a JSON object.", field="body") from None
    if not isinstance(members, dict):
        raise Problem(400, "invalid_preferences", "Send a JSON object.", field="body")
    for name, value in members.items():
        if name not in Wish.__match_args__:
            raise Problem(400, "invalid_preferences", "Only currency and language can be preferred.", field=name[:64])
        if not isinstance(value, str | None):
            raise Problem(400, "invalid_preferences", f"{name} must be a string or null.", field=name)
    return _valid(members.get("currency"), members.get("language"), "language")


def _valid(currency: str | None, language: str | None, language_field: str) -> Wish:
    wish = Wish(
        None if currency is None else currency_in_use(currency), None if language is None else canonical(language)
    )
    if currency is not None and wish.currency is None:
        raise Problem(400, "invalid_currency", f"currency {CURRENCY_SYNTAX}", field="currency")
    if language is not None and wish.language is None:
        raise Problem(400, "invalid_language", f"{language_field} {LANGUAGE_SYNTAX}", field=language_field)
    return wish


def set_cookie(wish: Wish) -> str:
    """The `Set-Cookie` field value that remembers `wish`, or that forgets an earlier one when it is empty."""
    words = (("currency", wish.currency), ("language", wish.language))
    value = "&".join(f"{name}={word}" for name, word in words if word)
    return f"{COOKIE}={value}; Max-Age={MAX_AGE if value else 0}; Path=/; SameSite=Lax; Secure; HttpOnly"


def remembering(cookie: str | None, language: str) -> str:
    """The `Set-Cookie` field value that changes the language of the preferences in a `Cookie` field value alone."""
    return set_cookie(Wish(from_cookie(cookie).currency, language))
