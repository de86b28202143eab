"""What the parts of a stack used in the last 24 whole hours, from CloudFormation, Lambda, DynamoDB and CloudWatch.

All parts and all pages. Figures that are wrong or missing are an error: a report that takes them for zero would say
that all is well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from application.running.pricing import Use

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient
    from mypy_boto3_cloudwatch.client import CloudWatchClient
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_lambda.client import LambdaClient

HOURS = 24
HOUR = 3600
QUERIES_AT_ONCE = 500
"""Metrics in one GetMetricData, as many as CloudWatch takes."""
SETTLED_AFTER = timedelta(hours=2)
"""Until a new stack has figures."""

FUNCTION, TABLE = "AWS::Lambda::Function", "AWS::DynamoDB::Table"
QUEUE, TOPIC = "AWS::SQS::Queue", "AWS::SNS::Topic"

# type: namespace, dimension that names the part, and its metrics with the field of `Use` that each adds to
METRICS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    FUNCTION: ("AWS/Lambda", "FunctionName", {"Invocations": "invocations", "Duration": "milliseconds"}),
    TABLE: (
        "AWS/DynamoDB",
        "TableName",
        {"ConsumedReadCapacityUnits": "reads", "ConsumedWriteCapacityUnits": "writes"},
    ),
    QUEUE: (
        "AWS/SQS",
        "QueueName",
        dict.fromkeys(
            ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives"),
            "messages",
        ),
    ),
    TOPIC: ("AWS/SNS", "TopicName", {"NumberOfMessagesPublished": "publications"}),
}


class Doubtful(Exception):
    """Figures are wrong or missing; a cost computed from them would be wrong."""


@dataclass(frozen=True)
class Part:
    """A part of the stack that costs by use. `name` is its logical id, `physical` what CloudWatch calls it."""

    name: str
    kind: str
    physical: str
    created: datetime


@dataclass(frozen=True)
class Clients:
    cloudformation: CloudFormationClient
    cloudwatch: CloudWatchClient
    lambdas: LambdaClient
    dynamodb: DynamoDBClient


@dataclass(frozen=True)
class _Query:
    part: Part
    metric: str
    field: str
    dimensions: Mapping[str, str]

    def as_data_query(self, id_: str) -> Any:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        metric = {"Namespace": METRICS[self.part.kind][0], "MetricName": self.metric, "Dimensions": dimensions}
        return {"Id": id_, "MetricStat": {"Metric": metric, "Period": HOUR, "Stat": "Sum"}}


def used(clients: Clients, stack: str, now: float) -> dict[str, Use]:
    """What each part used in the 24 whole hours before `now` (seconds since 1970), by its name. Raises Doubtful."""
    parts = list(_parts(clients.cloudformation, stack))
    functions = [part for part in parts if part.kind == FUNCTION]
    if not functions:
        raise Doubtful(f"the stack {stack} has no functions")
    queries = [query for part in parts for query in _queries(clients.dynamodb, part)]
    sums = _sums(clients.cloudwatch, queries, now)
    uses = {part.name: _configured(clients.lambdas, part) for part in parts}
    for query, total in zip(queries, sums, strict=True):
        use = uses[query.part.name]
        uses[query.part.name] = replace(use, **{query.field: getattr(use, query.field) + (total or 0)})
    _check(functions, dict(zip(((query.part.name, query.metric) for query in queries), sums, strict=True)), now)
    return uses


def _parts(cloudformation: CloudFormationClient, stack: str) -> Iterator[Part]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] in METRICS:
                physical = resource["PhysicalResourceId"].rpartition("/")[2].rpartition(":")[2]
                created = resource["LastUpdatedTimestamp"].replace(tzinfo=UTC)
                yield Part(resource["LogicalResourceId"], resource["ResourceType"], physical, created)


def _queries(dynamodb: DynamoDBClient, part: Part) -> Iterator[_Query]:
    """A table's indexes use capacity of their own."""
    _, dimension, metrics = METRICS[part.kind]
    named: list[dict[str, str]] = [{dimension: part.physical}]
    if part.kind == TABLE:
        table = dynamodb.describe_table(TableName=part.physical)["Table"]
        indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])]
        named += [{dimension: part.physical, "GlobalSecondaryIndexName": index} for index in indexes]
    for dimensions in named:
        for metric, field in metrics.items():
            yield _Query(part, metric, field, dimensions)


def _sums(cloudwatch: CloudWatchClient, queries: list[_Query], now: float) -> list[float | None]:
    """The sum of each query, None where CloudWatch has no figure at all. Raises Doubtful."""
    until = datetime.fromtimestamp(now // HOUR * HOUR, UTC)
    found: dict[str, list[float]] = {f"q{number}": [] for number in range(len(queries))}
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        asked = queries[start : start + QUERIES_AT_ONCE]
        state: dict[str, str] = {}
        for page in cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[query.as_data_query(f"q{start + number}") for number, query in enumerate(asked)],
            StartTime=until - timedelta(hours=HOURS),
            EndTime=until,
        ):
            for result in page["MetricDataResults"]:
                found[result["Id"]] += result["Values"]
                state[result["Id"]] = result["StatusCode"]
        _check_complete(asked, start, state)
    return [_sum(query, values) for query, values in zip(queries, found.values(), strict=True)]


def _check_complete(asked: Iterable[_Query], start: int, state: Mapping[str, str]) -> None:
    for number, query in enumerate(asked):
        if state.get(f"q{start + number}") != "Complete":
            raise Doubtful(f"CloudWatch has not all of {query.metric} of {query.part.name}")


def _sum(query: _Query, values: list[float]) -> float | None:
    total = math.fsum(values)
    if not math.isfinite(total) or any(value < 0 for value in values):
        raise Doubtful(f"{query.metric} of {query.part.name} is {total}")
    return total if values else None


def _configured(lambdas: LambdaClient, part: Part) -> Use:
    if part.kind != FUNCTION:
        return Use()
    configuration = lambdas.get_function_configuration(FunctionName=part.physical)
    if not configuration.get("MemorySize") or not configuration.get("Architectures"):
        raise Doubtful(f"Lambda does not tell memory and architecture of {part.name}")
    return Use(memory_mb=configuration["MemorySize"], architecture=configuration["Architectures"][0])


def _check(functions: list[Part], sums: Mapping[tuple[str, str], float | None], now: float) -> None:
    """A function that was invoked took its time. And this one runs every hour: a day without a call is no such day."""
    for part in functions:
        invocations, milliseconds = (sums[part.name, metric] for metric in ("Invocations", "Duration"))
        if bool(invocations) != bool(milliseconds):
            raise Doubtful(f"{part.name} was invoked {invocations} times and took {milliseconds} milliseconds")
    settled = min(part.created for part in functions) + SETTLED_AFTER < datetime.fromtimestamp(now, UTC)
    if settled and not any(sums[part.name, "Invocations"] for part in functions):
        raise Doubtful("no function was invoked in a day, not even the one that asks")
