"""What was said in each room, in DynamoDB: message n is there only when every one before it is.

The number is given and the message is kept in one transaction, together with what it says of a room's people. So
whoever has all up to n, and asks for what came after n, misses nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from application.common.transactions import InTheWay, Refused, pause, write_once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_FOR = 30 * 24 * 3600
"""Seconds after which a message is deleted."""

TRIES = 40
"""How often a number is tried for; each time it was not to be had, somebody else in the room got one."""
SLOWEST = 4
"""Doublings of the pause between two tries."""

ONCE = "once#"
"""Before the id of what must be said once: no room's name has this character."""


class Busy(Exception):
    """Too many others talk in this room at this moment; nothing was done."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something said in a room. `content` is what its type has beside the rest; `owner` hears it wherever they are.

    `at` is RFC 3339 in UTC with milliseconds; `number` is 0 until it has one.
    """

    room: str
    type: str
    at: str
    content: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    number: int = 0

    def document(self) -> dict[str, Any]:
        """As people get it."""
        return {"type": self.type, "room": self.room, "number": self.number, "at": self.at, **self.content}


class Log:
    """Reads and writes the table. Errors of AWS itself come through as botocore's `ClientError`."""

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep
        self._clock = clock

    def say(self, entry: Entry, once: str | None = None) -> int | None:
        """Gives its number. What was said under the same `once` before is not said again: None. Raises Busy."""
        others = [] if once is None else [self._first_time(once)]
        for attempt in range(TRIES):
            try:
                return self.attempt(others, entry)
            except Refused as refused:
                if refused.conditions & frozenset(range(len(others))):
                    return None
            except InTheWay:
                pass
            self.wait(attempt)
        raise Busy(entry.room)

    def attempt(self, writes: Sequence[Any], entry: Entry | None) -> int | None:
        """One try to do all of `writes` and to say `entry`, which gets the next number. Raises Refused, InTheWay."""
        if entry is None:
            write_once(self._client, list(writes))
            return None
        number = self.last(entry.room) + 1
        write_once(self._client, [*writes, self._next(entry.room, number), self._put(entry, number)])
        return number

    def wait(self, attempt: int) -> None:
        """Before the next try."""
        self._sleep(pause(min(attempt, SLOWEST)))

    def last(self, room: str) -> int:
        """The number of the newest message; 0 before the first."""
        found = self._client.get_item(TableName=self._name, Key=_key(room, 0), ConsistentRead=True).get("Item")
        return int(found["last"]["N"]) if found else 0

    def after(self, room: str, number: int, limit: int) -> tuple[list[Entry], bool]:
        """At most `limit` messages after a number, oldest first, and whether there are more."""
        found = self._query(room, ">", number, limit + 1, forward=True)
        return found[:limit], len(found) > limit

    def newest(self, room: str, limit: int) -> list[Entry]:
        """The newest messages, oldest first."""
        return self._query(room, ">", 0, limit, forward=False)[::-1]

    def _query(self, room: str, comparison: str, number: int, limit: int, *, forward: bool) -> list[Entry]:
        values: Any = {":room": {"S": room}, ":number": {"N": str(number)}}
        found = self._client.query(
            TableName=self._name,
            KeyConditionExpression=f"room = :room AND #number {comparison} :number",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues=values,
            ScanIndexForward=forward,
            Limit=limit,
            ConsistentRead=True,
        )
        return [entry_of(item) for item in found["Items"]]

    def _next(self, room: str, number: int) -> Any:
        first = "attribute_not_exists(room)" if number == 1 else "#last = :before"
        values = {":number": {"N": str(number)}, **({} if number == 1 else {":before": {"N": str(number - 1)}})}
        return {
            "Update": {
                "TableName": self._name,
                "Key": _key(room, 0),
                "UpdateExpression": "SET #last = :number",
                "ConditionExpression": first,
                "ExpressionAttributeNames": {"#last": "last"},
                "ExpressionAttributeValues": values,
            }
        }

    def _put(self, entry: Entry, number: int) -> Any:
        item = {
            **_key(entry.room, number),
            "type": {"S": entry.type},
            "at": {"S": entry.at},
            "content": {"S": json.dumps(entry.content, ensure_ascii=False)},
            "until": self._until(),
            **({"owner": {"S": entry.owner}} if entry.owner else {}),
        }
        return {"Put": {"TableName": self._name, "Item": item}}

    def _first_time(self, once: str) -> Any:
        item = {**_key(ONCE + once, 0), "until": self._until()}
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(room)"}}

    def _until(self) -> Any:
        return {"N": str(int(self._clock()) + KEPT_FOR)}


def entry_of(item: Mapping[str, Any]) -> Entry:
    """The entry that the log made the item of."""
    room, type_, at = (item[name]["S"] for name in ("room", "type", "at"))
    owner = item["owner"]["S"] if "owner" in item else None
    return Entry(room, type_, at, json.loads(item["content"]["S"]), owner, int(item["number"]["N"]))


def _key(room: str, number: int) -> dict[str, Any]:
    return {"room": {"S": room}, "number": {"N": str(number)}}
