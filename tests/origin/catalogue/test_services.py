"""The contract on real MariaDB and Redis."""

from tests.unit.application.catalogue.contract import Contract


class TestServices(Contract):
    pass
