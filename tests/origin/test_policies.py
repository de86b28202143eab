"""Least privilege, proven under enforcement: each function works with its policy, fails without any of its statements,
and calls every action it is granted."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from devtools.application.local_aws.application import LocalApplication
from tests.origin.purges import Purges
from tests.origin.room_trials import RoomTrials
from tests.origin.trials import BY_LAMBDA, Workshop, attempts, statements

QUEUE_BY_LAMBDA = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
"""Actions of the statement `TakeMessages` that Lambda's poller uses in the function's name."""

BESIDE_THE_EMULATOR = {"execute-api:ManageConnections"}
"""Actions on what the emulator does not serve, so that its CloudTrail has none of them."""

TRANSACTIONS: Mapping[str, str] = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
"""A transaction is no action of its own: each of its parts needs the action of what it does."""

TRIES = 3
"""On a busy machine a function may take longer than it may, whatever its policy."""

MERGE_PATCH = "application/merge-patch+json"

TRIED = [
    (function, statement["Sid"])
    for function, statement in statements()
    if statement["Sid"] not in BY_LAMBDA | {"TakeMessages", "ReadThePaymentKey"}
]


@pytest.fixture(scope="module")
def workshop(application: LocalApplication, purges: Purges) -> Iterator[Workshop]:
    shop = Workshop(application, purges)
    with shop.at_rest():
        yield shop
        shop.http("CatalogueApi", "DELETE", "/products/lamp")  # other tests' products have a price in all currencies


@pytest.mark.parametrize(("function", "sid"), TRIED)
def test_a_function_works_with_its_policy_and_fails_without_a_statement(
    workshop: Workshop, function: str, sid: str
) -> None:
    attempt = attempts(workshop)[function][sid]
    with workshop.without(function, sid):
        assert not attempt(), "it does not need this"
    assert any(attempt() for _ in range(TRIES))


def test_a_payment_key_that_may_not_be_read_charges_nobody(workshop: Workshop) -> None:
    with workshop.without("OrdersProcessor", "ReadThePaymentKey"):
        workshop.restart("OrdersProcessor")
        order, done = workshop.process()
        assert not done
    assert not [charge for charge in workshop.application.payments.charges if order in json.dumps(vars(charge))]


def test_nothing_is_granted_that_is_not_called(workshop: Workshop) -> None:
    """After all of the above. What is called and not granted would have been refused there."""
    assert set(attempts(workshop)) == {function for function, _ in statements()}
    workshop.http("OrdersApi", "PUT", "/stock/team", {"available": 500})
    order = json.loads(workshop.place()["body"])["id"]
    workshop.http("OrdersApi", "DELETE", f"/orders/{order}")
    workshop.every_mutation()
    RoomTrials(workshop).every_departure()
    body = {"id": "ada", "name": "Ada", "email": "ada@example.com"}
    workshop.http("UsersApi", "POST", "/users", body, idempotency_key="refused")  # forgets the key again
    workshop.http("UsersApi", "PATCH", "/users/ada", {"name": "Ada"}, if_match="*", content_type=MERGE_PATCH)
    trail = Trail(workshop.application)
    superfluous = {
        (function, action, table)
        for function, statement in statements()
        for action in _actions(statement)
        for table in _tables(statement) or {""}
        if (action, table) not in trail.called(function, action)
    }
    assert sorted(superfluous) == []


def _actions(statement: Mapping[str, Any]) -> set[str]:
    if statement["Sid"] in BY_LAMBDA:
        return set()
    actions = statement["Action"]
    return ({actions} if isinstance(actions, str) else set(actions)) - QUEUE_BY_LAMBDA - BESIDE_THE_EMULATOR


NAMED_OTHERWISE: Mapping[str, str] = {
    "InvokeFunction": "Invoke",
    "GetFunctionConfiguration": "UpdateFunctionConfiguration",
}
"""What CloudTrail calls an operation of AWS Lambda otherwise than IAM does; the emulator's goes by the path alone."""
BY_QUERY = ("cloudformation", "sns")
"""Services whose operations stand in the request's content; CloudTrail has them as `POST.<service>`."""


def _tables(statement: Mapping[str, Any]) -> set[str]:
    """The tables of a statement by their logical ids; none for other resources."""
    return set(re.findall(r"(\w+Table)\b", json.dumps(statement["Resource"])))


class Trail:
    """What CloudTrail has of each function, asked once for each name of a call."""

    def __init__(self, application: LocalApplication) -> None:
        self._deployment = application.deployment
        self._logical = {name: logical for logical, name in application.deployment.physical.items()}
        self._keys, self._calls = cache(self._access_keys), cache(self._looked_up)

    def called(self, function: str, action: str) -> set[tuple[str, str]]:
        """The calls that may be `action`, each with its table and without."""
        service, _, operation = action.partition(":")
        names = {
            NAMED_OTHERWISE.get(operation, operation),
            "TransactWriteItems",
            *(f"POST.{name}" for name in BY_QUERY),
        }
        found = set[tuple[str, str]]()
        for name in names:
            for parameters in self._calls(function, name):
                if name == NAMED_OTHERWISE.get(operation):
                    found.add((action, ""))
                else:
                    found |= {(done, self._logical.get(table, "")) for done, table in _of(service, name, parameters)}
        return found | {(done, "") for done, _ in found}

    def _looked_up(self, function: str, name: str) -> list[Any]:
        """The parameters of the calls of that name."""
        trail, found = self._deployment.client("cloudtrail"), list[Any]()
        for key in self._keys(function):
            attributes = [{"AttributeKey": "AccessKeyId", "AttributeValue": key}]
            attributes.append({"AttributeKey": "EventName", "AttributeValue": name})
            events = trail.lookup_events(LookupAttributes=attributes)["Events"]
            found += [json.loads(event["CloudTrailEvent"])["requestParameters"] for event in events]
        return found

    def _access_keys(self, function: str) -> list[str]:
        """The access key of the role's session in which the emulator runs a function is made of both their ARNs."""
        configuration = self._deployment.client("lambda").get_function_configuration(
            FunctionName=self._deployment.physical[function]
        )
        arns = [f"{configuration['FunctionArn']}{qualifier}" for qualifier in ("", ":live", ":$LATEST", ":1")]
        digests = [hashlib.sha256(f"{arn}:{configuration['Role']}".encode()).hexdigest() for arn in arns]
        return [f"ASIA{digest[:16].upper()}" for digest in digests]


def _of(service: str, name: str, parameters: Any) -> Iterator[tuple[str, str]]:
    """Actions of one call, each with the physical name of its table."""
    if name == "TransactWriteItems":
        for part in parameters["TransactItems"]:
            yield from ((f"dynamodb:{TRANSACTIONS[kind]}", detail["TableName"]) for kind, detail in part.items())
    elif name.startswith("POST."):
        yield f"{name.removeprefix('POST.')}:{parameters.get('Action', '')}", ""
    else:
        tables = parameters.get("RequestItems") or [parameters.get("TableName", "")]
        yield from ((f"{service}:{name}", table) for table in tables)
