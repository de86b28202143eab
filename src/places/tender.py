"""What money is tender on a day (UTC), and what is paid in since other money was replaced.

`territories.py` knows the day it was generated and the changes that were decided by then. They happen here at midnight
UTC, each on its own day; nobody has to deploy anything.
"""

from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Final

from core.records import record
from places import territories

NEVER: Final = float("inf")


@record
class Replaced:
    """Money that is nobody's any more, from a day on."""

    successor: str
    """ISO 4217."""
    day: str
    """The first day without it: YYYY-MM-DD."""


@lru_cache(maxsize=512)
def currencies(country: str, day: str) -> tuple[str, ...]:
    """The tender of a territory on that day, most used first. Raises KeyError for what is no territory."""
    listed = territories.TERRITORIES[country].split(" ")[2]
    for change in territories.CURRENCY_CHANGES.get(country, "").split():
        since, _, money = change.partition("/")
        listed = money if since <= day else listed
    return tuple(listed.split(","))


def replaced(code: str) -> Replaced | None:
    """What became, or will become, of a currency that does not stay."""
    row = territories.CURRENCY_SUCCESSORS.get(code)
    return Replaced(*row.split(" ")) if row else None


def current(code: str, day: str) -> str:
    """What is paid in on that day by who paid in `code`: itself, or its successor."""
    row = replaced(code)
    return row.successor if row and row.day <= day else code


@cache
def in_use() -> frozenset[str]:
    """ISO 4217 codes that are tender somewhere on the day of the tables, or will be on a later one."""
    rows = [row.split(" ")[2] for row in territories.TERRITORIES.values()]
    rows += [change.partition("/")[2] for row in territories.CURRENCY_CHANGES.values() for change in row.split()]
    return frozenset(currency for row in rows for currency in row.split(","))


def day_of(now: float) -> str:
    """The UTC day of a time in seconds since the epoch."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def next_change(day: str) -> float:
    """When money next changes after that day, in seconds since the epoch; NEVER without a dated change."""
    days = {change.partition("/")[0] for row in territories.CURRENCY_CHANGES.values() for change in row.split()}
    days |= {Replaced(*row.split(" ")).day for row in territories.CURRENCY_SUCCESSORS.values()}
    coming = min((change for change in days if change > day), default=None)
    return (
        NEVER if coming is None else datetime.combine(date.fromisoformat(coming), datetime.min.time(), UTC).timestamp()
    )
