"""Many connections told at once, each in order, and none waits for another.

A lane is what one connection is to be told. A connection that cannot be told is not skipped: it would have a gap that
nobody tells it of. It is closed, comes back, and asks for what came after its last number.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, wait

from application.rooms.wires import Gone, NotTold, Wires

TRIES = 3
PAUSE = 0.05
"""Seconds before the second try; doubled for the third."""
PATIENCE = 4.0
"""Seconds for all of them; who is not told by then is closed."""

Lanes = Mapping[str, Sequence[str]]


def tell(
    lanes: Lanes, wires: Wires, threads: Executor, sleep: Callable[[float], None] = time.sleep
) -> tuple[list[str], list[str]]:
    """Connections that are gone, and those that could not be told all of their lane."""
    told = {threads.submit(_one, wires, connection, lane, sleep): connection for connection, lane in lanes.items()}
    done, late = wait(told, PATIENCE)
    for one in late:
        one.cancel()
    gone = [told[one] for one in done if isinstance(one.exception(), Gone)]
    silent = [told[one] for one in done if one.exception() and not isinstance(one.exception(), Gone)]
    return gone, silent + [told[one] for one in late]


def _one(wires: Wires, connection: str, lane: Sequence[str], sleep: Callable[[float], None]) -> None:
    """Raises Gone, NotTold."""
    for text in lane:
        for attempt in range(TRIES):
            try:
                wires.post(connection, text)
                break
            except NotTold:
                if attempt == TRIES - 1:
                    raise
                sleep(PAUSE * 2**attempt)
