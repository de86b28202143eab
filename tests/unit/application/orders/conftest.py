"""A DynamoDB, queues and topics in this process (moto), for the tests of the orders."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from devtools.application.payments import Provider, payment_provider
from tests.unit.application.clients import client
from tests.unit.application.orders.deployed import PAYMENT_KEY, Deployed, deployed
from tests.unit.application.orders.shelves import Shelves


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS, as far as moto is it, until the test ends."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with mock_aws():
        yield


@pytest.fixture
def shelves(aws: None) -> Shelves:
    return Shelves(client("dynamodb"))


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    with payment_provider(PAYMENT_KEY) as running:
        yield running


@pytest.fixture
def shop(aws: None, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    yield from deployed(provider, monkeypatch)
