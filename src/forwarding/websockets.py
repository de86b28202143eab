"""WebSockets to an origin: what ends them, and what of a WebSocket API is not for clients. Pure.

API Gateway serves a WebSocket API at the path of its stage and there alone (`wss://<id>.execute-api.<region>.…/live`),
so a route to one has the whole of its path in `strip_prefix`:

    { path = "/rooms", strip_prefix = "/rooms", origin = "https://<id>.execute-api.<region>.amazonaws.com/live" }

Below the stage, `/@connections/<id>` sends to and closes anybody's connection, for whoever signs as the gateway does.
No client's request may get there with the gateway's signature.
"""

from typing import Final
from urllib.parse import unquote

from core.sockets import LIFETIME, TOKEN_EXPIRED, SocketTerms
from forwarding.settings import LONGEST_SOCKET, WebsocketSettings

MANAGEMENT: Final = "@connections"
"""API Gateway Developer Guide, "Use @connections commands in your backend service"."""


def socket_terms(said: WebsocketSettings | bool, expires: float | None, now: float) -> SocketTerms | None:
    """The terms of a socket that opens `now`, for a caller whose token ends at `expires`; None where there are none.

    Both times are in seconds since 1970.
    """
    if isinstance(said, bool) or not said.says_something:
        return None
    ends_in, ends_as = float(said.lifetime_s or LONGEST_SOCKET), LIFETIME
    if said.ends_with_token and expires is not None and expires - now < ends_in:
        ends_in, ends_as = max(0.0, expires - now), TOKEN_EXPIRED
    return SocketTerms(ends_in, ends_as, said.idle_s)


def manages_connections(path: str) -> bool:
    """Whether a path at an origin is one of the API that manages connections, in any spelling."""
    return "connections" in path.lower() and MANAGEMENT in unquote(path).lower().split("/")
