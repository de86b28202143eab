"""A DynamoDB in this process (moto), for the tests of the graph."""

from collections.abc import Iterator

import pytest

from tests.unit.application.graph import house as houses
from tests.unit.application.graph.house import House


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with houses.open_house() as house:
        yield house


@pytest.fixture
def open_house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """One that tells its schema."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with houses.open_house(introspection=True) as house:
        yield house
