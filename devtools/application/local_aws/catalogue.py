"""What the catalogue of a developer's application runs on: a file and a cache in its processes, or real servers.

On AWS it is Aurora behind a proxy, and a Redis, which the emulator has not; the functions are told where else to go.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devtools.application.services import mariadb, redis_server

Parameters = Mapping[str, str]
"""Of the template."""


@contextmanager
def embedded() -> Iterator[Parameters]:
    """A file of SQLite, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-catalogue-") as folder:
        yield {"CatalogueDatabaseUrl": f"sqlite:///{Path(folder) / 'catalogue.db'}"}


@contextmanager
def servers() -> Iterator[Parameters]:
    """MariaDB and Redis. Raises Failure where they are not installed."""
    with mariadb() as database, redis_server() as redis:
        yield {"CatalogueDatabaseUrl": database.url(), "CatalogueRedisUrl": redis.url}
