"""What both identity and forwarding must know of one route's fields."""

from core.model import Model


class HandshakeSettings(Model):
    """Where a token may stand in a handshake: who verifies it reads it, who forwards takes it out."""

    forward_authorization: bool = False
    """Whether the origin gets the client's `Authorization` as well; by default it never sees a token."""
    websocket_token: bool = False
    """Whether a WebSocket handshake may carry its token in `Sec-WebSocket-Protocol: bearer, <token>`."""
