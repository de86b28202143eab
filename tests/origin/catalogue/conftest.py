"""Real servers, one of each for the tests of a module; the catalogue begins anew for each test."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pymysql
import pytest
import redis
from application.catalogue import tables
from application.catalogue.database import Database, connect
from application.catalogue.migrations import upgrade
from application.catalogue.redis_shelf import RedisShelf
from application.catalogue.samples import put_samples
from application.catalogue.shelf import Shelf
from application.catalogue.store import CatalogueStore
from sqlalchemy import insert

from devtools.application.services import MariaDb, Redis, mariadb, redis_server
from tests.unit.application.catalogue.house import House

PATIENT = 30.0
"""Seconds that tests give Redis, so that a busy machine is not taken for a slow Redis."""

IN_ORDER = (tables.products, tables.texts, tables.prices, tables.rates)


@pytest.fixture(scope="module")
def database() -> Iterator[MariaDb]:
    with mariadb("--max-connections=30") as running:
        yield running


@pytest.fixture(scope="module")
def redis_of_the_module() -> Iterator[Redis]:
    with redis_server() as running:
        yield running


@pytest.fixture
def cache(redis_of_the_module: Redis) -> Redis:
    redis.Redis.from_url(redis_of_the_module.url).flushall()
    return redis_of_the_module


@pytest.fixture(scope="module")
def samples(database: MariaDb) -> dict[str, Any]:
    """The rows of every table, to begin each test with."""
    engine = connect(database.url())
    upgrade(engine)
    put_samples(CatalogueStore(Database(engine)))
    with engine.connect() as connection:
        rows = {table.name: [row._asdict() for row in connection.execute(table.select())] for table in IN_ORDER}
    engine.dispose()
    return rows


@pytest.fixture
def houses(database: MariaDb, samples: dict[str, Any], cache: Redis) -> Iterator[Callable[[], House]]:
    made = list[House]()
    engine = connect(database.url())
    with engine.begin() as connection:
        for table in (tables.outbox, *reversed(IN_ORDER)):
            connection.execute(table.delete())
        for table in IN_ORDER:
            connection.execute(insert(table), samples[table.name])
    engine.dispose()

    def make() -> House:
        made.append(House(connect(database.url()), RedisShelf(cache.url, within=PATIENT)))
        return made[-1]

    yield make
    for house in made:
        house.engine.dispose()


@pytest.fixture
def house(houses: Callable[[], House]) -> House:
    return houses()


@pytest.fixture
def shelves(cache: Redis) -> Callable[[], Shelf]:
    return lambda: RedisShelf(cache.url, within=PATIENT)


@pytest.fixture
def shelf(shelves: Callable[[], Shelf]) -> Shelf:
    return shelves()


@pytest.fixture
def root(database: MariaDb) -> Iterator[Callable[..., Any]]:
    """Runs a statement as MariaDB's root, and gives the rows."""
    with pymysql.connect(unix_socket=database.socket, user="root", autocommit=True) as connection:

        def run(statement: str, *values: Any) -> Any:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()

        yield run


@pytest.fixture
def patience() -> Callable[[Callable[[], bool]], None]:
    """Waits until a condition holds."""

    def wait(condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < until, "it never came true"
            time.sleep(0.01)

    return wait
