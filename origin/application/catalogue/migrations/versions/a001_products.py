"""Products, their texts and prices, rates, and the outbox."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text
from sqlalchemy.dialects import mysql

revision = "a001"
down_revision = None

WORDS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
WORDS |= {name.replace("mysql", "mariadb"): value for name, value in WORDS.items()}


def _code(length: int) -> String:
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return String(length).with_variant(exact, "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "products",
        Column("sku", _code(64), primary_key=True),
        Column("rank", Integer, nullable=False, quote=True),
        Column("changed_at", _code(32), nullable=False),
        **WORDS,
    )
    op.create_index("products_in_order", "products", ["rank", "sku"])
    op.create_table(
        "product_texts",
        Column("sku", _code(64), ForeignKey("products.sku", ondelete="CASCADE"), primary_key=True),
        Column("language", _code(16), primary_key=True),
        Column("name", String(100), nullable=False),
        Column("description", Text, nullable=False),
        **WORDS,
    )
    op.create_table(
        "product_prices",
        Column("sku", _code(64), ForeignKey("products.sku", ondelete="CASCADE"), primary_key=True),
        Column("currency", _code(3), primary_key=True),
        Column("minor", BigInteger, nullable=False),
        **WORDS,
    )
    op.create_table(
        "rates",
        Column("currency", _code(3), primary_key=True),
        Column("day", _code(10), primary_key=True),
        Column("rate", _code(24), nullable=False),
        **WORDS,
    )
    op.create_table(
        "outbox",
        Column("id", _code(32), primary_key=True),
        Column("at", _code(32), nullable=False),
        Column("tags", Text, nullable=False),
        **WORDS,
    )
    op.create_index("outbox_in_order", "outbox", ["at"])


def downgrade() -> None:
    for table in ("outbox", "rates", "product_prices", "product_texts", "products"):
        op.drop_table(table)
