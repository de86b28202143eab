"""What was said in a room, as an event stream for readers without a WebSocket. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from application.common.event_stream import ServerSentEvent
from application.rooms.log import Entry

AT_ONCE = 0
"""Milliseconds after which a reader comes back for what did not fit."""


def number_of(last_event_id: str | None) -> int | None:
    """The number of the last message a reader has; None for a new one, or one that says something else."""
    if not last_event_id or not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) <= 15):
        return None
    return int(last_event_id)


def events_of(entries: Sequence[Entry]) -> list[ServerSentEvent]:
    return [ServerSentEvent(str(entry.number), entry.type, entry.document()) for entry in entries]
