"""Alarms as CloudWatch evaluates them, and log lines as it turns them into metrics."""

from typing import Any

import pytest

from devtools.application.local_aws.alarms import ALARM, INSUFFICIENT, OK, periods, state
from devtools.application.local_aws.figures import metrics_of

DEEP: dict[str, Any] = {
    "Period": 60, "EvaluationPeriods": 1, "Threshold": 0, "Statistic": "Maximum",
    "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching", "StateValue": OK,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "figures", "expected"),
    [
        ({}, [[1, 0]], ALARM),
        ({}, [[0, 0]], OK),
        ({}, [[]], OK),
        ({"TreatMissingData": "breaching"}, [[]], ALARM),
        ({"TreatMissingData": "missing"}, [[]], INSUFFICIENT),
        ({"TreatMissingData": "ignore", "StateValue": ALARM}, [[]], ALARM),
        ({"EvaluationPeriods": 3}, [[1], [0], [1]], OK),
        ({"EvaluationPeriods": 3}, [[1], [1], [1]], ALARM),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, [[1], [0], [1]], ALARM),
        ({"EvaluationPeriods": 3, "TreatMissingData": "breaching"}, [[], [], [1]], ALARM),
        ({"Statistic": "Sum", "Threshold": 3}, [[2, 2]], ALARM),
        ({"Statistic": "Average", "Threshold": 1}, [[0, 1]], OK),
        ({"ComparisonOperator": "LessThanThreshold", "Threshold": 1}, [[0]], ALARM),
    ],
)
def test_an_alarm_is_in_the_state_its_figures_ask_for(
    changes: dict[str, Any], figures: list[list[float]], expected: str
) -> None:
    assert state({**DEEP, **changes}, figures) == expected


def test_an_alarm_recovers_when_its_figures_do() -> None:
    assert state(DEEP, [[3]]) == ALARM
    assert state({**DEEP, "StateValue": ALARM}, [[0]]) == OK


def test_periods_end_now_and_do_not_overlap() -> None:
    assert periods({"Period": 60, "EvaluationPeriods": 2}, 1000.0) == [(880.0, 940.0), (940.0, 1000.0)]


def test_a_metrics_line_becomes_a_figure_for_each_of_its_metrics() -> None:
    line = {
        "_aws": {
            "Timestamp": 1_790_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Gatehouse",
                    "Dimensions": [["Service", "Environment"]],
                    "Metrics": [{"Name": "PlaceSuccess", "Unit": "Count"}, {"Name": "PlaceDuration"}],
                }
            ],
        },
        "Service": "orders-api",
        "Environment": "local",
        "PlaceSuccess": [1.0, 1.0],
        "PlaceDuration": 12.5,
    }
    (first, second) = metrics_of(line)
    dimensions = [{"Name": "Service", "Value": "orders-api"}, {"Name": "Environment", "Value": "local"}]
    assert first == (
        "Gatehouse",
        {
            "MetricName": "PlaceSuccess", "Values": [1.0, 1.0], "Unit": "Count", "Dimensions": dimensions,
            "Timestamp": 1_790_000_000.0,
        },
    )  # fmt: skip
    assert (second[1]["Values"], second[1]["Unit"]) == ([12.5], "None")
