"""Server-sent events that end: what has happened since, and when to come back (WHATWG HTML, section 9.2).

A function that cannot stream answers and ends; `EventSource` comes back by itself after `retry`, with the id of the
last event it has. So a reader misses nothing, and pays one request for each time there may be something new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import Response

CONTENT_TYPE = "text/event-stream"
LAST_EVENT_ID = "last-event-id"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event. `id` and `type` have no line breaks."""

    id: str
    type: str
    content: Mapping[str, Any]

    def text(self) -> str:
        """JSON has no line breaks of its own, so one `data` line holds it."""
        return f"id: {self.id}\nevent: {self.type}\ndata: {json.dumps(self.content, ensure_ascii=False)}\n\n"


def event_stream(events: Iterable[ServerSentEvent], retry: int) -> Response[str]:
    """The answer. `retry` is in milliseconds; without any event it is all there is."""
    return Response(200, CONTENT_TYPE, f"retry: {retry}\n\n" + "".join(map(ServerSentEvent.text, events)), NO_STORE)


def no_more() -> Response[str]:
    """There will be no other event: by a 204 `EventSource` stops coming back."""
    return Response(204, headers=NO_STORE)


NO_STORE: dict[str, str | list[str]] = {"Cache-Control": "no-store"}
