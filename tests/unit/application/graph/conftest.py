"""A DynamoDB in this process (moto), for the tests of the graph."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.unit.application.graph.house import House, dynamodb


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with mock_aws():
        yield House(dynamodb())


@pytest.fixture
def open_house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """One that tells its schema."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with mock_aws():
        yield House(dynamodb(), introspection=True)
