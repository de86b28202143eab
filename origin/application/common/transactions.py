"""Several writes of DynamoDB or none: tried again while another transaction is on the same items."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TRIES = 8
PAUSE = 0.02
"""Seconds before the second try, at most; doubled each time."""

CONDITION, CONFLICT = "ConditionalCheckFailed", frozenset({"TransactionConflict", "ThrottlingError"})


class Refused(Exception):
    """A condition did not hold, so nothing was written. `conditions` are the places of those writes."""

    def __init__(self, conditions: frozenset[int]) -> None:
        super().__init__(f"conditions of the writes {sorted(conditions)}")
        self.conditions = conditions


class InTheWay(Exception):
    """Another transaction was on the same items, so nothing was written."""

    def __init__(self, reason: ClientError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def write_all(client: DynamoDBClient, writes: list[Any], sleep: Callable[[float], None] = time.sleep) -> None:
    """Raises Refused; botocore's `ClientError` for everything else, also when others were in the way all the time."""
    for attempt in range(TRIES):
        try:
            write_once(client, writes)
            return
        except InTheWay as error:
            if attempt == TRIES - 1:
                raise error.reason from error
            sleep(pause(attempt))


def write_once(client: DynamoDBClient, writes: list[Any]) -> None:
    """One try, for who reads again before the next. Raises Refused, InTheWay, and `ClientError` for everything else."""
    try:
        client.transact_write_items(TransactItems=writes)
    except ClientError as error:
        reasons = _reasons(error)
        refused = frozenset(place for place, reason in enumerate(reasons) if reason == CONDITION)
        if refused:
            raise Refused(refused) from error
        if CONFLICT & set(reasons):
            raise InTheWay(error) from error
        raise


def pause(attempt: int) -> float:
    """Seconds to wait after the try of this number, counted from 0: less by chance, so that two do not meet again."""
    return random.uniform(0, PAUSE * 2**attempt)


def _reasons(error: ClientError) -> list[str]:
    """Why the transaction was cancelled, an entry a write; nothing for other errors."""
    if error.response["Error"]["Code"] == "TransactionInProgressException":
        return ["TransactionConflict"]
    response: Mapping[str, Any] = error.response
    return [reason.get("Code") or "None" for reason in response.get("CancellationReasons", [])]
