"""The WebSocket opening handshake (RFC 6455 section 4), as far as a gateway has a say in it.

Browsers cannot set `Authorization` on a WebSocket, so a route with `websocket_token` also takes the token as a
subprotocol: `new WebSocket(url, ["bearer", token, "chat"])`. The token is taken out before the origin sees the request
and is never sent back. A browser fails the connection when none of its subprotocols is selected; if the origin
selects none, the gateway answers `bearer`.

Everything after the handshake is the platform's.
"""

from messages import Request

BEARER = "bearer"


def is_websocket(request: Request) -> bool:
    """Whether this is an opening handshake. HTTP/2 ones (RFC 8441) arrive in the same form."""
    if request.method != "GET":
        return False
    return any(item.strip(" \t").lower() == "websocket" for item in request.headers.get("upgrade", "").split(","))


def websocket_token(request: Request) -> str | None:
    """The token in `Sec-WebSocket-Protocol: bearer, <token>`, or None without one."""
    protocols = _protocols(request)
    return protocols[1] if len(protocols) > 1 and protocols[0] == BEARER else None


def protocols_for_origin(request: Request) -> str:
    """The client's subprotocols without the token pair; empty when nothing else was offered."""
    protocols = _protocols(request)
    return ", ".join(protocols[2:] if websocket_token(request) is not None else protocols)


def selected_protocol(request: Request, answered: str, *, takes_token: bool) -> str | None:
    """What to answer as `Sec-WebSocket-Protocol`, given what the origin answered: only what the client may accept."""
    if not takes_token or websocket_token(request) is None:
        return answered if answered in _protocols(request) else None
    return answered if answered in _protocols(request)[2:] else BEARER


def _protocols(request: Request) -> list[str]:
    value = request.headers.get("sec-websocket-protocol", "")
    return [item.strip(" \t") for item in value.split(",")] if value else []
