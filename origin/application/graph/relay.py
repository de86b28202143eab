"""The function behind the streams of users and posts: tells the gateway which of its copies a write has outdated.

A table's stream is its outbox: a record of each write is there with its commit, whoever wrote, this graph or the users
API. AWS hands it on until the function took it, or until nothing that was kept is answered with any more.

GATEWAY_URL, PURGE_SECRET_ARN    `../common/purging.py`
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit

from application.common.purging import NotPurged, gateway_of
from application.common.telemetry import entry_point, metrics_of
from application.graph.tags import POST, POSTS, USER, USERS, post_tag, user_tag

SERVICE = "graph-relay"

NOT_SHOWN = frozenset({"version", "posts"})
"""Attributes of a user that no answer of the graph shows."""

Item = Mapping[str, Any]

metrics = metrics_of(SERVICE)
_logger = Logger(service=SERVICE)
_gateway = gateway_of(os.environ)


def outdated(event: Mapping[str, Any]) -> list[str]:
    """The tags of every answer that shows what was written, or the lack of it."""
    return sorted({tag for record in event["Records"] for tag in _tags(record["dynamodb"])})


def _tags(change: Mapping[str, Any]) -> Iterator[str]:
    before, after = change.get("OldImage"), change.get("NewImage")
    item = after or before or {}
    if "author" in item:
        yield from (post_tag(item["id"]["S"]), POST)
        if not (before and after):
            yield POSTS
    elif _shown(before) != _shown(after):
        yield from (user_tag(item["id"]["S"]), USER)
        if _is_listed(before) != _is_listed(after):
            yield USERS


def _shown(user: Item | None) -> Item:
    return {name: value for name, value in (user or {}).items() if name not in NOT_SHOWN}


def _is_listed(user: Item | None) -> bool:
    """Whether it is in the list of all: who is being deleted is in no index any more."""
    return "kind" in (user or {})


def _relay(event: dict[str, Any], _context: Any) -> dict[str, int]:
    tags = outdated(event)
    try:
        if tags:
            _gateway.purge(tags)
    except NotPurged as error:
        _logger.error("the gateway was not told of writes", extra={"reason": str(error)})
        metrics.add_metric(name="WritesLeft", unit=MetricUnit.Count, value=len(event["Records"]))
        raise  # and be called again with the same
    metrics.add_metric(name="WritesTold", unit=MetricUnit.Count, value=len(event["Records"]))
    return {"tags": len(tags)}


handler = entry_point(_relay, SERVICE, metrics)
