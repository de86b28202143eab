"""A MariaDB that dies, forgets its clients, has no room for another, or kills a transaction."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pymysql
import pytest
from application.catalogue import tables
from application.catalogue.database import Database, Unavailable, connect
from application.catalogue.store import CatalogueStore
from sqlalchemy import Connection, select

from devtools.application.services import MariaDb
from tests.unit.application.catalogue.contract import together
from tests.unit.application.catalogue.house import House, priced

Houses = Callable[[], House]
Root = Callable[..., Any]
Patience = Callable[[Callable[[], bool]], None]


class Traffic:
    """One admin who counts a price up, readers who see it, and what each of them may be told."""

    def __init__(self, houses: Houses, readers: int) -> None:
        self.acknowledged = self.attempted = 0
        self.statuses: list[int] = []
        self.wrong: list[str] = []
        self.over = threading.Event()
        self._houses = [houses() for _ in range(readers + 1)]
        self._threads = [threading.Thread(target=self._write, args=(self._houses[0],))]
        self._threads += [threading.Thread(target=self._read, args=(house,)) for house in self._houses[1:]]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, house: House) -> None:
        while not self.over.is_set():
            self.attempted += 1
            answer = house.put("counted", priced(self.attempted))
            self.statuses.append(answer.status)
            if answer.status in (200, 201):
                self.acknowledged = self.attempted

    def _read(self, house: House) -> None:
        while not self.over.is_set():
            least = self.acknowledged
            try:
                found = house.store.product("counted")
            except Unavailable:
                self.statuses.append(503)
                continue
            self.statuses.append(200)
            seen = found.prices["EUR"] if found else 0
            if not least <= seen <= self.attempted:
                self.wrong.append(f"{seen} is not between {least} and {self.attempted}")


def test_killed_in_mid_traffic_and_restarted_nobody_is_told_anything_wrong(
    database: MariaDb, houses: Houses, patience: Patience
) -> None:
    with Traffic(houses, readers=3) as traffic:
        patience(lambda: traffic.acknowledged > 5)
        database.kill()
        patience(lambda: traffic.statuses[-20:].count(503) > 4)
        database.start()
        before = traffic.acknowledged
        patience(lambda: traffic.acknowledged > before + 5)
        patience(lambda: set(traffic.statuses[-20:]) == {200})
    assert traffic.wrong == []
    assert set(traffic.statuses) <= {200, 201, 503}


def test_a_connection_killed_in_the_middle_of_a_read_is_replaced(house: House, root: Root) -> None:
    assert house.store.product("team")
    identities = []

    def read(connection: Connection) -> Any:
        identities.append(connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one())
        if len(identities) == 1:
            root("KILL %s", identities[0])
        return connection.execute(select(tables.products)).all()

    assert len(house.database.read(read)) == 3
    assert len(set(identities)) == 2


def test_a_connection_lost_in_the_commit_is_said_to_be_unknown(house: House, root: Root) -> None:
    def write(connection: Connection) -> None:
        connection.execute(tables.rates.delete())
        root("KILL %s", connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one())

    with pytest.raises(Unavailable) as raised:
        house.database.write(write)
    assert raised.value.nothing_done is False
    assert house.store.rates("2026-12-31").newest


def test_a_connection_idle_beyond_wait_timeout_is_replaced_before_it_is_used(
    database: MariaDb, houses: Houses, root: Root, patience: Patience
) -> None:
    (((_, before),), _) = root("SHOW GLOBAL VARIABLES LIKE 'wait_timeout'"), root("SET GLOBAL wait_timeout = 1")
    try:
        house = houses()
        assert house.store.product("team")
        gone = house.database.read(lambda connection: connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one())
        patience(lambda: not root("SELECT 1 FROM information_schema.processlist WHERE id = %s", gone))
        assert house.store.product("team")
        assert house.counted["database"] == 0
    finally:
        root(f"SET GLOBAL wait_timeout = {int(before)}")


def test_a_connection_is_not_used_beyond_its_age(database: MariaDb, samples: Any) -> None:
    engine = connect(database.url(), recycled_after=1)

    def identity() -> Any:
        with engine.connect() as connection:
            return connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()

    first, until = identity(), time.monotonic() + 30
    while identity() == first:
        assert time.monotonic() < until
        time.sleep(0.1)
    engine.dispose()


def room_for(address: dict[str, Any], taken: list[Any]) -> bool:
    """Takes one more connection, if there is one."""
    try:
        taken.append(pymysql.connect(**address))
    except pymysql.err.OperationalError:
        return False
    return True


def test_too_many_connections_are_a_503_until_one_is_free(database: MariaDb, houses: Houses, root: Root) -> None:
    house, taken = houses(), list[Any]()
    address: dict[str, Any] = {"host": "127.0.0.1", "port": database.port, "user": "catalogue", "password": "local"}
    root("SET GLOBAL max_connections = 10")
    try:
        while room_for(address, taken):
            pass
        answer = house.ask("GET", "/products/team")
        assert (answer.status, answer.body["code"]) == (503, "catalogue_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert "too many connections" in house.reasons
        taken.pop().close()
        while house.ask("GET", "/products/team").status == 503:
            pass
        assert house.price("team") == 1100
    finally:
        root("SET GLOBAL max_connections = 30")
        for connection in taken:
            connection.close()


def test_a_deadlock_is_tried_again_and_both_are_done(houses: Houses) -> None:
    writers, orders = [houses(), houses()], [("starter", "team"), ("team", "starter")]
    first = [threading.Event(), threading.Event()]

    def write(number: int) -> None:
        def work(connection: Connection) -> None:
            for at, sku in enumerate(orders[number]):
                change = tables.products.update().where(tables.products.c.sku == sku)
                connection.execute(change.values(rank=tables.products.c.rank + 10))
                if at == 0:
                    first[number].set()
                    first[1 - number].wait(30)

        writers[number].database.write(work)

    together(write, 2)
    ranks = {product.sku: product.rank for product in writers[0].store.page(10, None).products}
    assert (ranks["starter"], ranks["team"]) == (20, 21)
    assert "a deadlock" in [*writers[0].reasons, *writers[1].reasons]


def test_each_connection_authenticates_with_a_password_of_its_own(database: MariaDb, samples: Any, root: Root) -> None:
    """As with IAM, whose tokens end: the former one is worth nothing by the time the next connection is made."""
    given: list[str] = []

    def password() -> str:
        given.append(f"token-{len(given)}")
        root("ALTER USER 'catalogue_tokens'@'%%' IDENTIFIED BY %s", given[-1])
        return given[-1]

    root("CREATE USER 'catalogue_tokens'@'%%' IDENTIFIED BY 'none'")
    root("GRANT SELECT ON catalogue.* TO 'catalogue_tokens'@'%%'")
    engine = connect(f"mysql+pymysql://catalogue_tokens@127.0.0.1:{database.port}/catalogue", password)
    store = CatalogueStore(Database(engine))
    assert store.product("team")
    assert store.product("team")
    engine.dispose()
    assert store.product("team")
    assert given == ["token-0", "token-1"]
    engine.dispose()


def test_an_execution_environment_has_one_connection(houses: Houses, root: Root) -> None:
    house = houses()

    def read(_: int) -> None:
        assert [house.store.product("team") is not None for _ in range(10)] == [True] * 10

    together(read, 8)
    assert len(root("SELECT 1 FROM information_schema.processlist WHERE user = 'catalogue'")) == 1
