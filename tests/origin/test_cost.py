"""The cost watch: what it reads, computes and compares; and that it fails rather than reports what it does not know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from application.running import pricing
from application.running.figures import QUERIES_AT_ONCE, Clients, Doubtful, used
from application.running.pricing import Unpriced, Use, dollars, prices_of, without_free_tier
from application.running.report import Report, growth, judge, message

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC).timestamp()
VIRGINIA = prices_of("us-east-1")

# --- prices -------------------------------------------------------------------------------------


def test_a_function_costs_its_calls_and_its_memory_for_as_long_as_it_ran() -> None:
    """Checked by hand: a million calls of 100 ms at 512 MB are 50,000 GB-seconds."""
    use = Use(invocations=1e6, milliseconds=1e8, memory_mb=512, architecture="arm64")
    assert dollars(use, VIRGINIA) == pytest.approx(0.20 + 50_000 * 0.0000133334)


def test_intel_costs_more() -> None:
    use = Use(milliseconds=1e8, memory_mb=512, architecture="x86_64")
    assert dollars(use, VIRGINIA) == pytest.approx(50_000 * 0.0000166667)


def test_requests_cost_by_the_million() -> None:
    assert dollars(Use(reads=2e6, writes=1e6), VIRGINIA) == pytest.approx(2 * 0.125 + 0.625)
    assert dollars(Use(messages=1e6, publications=1e6), VIRGINIA) == pytest.approx(0.40 + 0.50)


def test_what_the_table_does_not_know_is_an_error_and_no_guess() -> None:
    with pytest.raises(Unpriced, match="mars-north-1"):
        prices_of("mars-north-1")
    with pytest.raises(Unpriced, match="riscv"):
        dollars(Use(architecture="riscv"), VIRGINIA)


def test_the_free_tier_is_shared_in_proportion() -> None:
    """A thirtieth of a month's million calls is free, and half of these 66,667 are that."""
    uses = {"a": Use(invocations=50_000, memory_mb=128), "b": Use(invocations=16_666.67, memory_mb=128)}
    left = without_free_tier(uses)
    assert left["a"].invocations == pytest.approx(25_000, rel=1e-3)
    assert left["b"].invocations == pytest.approx(8_333, rel=1e-3)
    assert without_free_tier({"a": Use(invocations=10, milliseconds=10, memory_mb=128)})["a"].invocations == 0


# --- reports ------------------------------------------------------------------------------------


def week(*totals: float) -> list[Report]:
    return [
        Report(f"2026-11-{20 + day}", {"Api": total * 0.9, "Queue": total * 0.1}) for day, total in enumerate(totals)
    ]


def test_a_usual_day_is_not_told() -> None:
    verdict = judge(Report("2026-11-28", {"Api": 1.0, "Queue": 0.1}), week(1, 1, 1.2, 0.9, 1, 1, 1), threshold=5)
    assert (verdict.reasons, verdict.usual) == ((), 1)


def test_a_day_over_the_threshold_is_told_however_usual() -> None:
    verdict = judge(Report("2026-11-28", {"Api": 6.0}), week(6, 6, 6), threshold=5)
    assert verdict.reasons == ("$6.00 is more than the threshold of $5.00.",)


def test_a_day_far_above_the_median_is_told_with_what_grew() -> None:
    report, earlier = Report("2026-11-28", {"Api": 1.0, "Queue": 2.0}), week(1, 1, 1, 9)
    verdict = judge(report, earlier, threshold=5)
    assert verdict.reasons == ("$3.00 is more than 1.5 times the usual $1.00.",)
    text = message(report, earlier, verdict)
    assert "Queue  $2.0000" in text
    assert "Queue  +$1.9000" in text
    assert next(iter(growth(report, earlier))) == "Queue"


def test_a_few_cents_more_are_nobodys_concern() -> None:
    assert judge(Report("2026-11-28", {"Api": 0.05}), week(0.01, 0.01, 0.01), threshold=5).reasons == ()


def test_two_days_are_no_history() -> None:
    assert judge(Report("2026-11-28", {"Api": 3.0}), week(1, 1), threshold=5).usual is None


# --- figures ------------------------------------------------------------------------------------


