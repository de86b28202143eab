"""The users API in this process: its Lambda handler behind a function URL, its tables in an embedded DynamoDB; and the
catalogue beside it, on a file of SQLite.

    with local_origin(secret=SECRET, seed=True) as origin:
        httpx.get(f"{origin.url}/prices")          # 401: not signed by the gateway

For tests and other tools that want an origin within a second; the whole application as it is deployed is
`local_aws/application.py`.

`/echo` answers with what arrived, header by header, and says whether the gateway's signature holds. It is part of this
development server and of nothing that is deployed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TextIO

import boto3
from botocore.config import Config

from devtools.application import site
from devtools.application.function_url import (
    LOOPBACK,
    FunctionUrlServer,
    Handler,
    HttpRequest,
    HttpResponse,
    Special,
    event_of,
)
from devtools.application.local_catalogue import Catalogue
from devtools.application.sign_in import Mint, SignIn, User
from devtools.paths import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

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
        users, posts, idempotency = running.enter_context(_tables(client))
        secrets = [text for text in (secret, next_secret) if text]
        if seed:
            sow_users(client, users)
        server = FunctionUrlServer(_nobody, port)  # first of all: its port is part of what the gateway signs
        hosts = [f"{name}:{server.server_port}" for name in (LOOPBACK, "localhost")]
        users_api = _handler(client, users, posts, idempotency, secrets, hosts, log or sys.stdout)
        catalogue = Catalogue(secrets, hosts, log or sys.stdout)
        running.callback(catalogue.close)
        server.handler = _either(users_api, catalogue)
        server.special |= {"echo": echo(secrets, hosts), site.SEGMENT: site.site}
        if mint:
            server.special["dev"] = sign_in(mint)
            catalogue.handler()  # the page asks for prices first of all
        server.start()
        running.callback(server.stop)
        yield LocalOrigin(server.url, server.server_port, database)


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
def _tables(client: DynamoDBClient) -> Iterator[tuple[str, str, str]]:
    """Fresh tables, under names of their own: moto keeps one store a process."""
    see_origin()
    from application.common.posts_table import POSTS_SCHEMA
    from application.common.users_table import TABLE_SCHEMA

    run = token_hex(4)
    users, posts, idempotency = f"users-{run}", f"posts-{run}", f"idempotency-{run}"
    client.create_table(TableName=users, **TABLE_SCHEMA)
    client.create_table(TableName=posts, **POSTS_SCHEMA)
    client.create_table(
        TableName=idempotency,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        yield users, posts, idempotency
    finally:
        for name in (users, posts, idempotency):
            client.delete_table(TableName=name)


def _either(users: Handler, catalogue: Handler) -> Handler:
    """Which of the two a path leads to; on AWS, each has an address of its own."""
    return lambda event, context: (catalogue if event["rawPath"].split("/")[1] in ("products", "rates") else users)(
        event, context
    )


def _nobody(event: dict[str, Any], context: Any) -> Any:
    raise RuntimeError("the server was started before it had a handler")


def _handler(
    client: DynamoDBClient,
    users: str,
    posts: str,
    idempotency: str,
    secrets: list[str],
    hosts: list[str],
    log: TextIO,
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
    settings = Settings(
        users_table=users, posts_table=posts, idempotency_table=idempotency, secrets=lambda: secrets, hosts=hosts
    )
    metrics = metrics_of("users-api")
    handler: Handler = entry_point(create_handler(settings, client, logger, metrics), "users-api", metrics)
    return handler


def sow_users(client: DynamoDBClient, table: str) -> None:
    """Put the users of `SEED` into a table that has none."""
    see_origin()
    from application.common.users import User
    from application.common.users_table import UsersTable

    users = UsersTable(client, table)
    for second, (user_id, name, email, role) in enumerate(SEED):
        row: dict[str, Any] = {"id": user_id, "name": name, "email": email, "role": role}
        users.add(User(**row, created_at=SEEDED_AT.format(second), created_by="seed"))


def sow_posts(client: DynamoDBClient, table: str, users: str) -> None:
    """Put a post of each user of `SEED` into a table that has none."""
    from application.common.caller_keys import caller_key
    from application.common.posts_table import Post, PostsTable

    posts = PostsTable(client, table, users)
    for second, (user_id, name, *_) in enumerate(SEED):
        at = SEEDED_AT.format(second)
        posts.add(Post(f"seed-{second}", caller_key(None, user_id), f"Hello from {name}", "Nothing yet.", at, at))


def echo(secrets: list[str], hosts: list[str]) -> Special:
    """Answers with the request as it arrived."""
    from gatehouse_verifier import GatewayVerifier, Received, Refused

    verifier = GatewayVerifier(secrets, hosts=hosts)

    def signature(request: HttpRequest) -> str:
        try:
            return f"verified, kid={verifier.verify(Received.from_event(event_of(request)), time.time()).key_id}"
        except Refused as refusal:
            return f"refused: {refusal.reason}"

    def answer(request: HttpRequest) -> HttpResponse:
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

    return answer


def sign_in(mint: Mint) -> Special:
    """What the demo page needs to sign in as one of the users of `SEED`."""
    return SignIn((User(user_id, name, role) for user_id, name, _, role in SEED), mint)


def see_origin() -> None:
    """Lambda puts `origin/` itself on the path; so do we."""
    origin = str(ROOT / "origin")
    if origin not in sys.path:
        sys.path.append(origin)
