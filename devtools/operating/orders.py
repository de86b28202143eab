"""`orders`: what the application could not do in five deliveries, and putting it back.

    python -m devtools orders dead [--json]
    python -m devtools orders redrive [--id ID]

Without --stack it is about the application that `make dev` serves; with it, about a deployed one, by your own AWS
credentials. docs/operations.md says what to look at before anything is put back.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devtools import example
from devtools.failure import Failure, one_line
from devtools.operating import stack as stacks
from devtools.paths import ORIGIN

sys.path.append(str(ORIGIN))

from application.running.dead_letters import DeadLetter, letters, redrive, release

# dead-letter queue, the queue its letters come from, the log of the function that could not do them
QUEUES = (
    ("OrdersDeadLetters", "OrdersQueue", "OrdersProcessorLog"),
    ("FulfilmentDeadLetters", "FulfilmentQueue", "OrdersFulfilmentLog"),
    ("NotificationsDeadLetters", "NotificationsQueue", "OrdersNotificationsLog"),
)
LOGGED_SINCE = 14 * 24 * 3600
"""Seconds that logs are searched back: as long as a letter is kept."""
UNKNOWN = "its log says nothing"


@dataclass(frozen=True)
class Found:
    """A dead letter, where it came from and what the function said of it last."""

    letter: DeadLetter
    queue: str
    log: str


def main(argv: list[str]) -> int:
    """`orders dead | redrive`."""
    parser = argparse.ArgumentParser(prog="python -m devtools orders", description=__doc__.partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    dead = actions.add_parser("dead", help="list dead letters, with reason and trace")
    dead.add_argument("--json", action="store_true", help="one JSON object a line")
    again = actions.add_parser("redrive", help="put them back where they came from")
    again.add_argument("--id", metavar="ID", help="only this one")
    for action in (dead, again):
        stacks.add_options(action)
    options = parser.parse_args(argv)
    example.require("orders")
    stack = stacks.chosen(options)
    return show(stack, options.json) if options.action == "dead" else put_back(stack, options.id)


def show(stack: stacks.Stack, as_json: bool) -> int:
    """List them; 1 when there are any, for scripts."""
    found = list(_found(stack))
    for one in found:
        release(stack.client("sqs"), one.letter)
        described = _described(stack, one)
        print(json.dumps(described) if as_json else _line(described))
    if not found and not as_json:
        print("there are no dead letters")
    return 1 if found else 0


def put_back(stack: stacks.Stack, wanted: str | None) -> int:
    """Put back the letter `wanted`, or all. Raises Failure where there is none."""
    sqs, done = stack.client("sqs"), 0
    for one in list(_found(stack)):
        if wanted in (None, one.letter.id):
            redrive(sqs, one.letter)
            print(f"put back {one.letter.id} into {one.queue}")
            done += 1
        else:
            release(sqs, one.letter)
    if wanted and not done:
        raise Failure(f"there is no dead letter {wanted}", "list them by `python -m devtools orders dead`")
    if not done:
        print("there are no dead letters")
    return 0


def _found(stack: stacks.Stack) -> Iterator[Found]:
    for dead, source, log in QUEUES:
        for letter in letters(stack.client("sqs"), stack.physical[dead], stack.physical[source]):
            yield Found(letter, source, stack.physical[log])


def _described(stack: stacks.Stack, found: Found) -> dict[str, Any]:
    letter = found.letter
    return {
        "id": letter.id,
        "queue": found.queue,
        "age_s": round(time.time() - letter.sent_at),
        "reason": _reason(stack, found),
        "trace": letter.trace,
        "request_id": letter.request_id,
        "body": letter.body,
    }


def _reason(stack: stacks.Stack, found: Found) -> str:
    """What the function logged when it failed the last time: SQS itself does not know why."""
    pages = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=found.log,
            filterPattern=f'"{found.letter.id}"',
            startTime=int((time.time() - LOGGED_SINCE) * 1000),
        )
    )
    reasons = [reason for page in pages for event in page["events"] if (reason := _said(event["message"], found))]
    return reasons[-1] if reasons else UNKNOWN


def _said(line: str, found: Found) -> str | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or record.get("message_id") != found.letter.id:
        return None
    reason: str | None = record.get("reason")
    return reason


def _line(described: dict[str, Any]) -> str:
    head = f"{described['id']}  {described['queue']}  {described['age_s']} s old"
    return "\n".join(
        [
            head,
            f"    why    {one_line(described['reason'])}",
            f"    trace  {described['trace'] or '-'}  request {described['request_id'] or '-'}",
            f"    body   {one_line(described['body'])[:300]}",
        ]
    )
