"""What reaches a client: API Gateway's management API, `@connections`.

CONNECTIONS_URL   its address: `https://<api>.execute-api.<region>.amazonaws.com/<stage>`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PATIENCE = 1.0
"""Seconds for API Gateway to take a message; it takes milliseconds, and waits for no client."""
AT_ONCE = 32
"""Messages on their way at a time."""


class Gone(Exception):
    """There is no such connection any more."""


class NotTold(Exception):
    """API Gateway did not take the message; it may take the next one."""


class Wires(Protocol):
    """Connections, by their ids."""

    def post(self, connection_id: str, text: str) -> None:
        """Raises Gone, NotTold."""

    def close(self, connection_id: str) -> None:
        """Whether or not it is still there. Raises NotTold."""


class ApiGatewayWires:
    """Implements `Wires`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def post(self, connection_id: str, text: str) -> None:
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=text.encode())
        except self._client.exceptions.GoneException as error:
            raise Gone(connection_id) from error
        except (ClientError, BotoCoreError) as error:
            raise NotTold(type(error).__name__) from error

    def close(self, connection_id: str) -> None:
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except self._client.exceptions.GoneException:
            return
        except (ClientError, BotoCoreError) as error:
            raise NotTold(type(error).__name__) from error


def api_gateway(environ: Mapping[str, str]) -> ApiGatewayWires:
    config = Config(
        connect_timeout=PATIENCE,
        read_timeout=PATIENCE,
        max_pool_connections=AT_ONCE,
        retries={"total_max_attempts": 1},
    )
    url = environ["CONNECTIONS_URL"]
    return ApiGatewayWires(boto3.client("apigatewaymanagementapi", endpoint_url=url, config=config))
