"""The fields of a WebSocket opening handshake, for tests under plain CPython."""

HANDSHAKE = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}
"""Complete (RFC 6455 section 1.2)."""

KEYWORDS = {name.replace("-", "_"): value for name, value in HANDSHAKE.items()}
"""The same for functions that take fields by keyword."""
