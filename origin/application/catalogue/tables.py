"""The tables, as SQLAlchemy sees them; `migrations/` is how a database comes to have them, and a test compares.

Amounts are whole numbers of minor units. What is compared byte by byte (SKUs, codes) has a collation that does so:
MySQL's default one takes `ä` for `a`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql

metadata = MetaData()


def code(length: int) -> String:
    """Text of ASCII characters, compared as bytes."""
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return String(length).with_variant(exact, "mysql", "mariadb")


WORDS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
WORDS |= {name.replace("mysql", "mariadb"): value for name, value in WORDS.items()}

products = Table(
    "products",
    metadata,
    Column("sku", code(64), primary_key=True),
    Column("rank", Integer, nullable=False, quote=True),  # a word of MySQL 8
    Column("changed_at", code(32), nullable=False),
    Index("products_in_order", "rank", "sku"),
    **WORDS,
)

texts = Table(
    "product_texts",
    metadata,
    Column("sku", code(64), ForeignKey("products.sku", ondelete="CASCADE"), primary_key=True),
    Column("language", code(16), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False),
    **WORDS,
)

prices = Table(
    "product_prices",
    metadata,
    Column("sku", code(64), ForeignKey("products.sku", ondelete="CASCADE"), primary_key=True),
    Column("currency", code(3), primary_key=True),
    Column("minor", BigInteger, nullable=False),
    **WORDS,
)

rates = Table(
    "rates",
    metadata,
    Column("currency", code(3), primary_key=True),
    Column("day", code(10), primary_key=True),
    Column("rate", code(24), nullable=False),  # a decimal number as it was said: floats would change it
    **WORDS,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", code(32), primary_key=True),
    Column("at", code(32), nullable=False),
    Column("tags", Text, nullable=False),
    Index("outbox_in_order", "at"),
    **WORDS,
)
