"""How a connection ends, whoever notices: its `$disconnect`, a `410 Gone`, the sweeper.

What a crash leaves half done is done by the next of them: every step may be repeated.
"""

from __future__ import annotations

from application.rooms.connections import Connections
from application.rooms.members import Members


def depart(connection_id: str, connections: Connections, members: Members, now: float) -> None:
    """It leaves its rooms, which are told, and is forgotten. Raises Busy, `ClientError`."""
    connection = connections.mark_gone(connection_id)
    if connection is None:
        return
    for room in sorted(connection.rooms):
        members.leave(connection_id, connection.caller, room, now, stays=False)
    connections.forget(connection_id)
