"""A function behind a queue: each message of a batch by itself, and what failed is delivered again alone.

A message's line in the log has the trace and the request id of the request at the edge. One that fails is logged with
its id and the reason: after five deliveries it is among the dead letters, where `python -m devtools orders dead` shows
it with that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError

from application.common.telemetry import Handler

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext

M = TypeVar("M", bound=BaseModel)


class Unreadable(ValueError):
    """The message is not one of ours: poison, for the dead letters."""


class NotEnoughTime(Exception):
    """The function would end in the middle of the message; it is delivered again."""


def consumer(
    model: type[M],
    work: Callable[[M], object],
    logger: Logger,
    *,
    needs: int = 0,
    failed: Callable[[SQSRecord], None] = lambda _: None,
) -> Handler:
    """The handler that gives every message, read as `model`, to `work`.

    `needs` is how many milliseconds a message may take: one that the function has no time left for is not begun.
    `failed` is called with each record that is to be delivered again.
    """
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        def one(record: SQSRecord) -> None:
            logger.append_keys(**_origin_of(record))
            try:
                if context.get_remaining_time_in_millis() < needs:
                    raise NotEnoughTime(f"less than {needs} ms are left")
                work(_read(record, model))
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                logger.error("message failed", extra={"message_id": record.message_id, "reason": reason}, exc_info=True)
                failed(record)
                raise

        return process_partial_response(event=event, record_handler=one, processor=processor, context=context)

    return handler


def _read(record: SQSRecord, model: type[M]) -> M:
    try:
        return model.model_validate_json(record.body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, fault["loc"])) or "body" for fault in error.errors())
        raise Unreadable(f"the message cannot be read: {fields}") from None


def _origin_of(record: SQSRecord) -> dict[str, str | None]:
    """Where the message comes from: the request at the edge. None where it does not say."""
    attributes = record.message_attributes
    told = {}
    for field, name in (("traceparent", "traceparent"), ("x-request-id", "requestId")):
        attribute = attributes[name]
        told[field] = attribute.string_value if attribute else None
    return told
