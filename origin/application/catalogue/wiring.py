"""The parts, made from a function's environment.

DATABASE_URL       SQLAlchemy's, without a password: mysql+pymysql://catalogue@…/catalogue, or sqlite:////…/catalogue.db
DATABASE_IAM       "true" where the password is a token that IAM makes (RDS Proxy)
REDIS_URL          rediss://…; without it, what is kept is kept in the process
GATEWAY_URL        where the gateway is told what is outdated; see `../common/purging.py`
PURGE_SECRET_ARN   the credential for that
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from application.catalogue.caching import CacheManager
from application.catalogue.database import Database, connect
from application.catalogue.iam import database_token
from application.catalogue.outbox import OutboxTable, Telling
from application.catalogue.reading import CachedCatalogue
from application.catalogue.redis_shelf import RedisShelf
from application.catalogue.shelf import Process, Shelf, changes_of
from application.catalogue.store import CatalogueStore
from application.common.purging import gateway_of


class Wired:
    """Everything of the catalogue that one function uses, over one connection."""

    def __init__(self, environ: Mapping[str, str], logger: Logger, metrics: Metrics) -> None:
        count = _counter(metrics)

        def failing(reason: str) -> None:
            logger.warning("the database failed", extra={"reason": reason})
            count("DatabaseFailed")

        def cached(name: str, reason: str) -> None:
            if reason:
                logger.warning("the cache failed", extra={"reason": reason})
            count(name)

        self.database = Database(engine_of(environ), failing)
        self.cache = CacheManager(_shelf(environ), cached)
        self.store = CatalogueStore(self.database)
        self.read = CachedCatalogue(self.store, self.cache)
        self.telling = Telling(OutboxTable(self.database), self.cache, gateway_of(environ))


def engine_of(environ: Mapping[str, str]) -> Engine:
    url = make_url(environ["DATABASE_URL"])
    if environ.get("DATABASE_IAM") != "true":
        return connect(url)
    return connect(url, database_token(boto3.Session(), url), encrypted=True)


def _shelf(environ: Mapping[str, str]) -> Shelf:
    if environ.get("REDIS_URL"):
        return RedisShelf(environ["REDIS_URL"])
    url = make_url(environ["DATABASE_URL"])
    if url.get_backend_name() == "sqlite" and url.database:
        return Process(changed=changes_of(Path(url.database)))
    return Process()


def _counter(metrics: Metrics) -> Callable[[str], None]:
    return lambda name: metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
