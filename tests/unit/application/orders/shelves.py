"""Tables of the orders in a DynamoDB that is there, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING

from application.orders.items import message_of
from application.orders.mailbox import Mailbox
from application.orders.order import Message
from application.orders.outbox import OutboxTable
from application.orders.store import OrderStore, Tables
from application.orders.tables import MAILBOX_SCHEMA, ORDERS_SCHEMA, OUTBOX_SCHEMA, STOCK_SCHEMA

from tests.unit.application.orders.port_cases import Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

STOCK = {"team": 10, "business": 2}


class Shelves:
    """The tables, empty but for the stock, under names of their own."""

    def __init__(self, client: DynamoDBClient, stock: Mapping[str, int] = STOCK) -> None:
        run = token_hex(4)
        self.client = client
        self.tables = Tables(f"orders-{run}", f"stock-{run}", f"outbox-{run}")
        self.mailbox_table = f"mailbox-{run}"
        schemas = zip(
            (self.tables.orders, self.tables.stock, self.tables.outbox, self.mailbox_table),
            (ORDERS_SCHEMA, STOCK_SCHEMA, OUTBOX_SCHEMA, MAILBOX_SCHEMA),
            strict=True,
        )
        for name, schema in schemas:
            client.create_table(TableName=name, **schema)
        self.orders = OrderStore(client, self.tables)
        self.outbox = OutboxTable(client, self.tables.outbox)
        self.mailbox = Mailbox(client, self.mailbox_table)
        self.skus = list(stock)
        for sku, available in stock.items():
            self.orders.set_stock(sku, available)

    def stock(self) -> dict[str, int]:
        return self.orders.stock(self.skus)

    def messages(self) -> dict[str, Message]:
        """What is in the outbox, by id."""
        found = map(message_of, self.client.scan(TableName=self.tables.outbox)["Items"])
        return {message.id: message for message in found}

    def store(self) -> Store:
        return Store(self.orders, self.stock, self.messages, self.outbox.forget)
