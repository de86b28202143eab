"""What is deployed: the template, the function it starts, and the verifier that travels without the gateway."""

import base64
import hashlib
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from application.common.caller import Gatekeeper, is_principal
from application.common.users_table import TABLE_SCHEMA
from aws_lambda_powertools.utilities import parameters
from gatehouse_verifier import Refused

from devtools.application.function_url import DOMAIN, Context, HttpRequest, event_of
from devtools.application.origin import local_origin
from devtools.paths import ORIGIN
from forwarding.signing import origin_key
from tests.unit.forwarding.signed_requests import sign

SECRET = "origin-lambda-tests-secret-of-enough-bytes"
NEXT = "origin-lambda-tests-second-secret-long-enough"
PRINCIPAL = "arn:aws:iam::123456789012:user/gatehouse"
ADMIN = {"x-user-id": "ada", "x-user-role": "admin"}
HOST = DOMAIN

IDEMPOTENCY_SCHEMA: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]  # a second to import, and it has no types

    loaded: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(ORIGIN / "template.yaml"))))
    return loaded


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]
    return found


# --- the template ------------------------------------------------------------------------------


def test_the_tables_are_the_ones_the_code_uses(resources: dict[str, Any]) -> None:
    users, idempotency = (resources[name]["Properties"] for name in ("UsersTable", "IdempotencyTable"))
    assert {name: users[name] for name in TABLE_SCHEMA} == TABLE_SCHEMA
    assert {name: idempotency[name] for name in IDEMPOTENCY_SCHEMA} == IDEMPOTENCY_SCHEMA
    assert idempotency["TimeToLiveSpecification"]["AttributeName"] == "expiration"


def test_users_outlive_the_stack(resources: dict[str, Any]) -> None:
    assert resources["UsersTable"]["DeletionPolicy"] == "Retain"


# --- the function ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def function(template: dict[str, Any]) -> Iterator[Any]:
    """The handler imported as Lambda does it, with the template's variables and, beside them, only endpoints."""
    variables = template["Resources"]["UsersApi"]["Properties"]["Environment"]["Variables"]
    with local_origin(secret=SECRET) as origin, pytest.MonkeyPatch.context() as environment:
        for name in ("DYNAMODB", "SECRETS_MANAGER"):
            environment.setenv(f"AWS_ENDPOINT_URL_{name}", origin.dynamodb_url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "local")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for name in ("POWERTOOLS_METRICS_DISABLED", "POWERTOOLS_TRACE_DISABLED"):
            environment.setenv(name, "true")
        secret = boto3.client("secretsmanager").create_secret(
            Name="gatehouse", SecretString=json.dumps({"current": SECRET, "next": NEXT})
        )
        database = boto3.client("dynamodb")
        database.create_table(TableName="deployed-users", **TABLE_SCHEMA)
        database.create_table(TableName="deployed-idempotency", **IDEMPOTENCY_SCHEMA)
        values = {
            "USERS_TABLE": "deployed-users",
            "POSTS_TABLE": "deployed-posts",
            "IDEMPOTENCY_TABLE": "deployed-idempotency",
            "ORIGIN_SECRET_ARN": secret["ARN"],
            "GATEWAY_PRINCIPAL": PRINCIPAL,
        }
        assert set(values) == set(variables)
        for name, value in values.items():
            environment.setenv(name, value)
        parameters.clear_caches()  # type: ignore[no-untyped-call]  # a client that another test left has that test's endpoint
        yield importlib.import_module("application.users.handler")
        sys.modules.pop("application.users.handler")