@dataclass
class Stack:
    """A stack as AWS tells of it, page by page: parts, and the sums of each metric by the part's physical name."""

    parts: list[tuple[str, str, str]]
    sums: dict[tuple[str, str], list[float]]
    created: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    status: str = "Complete"
    memory: int | None = 512
    asked: list[int] = field(default_factory=list)

    def clients(self) -> Clients:
        return Clients(*(cast(Any, client) for client in (self, self, self, self)))

    def get_paginator(self, name: str) -> Any:
        return _Pages(getattr(self, name))

    def list_stack_resources(self, StackName: str) -> Iterator[Mapping[str, Any]]:  # noqa: N803  # boto3's name
        for name, kind, physical in self.parts:
            resource = {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical}
            yield {"StackResourceSummaries": [{**resource, "LastUpdatedTimestamp": self.created}]}

    def get_metric_data(self, MetricDataQueries: Any, StartTime: Any, EndTime: Any) -> Iterator[Mapping[str, Any]]:  # noqa: N803
        assert EndTime - StartTime == timedelta(hours=24)
        self.asked.append(len(MetricDataQueries))
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            values = self.sums.get((metric["Dimensions"][-1]["Value"], metric["MetricName"]), [])
            for value in values[:-1]:  # CloudWatch may spread a metric over pages, all but the last of them partial
                yield {"MetricDataResults": [{"Id": query["Id"], "Values": [value], "StatusCode": "PartialData"}]}
            yield {"MetricDataResults": [{"Id": query["Id"], "Values": values[-1:], "StatusCode": self.status}]}

    def get_function_configuration(self, FunctionName: str) -> Mapping[str, Any]:  # noqa: N803
        return {"MemorySize": self.memory, "Architectures": ["arm64"]}

    def describe_table(self, TableName: str) -> Mapping[str, Any]:  # noqa: N803
        return {"Table": {"GlobalSecondaryIndexes": [{"IndexName": "by_owner"}]}}


class _Pages:
    def __init__(self, pages: Any) -> None:
        self.paginate = pages


def stack(**changes: Any) -> Stack:
    parts = [
        ("Api", "AWS::Lambda::Function", "app-Api-1"),
        ("Orders", "AWS::DynamoDB::Table", "app-Orders-1"),
        ("Queue", "AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/1/app-Queue-1"),
        ("Topic", "AWS::SNS::Topic", "arn:aws:sns:us-east-1:1:app-Topic-1"),
        ("Role", "AWS::IAM::Role", "app-Role-1"),
    ]
    sums = {
        ("app-Api-1", "Invocations"): [2.0, 3.0],
        ("app-Api-1", "Duration"): [100.0, 250.0],
        ("app-Orders-1", "ConsumedWriteCapacityUnits"): [7.0],
        ("by_owner", "ConsumedWriteCapacityUnits"): [5.0],
        ("app-Queue-1", "NumberOfMessagesSent"): [4.0],
        ("app-Queue-1", "NumberOfEmptyReceives"): [40.0],
        ("app-Topic-1", "NumberOfMessagesPublished"): [6.0],
    }
    return Stack(**{"parts": parts, "sums": sums, **changes})


def test_every_part_of_the_stack_is_read_on_every_page() -> None:
    assert used(stack().clients(), "app", NOW) == {
        "Api": Use(invocations=5, milliseconds=350, memory_mb=512, architecture="arm64"),
        "Orders": Use(writes=12),
        "Queue": Use(messages=44),
        "Topic": Use(publications=6),
    }


def test_more_metrics_than_one_call_takes_are_asked_for_in_several() -> None:
    many = [(f"F{number}", "AWS::Lambda::Function", f"f-{number}") for number in range(300)]
    sums = {(f"f-{number}", metric): [1.0] for number in range(300) for metric in ("Invocations", "Duration")}
    large = stack(parts=many, sums=sums)
    assert len(used(large.clients(), "app", NOW)) == 300
    assert large.asked == [QUERIES_AT_ONCE, 100]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parts": []}, "no functions"),
        ({"status": "PartialData"}, "has not all of"),
        ({"status": "InternalError"}, "has not all of"),
        ({"memory": None}, "does not tell memory"),
        ({"sums": {("app-Api-1", "Invocations"): [5.0]}}, "took None milliseconds"),
        ({"sums": {("app-Api-1", "Duration"): [5.0]}}, "invoked None times"),
        ({"sums": {("app-Api-1", "Invocations"): [-1.0]}}, "is -1.0"),
        ({"sums": {("app-Api-1", "Duration"): [float("nan")]}}, "is nan"),
        ({"sums": {}}, "not even the one that asks"),
    ],
)
def test_figures_that_are_wrong_or_missing_are_an_error_and_no_zero(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Doubtful, match=said):
        used(stack(**changes).clients(), "app", NOW)


def test_a_stack_of_an_hour_ago_need_not_have_figures() -> None:
    young = stack(sums={}, created=datetime.fromtimestamp(NOW - 3000, UTC))
    assert used(young.clients(), "app", NOW)["Api"].invocations == 0


def test_the_price_table_is_dated_and_not_of_long_ago() -> None:
    assert datetime.fromisoformat(pricing.AS_OF).year >= 2026
