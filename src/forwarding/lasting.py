"""Responses that go on long after their header section: a WebSocket, a stream of events. By the route's terms."""

from core.event_stream import is_event_stream
from core.messages import Response
from core.ports import Platform
from forwarding.events import event_terms, say_what_events_are
from forwarding.settings import ForwardingSettings
from forwarding.websockets import socket_terms


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
