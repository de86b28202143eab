"""Which pages may open a WebSocket in their visitor's name (RFC 6455 section 10.2).

A handshake is no subject of CORS: any page may begin one, and a browser sends along what it keeps for the gateway's
site. So a token that the page did not have to know, in a cookie or in a field that a proxy fills in from one, counts
only for pages of the gateway's own origin and of those in `CORS_ORIGINS`; `*` allows no credentials here either. A
token that the page itself shows, in `Authorization` or as a subprotocol, is one it has anyway. What is no browser sends
no `Origin`, and has no visitor.
"""

from collections.abc import Iterable

from core.messages import Request
from core.problems import Problem
from fields.handshake import is_websocket, websocket_tokens


class Handshakes:
    """The policy of `CORS_ORIGINS` for opening handshakes."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins) - {"*"}

    def refuse_foreign(self, request: Request, *, takes_token: bool) -> None:
        """Raise Problem 403 `foreign_origin` for the handshake of a page that may not use its visitor's credentials.

        To be asked where `request` has shown who it comes from. `takes_token`: whether a subprotocol may be a token.
        """
        origin = request.headers.get("origin")
        if origin is None or not is_websocket(request) or _is_shown(request, takes_token=takes_token):
            return
        if origin != f"{request.scheme}://{request.host}" and origin not in self._origins:
            detail = "Pages of this origin may not open a WebSocket with what the browser keeps of its visitor."
            raise Problem(403, "foreign_origin", detail)


def _is_shown(request: Request, *, takes_token: bool) -> bool:
    """Whether the page itself shows a token: another one beside it would be refused as two credentials.

    Another scheme than Bearer shows none, and `Basic` is one that browsers keep.
    """
    scheme = request.headers.get("authorization", "").strip(" \t").partition(" ")[0]
    return scheme.lower() == "bearer" or (takes_token and bool(websocket_tokens(request)))
