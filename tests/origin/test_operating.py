"""The commands for whoever runs the application: dead letters and why, put back; what it costs; what it imports."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from devtools.application.local_aws import template
from devtools.application.local_aws.application import LocalApplication
from devtools.failure import Failure
from devtools.operating import cost, imports, orders
from devtools.operating import stack as stacks

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def stack(application: LocalApplication, monkeypatch: pytest.MonkeyPatch) -> stacks.Stack:
    """The tests' application, as the one that is served here."""
    found = stacks.Stack(stacks.LOCAL_STACK, application.deployment.url)
    monkeypatch.setattr(stacks, "chosen", lambda options: found)
    return found


@pytest.fixture
def poison(application: LocalApplication) -> Any:
    """A message that the orders' function could not do, already where five deliveries would have brought it."""
    sqs, physical = application.deployment.client("sqs"), application.deployment.physical
    attributes = {"traceparent": {"DataType": "String", "StringValue": TRACE}}
    sent = sqs.send_message(
        QueueUrl=physical["OrdersDeadLetters"], MessageBody="no order at all", MessageAttributes=attributes
    )
    record = {
        "messageId": sent["MessageId"], "receiptHandle": "none", "body": "no order at all", "md5OfBody": "",
        "attributes": {"ApproximateReceiveCount": "5"}, "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q", "awsRegion": "us-east-1",
    }  # fmt: skip
    application.deployment.client("lambda").invoke(
        FunctionName=physical["OrdersProcessor"], Payload=json.dumps({"Records": [record]})
    )
    yield sent["MessageId"]
    sqs.purge_queue(QueueUrl=physical["OrdersDeadLetters"])


def test_a_dead_letter_is_shown_with_its_reason_and_trace_and_stays(
    stack: stacks.Stack, poison: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert orders.main(["dead", "--json"]) == 1
        (shown,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert (shown["id"], shown["queue"], shown["trace"]) == (poison, "OrdersQueue", TRACE)
        assert "cannot be read" in shown["reason"]
    orders.main(["dead"])
    assert f"{poison}  OrdersQueue" in capsys.readouterr().out


def test_one_letter_is_put_back_and_the_others_stay(
    stack: stacks.Stack, application: LocalApplication, poison: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs, physical = application.deployment.client("sqs"), application.deployment.physical
    other = sqs.send_message(QueueUrl=physical["OrdersDeadLetters"], MessageBody="another")["MessageId"]
    assert orders.main(["redrive", "--id", poison]) == 0
    assert capsys.readouterr().out == f"put back {poison} into OrdersQueue\n"
    assert orders.main(["dead", "--json"]) == 1
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [other]


def test_a_letter_that_is_not_there_is_a_failure(stack: stacks.Stack) -> None:
    with pytest.raises(Failure, match="orders dead"):
        orders.main(["redrive", "--id", str(uuid4())])


def test_no_dead_letters_are_said_so(stack: stacks.Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert orders.main(["dead"]) == 0
    assert capsys.readouterr().out == "there are no dead letters\n"


def test_the_cost_is_printed_by_part(stack: stacks.Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert cost.main([]) == 0
    shown = capsys.readouterr().out
    assert "by the prices of 2026-" in shown
    assert {"UsersApi", "OrdersTable", "OrdersQueue", "AlarmTopic", "total"} <= set(shown.split())


def test_a_watch_that_fails_is_a_failure_that_says_why(stack: stacks.Stack, application: LocalApplication) -> None:
    dimensions = [{"Name": "FunctionName", "Value": application.deployment.physical["OrdersSweeper"]}]
    figure = {"MetricName": "Invocations", "Value": -5.0, "Timestamp": time.time() - 7200, "Dimensions": dimensions}
    cloudwatch = application.deployment.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[figure])
    try:
        with pytest.raises(Failure, match=r"Invocations of OrdersSweeper is -5"):
            cost.main([])
    finally:  # the other tests' figures are these, too
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[{**figure, "Value": 5.0}])


def test_without_an_application_here_a_command_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stacks, "_runs", list)
    with pytest.raises(Failure, match="make dev"):
        orders.main(["dead"])


# --- imports ------------------------------------------------------------------------------------

HEAVY = {"stripe", "requests", "aws_xray_sdk", "moto", "pytest"}
"""What no function imports but the one that needs it; traces are off where imports are measured."""

WITHOUT_MODELS = {"RunningHealth", "RunningCost", "OrdersRelay", "OrdersSweeper", "GraphRelay"}
"""Functions that parse nothing, and so import no pydantic."""


@pytest.mark.parametrize("function", sorted(template.resources(template.FUNCTION)))
def test_no_function_imports_more_than_it_needs(function: str) -> None:
    imported = {one.package for one in imports.measured(function, runs=1)}
    assert {"application", "boto3"} <= imported
    assert not imported & HEAVY
    assert ("pydantic" in imported) == (function not in WITHOUT_MODELS)


def test_imports_are_added_up_by_package() -> None:
    text = "import time: self [us] | cumulative | imported package\nimport time:      1500 |       2500 | a.b\n"
    found = imports.parse(text + "import time:       500 |        500 |   c\nimport time:       250 |        250 | a\n")
    assert imports.by_package(found) == {"a": 1.75, "c": 0.5}
