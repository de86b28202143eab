"""Whose temporary credentials sign a request to the WebSocket API's management, and whether IAM lets them.

The emulator runs each function as a session of its role, with credentials that it makes of both their ARNs; asked for
a role's policies, it evaluates them.
"""

from __future__ import annotations

import hashlib
import threading
import time

from botocore.exceptions import ClientError

from devtools.application.function_url import HttpRequest
from devtools.application.local_aws.deployment import Deployment
from devtools.application.local_aws.emulator import ACCOUNT, REGION
from devtools.application.local_aws.signatures import AccessKey, Forbidden, key_named, verify

ACTION, SERVICE = "execute-api:ManageConnections", "execute-api"
API = "RoomsSocketsApi"
QUALIFIERS = ("", ":live", ":$LATEST", ":1")
SPEAKERS = ("RoomsSockets", "RoomsBroadcaster", "RoomsSweeper")
"""Functions with a role that is granted the action."""


class Sessions:
    """The sessions of the deployed functions. What IAM says is remembered until `forget`."""

    def __init__(self, deployment: Deployment) -> None:
        self._iam = deployment.client("iam")
        self._api = deployment.physical[API]
        self._keys = {key.id: key for function in SPEAKERS for key in _keys(deployment, function)}
        self._lets: dict[tuple[str, str], bool] = {}
        self._guard = threading.Lock()

    def forget(self) -> None:
        """A policy was changed."""
        with self._guard:
            self._lets.clear()

    def may_manage(self, request: HttpRequest) -> None:
        """Raises Forbidden."""
        key = self._keys.get(key_named(request))
        if key is None:
            raise Forbidden("The security token included in the request is invalid.")
        verify(request, key, REGION, time.time(), SERVICE)
        stage = request.path.split("/")[1]
        resource = f"arn:aws:{SERVICE}:{REGION}:{ACCOUNT}:{self._api}/{stage}/{request.method}/@connections"
        if not self._let(key.principal, resource):
            raise Forbidden(f"User: {key.principal} is not authorized to perform: {ACTION} on resource: {resource}")

    def _let(self, role: str, resource: str) -> bool:
        with self._guard:
            known = self._lets.get((role, resource))
            if known is None:
                known = self._lets[role, resource] = self._ask(role, f"{resource}/id")
            return known

    def _ask(self, role: str, resource: str) -> bool:
        try:
            answer = self._iam.simulate_principal_policy(
                PolicySourceArn=role, ActionNames=[ACTION], ResourceArns=[resource]
            )
        except ClientError:
            return False
        return bool(answer["EvaluationResults"][0]["EvalDecision"] == "allowed")


def _keys(deployment: Deployment, function: str) -> list[AccessKey]:
    """The credentials that the function may run with, by the ARN it is called by."""
    found = deployment.client("lambda").get_function_configuration(FunctionName=deployment.physical[function])
    role = found["Role"]
    digests = [hashlib.sha256(f"{found['FunctionArn']}{name}:{role}".encode()).hexdigest() for name in QUALIFIERS]
    return [
        AccessKey(f"ASIA{digest[:16].upper()}", _of("secret", digest), role, _of("token", digest)) for digest in digests
    ]


def _of(kind: str, digest: str) -> str:
    return hashlib.sha256(f"{kind}:{digest}".encode()).hexdigest()
