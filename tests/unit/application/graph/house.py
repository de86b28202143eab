"""The graph's function in this process, its tables in moto, and callers as a gateway vouches for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from application.common import posts_table, users_table
from application.common.caller import Gatekeeper
from application.common.cursors import Cursors
from application.common.posts_table import PostsTable
from application.common.users import User
from application.common.users_table import UsersTable
from application.graph.app import Parts, create_handler
from application.graph.persisted import QUERIES_SCHEMA, PersistedQueries
from application.graph.reading import Tables
from aws_lambda_powertools import Logger, Metrics
from moto import mock_aws

from devtools.application.function_url import Context, HttpRequest, event_of
from tests.unit.application.clients import dynamodb

PRINCIPAL = "arn:aws:iam::123456789012:user/gatehouse"
SECRETS = ["graph-tests-secret-of-enough-bytes-here"]

NOBODY: Mapping[str, str] = {}
ADA = {"x-user-id": "ada", "x-user-role": "user"}
GRACE = {"x-user-id": "grace", "x-user-role": "user"}
ROOT = {"x-user-id": "root", "x-user-role": "admin"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def data(self) -> Any:
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.body["errors"]]


@dataclass
class House:
    """A graph with the users ada, grace and root. `reads` counts what was asked of DynamoDB, by operation."""

    client: Any
    introspection: bool = False
    reads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        schemas = {"users": users_table.TABLE_SCHEMA, "posts": posts_table.POSTS_SCHEMA, "queries": QUERIES_SCHEMA}
        for name, schema in schemas.items():
            self.client.create_table(TableName=name, **schema)
        self.users = UsersTable(self.client, "users")
        self.posts = PostsTable(self.client, "posts", "users", sleep=lambda _: None)
        for second, name in enumerate(("ada", "grace", "root")):
            self.add_user(name, second)
        self.client.meta.events.register("before-call.dynamodb.*", self._count)
        parts = Parts(
            Tables(self.users, self.posts),
            PersistedQueries(self.client, "queries"),
            Cursors(lambda: SECRETS),
            Gatekeeper(list, PRINCIPAL),
            introspection=self.introspection,
        )
        self._handler = create_handler(parts, Logger(service="graph-tests"), Metrics(namespace="x", service="x"))

    def add_user(self, name: str, second: int = 0) -> None:
        at = f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000Z"
        user = User(id=name, name=name.title(), email=f"{name}@example.com", role="user", created_at=at, created_by="x")
        self.users.add(user)

    def post(self, query: str, caller: Mapping[str, str] = NOBODY, /, **variables: Any) -> Answer:
        return self.send("POST", caller, {"query": query, "variables": variables})

    def get(self, query: str | None, caller: Mapping[str, str] = NOBODY, /, **parameters: Any) -> Answer:
        said = {"query": query, **parameters}
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items() if value}
        return self.send("GET", caller, target=f"/graphql?{urlencode(texts)}")

    def send(
        self, method: str, caller: Mapping[str, str], content: Any = None, *, target: str = "/graphql", **fields: str
    ) -> Answer:
        body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"host": "h", "x-request-id": "r-1", "content-type": "application/json", **caller, **fields}
        event = event_of(HttpRequest(method, target, tuple(headers.items()), body, "203.0.113.7"))
        event["requestContext"]["authorizer"] = {"iam": {"userArn": PRINCIPAL}}
        self.reads.clear()
        answer = self._handler(event, Context())
        shown = {name.lower(): value for name, value in answer["headers"].items()}
        return Answer(answer["statusCode"], shown, json.loads(answer["body"]) if answer.get("body") else None)

    def write(self, caller: Mapping[str, str] = ADA, title: str = "Title", **said: str) -> str:
        """A new post; its id."""
        mutation = "mutation($input: CreatePostInput!) { createPost(input: $input) { id } }"
        made = self.post(mutation, caller, input={"title": title, "content": "Content", **said})
        return str(made.data["createPost"]["id"])

    def close(self) -> None:
        """Count no longer: the client is everybody's."""
        self.client.meta.events.unregister("before-call.dynamodb.*", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self.reads.append(model.name)


@contextmanager
def open_house(*, introspection: bool = False) -> Iterator[House]:
    """One in a DynamoDB of its own; with `introspection` it tells its schema."""
    with mock_aws():
        house = House(dynamodb(), introspection)
        yield house
        house.close()
