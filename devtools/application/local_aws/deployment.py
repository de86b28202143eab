"""The stack: `origin/template.yaml` deployed into the emulator, and clients that reach what is in it."""

from __future__ import annotations

import copy
import hashlib
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from devtools.application.local_aws import packaging, template
from devtools.application.local_aws.emulator import OPERATOR, REGION, Emulator
from devtools.failure import Failure

STACK = "gatehouse"
BUCKET = "gatehouse-deployments"
COMPLETE = "CREATE_COMPLETE"
DEPLOYED_WITHIN = 300.0
"""Seconds, on a very busy machine; one or two on an idle one."""


@dataclass(frozen=True)
class Deployment:
    """The deployed stack. `physical` are the names AWS gave, by logical id: a queue's URL, a topic's ARN."""

    url: str
    physical: Mapping[str, str]
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        """A client of this account's root, for tools and tests."""
        return client(self.url, service)


def deploy(emulator: Emulator, parameters: Mapping[str, str]) -> Deployment:
    """Build, upload and create. Raises Failure with what CloudFormation says."""
    cloudformation = client(emulator.url, "cloudformation")
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as folder:
        where = _upload(client(emulator.url, "s3"), packaging.code(template.resources(template.FUNCTION), Path(folder)))
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=where,
        Parameters=given,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    outputs = _wait(cloudformation)
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    physical = {summary["LogicalResourceId"]: summary["PhysicalResourceId"] for summary in summaries}
    return Deployment(emulator.url, physical, outputs)


def _upload(s3: Any, zips: Mapping[str, Path]) -> str:
    """Functions' code and the template that names it, as `sam package` does; gives the template's address."""
    s3.create_bucket(Bucket=BUCKET)
    document = copy.deepcopy(template.load())
    keys = {}
    for path in sorted(set(zips.values())):
        content = path.read_bytes()
        keys[path] = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
        s3.put_object(Bucket=BUCKET, Key=keys[path], Body=content)
    for function, path in zips.items():
        resource = document["Resources"][function]
        resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{keys[path]}"
        variables = resource["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
        variables["PYTHONPATH"] = str(packaging.packages(function))
        resource.pop("Metadata", None)
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(document).encode())
    return f"{s3.meta.endpoint_url}/{BUCKET}/template.json"


def _wait(cloudformation: Any) -> dict[str, str]:
    """Until the stack is there; gives its outputs."""
    until = time.monotonic() + DEPLOYED_WITHIN
    while time.monotonic() < until:
        (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        if stack["StackStatus"] == COMPLETE:
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if "FAILED" in stack["StackStatus"] or "ROLLBACK" in stack["StackStatus"]:
            raise Failure(f"the stack was not created ({_reason(cloudformation)})", "mend origin/template.yaml")
        time.sleep(0.1)
    raise Failure(f"the stack was not there within {DEPLOYED_WITHIN:.0f} s", "start again on an idle machine")


def _reason(cloudformation: Any) -> str:
    try:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError as error:
        return str(error)
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed[:3])


@lru_cache(maxsize=32)
def client(url: str, service: str) -> Any:
    """A client that talks to the emulator at `url` and to nothing else."""
    config = Config(
        region_name=REGION,
        connect_timeout=2,
        read_timeout=300,
        proxies={},
        max_pool_connections=32,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
    )
    return boto3.client(
        service, endpoint_url=url, config=config, aws_access_key_id=OPERATOR, aws_secret_access_key=OPERATOR
    )  # type: ignore[call-overload]  # the service is named by a variable
