"""The catalogue on what `make dev` runs it on: a file of SQLite, a shelf in this process."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from application.catalogue.database import Database, connect
from application.catalogue.migrations import upgrade
from application.catalogue.samples import put_samples
from application.catalogue.shelf import Process, Shelf, changes_of
from application.catalogue.store import CatalogueStore

from tests.unit.application.catalogue.house import House


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the samples and nothing left to tell; each test has a copy."""
    file = tmp_path_factory.mktemp("catalogue") / "catalogue.db"
    engine = connect(f"sqlite:///{file}")
    upgrade(engine)
    put_samples(CatalogueStore(Database(engine)))
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
    engine.dispose()
    return file


@pytest.fixture
def houses(prepared: Path, tmp_path: Path) -> Iterator[Callable[[], House]]:
    file, made = tmp_path / "catalogue.db", list[House]()
    shutil.copy(prepared, file)

    def make() -> House:
        made.append(House(connect(f"sqlite:///{file}"), Process(changed=changes_of(file))))
        return made[-1]

    yield make
    for house in made:
        house.engine.dispose()


@pytest.fixture
def house(houses: Callable[[], House]) -> House:
    return houses()


@pytest.fixture
def shelf() -> Shelf:
    return Process()


@pytest.fixture
def shelves(shelf: Shelf) -> Callable[[], Shelf]:
    return lambda: shelf


@pytest.fixture
def patience() -> Callable[[Callable[[], bool]], None]:
    """Waits until a condition holds."""

    def wait(condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < until, "it never came true"
            time.sleep(0.005)

    return wait
