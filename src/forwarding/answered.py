"""The origin's response on its way to the client: hop-by-hop fields gone, redirects pointing at the gateway.

Pure. A `Location` at the origin's own host would lead the client past the gateway, to a host that may refuse it or,
worse, let it in. Redirects are not followed here: the client sees them, and comes back through the gateway.
"""

from urllib.parse import urlunsplit

from browsers.cors import settle_cors
from core.messages import Request, Response
from fields.handshake import selected_protocol
from fields.uri_references import split_reference
from forwarding.forwarded import DEFAULT_PORTS, Target
from forwarding.header_rules import client_rule, connection_options

BODILESS_STATUSES = frozenset({101, 204, 205, 304})
"""No content, whatever the origin sent (RFC 9110 sections 15.2, 15.3.5, 15.3.6 and 15.4.5)."""

WITHOUT_LENGTH = frozenset({101, 204, 205})
"""`Content-Length` must not be sent with 1xx and 204 (RFC 9110 section 8.6); in a 304 it is that of the 200."""

REFERENCES = ("location", "content-location")
"""Fields that hold a URI reference to something the origin serves."""


def sanitised_response(response: Response, target: Target, request: Request) -> Response:
    """`response` as the client may have it. `request` is the client's own; the stream is passed on unread."""
    options, reaches_client = connection_options(response.headers), client_rule(response.headers)
    headers = {name: value for name, value in response.headers.items() if reaches_client(name) and name not in options}
    for name in REFERENCES:
        if name in headers:
            headers[name] = public_reference(headers[name], target, request)
    if response.status in WITHOUT_LENGTH:
        headers.pop("content-length", None)
    settle_cors(headers, gateway_owns=target.owns_cors)
    if response.websocket is not None:
        _answer_handshake(headers, target, request)
    body = None if request.method == "HEAD" or response.status in BODILESS_STATUSES else response.body
    return Response(response.status, headers, body, list(response.cookies), response.websocket)


def public_reference(reference: str, target: Target, request: Request) -> str:
    """A URI reference of the origin as the client must see it.

    With `https://api.example/v1` behind `/api`: `https://api.example/v1/users/7` and `/v1/users/7` become
    `https://gateway.example/api/users/7` and `/api/users/7`. Other hosts, and references relative to the request's
    path, stay as they are.
    """
    try:
        parts = split_reference(reference)
    except ValueError:
        return reference
    if not parts.scheme and not parts.netloc:
        moved = target.prefix or target.stripped
        if not moved or not parts.path.startswith("/"):
            return reference
        return urlunsplit(parts._replace(path=_public_path(parts.path, target)))
    if not _is_origin(parts.scheme or target.scheme, parts.netloc, target):
        return reference
    path = _public_path(parts.path or "/", target)
    return urlunsplit(parts._replace(scheme=request.scheme, netloc=request.host, path=path))


def _is_origin(scheme: str, netloc: str, target: Target) -> bool:
    return scheme in DEFAULT_PORTS and netloc.lower().removesuffix(DEFAULT_PORTS[scheme]) == target.host


def _public_path(path: str, target: Target) -> str:
    """A path at the origin as it is reached through the gateway.

    Without its prefix, `/v1//evil.example` must not become a reference to another host.
    """
    inside = path == target.prefix or path.startswith(target.prefix + "/")
    if not inside:
        return target.stripped + path
    public = target.stripped + path[len(target.prefix) :]
    return "/" + public.lstrip("/\\")


def _answer_handshake(headers: dict[str, str], target: Target, request: Request) -> None:
    """Only a subprotocol the client offered, and never its token."""
    answered = headers.pop("sec-websocket-protocol", "")
    protocol = selected_protocol(request, answered, takes_token=target.websocket_token)
    if protocol is not None:
        headers["sec-websocket-protocol"] = protocol
