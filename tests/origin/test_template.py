"""What the template promises of every function: who may call it, what it may do, how much of anything it may take."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import build
import pytest
from application.common.posts_table import POSTS_SCHEMA
from application.common.users_table import TABLE_SCHEMA

from devtools.application.local_aws import packaging, template
from devtools.application.local_aws.front import PLACES, STAGE
from devtools.paths import ORIGIN
from tests.unit.application.orders.deployed import TABLES
from tests.unit.application.rooms.house import TABLES as ROOMS_TABLES

FUNCTIONS = template.resources(template.FUNCTION)
GLOBALS = template.load()["Globals"]["Function"]
WITH_URL = {name for name, properties in FUNCTIONS.items() if "FunctionUrlConfig" in properties}
RESOURCES = template.load()["Resources"]

LARGEST_ZIP = 25_000_000
"""Bytes."""


def policy(function: str) -> list[dict[str, Any]]:
    """The statements of a function's own role."""
    (document,) = RESOURCES[f"{function}Role"]["Properties"]["Policies"]
    statements: list[dict[str, Any]] = document["PolicyDocument"]["Statement"]
    return statements


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_functions_name_says_where_its_code_is(function: str) -> None:
    words = re.findall(r"[A-Z][a-z]+", function)
    module = "handler" if function == "UsersApi" else words[1].lower()
    assert FUNCTIONS[function]["Handler"] == f"application.{words[0].lower()}.{module}.handler"
    assert (ORIGIN / "application" / words[0].lower() / f"{module}.py").exists()


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_has_a_role_a_log_and_limits_of_its_own(function: str) -> None:
    properties = FUNCTIONS[function]
    assert properties["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
    assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{function}Log"}}
    assert RESOURCES[f"{function}Log"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert properties["MemorySize"] in (128, 256, 512)
    assert 1 <= properties["Timeout"] <= 60
    assert properties["ReservedConcurrentExecutions"] >= 1
    assert RESOURCES[function]["Metadata"] == {"BuildMethod": "makefile"}


def test_every_function_runs_on_arm() -> None:
    assert (GLOBALS["Architectures"], GLOBALS["Runtime"]) == (["arm64"], "python3.14")
    assert build.RUNTIME == (3, 14)
    assert not any("Architectures" in properties or "Runtime" in properties for properties in FUNCTIONS.values())


def test_only_x_ray_and_figures_have_no_resource_to_name() -> None:
    """A wildcard stands where AWS knows no resources, and nowhere else."""
    unnamed = {
        (function, action)
        for function in FUNCTIONS
        for statement in policy(function)
        if statement["Resource"] == "*"
        for action in _list(statement["Action"])
    }
    readers = {(function, "dynamodb:ListStreams") for function in ("OrdersRelay", "GraphRelay", "RoomsBroadcaster")}
    assert unnamed == {("RunningCost", "cloudwatch:GetMetricData"), *readers}
    (traces,) = RESOURCES["WriteTraces"]["Properties"]["PolicyDocument"]["Statement"]
    assert set(traces["Action"]) == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    granted = [_list(statement["Action"]) for function in FUNCTIONS for statement in policy(function)]
    assert "*" not in json.dumps(granted)


def test_function_urls_take_signed_requests_of_the_gateway_alone() -> None:
    permissions = template.resources("AWS::Lambda::Permission").values()
    for function in WITH_URL:
        assert FUNCTIONS[function]["FunctionUrlConfig"]["AuthType"] == "AWS_IAM"
        granted = {p["Action"]: p for p in permissions if p["FunctionName"] == {"Ref": f"{function}.Alias"}}
        assert granted["lambda:InvokeFunctionUrl"]["FunctionUrlAuthType"] == "AWS_IAM"
        assert granted["lambda:InvokeFunction"]["InvokedViaFunctionUrl"] is True
        assert {p["Principal"]["Ref"] for p in granted.values()} == {"GatewayPrincipalArn"}
    others = [p for p in permissions if "GatewayPrincipalArn" not in str(p["Principal"])]
    assert len(permissions) - len(others) == 2 * len(WITH_URL)


def test_the_websocket_api_alone_calls_its_function_and_takes_handshakes_that_iam_vouches_for() -> None:
    (permission,) = [
        p
        for p in template.resources("AWS::Lambda::Permission").values()
        if p["Principal"] == "apigateway.amazonaws.com"
    ]
    assert permission["FunctionName"] == {"Ref": "RoomsSockets.Alias"}
    assert "${RoomsSocketsApi}/sockets/*" in permission["SourceArn"]["Fn::Sub"]
    routes = template.resources("AWS::ApiGatewayV2::Route").values()
    authorized = {route["RouteKey"]: route["AuthorizationType"] for route in routes}
    assert authorized == {"$connect": "AWS_IAM", "$disconnect": "NONE", "$default": "NONE"}
    (stage,) = template.resources("AWS::ApiGatewayV2::Stage").values()
    assert stage["StageName"] == STAGE


def test_every_function_with_a_url_has_a_place_on_this_machine() -> None:
    assert set(PLACES.values()) == WITH_URL


@pytest.mark.parametrize("function", sorted(WITH_URL))
def test_snapstart_and_provisioned_concurrency_exclude_each_other(function: str) -> None:
    """Both hang on one parameter, which has one value."""
    conditions = template.load()["Conditions"]
    assert FUNCTIONS[function]["AutoPublishAlias"] == "live"
    assert FUNCTIONS[function]["SnapStart"]["Fn::If"][0] == "SnapStart"
    assert FUNCTIONS[function]["ProvisionedConcurrencyConfig"]["Fn::If"][0] == "ProvisionedConcurrency"
    chosen = [conditions[name]["Fn::Equals"] for name in ("SnapStart", "ProvisionedConcurrency", "WarmUp")]
    assert {choice[0]["Ref"] for choice in chosen} == {"WarmStarts"}
    assert len({choice[1] for choice in chosen}) == 3


def test_a_queue_hides_a_message_six_times_as_long_as_its_function_may_take() -> None:
    queues = template.resources("AWS::SQS::Queue")
    fed = 0
    for properties in FUNCTIONS.values():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                queue, _ = event["Properties"]["Queue"]["Fn::GetAtt"]
                assert queues[queue]["VisibilityTimeout"] >= 6 * properties["Timeout"]
                assert queues[queue]["RedrivePolicy"]["maxReceiveCount"] == 5
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
                fed += 1
    assert fed == 4


def test_every_queue_has_an_alarm_for_its_oldest_message_and_for_its_dead_letters() -> None:
    watched = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0])
        for alarm in template.resources("AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/SQS"
    }
    queues = template.resources("AWS::SQS::Queue")
    sources = {name for name, properties in queues.items() if "RedrivePolicy" in properties}
    dead = {queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name in sources}
    assert watched == {("ApproximateAgeOfOldestMessage", name) for name in sources} | {
        ("ApproximateNumberOfMessagesVisible", name) for name in dead
    }
    assert set(queues) == sources | dead


