"""What writes have outdated, told first to the cache and then to the gateway: in this order, or the gateway would ask
again and be given what the cache still holds.

A row is committed with the write it is of. Whoever wrote tells at once; what could not be told then, or was left by a
crash, is told by the sweeper. Telling twice does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import delete, select

from application.catalogue import tables
from application.catalogue.caching import CacheManager
from application.catalogue.database import Database, Unavailable
from application.catalogue.shelf import ShelfUnavailable
from application.common.purging import Gateway, NotPurged

AT_A_TIME = 25
"""Rows; each has two tags at most, and a purge takes a hundred."""

NotTold = Callable[[str], None]
"""Hears why rows stay."""


@dataclass(frozen=True, slots=True)
class Row:
    """A write and the tags of what it outdated. Families of the cache have the same names."""

    id: str
    tags: tuple[str, ...]


class Outbox(Protocol):
    def left(self) -> Sequence[Row]:
        """The oldest rows, `AT_A_TIME` at most."""

    def forget(self, rows: Sequence[Row]) -> None: ...


class OutboxTable:
    """Implements `Outbox` by SQL. Raises `database.Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def left(self) -> Sequence[Row]:
        table = tables.outbox
        wanted = select(table).order_by(table.c.at, table.c.id).limit(AT_A_TIME)
        rows = self._database.read(lambda connection: connection.execute(wanted).all())
        return [Row(row.id, tuple(json.loads(row.tags))) for row in rows]

    def forget(self, rows: Sequence[Row]) -> None:
        table = tables.outbox
        gone = delete(table).where(table.c.id.in_([row.id for row in rows]))
        self._database.write(lambda connection: connection.execute(gone))


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells of the rows of an outbox."""

    outbox: Outbox
    cache: CacheManager
    gateway: Gateway

    def tell(self, not_told: NotTold) -> int:
        """Tell of everything that is there; gives of how many rows. What fails stays, and ends it for now."""
        told = 0
        try:
            while rows := self.outbox.left():
                tags = sorted({tag for row in rows for tag in row.tags})
                self.cache.drop(*tags)
                self.gateway.purge(tags)
                self.outbox.forget(rows)
                told += len(rows)
        except (ShelfUnavailable, NotPurged, Unavailable) as error:
            not_told(f"{type(error).__name__}: {error}")
        return told
