"""The three tables, wired from the environment.

CONNECTIONS_TABLE, MEMBERS_TABLE, MESSAGES_TABLE   their names
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from application.rooms.connections import Connections
from application.rooms.log import Log
from application.rooms.members import Members

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class Stores:
    """Who is connected, who is where, and what was said."""

    connections: Connections
    members: Members
    log: Log

    @classmethod
    def of(cls, client: DynamoDBClient, environ: Mapping[str, str]) -> Self:
        connections = Connections(client, environ["CONNECTIONS_TABLE"])
        log = Log(client, environ["MESSAGES_TABLE"])
        return cls(connections, Members(client, environ["MEMBERS_TABLE"], connections, log), log)
