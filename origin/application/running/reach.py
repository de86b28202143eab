"""What the application can reach, asked all at once, each for a second at most: the answer of `GET /healthz`.

    200 {"status": "ok", "reaches": {"users": "ok", "orders": "ok", "queue": "ok", …}}
    503 {"status": "failing", "reaches": {"users": "ok", "orders": "AccessDeniedException", …}}

The smallest function there is, 128 MB and three seconds: so no framework, and no identity either. Nobody but the
gateway's IAM principal gets through to it, and there is nothing in the answer but names of errors.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ASKING = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
OK = "ok"

Ask = Callable[[], object]


def questions(environ: Mapping[str, str]) -> dict[str, Ask]:
    """What is asked, by the name it has in the answer. The clients are made here, once."""
    dynamodb = boto3.client("dynamodb", config=ASKING)
    sqs = boto3.client("sqs", config=ASKING)
    sns = boto3.client("sns", config=ASKING)
    return {
        "users": lambda: dynamodb.describe_table(TableName=environ["USERS_TABLE"]),
        "orders": lambda: dynamodb.describe_table(TableName=environ["ORDERS_TABLE"]),
        "queue": lambda: sqs.get_queue_attributes(QueueUrl=environ["ORDERS_QUEUE_URL"], AttributeNames=["QueueArn"]),
        "fulfilment": lambda: sns.get_topic_attributes(TopicArn=environ["FULFILMENT_TOPIC_ARN"]),
        "notifications": lambda: sns.get_topic_attributes(TopicArn=environ["NOTIFICATION_TOPIC_ARN"]),
    }


def create_handler(asked: Mapping[str, Ask]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    pool = ThreadPoolExecutor(max_workers=len(asked))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        http = event["requestContext"]["http"]
        if http["path"] != "/healthz":
            return _answer(404, {"status": 404, "code": "not_found", "title": "Not Found"})
        if http["method"] not in ("GET", "HEAD"):
            return _answer(405, {"status": 405, "code": "method_not_allowed"}, {"Allow": "GET, HEAD"})
        found = dict(zip(asked, pool.map(_outcome, asked.values()), strict=True))
        healthy = all(outcome == OK for outcome in found.values())
        return _answer(200 if healthy else 503, {"status": OK if healthy else "failing", "reaches": found})

    return handler


def _outcome(ask: Ask) -> str:
    try:
        ask()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except BotoCoreError as error:
        return type(error).__name__
    return OK


def _answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    problem = "problem+" if "code" in body else ""
    fields = {"Content-Type": f"application/{problem}json", "Cache-Control": "no-store", **(headers or {})}
    return {"statusCode": status, "headers": fields, "body": json.dumps(body)}
