"""The contract on real MariaDB and Redis."""

from tests.unit.catalogue.contract import Contract


class TestServices(Contract):
    pass
