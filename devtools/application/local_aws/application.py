"""The application behind the gateway on this machine, whole: emulator, deployment, function URLs, figures.

    with local_application(Keys(secret=SECRET, access_key=KEY), seed=True) as application:
        httpx.get(f"{application.url}/prices", …)      # 403 unless signed with KEY

The address answers at once: with 503 until what stands behind it has started.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import TextIO

from botocore.exceptions import BotoCoreError, ClientError

from devtools.application.function_url import Special
from devtools.application.local_aws import catalogue
from devtools.application.local_aws.deployment import Deployment, deploy
from devtools.application.local_aws.emulator import emulator
from devtools.application.local_aws.figures import Figures
from devtools.application.local_aws.front import (
    PLACES,
    SOCKETS,
    STAGE,
    Front,
    FunctionFailed,
    Invoke,
    Throttled,
    invoke_by,
)
from devtools.application.local_aws.keys import PRINCIPAL, Keys
from devtools.application.local_aws.sessions import Sessions
from devtools.application.payments import Provider, payment_provider
from devtools.application.websocket_api.api import WebSocketApi
from devtools.failure import Failure, one_line
from devtools.steps import progress

WARM_UP = {"warm": True}


@dataclass(frozen=True)
class LocalApplication:
    """A running one. `url` has no trailing slash; `figures` publishes by itself."""

    url: str
    port: int
    deployment: Deployment
    figures: Figures
    invoke: Invoke
    payments: Provider
    sessions: Sessions
    sockets: WebSocketApi


@contextmanager
def local_application(
    keys: Keys,
    *,
    port: int = 0,
    seed: bool = False,
    special: Mapping[str, Special] | None = None,
    log: TextIO | None = None,
    parameters: Mapping[str, str] | None = None,
    publishing: bool = True,
    servers: bool = False,
) -> Iterator[LocalApplication]:
    """Serve until the block ends.

    `special` answers below a first segment of the path instead of a function; the functions' log goes to `log`
    (standard output); `parameters` are the template's. Without `publishing`, figures come when they are asked for; with
    `servers`, the catalogue runs on MariaDB and Redis. Raises OSError when the port is taken, Failure.
    """
    with ExitStack() as running:
        front = Front(port, keys.access_key, special or {}, _complain)
        front.start()
        running.callback(front.stop)
        aws = running.enter_context(emulator())
        payments = running.enter_context(payment_provider(key := token_hex(16)))
        stored = running.enter_context(catalogue.servers() if servers else catalogue.embedded())
        usual = {"GatewayPrincipalArn": PRINCIPAL, "Environment": "local", "PaymentApiUrl": payments.url}
        usual["RoomsConnectionsUrl"] = f"{front.url}/{STAGE}"
        with progress("the application"):
            deployment = deploy(aws, {**usual, **stored, **(parameters or {})})
            _share(deployment, keys, key)
            _migrate(deployment, samples=seed)
            if seed:
                from devtools.application.local_aws import seeds

                seeds.sow(deployment)
        figures = Figures(deployment, log)
        if publishing:
            running.enter_context(figures.running())
        invoke = invoke_by(deployment.client("lambda"), deployment.physical)
        _warm(invoke)
        sessions = Sessions(deployment)
        sockets = front.open(invoke, sessions.may_manage)
        yield LocalApplication(front.url, front.server_port, deployment, figures, invoke, payments, sessions, sockets)


def _share(deployment: Deployment, keys: Keys, payment_key: str) -> None:
    """What CloudFormation made are secrets nobody else knows; here the gateway's and the provider's are there first."""
    secrets = {
        "OriginSecretArn": {"current": keys.secret, "next": keys.next_secret or ""},
        "PaymentSecretArn": {"key": payment_key},
        "PurgeSecretArn": {"token": keys.purge_token},
    }
    for output, content in secrets.items():
        deployment.client("secretsmanager").put_secret_value(
            SecretId=deployment.outputs[output], SecretString=json.dumps(content)
        )


def _migrate(deployment: Deployment, *, samples: bool) -> None:
    """The catalogue's tables, by the function that makes them on AWS as well. Raises Failure."""
    event, function = {"samples": samples}, deployment.physical["CatalogueMigrate"]
    answer = deployment.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    if answer.get("FunctionError"):
        why = one_line(answer["Payload"].read(2000).decode(errors="replace"))
        raise Failure(f"the catalogue's tables could not be made ({why})", "mend origin/application/catalogue")


def _warm(invoke: Invoke) -> None:
    """One execution environment of each function that people wait for, beside everything else."""

    def warm(function: str) -> None:
        # A request will say it again, to somebody who waits for it; and whoever ends meanwhile waits for nothing.
        with suppress(Throttled, FunctionFailed, BotoCoreError, ClientError):
            invoke(function, WARM_UP)

    for function in sorted({*PLACES.values(), SOCKETS}):
        threading.Thread(target=warm, args=(function,), daemon=True).start()


def _complain(what: str) -> None:
    print(f"gatehouse: {what}", file=sys.stderr, flush=True)
