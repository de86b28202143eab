"""Dead letters: what a queue could not get done in five deliveries, and putting it back.

AWS could move them by itself (`StartMessageMoveTask`), all of a queue at once; a person at 3 a.m. wants to see them
first and may want to put back one. So they are received, sent to the queue they came from and only then deleted: if
something breaks in between, a letter is there twice and never lost, which consumers that do a thing once can bear.

Pure but for the SQS client that is given; what is found stays invisible to others for `HELD` seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

HELD = 30
"""Seconds in which whoever looks has time to put back or let go."""
AT_ONCE = 10
"""Messages in one call, as many as SQS gives."""


@dataclass(frozen=True)
class DeadLetter:
    """One message. `queue` and `source` are URLs: where it lies, and where it came from."""

    id: str
    queue: str
    source: str
    body: str
    sent_at: float
    """Seconds since 1970."""
    receipt: str = field(repr=False)
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def trace(self) -> str:
        """The `traceparent` of the request at the edge that led to it, or "" for a message that has none."""
        return str(self.attributes.get("traceparent", {}).get("StringValue", ""))

    @property
    def request_id(self) -> str:
        """The `x-request-id` of that request."""
        return str(self.attributes.get("requestId", {}).get("StringValue", ""))


def letters(sqs: SQSClient, queue: str, source: str) -> Iterator[DeadLetter]:
    """All there are, each once. Whoever does not delete a letter lets it go with `release`."""
    seen: set[str] = set()
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=AT_ONCE,
            VisibilityTimeout=HELD,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        found = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not found:
            return
        for message in found:
            seen.add(message["MessageId"])
            yield DeadLetter(
                id=message["MessageId"],
                queue=queue,
                source=source,
                body=message["Body"],
                sent_at=int(message["Attributes"]["SentTimestamp"]) / 1000,
                receipt=message["ReceiptHandle"],
                attributes=dict(message.get("MessageAttributes", {})),
            )


def release(sqs: SQSClient, letter: DeadLetter) -> None:
    """Let it go: others see it again at once."""
    sqs.change_message_visibility(QueueUrl=letter.queue, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def redrive(sqs: SQSClient, letter: DeadLetter) -> None:
    """Put it back where it came from, with the trace it had; then delete it here."""
    sqs.send_message(QueueUrl=letter.source, MessageBody=letter.body, MessageAttributes=letter.attributes)
    sqs.delete_message(QueueUrl=letter.queue, ReceiptHandle=letter.receipt)
