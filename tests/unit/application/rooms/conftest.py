"""A DynamoDB in this process (moto), made once for the tests of the rooms; each has tables of its own."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.application.rooms.house import House

LOCAL = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def database() -> Iterator[Any]:
    before = {name: os.environ.get(name) for name in LOCAL}
    os.environ.update(LOCAL)
    with mock_aws():
        yield boto3.client("dynamodb")
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@pytest.fixture
def house(database: Any) -> Iterator[House]:
    made = House(database)
    yield made
    made.tear_down()
