"""Header fields in which no issuer's tokens can come, though a configuration can name them: a table, and nothing else.

Each is sent by every client for a purpose of its own, or is not a request's at all; an issuer that was configured for
one would never see a token.
"""

from typing import Final

NOT_FOR_TOKENS: Final = {
    "cookie": "it holds all cookies; write from = ['cookie:<name>']",
    "set-cookie": "clients do not send it; send the token in 'authorization' or in a field of its own",
    "sec-websocket-protocol": "leave 'authorization', and set websocket_token = true at the route",
    "proxy-authorization": "it is for proxies; send the token in 'authorization' or in a field of its own",
    "www-authenticate": "it is the answer's; send the token in 'authorization' or in a field of its own",
    **dict.fromkeys(
        ("accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "expect",
         "forwarded", "host", "keep-alive", "origin", "referer", "te", "trailer", "transfer-encoding", "upgrade",
         "user-agent", "via"),
        "it has a meaning of its own; send the token in 'authorization' or in a field of its own",
    ),
}  # fmt: skip
"""Fields that can be written as an issuer's `header` and never hold a token alone -> how it is written here."""
