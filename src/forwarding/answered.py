"""The origin's response on its way to the client: hop-by-hop fields gone, redirects pointing at the gateway.

No I/O. Redirects are not followed here: the client sees them, and comes back through the gateway, at the addresses that
`references.py` gives.
"""

from browsers.cors import settle_cors
from core.messages import Request, Response
from fields.handshake import selected_protocol
from forwarding.forwarded import Target
from forwarding.header_rules import passing, reaches_client
from forwarding.references import ADDRESSED, point_at_gateway, public_cookies

BODILESS_STATUSES = frozenset({101, 204, 205, 304})
"""No content, whatever the origin sent (RFC 9110 sections 15.2, 15.3.5, 15.3.6 and 15.4.5)."""

WITHOUT_LENGTH = frozenset({101, 204, 205})
"""`Content-Length` must not be sent with 1xx and 204 (RFC 9110 section 8.6); in a 304 it is that of the 200."""


def sanitise(response: Response, target: Target, request: Request) -> None:
    """Make an origin's `response` what the client may have. `request` is the client's own; the stream is not read."""
    headers = response.headers = passing(response.headers, reaches_client)
    if not ADDRESSED.isdisjoint(headers):
        point_at_gateway(headers, target, request)
    if response.status in WITHOUT_LENGTH:
        headers.pop("content-length", None)
    settle_cors(headers, target.cors)
    if response.websocket is not None:
        _answer_handshake(headers, target, request)
    if request.method == "HEAD" or response.status in BODILESS_STATUSES:
        response.body = None
    if response.cookies:
        response.cookies = public_cookies(response.cookies, target)


def _answer_handshake(headers: dict[str, str], target: Target, request: Request) -> None:
    """Only a subprotocol the client offered, and never its token."""
    answered = headers.pop("sec-websocket-protocol", "")
    protocol = selected_protocol(request, answered, takes_token=target.websocket_token)
    if protocol is not None:
        headers["sec-websocket-protocol"] = protocol
