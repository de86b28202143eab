"""Responses that go on long after their header section: a WebSocket, a stream of events. By the route's terms."""

from core.event_stream import asks_for_events, is_event_stream
from core.messages import Request, Response
from core.ports import Platform
from fields.handshake import is_websocket
from forwarding.events import event_terms, say_what_events_are
from forwarding.settings import ForwardingSettings
from forwarding.websockets import socket_terms


def asks_to_last(request: Request, route: ForwardingSettings) -> bool:
    """Whether a request is for something that no cache holds: a socket, or a stream where the route has streams."""
    if route.sse is not None and asks_for_events(request.headers):
        return True
    return route.websocket is not False and is_websocket(request)


def lasts(response: Response) -> bool:
    return response.websocket is not None or is_event_stream(response.headers)


def put_under_terms(response: Response, route: ForwardingSettings, expires: float | None, platform: Platform) -> None:
    """Let a response that lasts have what `route` says of it. `expires`: when the caller's token ends, if one does.

    Where the route says nothing, and where events come in a content coding, into which no comment can be put, the
    platform alone passes it on.
    """
    now = platform.clock()
    if response.websocket is not None:
        terms = socket_terms(route.websocket, expires, now)
        if terms is not None:
            response.websocket = platform.sockets(response.websocket, terms)
        return
    say_what_events_are(response)
    events = event_terms(route.sse, expires, now)
    body = response.body
    if events is None or body is None or isinstance(body, bytes | str) or "content-encoding" in response.headers:
        return
    response.headers.pop("content-length", None)
    response.body = platform.events(body, events)
