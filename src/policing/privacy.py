"""What policies may log: nothing that says who somebody is, or would let anybody act in their place.

The gateway's own lines never hold a token, a cookie, a query value or an address. What a policy logs, and what it says
when it fails, is searched for those of the request at hand, and for the secrets in its settings.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final
from urllib.parse import unquote_plus

from core.messages import Request
from core.patterns import rare
from fields.cookies import cookie_pairs

WITHHELD: Final = "[withheld]"
SHORTEST_FOUND: Final = 6
"""Characters of a text that is looked for within others; a shorter one is withheld where it stands alone."""
TOKENS: Final = rare(r"eyJ[A-Za-z0-9_\-]{6,}(?:\.[A-Za-z0-9_\-]+){1,4}|whsec_[A-Za-z0-9+/=_\-]+|sk_live_\w+")
"""What looks like a token or a secret, whosever it is (RFC 7519; Standard Webhooks; Stripe)."""
TELLING_FIELDS: Final = frozenset({
    "authorization", "proxy-authorization", "cf-access-jwt-assertion", "cf-connecting-ip", "x-api-key", "x-auth-token",
})  # fmt: skip
LONGEST_LOGGED: Final = 1024
"""Characters of one value: of a longer one the line has the length alone."""
LONGEST_TRACEBACK: Final = 8192
"""Characters, the last of them, in whole lines."""


class Private:
    """Everything of one request that no line may hold."""

    def __init__(self, request: Request, known: list[str]) -> None:
        """`known` are secrets and the caller's id."""
        # Thousands may be the client's, and all hash alike: no table is made of them (`core/lengths.py`).
        self._words = [word for word, _ in groupby(sorted([*known, *_of(request)])) if word]
        self._within = sorted((word for word in self._words if len(word) >= SHORTEST_FOUND), key=len, reverse=True)

    def of_traceback(self, text: str) -> str:
        """The end of a traceback, cleaned."""
        if len(text) > LONGEST_TRACEBACK:
            text = text[-LONGEST_TRACEBACK:].partition("\n")[2]
        return self.cleaned(text)

    def of_value(self, text: str) -> str:
        """What a line has of a value."""
        return self.cleaned(text) if len(text) <= LONGEST_LOGGED else f"[{len(text)} characters]"

    def cleaned(self, text: str) -> str:
        if text in self._words:
            return WITHHELD
        for word in self._within:
            text = text.replace(word, WITHHELD)
        return TOKENS.sub(WITHHELD, text)


def _of(request: Request) -> Iterator[str]:
    headers = request.headers
    for value in (value for name, value in headers.items() if name in TELLING_FIELDS):
        yield value
        yield value.rpartition(" ")[2]
    for pair in cookie_pairs(headers.get("cookie", "")):
        yield pair.partition("=")[2].strip()
    for pair in request.query.split("&"):
        value = pair.partition("=")[2]
        yield value
        yield unquote_plus(value)
    for values in (request.taken or {}).values():
        yield from (value for value in values if value)
