"""One connection to the database, and what becomes of a transaction when the connection or the server fails.

An execution environment of Lambda handles one request at a time, so one connection is all it can use; a hundred of
them are a hundred connections, which is what RDS Proxy is there for. A connection that died while nothing was asked
is found out by a ping and replaced; one older than `RECYCLED_AFTER` is not asked at all.

A transaction that failed before its commit did nothing, so it is tried again, a few times; once the commit was sent,
whether it happened is unknown, and only the client, who knows whether a repetition is safe, may repeat it.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.pool import QueuePool

RECYCLED_AFTER = 240
"""Seconds; under RDS Proxy's and everybody else's idle timeout, and under a `wait_timeout` of five minutes."""

CONNECTS_WITHIN, ANSWERS_WITHIN = 2, 5
"""Seconds."""

PAUSES = (0.05, 0.25)
"""Seconds before the second and the third try, and up to as much again."""

# MySQL's error codes after which the same transaction may succeed, all of them before anything was committed.
TRANSIENT = {
    1040: "too many connections",
    1053: "the server is shutting down",
    1062: "somebody else added it first",
    1205: "a lock was waited for too long",
    1213: "a deadlock",
    1927: "the connection was killed",
    2003: "the server cannot be reached",
    2006: "the server has gone away",
    2013: "the connection was lost",
    2014: "the connection is out of step",
    3024: "the statement took too long",
}
CLOSED = 0
"""PyMySQL's code for a connection that it has closed itself."""

T = TypeVar("T")
Password = Callable[[], str]
"""Gives the password, anew for each connection: a token that IAM made is good for fifteen minutes."""


class Unavailable(Exception):
    """The database could not do it now. `nothing_done` says whether that is certain."""

    def __init__(self, reason: str, *, nothing_done: bool) -> None:
        super().__init__(reason)
        self.nothing_done = nothing_done


def connect(
    url: str | URL,
    password: Password | None = None,
    *,
    encrypted: bool = False,
    recycled_after: float = RECYCLED_AFTER,
) -> Engine:
    """An engine with one connection, made when it is first needed.

    `encrypted` by TLS, checked against the system's authorities: IAM's tokens are sent over nothing else.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    limits = {"connect_timeout": CONNECTS_WITHIN, "read_timeout": ANSWERS_WITHIN, "write_timeout": ANSWERS_WITHIN}
    engine = create_engine(
        address,
        pool_size=1,
        max_overflow=0,
        pool_timeout=ANSWERS_WITHIN,
        pool_pre_ping=True,
        pool_recycle=int(recycled_after),
        connect_args={**limits, "charset": "utf8mb4", **({"ssl": ssl.create_default_context()} if encrypted else {})},
    )
    if password:
        _with_passwords(engine, password)
    return engine


def _with_passwords(engine: Engine, password: Password) -> None:
    @event.listens_for(engine, "do_connect")
    def _(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
        parameters["password"] = password()


def _sqlite(address: URL) -> Engine:
    """The embedded database. Its driver begins no transaction by itself before the first write; here every one does."""
    engine = create_engine(
        address,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=ANSWERS_WITHIN,
        connect_args={"timeout": ANSWERS_WITHIN, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


class Database:
    """Transactions on the one connection. Each function that is handed in may be called more than once."""

    def __init__(
        self, engine: Engine, told: Callable[[str], None] = lambda _: None, wait: Callable[[float], None] = time.sleep
    ) -> None:
        """`told` hears why a transaction is tried again, or given up."""
        self.engine = engine
        self._told = told
        self._wait = wait

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads, all of it as of one moment. Raises Unavailable."""
        return self._tried(lambda: self._once(work, "BEGIN"))

    def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, committed. Raises Unavailable."""
        return self._tried(lambda: self._once(work, "BEGIN IMMEDIATE"))

    def _once(self, work: Callable[[Connection], T], begin: str) -> T:
        with self.engine.connect().execution_options(sqlite_begin=begin) as connection:
            transaction = connection.begin()
            try:
                result = work(connection)
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                raise Unavailable(reason_of(error) or str(error), nothing_done=False) from error
            return result

    def _tried(self, once: Callable[[], T]) -> T:
        for pause in (*PAUSES, None):
            try:
                return once()
            except (DBAPIError, TimeoutError) as error:
                reason = reason_of(error)
                if reason is None:
                    raise
                self._told(reason)
                if pause is None:
                    raise Unavailable(reason, nothing_done=True) from error
            self._wait(pause + random.uniform(0, pause))
        raise AssertionError("the last try returns or raises")


def reason_of(error: DBAPIError | TimeoutError) -> str | None:
    """Why the same transaction may succeed another time, or None where it would not."""
    if isinstance(error, TimeoutError):
        return "the connection is in use"
    arguments = error.orig.args if error.orig else ()
    number = arguments[0] if arguments else None
    if isinstance(number, int):
        return TRANSIENT.get(number) or ("the connection was closed" if number == CLOSED else None)
    if "database is locked" in str(error.orig):
        return "a lock was waited for too long"
    return "the connection was lost" if error.connection_invalidated else None
