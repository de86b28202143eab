"""The subgraph in a supergraph, by Apollo's own composition and router, beside a tiny second one that extends User."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from application.graph.execution import SCHEMA
from graphql import graphql_sync

from devtools.node import locate
from tests.unit.application.graph.house import ROOT, House, open_house

ROUTER = Path(__file__).with_name("supergraph.mjs")

OPERATIONS: dict[str, str] = {
    "extended": '{ user(id: "ada") { name reviews greeting } }',
    "led here": "{ reviewers { id name email reviews } }",
    "through posts": "{ posts { items { title author { name reviews } } } }",
    "changed": 'mutation { updateUser(id: "grace", input: {name: "G."}) { name greeting posts { items { id } } } }',
    "refused": "{ users(limit: 1000) { items { reviews } } }",
}


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, Any]]:
    with open_house() as house:
        house.write()
        yield _asked(house)


def _asked(house: House) -> dict[str, Any]:
    """What the router answers to each operation, as an admin."""
    lock = threading.Lock()

    class Subgraph(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            with lock:  # a function takes one event at a time
                answer = house.send("POST", ROOT, content)
            body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the answers are what is looked at."""

    sdl = graphql_sync(SCHEMA, "{ _service { sdl } }").data
    assert sdl is not None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Subgraph)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked = {
        "sdl": sdl["_service"]["sdl"],
        "url": f"http://127.0.0.1:{server.server_port}/graphql",
        "operations": [{"query": query, "variables": {}} for query in OPERATIONS.values()],
    }
    try:
        ran = subprocess.run(
            [locate().executable, ROUTER], input=json.dumps(asked), capture_output=True, text=True, timeout=120
        )
    finally:
        server.shutdown()
        server.server_close()
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert "errors" not in said, said["errors"]
    return dict(zip(OPERATIONS, said["answers"], strict=True))


def test_the_two_compose_and_a_user_has_the_fields_of_both(answers: dict[str, Any]) -> None:
    user = answers["extended"]["data"]["user"]
    assert user == {"name": "Ada", "reviews": ["good", "better"], "greeting": "Hello Ada"}


def test_users_that_the_other_names_are_found_by_their_keys_and_unknown_ones_are_not(answers: dict[str, Any]) -> None:
    found = answers["led here"]["data"]["reviewers"]
    assert [user and user["id"] for user in found] == ["ada", None, "grace"]
    assert found[0] == {"id": "ada", "name": "Ada", "email": "ada@example.com", "reviews": ["good", "better"]}


def test_authors_of_posts_have_the_others_fields(answers: dict[str, Any]) -> None:
    posts = answers["through posts"]["data"]["posts"]["items"]
    assert posts == [{"title": "Title", "author": {"name": "Ada", "reviews": ["good", "better"]}}]


def test_what_was_changed_is_what_the_other_computes_with(answers: dict[str, Any]) -> None:
    changed = answers["changed"]["data"]["updateUser"]
    assert changed == {"name": "G.", "greeting": "Hello G.", "posts": {"items": []}}


def test_a_refusal_of_the_subgraph_reaches_the_client(answers: dict[str, Any]) -> None:
    (error,) = answers["refused"]["errors"]
    assert error["extensions"]["code"] == "BAD_LIMIT"