def test_every_alarm_tells_the_topic_also_when_it_is_over() -> None:
    for alarm in template.resources("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]


def test_tables_are_the_ones_the_code_uses() -> None:
    tables = template.resources("AWS::DynamoDB::Table")
    schemas = {
        "UsersTable": TABLE_SCHEMA,
        "PostsTable": POSTS_SCHEMA,
        **{_logical(name): schema for name, schema in {**TABLES, **ROOMS_TABLES}.items()},
    }
    for name, schema in schemas.items():
        for key in ("KeySchema", "BillingMode"):
            assert tables[name][key] == schema[key], name
        assert _by_name(tables[name], "AttributeDefinitions") == _by_name(schema, "AttributeDefinitions"), name
        assert _by_name(tables[name], "GlobalSecondaryIndexes") == _by_name(schema, "GlobalSecondaryIndexes"), name


def test_what_customers_have_outlives_the_stack() -> None:
    kept = {name for name, resource in RESOURCES.items() if resource.get("DeletionPolicy") == "Retain"}
    assert kept >= {"UsersTable", "PostsTable", "OrdersTable", "StockTable", "MailboxTable"}


# --- packages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("requirements", sorted(ORIGIN.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_deployed_package_is_pinned_with_its_hash(requirements: Path) -> None:
    lines = requirements.read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith(("#", " "))]
    assert {"aws-lambda-powertools", "boto3"} <= {line.partition("==")[0] for line in packages}
    assert all("==" in line and line.endswith("\\") for line in packages)


def test_no_zip_is_larger_than_25_megabytes(tmp_path: Path) -> None:
    """Packages with their bytecode and all code, as Python 3.14 would build it; here for the Python of this machine."""
    code = packaging.code(FUNCTIONS, tmp_path)
    sizes = dict.fromkeys(map(packaging.packages, FUNCTIONS), 0)
    for folder in sizes:
        with zipfile.ZipFile(tmp_path / "packages.zip", "w") as archive:
            packaging.add(archive, folder)
        sizes[folder] = (tmp_path / "packages.zip").stat().st_size
    whole = {name: sizes[packaging.packages(name)] + code[name].stat().st_size for name in FUNCTIONS}
    assert {name: size for name, size in whole.items() if size > LARGEST_ZIP} == {}


def test_packages_of_one_function_do_not_burden_the_others() -> None:
    assert build.requirements_of("OrdersProcessor").name == "requirements-orders-processor.txt"
    assert build.requirements_of("OrdersApi").name == "requirements.txt"


def test_the_code_of_a_function_is_its_room_and_what_is_shared(tmp_path: Path) -> None:
    build.copy_code("orders", tmp_path)
    assert {path.name for path in (tmp_path / "application").iterdir()} == {"__init__.py", "common", "orders"}
    assert (tmp_path / "gatehouse_verifier.py").exists()


@pytest.mark.parametrize("room", ["common", "catalogue", "users", "orders", "rooms", "running"])
def test_a_room_imports_nothing_but_itself_and_what_is_shared(room: str) -> None:
    for module in (ORIGIN / "application" / room).rglob("*.py"):
        imported = set(re.findall(r"^\s*(?:from|import) application\.(\w+)", module.read_text(), re.MULTILINE))
        assert imported <= {room, "common"}, module


def test_sam_builds_by_the_same_rules(tmp_path: Path) -> None:
    """The Makefile's rule, as `sam build` would run it, up to where the packages are fetched."""
    asked = subprocess.run(
        ["make", "-n", "-C", ORIGIN, "build-OrdersApi", f"ARTIFACTS_DIR={tmp_path}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f'build.py "OrdersApi" "{tmp_path}"' in asked.stdout
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([sys.executable, ORIGIN / "build.py", "nowhere", tmp_path], check=True, capture_output=True)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _logical(variable: str) -> str:
    """`ORDERS_TABLE` -> `OrdersTable`."""
    return "".join(word.capitalize() for word in variable.split("_"))


def _by_name(table: Any, key: str) -> dict[str, Any]:
    found = table.get(key, [])
    return {entry.get("AttributeName") or entry["IndexName"]: entry for entry in found}
