"""The WebSocket opening handshake (RFC 6455 section 4), as far as a gateway has a say in it.

Browsers cannot set `Authorization` on a WebSocket, so a route with `websocket_token` also takes the token as a
subprotocol: `new WebSocket(url, ["bearer", token, "chat"])`. Whatever is or looks like a token is taken out of every
request of such a route before the origin sees it, also where it counts for nothing, and is never sent back. A
browser fails the connection when none of its subprotocols is selected; if the origin selects none, the gateway answers
`bearer`.

Everything after the handshake is the platform's.
"""

from collections.abc import Iterator

from core.messages import Request
from core.patterns import rare

BEARER = "bearer"

VERSION = "13"
_KEY = rare(r"[A-Za-z0-9+/]{22}==")
"""Sixteen bytes in base64."""

MARK, TOKEN, LOOKALIKE, PLAIN = "mark", "token", "lookalike", "plain"
"""What a subprotocol is, in a list such as `chat, bearer, <token>, <another JWT>`: plain, mark, token, lookalike."""

_OBJECT = rare(r"e(?:y[AIJ]|w[0ko][giJKN])")
"""How `{"`, or a brace and white space and more of it or a quote, begins in base64url: a JOSE header."""
_OBJECT_AGAIN = rare(r"(?:\A|\.)ZX(?:l[BJK]|cw|dr|dv)")
"""The same in base64url once more, as Kubernetes has it: `base64url.bearer.authorization.k8s.io.ZXlK…`."""


def is_websocket(request: Request) -> bool:
    """Whether this is an opening handshake of a client, complete in all its parts (RFC 6455 section 4.2.1).

    Anything else with `Upgrade` is an ordinary request: one field must not lead around the cache. Handshakes over
    HTTP/2 (RFC 8441) arrive in the same form.
    """
    headers = request.headers
    if "upgrade" not in headers or request.method != "GET":
        return False
    return (
        _names("websocket", headers["upgrade"])
        and _names("upgrade", headers.get("connection", ""))
        and headers.get("sec-websocket-version", "").strip(" \t") == VERSION
        and _KEY.fullmatch(headers.get("sec-websocket-key", "").strip(" \t")) is not None
    )


def upgrades(outgoing: Request) -> bool:
    """Whether a request to an origin is an opening handshake: no other keeps the field, which is hop-by-hop."""
    return "upgrade" in outgoing.headers


def websocket_tokens(request: Request) -> list[str]:
    """What follows a `bearer` in `Sec-WebSocket-Protocol: chat, bearer, <token>`, wherever in the list, each time."""
    return [item for item, role in _roles(request) if role is TOKEN]


def protocols_for_origin(request: Request) -> str:
    """The client's subprotocols without anything that is a token or looks like one; empty when none is left."""
    return ", ".join(_plain(request))


def selected_protocol(request: Request, answered: str, *, takes_token: bool) -> str | None:
    """What to answer as `Sec-WebSocket-Protocol`, given what the origin answered: only what the client may accept."""
    if not takes_token:
        return answered if answered in _protocols(request) else None
    if answered in _plain(request):
        return answered
    return next((item for item, role in _roles(request) if role is MARK), None)


def _plain(request: Request) -> list[str]:
    return [item for item, role in _roles(request) if role is PLAIN]


def _roles(request: Request) -> Iterator[tuple[str, str]]:
    """Each subprotocol and what it is. A `bearer` that nothing follows is one like any other."""
    protocols = _protocols(request)
    marked = False
    for position, item in enumerate(protocols):
        if item.lower() == BEARER and position + 1 < len(protocols):
            marked = True
            yield item, MARK
        elif marked:
            marked = False
            yield item, TOKEN
        else:
            yield item, LOOKALIKE if _looks_like_a_token(item) else PLAIN


def _looks_like_a_token(item: str) -> bool:
    """Whether the beginning of a JSON object in base64url and a dot stand in `item`, whatever is before them."""
    begins = _OBJECT.search(item)
    return (begins is not None and "." in item[begins.end() :]) or _OBJECT_AGAIN.search(item) is not None


def _names(word: str, field: str) -> bool:
    """Whether one member of a list is `word`, in any case."""
    return any(item.strip(" \t").lower() == word for item in field.split(","))


def _protocols(request: Request) -> list[str]:
    """Empty members of a list count for nothing (RFC 9110 section 5.6.1.2)."""
    items = request.headers.get("sec-websocket-protocol", "").split(",")
    return [protocol for item in items if (protocol := item.strip(" \t"))]
