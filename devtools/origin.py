"""`origin`: the example origin on this machine: its Lambda handler behind a function URL, its tables in a DynamoDB.

    python -m devtools origin --seed

For tests and other tools:

    with local_origin(secret=SECRET, seed=True) as origin:
        httpx.get(f"{origin.url}/prices")          # 401: not signed by the gateway

`/echo` answers with what arrived, header by header, and says whether the gateway's signature holds. It is part of this
development server and of nothing that is deployed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TextIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from devtools import example, ports
from devtools.failure import Failure
from devtools.function_url import LOOPBACK, FunctionUrlServer, Handler, HttpRequest, HttpResponse, event_of
from devtools.paths import ROOT
from devtools.sign_in import LIFETIME, Mint, SignIn, User

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

DEFAULT_PORT = 8788
SECRET = "ORIGIN_SECRET"
NEXT_SECRET = "ORIGIN_SECRET_NEXT"
DEV_VARS = ROOT / ".dev.vars"
REGION = "us-east-1"

# id (the `sub` of a token), name, e-mail, role
SEED = (
    ("ada", "Ada Lovelace", "ada@example.com", "admin"),
    ("grace", "Grace Hopper", "grace@example.com", "user"),
    ("alan", "Alan Turing", "alan@example.com", "user"),
    ("zoe", "Zoë Müller", "zoe@example.com", "user"),
)
SEEDED_AT = "2026-01-01T00:00:{:02}.000Z"


@dataclass(frozen=True)
class LocalOrigin:
    """A running origin. `url` has no trailing slash; `dynamodb_url` is where its tables are."""

    url: str
    port: int
    dynamodb_url: str


@contextmanager
def local_origin(
    *,
    secret: str,
    next_secret: str | None = None,
    port: int = 0,
    seed: bool = False,
    dynamodb_url: str | None = None,
    log: TextIO | None = None,
    mint: Mint | None = None,
) -> Iterator[LocalOrigin]:
    """Serve the origin on loopback until the block ends.

    `secret` is the one shared with the gateway (`next_secret` its successor); port 0 takes a free one; without
    `dynamodb_url` an embedded DynamoDB is started; the request log, one JSON object a line, goes to `log` (standard
    output). With `mint` the demo page's sign-in is served below `/dev/`. Raises OSError when the port is taken,
    ValueError when a secret is too short.
    """
    with ExitStack() as running:
        database = dynamodb_url or running.enter_context(_embedded_dynamodb())
        client = _client(database)
        users, idempotency = running.enter_context(_tables(client))
        secrets = [text for text in (secret, next_secret) if text]
        if seed:
            _seed(client, users)
        server = FunctionUrlServer(_nobody, port)  # first of all: its port is part of what the gateway signs
        hosts = [f"{name}:{server.server_port}" for name in (LOOPBACK, "localhost")]
        server.handler = _handler(client, users, idempotency, secrets, hosts, log or sys.stdout)
        server.special["echo"] = _echo(secrets, hosts)
        if mint:
            server.special["dev"] = SignIn((User(user_id, name, role) for user_id, name, _, role in SEED), mint)
        server.start()
        running.callback(server.stop)
        yield LocalOrigin(server.url, server.server_port, database)


def main(argv: list[str]) -> int:
    """`origin [--port N] [--seed] [--dynamodb URL]`: serve until interrupted."""
    options = _options(argv)
    example.require("the origin")
    found = {**_dev_vars(DEV_VARS), **os.environ}
    if not found.get(SECRET):
        raise Failure(
            f"{SECRET} is not set", f'put {SECRET}="$(openssl rand -base64 48)" into .dev.vars or the environment'
        )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        _serve(options, found, stopped)
    except OSError as error:
        where = f"{LOOPBACK}:{options.port}"
        raise Failure(f"the origin cannot listen on {where} ({error.strerror})", "choose another --port") from error
    except (BotoCoreError, ClientError) as error:
        where = options.dynamodb or "the embedded address"
        raise Failure(f"DynamoDB at {where} cannot be used ({error})", "start it, or leave out --dynamodb") from error
    except ValueError as error:
        raise Failure(str(error), f"make {SECRET} longer, e.g. with `openssl rand -base64 48`") from error
    return 0


def _serve(options: argparse.Namespace, found: Mapping[str, str], stopped: threading.Event) -> None:
    with local_origin(
        secret=found[SECRET],
        next_secret=found.get(NEXT_SECRET),
        port=options.port,
        seed=options.seed,
        dynamodb_url=options.dynamodb,
        mint=_mint if options.seed else None,
    ) as origin:
        seeded = f", users {', '.join(row[0] for row in SEED)}" if options.seed else ""
        print(f"origin: {origin.url} (DynamoDB at {origin.dynamodb_url}{seeded})", flush=True)
        stopped.wait()


def _mint(subject: str, role: str) -> str:
    """A token of this machine's issuer, for the demo page. Raises Failure when there is none."""
    from devtools import token  # reads the gateway's settings, which nothing else here needs

    return token.mint(subject, role, lifetime=LIFETIME)


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devtools origin", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--port", type=ports.port, default=DEFAULT_PORT, help=f"port on {LOOPBACK} (default {DEFAULT_PORT})"
    )
    parser.add_argument("--seed", action="store_true", help="begin with a few users")
    parser.add_argument(
        "--dynamodb",
        metavar="URL",
        default=os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"),
        help="a DynamoDB endpoint to use (default $AWS_ENDPOINT_URL_DYNAMODB, else an embedded one)",
    )
    return parser.parse_args(argv)


