"""In which state a CloudWatch alarm is. Pure; the clock and the figures are somebody else's.

The emulator looks at an alarm when a figure arrives and never again, so none would recover. Here each is evaluated over
its last periods, as AWS does, with the end of the last period at this moment.

Source: Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms", evaluating an alarm and missing data.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}

ACTIONS: Mapping[str, str] = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT: "InsufficientDataActions"}

MISSING: Mapping[str, bool | None] = {"breaching": True, "notBreaching": False, "missing": None, "ignore": None}
"""What a period without figures counts as."""


def periods(alarm: Mapping[str, Any], now: float) -> list[tuple[float, float]]:
    """The periods that are looked at, oldest first, each from (excluded) and to (included) in seconds since 1970."""
    length, count = alarm["Period"], alarm["EvaluationPeriods"]
    return [(now - length * (back + 1), now - length * back) for back in reversed(range(count))]


def state(alarm: Mapping[str, Any], figures: Sequence[Sequence[float]]) -> str:
    """The state by the `figures` of each of its periods, oldest first; an empty one has none."""
    breaches, statistic = COMPARISONS[alarm["ComparisonOperator"]], STATISTICS[alarm["Statistic"]]
    absent = MISSING[alarm.get("TreatMissingData", "missing")]
    found = [breaches(statistic(values), alarm["Threshold"]) if values else absent for values in figures]
    known = [breach for breach in found if breach is not None]
    if not known:
        ignored = alarm.get("TreatMissingData") == "ignore"
        return str(alarm.get("StateValue", INSUFFICIENT)) if ignored else INSUFFICIENT
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return ALARM if sum(known) >= min(needed, len(known)) else OK


def told(alarm: Mapping[str, Any], state: str) -> list[str]:
    """The topics that are told when an alarm comes into `state`."""
    topics: list[str] = alarm.get(ACTIONS[state], [])
    return topics


def message(alarm: Mapping[str, Any], before: str, now: str, at: datetime) -> dict[str, str]:
    """What such a topic is told, as far as people and programs read it: SNS's subject and message."""
    content = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription", ""),
        "NewStateValue": now,
        "OldStateValue": before,
        "NewStateReason": f"{alarm['Statistic']} of {alarm['MetricName']} {alarm['ComparisonOperator']}"
        f" {alarm['Threshold']}",
        "StateChangeTime": at.isoformat(timespec="milliseconds"),
        "Trigger": {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions", "Period", "Threshold")},
    }
    return {"Subject": f"{now}: {alarm['AlarmName']}"[:100], "Message": json.dumps(content)}
