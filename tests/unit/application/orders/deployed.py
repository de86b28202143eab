"""The orders as they are deployed, in this process: real handlers, wired from their environment, on moto's AWS.

deployed.request("POST", "/orders", ADA, {...}, key="k")     as the gateway would send it
deployed.turn()                                              every message there is goes one step further
"""

from __future__ import annotations

import hashlib
import importlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from application.orders.tables import MAILBOX_SCHEMA, ORDERS_SCHEMA, OUTBOX_SCHEMA, STOCK_SCHEMA

from devtools.application.function_url import DOMAIN, Context, HttpRequest, event_of
from devtools.application.payments import Provider
from forwarding.signing import origin_key
from tests.unit.application.clients import client
from tests.unit.application.orders.price_list import FUNCTION
from tests.unit.forwarding.signed_requests import sign

SECRET = "orders-tests-secret-of-the-origin-long-enough"
PAYMENT_KEY = "sk_test_of_the_orders_tests"
STOCK = {"starter": 100, "team": 10, "business": 2}
REGION = "us-east-1"
ACCOUNT = "123456789012"

TABLES = {
    "ORDERS_TABLE": ORDERS_SCHEMA,
    "STOCK_TABLE": STOCK_SCHEMA,
    "OUTBOX_TABLE": OUTBOX_SCHEMA,
    "MAILBOX_TABLE": MAILBOX_SCHEMA,
    "IDEMPOTENCY_TABLE": {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}

SETTINGS = {
    "ORIGIN_SECRET": SECRET,
    "PAYMENT_SECRET_ARN": "payment",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
"""And every name and address is the same each time: the functions are imported once, as Lambda does."""

Headers = dict[str, str]

ISSUER = "https://login.example"
ADA: Headers = {"x-user-id": "ada", "x-user-issuer": ISSUER, "x-user-role": "user", "x-geo-currency": "EUR"}
GRACE: Headers = {**ADA, "x-user-id": "grace"}
ADMIN: Headers = {**ADA, "x-user-id": "root", "x-user-role": "admin"}


class Minute(Context):
    """A function of which nothing has run yet of the minute it has."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Deployed:
    """The functions and what is between them."""

    provider: Provider
    queues: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Any] = field(default_factory=dict)

    def request(
        self, method: str, target: str, headers: Headers, content: Any = None, *, key: str | None = None
    ) -> Answer:
        """One request, as the gateway signs it."""
        answer = self._asked(method, target, headers, content, key)
        shown = {name.lower(): value for name, value in answer["headers"].items()}
        return Answer(answer["statusCode"], shown, json.loads(answer["body"]) if answer.get("body") else None)

    def follow(self, target: str, headers: Headers) -> Any:
        """What the function answers to a reader of an event stream."""
        return self._asked("GET", target, headers, None, None)

    def _asked(self, method: str, target: str, headers: Headers, content: Any, key: str | None) -> Any:
        body = b"" if content is None else json.dumps(content).encode()
        sent = {**headers, **({"content-type": "application/json"} if body else {})}
        sent |= {"idempotency-key": key} if key is not None else {}
        path, _, query = target.partition("?")
        digest = hashlib.sha256(body).hexdigest() if body else None
        signature = sign(method, DOMAIN, path, query, sent, digest, origin_key(SECRET), time.time())
        fields = tuple({"host": DOMAIN, **sent, **signature}.items())
        event = event_of(HttpRequest(method, target, fields, body, "203.0.113.7"))
        return self.functions["api"](event, Context())

    def order(self, *, headers: Headers = ADA, key: str = "k", card: str = "pm_card_visa", **items: int) -> Answer:
        """Places an order of `items` (sku=quantity)."""
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in (items or {"team": 1}).items()]
        return self.request("POST", "/orders", headers, {"items": wanted, "payment_method": card}, key=key)

    def state(self, order_id: str, headers: Headers = ADA) -> str:
        return str(self.request("GET", f"/orders/{order_id}", headers).body["state"])

    def stock(self) -> dict[str, int]:
        listed = self.request("GET", "/stock", ADA).body["stock"]
        return {entry["sku"]: entry["available"] for entry in listed}

    def told(self, headers: Headers = ADA) -> list[str]:
        return [entry["type"] for entry in self.request("GET", "/notifications", headers).body["notifications"]]

    def settle(self) -> None:
        """Turn until nothing is left to be sent or read."""
        while self.turn():
            pass

    def turn(self) -> int:
        """The relay sends what is in the outbox, then each function reads a batch; gives how much there was."""
        return self.relay() + sum(self.deliver(name) for name in ("processor", "fulfilment", "notifications"))

    def relay(self) -> int:
        """What the table's stream does; gives how many messages were there."""
        rows = client("dynamodb").scan(TableName="OUTBOX_TABLE")["Items"]
        records = [{"eventName": "INSERT", "dynamodb": {"NewImage": row}} for row in rows]
        self.functions["relay"]({"Records": records}, Minute())
        return len(rows)

    def deliver(self, function: str, context: Context | None = None) -> int:
        """A batch of the function's queue; what it does not report as failed is deleted."""
        sqs, url = client("sqs"), self.queues[function]
        found = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        ).get("Messages", [])
        if not found:
            return 0
        answer = self.functions[function]({"Records": [_record(message) for message in found]}, context or Minute())
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for message in found:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found)


def _record(message: Any) -> dict[str, Any]:
    """A record of a Lambda event, of a message as SQS gives it to others."""
    attributes = {
        name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
        "awsRegion": REGION,
    }


def deployed(provider: Provider, environment: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Makes what the template makes, and imports the functions. Needs moto's AWS, and the same provider each time."""
    provider.ledger.clear()
    running = Deployed(provider)
    database: Any = client("dynamodb")
    for name, schema in TABLES.items():
        database.create_table(TableName=name, **schema)
        environment.setenv(name, name)
    for sku, available in STOCK.items():
        database.put_item(TableName="STOCK_TABLE", Item={"sku": {"S": sku}, "available": {"N": str(available)}})
    _wire(running, environment)
    client("secretsmanager").create_secret(Name="payment", SecretString=json.dumps({"key": PAYMENT_KEY}))
    for name, value in {**SETTINGS, "PAYMENT_API_URL": provider.url}.items():
        environment.setenv(name, value)
    environment.setenv("PRICES_FUNCTION", "prices")
    environment.setattr("application.orders.prices.lambda_client", lambda: FUNCTION)
    for name in ("api", "processor", "relay", "sweeper", "fulfilment", "notifications"):
        running.functions[name] = importlib.import_module(f"application.orders.{name}").handler
    yield running


def _wire(running: Deployed, environment: pytest.MonkeyPatch) -> None:
    sqs, sns = client("sqs"), client("sns")
    for function in ("processor", "fulfilment", "notifications"):
        running.queues[function] = sqs.create_queue(QueueName=function)["QueueUrl"]
    environment.setenv("ORDERS_QUEUE_URL", running.queues["processor"])
    for function, variable in (("fulfilment", "FULFILMENT_TOPIC_ARN"), ("notifications", "NOTIFICATION_TOPIC_ARN")):
        topic = sns.create_topic(Name=function)["TopicArn"]
        environment.setenv(variable, topic)
        arn = sqs.get_queue_attributes(QueueUrl=running.queues[function], AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
