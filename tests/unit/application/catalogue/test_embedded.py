"""The contract on SQLite and the shelf in this process."""

from tests.unit.application.catalogue.contract import Contract


class TestEmbedded(Contract):
    pass
