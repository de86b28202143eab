"""What both identity and forwarding must know of one route's fields."""

from core.model import Part


class HandshakeSettings(Part):
    """Where a token may stand in a handshake: who verifies it reads it, who forwards takes it out."""

    websocket_token: bool = False
    """Whether a WebSocket handshake may carry its token in `Sec-WebSocket-Protocol: bearer, <token>`."""
