"""Which pages may open a WebSocket in their visitor's name (RFC 6455 section 10.2).

A handshake is no subject of CORS: any page may begin one, and a browser sends along what it keeps for the gateway's
site. So a token that the page did not have to know, in a cookie or in a field that a proxy fills in from one, counts
only for pages of the gateway's own origin and of those that `CORS_ORIGINS`, or the route's own list, names; `*` allows
no credentials here either. A token that the page itself shows, in `Authorization` or as a subprotocol, is one it has
anyway. What is no browser sends no `Origin`, and has no visitor.
"""

from typing import Protocol

from browsers.sharing import TrustedSites
from core.messages import Request
from core.problems import Problem
from fields.handshake import is_websocket, websocket_tokens


class HandshakeRoute(Protocol):
    """A route that takes handshakes; `RouteSettings` is one."""

    @property
    def websocket_token(self) -> bool: ...


class Handshakes:
    """The policy of the lists for opening handshakes."""

    def __init__(self, sites: TrustedSites) -> None:
        self._sites = sites

    def refuse_foreign(self, request: Request, route: HandshakeRoute) -> None:
        """Raise Problem 403 `foreign_origin` for the handshake of a page that may not use its visitor's credentials.

        To be asked where `request` has shown who it comes from.
        """
        origin = request.headers.get("origin")
        if origin is None or not is_websocket(request) or _is_shown(request, takes_token=route.websocket_token):
            return
        if origin != f"{request.scheme}://{request.host}" and origin not in self._sites.of(route):
            detail = "Pages of this origin may not open a WebSocket with what the browser keeps of its visitor."
            raise Problem(403, "foreign_origin", detail)


def _is_shown(request: Request, *, takes_token: bool) -> bool:
    """Whether the page itself shows a token: another one beside it would be refused as two credentials.

    Another scheme than Bearer shows none, and `Basic` is one that browsers keep.
    """
    scheme = request.headers.get("authorization", "").strip(" \t").partition(" ")[0]
    return scheme.lower() == "bearer" or (takes_token and bool(websocket_tokens(request)))
