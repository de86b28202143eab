"""The store of orders in the local AWS, held to the cases that the one in memory and moto's are held to."""

import pytest

from devtools.application.local_aws.application import LocalApplication
from tests.unit.application.orders.port_cases import *  # noqa: F403  # the cases
from tests.unit.application.orders.port_cases import Store
from tests.unit.application.orders.shelves import Shelves


@pytest.fixture
def store(application: LocalApplication) -> Store:
    return Shelves(application.deployment.client("dynamodb")).store()
