"""The function behind the notification topic: a change of an order is said in the order's room, and to its owner.

MESSAGES_TABLE   name of the table
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import BaseModel
from pydantic import ConfigDict, Field

from application.common.caller_keys import caller_key
from application.common.consuming import consumer
from application.common.telemetry import entry_point, metrics_of, operation
from application.rooms.log import Entry, Log

SERVICE = "rooms-orders"

Text = Annotated[str, Field(min_length=1, max_length=4096)]

SHOWN = ("id", "state", "total", "parcel", "reason", "changed_at")
"""What of an order is said; all of it is at `/orders/{id}`."""


class Owner(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: Annotated[str, Field(max_length=2048)]
    id: Text


class Changed(BaseModel):
    """A message of the topic, as far as rooms want to know."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: Text
    at: Text
    owner: Owner
    order: dict[str, Any]


_log = Log(boto3.client("dynamodb"), os.environ["MESSAGES_TABLE"])
metrics = metrics_of(SERVICE)


@operation(metrics, "SayOrder")
def say(changed: Changed) -> None:
    """Once, however often the message is delivered."""
    content = {"order": {name: changed.order[name] for name in SHOWN if name in changed.order}}
    owner = caller_key(changed.owner.issuer, changed.owner.id)
    _log.say(Entry(f"orders:{changed.order['id']}", "order_changed", changed.at, content, owner), once=changed.id)


handler = entry_point(consumer(Changed, say, Logger(service=SERVICE)), SERVICE, metrics)
