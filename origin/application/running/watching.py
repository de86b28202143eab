"""The cost watch: reads what was used, computes what it costs, keeps that, compares it and tells of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from application.common.telemetry import NAMESPACE, operation
from application.running import pricing
from application.running.figures import Clients, used
from application.running.report import DAYS, Report, judge, message

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

KEPT_FOR = timedelta(days=366)
SUBJECT = "Gatehouse: what the application costs"


@dataclass(frozen=True)
class Settings:
    stack: str
    region: str
    table: str
    topic: str
    threshold: float
    """US dollars a day."""
    free_tier: bool = False


class CostWatch:
    """Reads, computes, keeps, compares and tells."""

    def __init__(self, settings: Settings, clients: Clients, sns: "SNSClient", logger: Logger) -> None:
        self._settings = settings
        self._clients = clients
        self._sns = sns
        self._logger = logger

    def run(self, now: float) -> dict[str, Any]:
        """The report of the last 24 hours before `now` (seconds since 1970). Raises Doubtful, Unpriced, ClientError."""
        moment = datetime.fromtimestamp(now, UTC)
        report = self._report(moment, now)
        earlier = self._earlier(moment)
        verdict = judge(report, earlier, self._settings.threshold)
        self._keep(report, moment)
        told = bool(verdict.reasons) and self._tell(report.day, message(report, earlier, verdict))
        usual = None if verdict.usual is None else round(verdict.usual, 6)
        said = {"day": report.day, "total": report.total, "usual": usual, "reasons": verdict.reasons, "told": told}
        self._logger.info("cost", extra=said)
        return {**said, "parts": dict(report.parts), "prices_of": pricing.AS_OF}

    def _report(self, moment: datetime, now: float) -> Report:
        prices = pricing.prices_of(self._settings.region)
        uses = used(self._clients, self._settings.stack, now)
        if self._settings.free_tier:
            uses = pricing.without_free_tier(uses)
        return Report(moment.date().isoformat(), {name: pricing.dollars(use, prices) for name, use in uses.items()})

    def _earlier(self, moment: datetime) -> Sequence[Report]:
        """The reports of the last seven days, as far as there are any."""
        days = [(moment.date() - timedelta(days=back)).isoformat() for back in range(1, DAYS + 1)]
        keys = [{"day": {"S": day}} for day in days]
        answer = self._clients.dynamodb.batch_get_item(RequestItems={self._settings.table: {"Keys": keys}})
        items = answer["Responses"].get(self._settings.table, [])
        return [
            Report(item["day"]["S"], {name: float(cost["N"]) for name, cost in item["parts"]["M"].items()})
            for item in sorted(items, key=lambda item: item["day"]["S"])
        ]

    def _keep(self, report: Report, moment: datetime) -> None:
        """The latest report of a day stands; that it was told stays."""
        parts: Any = {name: {"N": _number(cost)} for name, cost in report.parts.items()}
        self._clients.dynamodb.update_item(
            TableName=self._settings.table,
            Key={"day": {"S": report.day}},
            UpdateExpression="SET EstimatedDailyCost = :total, parts = :parts, expires = :expires",
            ExpressionAttributeValues={
                ":total": {"N": _number(report.total)},
                ":parts": {"M": parts},
                ":expires": {"N": str(int((moment + KEPT_FOR).timestamp()))},
            },
        )

    def _tell(self, day: str, text: str) -> bool:
        """Tell the topic unless it was told today; returns whether it is told now."""
        key: Any = {"TableName": self._settings.table, "Key": {"day": {"S": day}}}
        try:
            self._clients.dynamodb.update_item(
                **key,
                UpdateExpression="SET told = :yes",
                ConditionExpression="attribute_not_exists(told)",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        try:
            self._sns.publish(TopicArn=self._settings.topic, Subject=SUBJECT, Message=text)
        except ClientError:
            self._clients.dynamodb.update_item(**key, UpdateExpression="REMOVE told")
            raise
        return True


def create_handler(watch: CostWatch, metrics: Metrics) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    run = operation(metrics, "WatchCost")(watch.run)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        report = run(time.time())
        for name, cost in {**report["parts"], "total": report["total"]}.items():
            _write(metrics, name, cost)
        return report

    return handler


def _write(metrics: Metrics, part: str, cost: float) -> None:
    """The metric `EstimatedDailyCost`, US dollars, with a dimension for the part."""
    dimensions = dict(metrics.default_dimensions)
    with single_metric(
        name="EstimatedDailyCost",
        unit=MetricUnit.Count,
        value=cost,
        namespace=NAMESPACE,
        default_dimensions=dimensions,
    ) as metric:
        metric.add_dimension(name="Part", value=part)


def _number(value: float) -> str:
    return str(Decimal(value).quantize(Decimal("1e-9")))
