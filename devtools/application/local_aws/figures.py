"""What CloudWatch does on AWS by itself: metrics out of log lines, the queues' figures, alarms that come and go.

    figures = Figures(deployment, log)
    figures.publish(now)          # once
    with figures.running(): …     # every second, until the block ends

A function's other lines are passed on to `log`, one JSON object a line, as they are found.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from devtools.application.local_aws import alarms
from devtools.application.local_aws.deployment import STACK, Deployment

EVERY = 1.0
"""Seconds between two looks."""
OVERLAP = 10.0
"""Seconds that are looked at again: lines are stamped before they can be read."""
AT_ONCE = 500
"""Metrics in one call; CloudWatch takes 1,000."""
PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:")

FETCH = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Figures:
    """Reads the deployed application's logs and queues, and writes their figures into CloudWatch."""

    def __init__(self, deployment: Deployment, log: TextIO | None = None) -> None:
        self._deployment = deployment
        self._log = log or sys.stdout
        self._logs, self._cloudwatch = deployment.client("logs"), deployment.client("cloudwatch")
        self._groups = [name for id_, name in deployment.physical.items() if id_.endswith("Log")]
        self._queues = {
            url.rpartition("/")[2]: url for url in deployment.physical.values() if url.startswith(deployment.url)
        }
        self._sns = deployment.client("sns")
        self._states: dict[str, str] = {}
        self._cloudwatch.disable_alarm_actions(
            AlarmNames=[alarm for alarm in deployment.physical.values() if alarm.startswith(f"{STACK}-")]
        )
        self._read: dict[str, set[str]] = {group: set() for group in self._groups}
        self._since = time.time()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Publish every second, in a thread, until the block ends."""
        over = threading.Event()
        thread = threading.Thread(target=self._keep_publishing, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _keep_publishing(self, over: threading.Event) -> None:
        while not over.wait(EVERY):
            try:
                self.publish(time.time())
            except (BotoCoreError, ClientError, OSError) as error:
                if not over.is_set():
                    print(f"gatehouse: local figures: {error}", file=sys.stderr, flush=True)

    def publish(self, now: float) -> None:
        """One look. `now` is in seconds since 1970; the figures of queues and the states of alarms are of then."""
        for namespace, metrics in self._from_logs().items():
            self._put(namespace, metrics)
        self._put(
            "AWS/SQS", [metric for name, url in self._queues.items() for metric in self._of_queue(name, url, now)]
        )
        self.tick(now)

    def tick(self, now: float) -> None:
        """Bring every alarm into the state its figures ask for, and tell its topics of each change.

        The emulator's own look at an alarm does not tell one queue's figures from another's, so its actions are off.
        """
        for page in self._cloudwatch.get_paginator("describe_alarms").paginate():
            for alarm in page["MetricAlarms"]:
                name, at = alarm["AlarmName"], datetime.fromtimestamp(now, UTC)
                found = alarms.state(alarm, [self._values(alarm, *period) for period in alarms.periods(alarm, now)])
                if found != alarm["StateValue"]:
                    self._cloudwatch.set_alarm_state(AlarmName=name, StateValue=found, StateReason=f"as of {at}")
                before, self._states[name] = self._states.get(name, alarms.INSUFFICIENT), found
                if found != before:
                    for topic in alarms.told(alarm, found):
                        self._sns.publish(TopicArn=topic, **alarms.message(alarm, before, found, at))

    def _values(self, alarm: Mapping[str, Any], after: float, until: float) -> list[float]:
        """The alarm's figures of one period; CloudWatch's own ends before its end, ours with it."""
        answer = self._cloudwatch.get_metric_statistics(
            Namespace=alarm["Namespace"], MetricName=alarm["MetricName"], Dimensions=alarm["Dimensions"],
            StartTime=after + 1, EndTime=until + 1, Period=alarm["Period"], Statistics=[alarm["Statistic"]],
        )  # fmt: skip
        return [point[alarm["Statistic"]] for point in answer["Datapoints"]]

    # --- logs -----------------------------------------------------------------------------------

    def _from_logs(self) -> dict[str, list[dict[str, Any]]]:
        """Metrics of the new lines, by namespace; every other line goes to the log."""
        since, self._since = self._since - OVERLAP, time.time()
        found: dict[str, list[dict[str, Any]]] = {}
        for group in self._groups:
            for line in self._new_lines(group, since):
                record = _json_object(line)
                if record is not None and "_aws" in record:
                    for namespace, metric in metrics_of(record):
                        found.setdefault(namespace, []).append(metric)
                elif not line.startswith(PLATFORM_LINES):
                    print(line, file=self._log, flush=True)
        return found

    def _new_lines(self, group: str, since: float) -> Iterator[str]:
        """Each invocation writes a stream of its own, in one piece: a stream is read once."""
        known, streams = self._read[group], set()
        for event in self._logs.filter_log_events(logGroupName=group, startTime=int(since * 1000))["events"]:
            streams.add(event["logStreamName"])
            if event["logStreamName"] not in known:
                yield event["message"]
        self._read[group] = streams

    # --- queues ---------------------------------------------------------------------------------

    def _of_queue(self, name: str, url: str, now: float) -> Iterator[dict[str, Any]]:
        """A queue's figures. The emulator shows its messages to whoever asks, without receiving them."""
        address = f"{self._deployment.url}/_ministack/sqs/messages?QueueUrl={quote(url, safe='')}"
        with FETCH.open(address, timeout=10) as answer:
            accounts = json.load(answer)["messages"]
        messages = [
            message for regions in accounts.values() for queues in regions.values() for held in queues.values()
            for message in held
        ]  # fmt: skip
        visible = sum(message["IsVisible"] for message in messages)
        oldest = max((now - message["SentTimestamp"] for message in messages), default=0.0)
        for metric, value, unit in (
            ("ApproximateNumberOfMessagesVisible", visible, "Count"),
            ("ApproximateNumberOfMessagesNotVisible", len(messages) - visible, "Count"),
            ("ApproximateAgeOfOldestMessage", max(oldest, 0.0), "Seconds"),
        ):
            dimensions = [{"Name": "QueueName", "Value": name}]
            yield {"MetricName": metric, "Value": value, "Unit": unit, "Dimensions": dimensions, "Timestamp": now}

    def _put(self, namespace: str, metrics: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(metrics), AT_ONCE):
            self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=metrics[start : start + AT_ONCE])


def metrics_of(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The metrics of one line in the embedded metric format, each with its namespace.

    Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
    """
    for directive in record["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = [{"Name": name, "Value": str(record[name])} for name in names]
            for metric in directive["Metrics"]:
                values = record[metric["Name"]]
                yield (
                    directive["Namespace"],
                    {
                        "MetricName": metric["Name"],
                        "Values": [float(value) for value in (values if isinstance(values, list) else [values])],
                        "Unit": metric.get("Unit", "None"),
                        "Dimensions": dimensions,
                        "Timestamp": record["_aws"]["Timestamp"] / 1000,
                    },
                )


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