def _dev_vars(file: Path) -> dict[str, str]:
    """The variables of a `.dev.vars` file, in the part of its dotenv syntax that secrets need."""
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text().splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, equals, value in pairs if equals}


@contextmanager
def _embedded_dynamodb() -> Iterator[str]:
    """moto's server on a free port; gives its address."""
    from moto.server import ThreadedMotoServer  # takes a second to import, and is not needed with --dynamodb

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _client(endpoint: str) -> DynamoDBClient:
    """A client that talks to `endpoint` and to nothing else, with credentials that mean nothing."""
    config = Config(
        region_name=REGION, connect_timeout=2, read_timeout=10, proxies={}, retries={"total_max_attempts": 2}
    )
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, config=config, aws_access_key_id="local", aws_secret_access_key="local"
    )


@contextmanager
def _tables(client: DynamoDBClient) -> Iterator[tuple[str, str]]:
    """Fresh tables for users and idempotency records, under names of their own: moto keeps one store a process."""
    _see_origin()
    from application.users.table import TABLE_SCHEMA

    run = token_hex(4)
    users, idempotency = f"users-{run}", f"idempotency-{run}"
    client.create_table(TableName=users, **TABLE_SCHEMA)
    client.create_table(
        TableName=idempotency,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        yield users, idempotency
    finally:
        for name in (users, idempotency):
            client.delete_table(TableName=name)


def _nobody(event: dict[str, Any], context: Any) -> Any:
    raise RuntimeError("the server was started before it had a handler")


def _handler(
    client: DynamoDBClient, users: str, idempotency: str, secrets: list[str], hosts: list[str], log: TextIO
) -> Handler:
    for unused in ("POWERTOOLS_METRICS_DISABLED", "POWERTOOLS_TRACE_DISABLED"):  # for CloudWatch and X-Ray
        os.environ.setdefault(unused, "true")
    from application.common.telemetry import entry_point, metrics_of
    from application.users.app import Settings, create_handler
    from aws_lambda_powertools import Logger
    from gatehouse_verifier import GatewayVerifier

    GatewayVerifier(secrets, hosts=hosts)  # a secret that is too short is said now, not at the first request
    logger = Logger(service="users-api")
    for attached in logger.handlers:
        if isinstance(attached, logging.StreamHandler):
            attached.setStream(log)
    settings = Settings(users_table=users, idempotency_table=idempotency, secrets=lambda: secrets, hosts=hosts)
    metrics = metrics_of("users-api")
    handler: Handler = entry_point(create_handler(settings, client, logger, metrics), "users-api", metrics)
    return handler


def _seed(client: DynamoDBClient, table: str) -> None:
    from application.users.table import UsersTable
    from application.users.users import User

    users = UsersTable(client, table)
    for second, (user_id, name, email, role) in enumerate(SEED):
        row: dict[str, Any] = {"id": user_id, "name": name, "email": email, "role": role}
        users.add(User(**row, created_at=SEEDED_AT.format(second), created_by="seed"))


def _echo(secrets: list[str], hosts: list[str]) -> Any:
    """Answers with the request as it arrived."""
    from gatehouse_verifier import GatewayVerifier, Received, Refused

    verifier = GatewayVerifier(secrets, hosts=hosts)

    def signature(request: HttpRequest) -> str:
        try:
            return f"verified, kid={verifier.verify(Received.from_event(event_of(request)), time.time()).key_id}"
        except Refused as refusal:
            return f"refused: {refusal.reason}"

    def echo(request: HttpRequest) -> HttpResponse:
        seen = {
            "method": request.method,
            "target": request.target,
            "headers": request.fields,
            "length": len(request.body),
            "sha256": hashlib.sha256(request.body).hexdigest(),
            "signature": signature(request),
        }
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        return HttpResponse(200, headers, (), json.dumps(seen, indent=2).encode())

    return echo


def _see_origin() -> None:
    """Lambda puts `origin/` itself on the path; so do we."""
    origin = str(ROOT / "origin")
    if origin not in sys.path:
        sys.path.append(origin)
