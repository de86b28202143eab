"""Dead letters: each is shown once with its trace, and put back whole or left where it is."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from application.running.dead_letters import letters, redrive, release
from moto import mock_aws

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1")


@pytest.fixture
def queues(sqs: Any) -> tuple[str, str]:
    """The dead-letter queue and the one its letters come from."""
    dead, source = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "source"))
    return dead, source


def put(sqs: Any, queue: str, count: int) -> None:
    attributes = {
        "traceparent": {"DataType": "String", "StringValue": TRACE},
        "requestId": {"DataType": "String", "StringValue": "r-1"},
    }
    for number in range(count):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"order": number}), MessageAttributes=attributes)


def test_every_letter_is_found_once_with_its_trace(sqs: Any, queues: tuple[str, str]) -> None:
    put(sqs, queues[0], 25)
    found = list(letters(sqs, *queues))
    assert sorted(json.loads(letter.body)["order"] for letter in found) == list(range(25))
    assert {(letter.trace, letter.request_id) for letter in found} == {(TRACE, "r-1")}
    assert all(letter.sent_at > 0 for letter in found)


def test_a_letter_that_was_let_go_is_there_for_the_next(sqs: Any, queues: tuple[str, str]) -> None:
    put(sqs, queues[0], 1)
    (letter,) = letters(sqs, *queues)
    assert list(letters(sqs, *queues)) == []
    release(sqs, letter)
    assert [again.id for again in letters(sqs, *queues)] == [letter.id]


def test_a_letter_that_is_put_back_has_all_it_had(sqs: Any, queues: tuple[str, str]) -> None:
    put(sqs, queues[0], 1)
    (letter,) = letters(sqs, *queues)
    redrive(sqs, letter)
    (message,) = sqs.receive_message(QueueUrl=queues[1], MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == letter.body
    assert message["MessageAttributes"]["traceparent"]["StringValue"] == TRACE
    assert list(letters(sqs, *queues)) == []


def test_a_letter_without_a_trace_is_shown_all_the_same(sqs: Any, queues: tuple[str, str]) -> None:
    sqs.send_message(QueueUrl=queues[0], MessageBody="not even JSON")
    (letter,) = letters(sqs, *queues)
    assert (letter.body, letter.trace) == ("not even JSON", "")