def event(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> dict[str, Any]:
    fields = tuple({"host": HOST, **headers}.items())
    return event_of(HttpRequest(method, path, fields, body, "192.0.2.1"))


def signed(method: str, path: str, headers: dict[str, str], body: bytes = b"", secret: str = SECRET) -> dict[str, Any]:
    digest = hashlib.sha256(body).hexdigest() if body else None
    added = sign(method, HOST, path, "", headers, digest, origin_key(secret), time.time())
    return event(method, path, {**headers, **added}, body)


def by_iam(arn: str, request: dict[str, Any]) -> dict[str, Any]:
    """`request` as AWS hands it on when the URL has AWS_IAM and `arn` signed it."""
    iam = {"accessKey": "AKIA", "accountId": "123456789012", "callerId": "AIDA", "userArn": arn, "userId": "AIDA"}
    return {**request, "requestContext": {**request["requestContext"], "authorizer": {"iam": iam}}}


def test_a_request_is_served_from_creation_to_reading(function: Any) -> None:
    user = json.dumps({"name": "Ada", "email": "ada@example.com", "id": "ada"}).encode()
    headers = {**ADMIN, "content-type": "application/json", "idempotency-key": "k"}
    assert function.handler(signed("POST", "/users", headers, user), Context())["statusCode"] == 201
    read = function.handler(signed("GET", "/users/ada", ADMIN), Context())
    assert (read["statusCode"], json.loads(read["body"])["name"]) == (200, "Ada")


def test_both_secrets_of_the_secrets_manager_are_known(function: Any) -> None:
    assert function.handler(signed("GET", "/prices", {}, secret=NEXT), Context())["statusCode"] == 200


def test_an_unsigned_request_is_refused(function: Any) -> None:
    assert function.handler(event("GET", "/users", ADMIN), Context())["statusCode"] == 401


def test_the_gateways_iam_principal_is_believed(function: Any) -> None:
    assert function.handler(by_iam(PRINCIPAL, event("GET", "/users", ADMIN)), Context())["statusCode"] == 200


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::123456789012:user/other", "arn:aws:iam::210987654321:user/gatehouse", "", PRINCIPAL + "2"]
)
def test_another_iam_principal_is_not(function: Any, arn: str) -> None:
    assert function.handler(by_iam(arn, event("GET", "/users", ADMIN)), Context())["statusCode"] == 401


def test_a_header_cannot_pretend_to_be_iam(function: Any) -> None:
    headers = {**ADMIN, "authorization": "AWS4-HMAC-SHA256 Credential=AKIA/x", "x-amz-user-arn": PRINCIPAL}
    assert function.handler(event("GET", "/users", headers), Context())["statusCode"] == 401


def test_an_event_that_is_not_of_a_function_url_is_refused(function: Any) -> None:
    request = event("GET", "/users", ADMIN)
    del request["rawPath"]
    with pytest.raises(Refused):
        Gatekeeper(lambda: [SECRET], None).admit(request, 0)


def test_a_lambda_without_secret_and_principal_lets_nobody_in() -> None:
    with pytest.raises(Refused, match="no origin secret"):
        Gatekeeper(list, None).admit(signed("GET", "/users", ADMIN), time.time())


def test_without_a_principal_iam_is_not_believed() -> None:
    with pytest.raises(Refused, match="no signature"):
        Gatekeeper(lambda: [SECRET], None).admit(by_iam("", event("GET", "/", {})), time.time())


def test_secrets_may_come_from_the_environment(function: Any) -> None:
    assert function.origin_secrets({"ORIGIN_SECRET": "a", "ORIGIN_SECRET_NEXT": ""})() == ["a"]
    assert function.origin_secrets({"ORIGIN_SECRET": "a", "ORIGIN_SECRET_NEXT": "b"})() == ["a", "b"]
    assert function.origin_secrets({})() == []


ROLE = "arn:aws:iam::123456789012:role/edge/gatehouse"
SESSIONS = "arn:aws:sts::123456789012:assumed-role"


@pytest.mark.parametrize(
    ("reported", "principal", "same"),
    [
        (PRINCIPAL, PRINCIPAL, True),
        (f"{SESSIONS}/gatehouse/session-1", ROLE, True),
        (f"{SESSIONS}/gatehouse/", ROLE, False),
        (f"{SESSIONS}/gatehouse2/session-1", ROLE, False),
        (f"{SESSIONS}/other/gatehouse/x", ROLE, False),
        ("arn:aws:sts::210987654321:assumed-role/gatehouse/session-1", ROLE, False),
        (ROLE, ROLE, False),
        ("", PRINCIPAL, False),
    ],
)
def test_a_role_is_known_by_its_sessions(reported: str, principal: str, same: bool) -> None:
    assert is_principal(reported, principal) is same


# --- the verifier ------------------------------------------------------------------------------


def test_the_verifier_stands_alone() -> None:
    """No `src/`, no installed package: `-S` leaves site-packages out, `-I` everything else."""
    request = signed("POST", "/users/Zo%C3%AB", ADMIN, b"\x00\xff")
    assert base64.b64decode(request["body"]) == b"\x00\xff"
    program = (
        "import json, sys, time; sys.path.append(sys.argv[1]); import gatehouse_verifier as v; "
        "event = json.load(sys.stdin); "
        "verifier = v.GatewayVerifier([sys.argv[2]], hosts=[sys.argv[3]]); "
        "print(verifier.verify(v.Received.from_event(event), time.time()).key_id)"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ORIGIN), SECRET, HOST],
        input=json.dumps(request), capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert ran.stdout.strip() == origin_key(SECRET).id
