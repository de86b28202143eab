"""The cost watch: every hour, what the last 24 hours cost, by part of the stack.

    STACK_NAME               whose parts
    COST_TABLE               one report a day, kept for a year
    COST_TOPIC_ARN           told once a day at most
    COST_THRESHOLD_DOLLARS   a day
    COST_FREE_TIER           "true" where the account has Lambda's free tier to itself

It fails when figures or prices are wrong or missing; the alarms `CostWatchFaults` and `CostWatchSilent` say so.
"""

import os

import boto3
from aws_lambda_powertools import Logger

from application.common.telemetry import entry_point, metrics_of
from application.running.figures import Clients
from application.running.watching import CostWatch, Settings, create_handler

SERVICE = "running-cost"

metrics = metrics_of(SERVICE)
handler = entry_point(
    create_handler(
        CostWatch(
            Settings(
                stack=os.environ["STACK_NAME"],
                region=os.environ["AWS_REGION"],
                table=os.environ["COST_TABLE"],
                topic=os.environ["COST_TOPIC_ARN"],
                threshold=float(os.environ["COST_THRESHOLD_DOLLARS"]),
                free_tier=os.environ.get("COST_FREE_TIER") == "true",
            ),
            Clients(
                boto3.client("cloudformation"),
                boto3.client("cloudwatch"),
                boto3.client("lambda"),
                boto3.client("dynamodb"),
            ),
            boto3.client("sns"),
            Logger(service=SERVICE),
        ),
        metrics,
    ),
    SERVICE,
    metrics,
)
