"""The stack a command is about: the one that `python -m devtools origin` serves here, or a deployed one by its name."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from devtools.application.local_aws.emulator import HOST, RUNS, SERVED
from devtools.failure import Failure

LOCAL_STACK = "gatehouse"


@dataclass(frozen=True)
class Stack:
    """`url` is the emulator's; None means AWS, by whatever credentials the SDK finds."""

    name: str
    url: str | None
    region: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._make(service)
        return self._clients[service]

    def _make(self, service: str) -> Any:
        if self.url is not None:
            from devtools.application.local_aws.deployment import client

            return client(self.url, service)
        try:
            return boto3.client(service, region_name=self.region)  # type: ignore[call-overload]  # named by a variable
        except BotoCoreError as error:
            raise Failure(f"AWS cannot be asked ({error})", "set AWS_PROFILE and --region") from error

    @cached_property
    def physical(self) -> dict[str, str]:
        """Names that AWS gave, by logical id. Raises Failure."""
        try:
            pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
            found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        except (BotoCoreError, ClientError) as error:
            raise Failure(f"the stack {self.name} cannot be read ({error})", "check its name and your keys") from error
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", metavar="NAME", help="a deployed stack (default: the one `devtools origin` serves)")
    parser.add_argument("--region", help="the region it is in (default: the SDK's)")


def chosen(options: argparse.Namespace) -> Stack:
    """The stack that was asked for. Raises Failure where none is served on this machine."""
    if options.stack:
        return Stack(options.stack, None, options.region)
    ports = [port for pid, port in _runs() if _is_alive(pid)]
    if not ports:
        raise Failure("no application is served on this machine", "run `make dev`, or name a deployed stack by --stack")
    return Stack(LOCAL_STACK, f"http://{HOST}:{ports[-1]}")


def _runs() -> list[tuple[int, int]]:
    """Process and port of the emulators that `devtools origin` started, the last one last."""
    marks = sorted(RUNS.glob(f"*-*/{SERVED}"), key=lambda mark: mark.stat().st_mtime)
    return [(int(pid), int(port)) for pid, port in (mark.parent.name.split("-") for mark in marks)]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
