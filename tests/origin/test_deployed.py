"""The application as it is deployed: signed requests in, functions under their own roles, figures and alarms out."""

import io
import json
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from devtools.application.function_url import LARGEST_PAYLOAD, HttpRequest, event_of
from devtools.application.local_aws.application import LocalApplication
from tests.origin.conftest import KEYS, Gateway

# --- function URLs ------------------------------------------------------------------------------


def test_what_the_gateway_signs_reaches_the_function_as_it_was_sent(gateway: Gateway) -> None:
    answer = gateway.as_admin("GET", "/users", query="limit=2")
    assert [user["id"] for user in answer.json()["users"]] == ["ada", "grace"]
    assert gateway.as_admin("GET", "/users/Zo%C3%AB").json()["code"] == "unknown_user"
    assert gateway.as_admin("GET", "/users/zo%65").json()["id"] == "zoe"


def test_an_unsigned_request_is_forbidden_before_any_function_sees_it(application: LocalApplication) -> None:
    answer = httpx.get(f"{application.url}/prices")
    assert (answer.status_code, answer.json()) == (403, {"Message": "Forbidden"})


def test_a_request_signed_with_another_key_is_forbidden(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/prices", keys=replace(KEYS, secret_access_key="guessed"))
    assert answer.status_code == 403
    assert "does not match" in answer.json()["Message"]


def test_a_user_is_created_once_under_an_idempotency_key(gateway: Gateway) -> None:
    body = json.dumps({"name": "Emmy Noether", "email": "emmy@example.com"}).encode()
    fields = {"content_type": "application/json", "idempotency_key": "once"}
    first, again = (gateway.as_admin("POST", "/users", body=body, **fields) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert gateway.as_admin("GET", first.headers["location"]).json()["name"] == "Emmy Noether"


def test_content_beyond_what_lambda_takes_is_refused_by_the_url(gateway: Gateway) -> None:
    body = b"x" * (LARGEST_PAYLOAD + 1)
    assert gateway.as_admin("POST", "/users", body=body, content_type="text/plain").status_code == 413


def test_health_says_what_the_application_can_reach(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/healthz")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert set(answer.json()["reaches"].values()) == {"ok"}
    assert gateway.ask("POST", "/healthz").status_code == 405


def test_nobody_calls_a_function_with_a_request_of_somebody_elses_making(application: LocalApplication) -> None:
    """Whose signature it was is the URL's word; a function that is invoked without one believes nobody."""
    fields = (("host", "x"), ("x-user-id", "ada"), ("x-user-role", "admin"))
    event = event_of(HttpRequest("GET", "/users", fields, b"", "192.0.2.1"))
    answer = application.invoke("UsersApi", event)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "not_from_gateway")


# --- figures ------------------------------------------------------------------------------------


def test_a_functions_metrics_reach_cloudwatch_and_its_log_says_who_asked(
    application: LocalApplication, gateway: Gateway, log: io.StringIO
) -> None:
    gateway.ask("GET", "/prices", x_request_id="r-77", traceparent="00-4bf9-00f0-01", x_geo_currency="CHF")
    application.figures.publish(time.time())
    lines = [json.loads(line) for line in log.getvalue().splitlines() if "r-77" in line]
    assert [(line["path"], line["traceparent"], line["service"]) for line in lines] == [
        ("/prices", "00-4bf9-00f0-01", "users-api")
    ]
    found = application.deployment.client("cloudwatch").get_metric_statistics(
        Namespace="Gatehouse", MetricName="ReadPricesSuccess", Statistics=["Sum"], Period=3600,
        Dimensions=[{"Name": "Service", "Value": "users-api"}, {"Name": "Environment", "Value": "local"}],
        StartTime=time.time() - 3600, EndTime=time.time() + 60,
    )  # fmt: skip
    assert sum(point["Sum"] for point in found["Datapoints"]) >= 1


@pytest.fixture
def told(application: LocalApplication) -> Any:
    """A queue that hears what the alarm topic tells; gives a function that takes what has arrived."""
    sqs, sns = (application.deployment.client(service) for service in ("sqs", "sns"))
    url = sqs.create_queue(QueueName=f"told-{time.time_ns()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = application.deployment.physical["AlarmTopic"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)

    def take() -> list[Any]:
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    yield take
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def alarms_told(messages: list[Any]) -> list[Any]:
    """What was told of alarms about dead letters."""
    found = [json.loads(message["Message"]) for message in messages if "Arrived" in message.get("Subject", "")]
    return [content for content in found if "DeadLetters" in content["AlarmName"]]


def test_a_dead_letter_raises_an_alarm_that_recovers_when_it_is_gone(application: LocalApplication, told: Any) -> None:
    sqs, dead = application.deployment.client("sqs"), application.deployment.physical["FulfilmentDeadLetters"]
    now = time.time()
    application.figures.publish(now)
    told()
    sqs.send_message(QueueUrl=dead, MessageBody="could not be done")
    application.figures.publish(now + 1)
    application.figures.publish(now + 2)  # says it once
    (raised,) = alarms_told(told())
    assert (raised["NewStateValue"], raised["OldStateValue"]) == ("ALARM", "OK")
    assert "FulfilmentDeadLettersArrived" in raised["AlarmName"]
    sqs.purge_queue(QueueUrl=dead)
    application.figures.publish(now + 70)
    (recovered,) = alarms_told(told())
    assert (recovered["NewStateValue"], recovered["AlarmName"]) == ("OK", raised["AlarmName"])


def test_messages_that_wait_for_long_raise_an_alarm(application: LocalApplication) -> None:
    """The function behind the queue is held back, as one that fails all the time would be."""
    cloudwatch, sqs = (application.deployment.client(service) for service in ("cloudwatch", "sqs"))
    queue, lambdas = application.deployment.physical["NotificationsQueue"], application.deployment.client("lambda")
    mapping = application.deployment.physical["OrdersNotificationsMessages"]
    alarm = application.deployment.physical["NotificationsQueueLate"]
    lambdas.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        sqs.send_message(QueueUrl=queue, MessageBody="{}", DelaySeconds=900)
        application.figures.publish(time.time() + 1200)
        (found,) = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        assert found["StateValue"] == "ALARM"
    finally:
        sqs.purge_queue(QueueUrl=queue)
        lambdas.update_event_source_mapping(UUID=mapping, Enabled=True)
    application.figures.publish(time.time() + 1300)
    (found,) = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert found["StateValue"] == "OK"


# --- the cost watch -----------------------------------------------------------------------------


def test_a_dear_day_is_told_once_with_its_parts(application: LocalApplication, told: Any) -> None:
    function = application.deployment.physical["UsersApi"]
    dimensions = [{"Name": "FunctionName", "Value": function}]
    an_hour_ago = time.time() - 5400
    application.deployment.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {"MetricName": "Invocations", "Value": 1e6, "Timestamp": an_hour_ago, "Dimensions": dimensions},
            {"MetricName": "Duration", "Value": 1e9, "Timestamp": an_hour_ago, "Dimensions": dimensions},
        ],
    )
    reports = [_run(application, "RunningCost") for _ in range(2)]
    assert reports[0]["parts"]["UsersApi"] == pytest.approx(0.2 + 500_000 * 0.0000133334, rel=1e-3)
    assert [report["told"] for report in reports] == [True, False]
    (message,) = (message for message in told() if "costs" in message.get("Subject", ""))
    assert "UsersApi" in message["Message"]
    assert "is more than the threshold of $5.00" in message["Message"]
    application.figures.publish(time.time())
    found = application.deployment.client("cloudwatch").list_metrics(
        Namespace="Gatehouse", MetricName="EstimatedDailyCost", Dimensions=[{"Name": "Part", "Value": "UsersApi"}]
    )
    assert len(found["Metrics"]) == 1


def _run(application: LocalApplication, function: str) -> Any:
    name = application.deployment.physical[function]
    answer = application.deployment.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    content = answer["Payload"].read()
    assert "FunctionError" not in answer, content
    return json.loads(content)
