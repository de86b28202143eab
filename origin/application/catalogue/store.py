"""Products and rates in SQL: the same statements for MySQL and SQLite.

A write leaves in its transaction what it outdates, so that no write can be committed and then never told of.
Nothing here knows of HTTP, visitors or caches.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import Connection, Table, and_, delete, func, insert, or_, select

from application.catalogue import tables
from application.catalogue.database import Database
from application.catalogue.products import NewProduct, Page, Product, Rates, Text
from application.catalogue.showing import ALL, RATES, product_tag


class BadCursor(ValueError):
    """The `next` key is not one that `page` gave out."""


class Catalogue(Protocol):
    """What the routes need of a store. Everything raises `database.Unavailable`."""

    def product(self, sku: str) -> Product | None: ...

    def page(self, limit: int, cursor: str | None) -> Page: ...

    def rates(self, today: str) -> Rates: ...


class CatalogueStore:
    """Implements `Catalogue`, and writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def product(self, sku: str) -> Product | None:
        def read(connection: Connection) -> list[Product]:
            return _whole(connection, select(tables.products).where(tables.products.c.sku == sku))

        return next(iter(self._database.read(read)), None)

    def page(self, limit: int, cursor: str | None) -> Page:
        """At most `limit` products in their order. Raises BadCursor."""
        table, wanted = tables.products, select(tables.products)
        if cursor is not None:
            rank, sku = _position(cursor)
            wanted = wanted.where(or_(table.c.rank > rank, and_(table.c.rank == rank, table.c.sku > sku)))
        wanted = wanted.order_by(table.c.rank, table.c.sku).limit(limit + 1)
        found = self._database.read(lambda connection: _whole(connection, wanted))
        shown = found[:limit]
        return Page(products=tuple(shown), next=_cursor(shown[-1]) if len(found) > limit else None)

    def rates(self, today: str) -> Rates:
        """The newest of each currency that is not of a day to come."""
        table = tables.rates
        newest = (
            select(table.c.currency, func.max(table.c.day).label("day"))
            .where(table.c.day <= today)
            .group_by(table.c.currency)
            .subquery()
        )
        wanted = select(table).join(newest, and_(table.c.currency == newest.c.currency, table.c.day == newest.c.day))
        rows = self._database.read(lambda connection: connection.execute(wanted).all())
        return Rates(newest={row.currency: (row.rate, row.day) for row in rows})

    def put(self, sku: str, new: NewProduct, now: str) -> bool:
        """Make the product this; gives whether there was none before."""

        def write(connection: Connection) -> bool:
            known = _locked(connection, sku)
            if known:
                for table in (tables.texts, tables.prices):
                    connection.execute(delete(table).where(table.c.sku == sku))
                change = {"rank": new.rank, "changed_at": now}
                connection.execute(tables.products.update().where(tables.products.c.sku == sku).values(**change))
            else:
                connection.execute(insert(tables.products).values(sku=sku, rank=new.rank, changed_at=now))
            texts = [{"sku": sku, "language": tag, **text.model_dump()} for tag, text in new.texts.items()]
            prices = [{"sku": sku, "currency": code, "minor": minor} for code, minor in new.prices.items()]
            connection.execute(insert(tables.texts), texts)
            connection.execute(insert(tables.prices), prices)
            _outdate(connection, [ALL, product_tag(sku)], now)
            return not known

        return self._database.write(write)

    def remove(self, sku: str, now: str) -> bool:
        """Take it off; gives whether it was there."""

        def write(connection: Connection) -> bool:
            known = _locked(connection, sku)
            if known:
                connection.execute(delete(tables.products).where(tables.products.c.sku == sku))
                _outdate(connection, [ALL, product_tag(sku)], now)
            return known

        return self._database.write(write)

    def put_rates(self, day: str, rates: Mapping[str, str], now: str) -> None:
        """What the base currency is worth from `day` on, in place of what was said for that day before."""

        def write(connection: Connection) -> None:
            table = tables.rates
            connection.execute(delete(table).where(table.c.day == day, table.c.currency.in_(sorted(rates))))
            rows = [{"currency": currency, "day": day, "rate": rate} for currency, rate in rates.items()]
            connection.execute(insert(table), rows)
            _outdate(connection, [RATES], now)

        self._database.write(write)


def _locked(connection: Connection, sku: str) -> bool:
    """Whether the product is there; nobody else writes it until the transaction ends."""
    wanted = select(tables.products.c.sku).where(tables.products.c.sku == sku).with_for_update()
    return connection.execute(wanted).first() is not None


def _outdate(connection: Connection, tags: Sequence[str], now: str) -> None:
    connection.execute(insert(tables.outbox).values(id=uuid4().hex, at=now, tags=json.dumps(tags)))


def _whole(connection: Connection, wanted: Any) -> list[Product]:
    """The wanted rows of `products` with what belongs to them, in three statements however many they are."""
    rows = connection.execute(wanted).all()
    skus = [row.sku for row in rows]
    if not skus:
        return []
    texts = _by_sku(connection, tables.texts, skus)
    prices = _by_sku(connection, tables.prices, skus)
    return [
        Product(
            sku=row.sku,
            rank=row.rank,
            changed_at=row.changed_at,
            texts={text.language: Text(name=text.name, description=text.description) for text in texts[row.sku]},
            prices={price.currency: price.minor for price in prices[row.sku]},
        )
        for row in rows
    ]


def _by_sku(connection: Connection, table: Table, skus: Iterable[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {sku: [] for sku in skus}
    for row in connection.execute(select(table).where(table.c.sku.in_(list(found)))):
        found[row.sku].append(row)
    return found


def _cursor(product: Product) -> str:
    """Opaque to clients; base64url of JSON."""
    return base64.urlsafe_b64encode(json.dumps([product.rank, product.sku]).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[int, str]:
    try:
        rank, sku = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("not a next key of this list") from error
    if type(rank) is not int or abs(rank) > 2**31 or not isinstance(sku, str) or not sku.isascii():
        raise BadCursor("not a next key of this list")
    return rank, sku
