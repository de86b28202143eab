"""The graph as it is deployed, under its own role: everything it may do is done here once."""

import json
from typing import Any
from urllib.parse import quote

from application.graph.operations import hash_of

from tests.origin.conftest import Gateway

FIRST = "query($n: Int!) { posts(limit: $n) { items { id title author { name } } nextToken } }"


def operate(gateway: Gateway, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = gateway.as_admin("POST", "/graphql", body=body, content_type="application/json")
    assert (answer.status_code, "errors" in answer.json()) == (200, False), answer.text
    return answer.json()["data"]


def test_users_and_posts_are_written_read_and_deleted(gateway: Gateway) -> None:
    created = 'mutation($id: ID!) { createUser(input: {id: $id, name: "Mary", email: "m@example.com"}) { id } }'
    assert operate(gateway, created, id="mary") == {"createUser": {"id": "mary"}}
    wrote = 'mutation($id: ID!) { createPost(input: {title: "One", content: "Two", authorId: $id}) { id } }'
    posts = [operate(gateway, wrote, id="mary")["createPost"]["id"] for _ in range(2)]
    changed = 'mutation($id: ID!) { updatePost(id: $id, input: {title: "New"}) { title author { name } } }'
    assert operate(gateway, changed, id=posts[0])["updatePost"] == {"title": "New", "author": {"name": "Mary"}}
    renamed = 'mutation { updateUser(id: "mary", input: {name: "Mary S."}) { name posts { items { title } } } }'
    assert operate(gateway, renamed)["updateUser"]["name"] == "Mary S."
    assert operate(gateway, "mutation($id: ID!) { deletePost(id: $id) }", id=posts[0]) == {"deletePost": True}
    assert operate(gateway, 'mutation { deleteUser(id: "mary") }') == {"deleteUser": True}
    assert operate(gateway, "query($id: ID!) { post(id: $id) { id } }", id=posts[1]) == {"post": None}


def test_a_registered_query_is_asked_for_by_its_hash(gateway: Gateway) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(FIRST)}}
    body = json.dumps({"query": FIRST, "variables": {"n": 2}, "extensions": extensions}).encode()
    registered = gateway.ask("POST", "/graphql", body=body, content_type="application/json")
    query = f"extensions={quote(json.dumps(extensions))}&variables={quote(json.dumps({'n': 2}))}"
    found = gateway.ask("GET", "/graphql", query=query)
    assert found.json() == registered.json()
    assert len(found.json()["data"]["posts"]["items"]) == 2
    assert found.headers["cache-control"].startswith("public")


def test_a_user_is_changed_and_deleted_with_its_posts(gateway: Gateway) -> None:
    created = 'mutation { createUser(input: {id: "jean", name: "Jean", email: "j@example.com"}) { id } }'
    operate(gateway, created)
    wrote = 'mutation { createPost(input: {title: "One", content: "Two", authorId: "jean"}) { id } }'
    post_id = operate(gateway, wrote)["createPost"]["id"]
    tag = gateway.as_admin("GET", "/users/jean").headers["etag"]
    fields = {"if_match": tag, "content_type": "application/json"}
    changed = gateway.as_admin("PATCH", "/users/jean", body=b'{"name": "Jean B."}', **fields)
    assert (changed.status_code, changed.json()["name"]) == (200, "Jean B.")
    assert gateway.as_admin("DELETE", "/users/jean", if_match=tag).status_code == 412
    assert gateway.as_admin("DELETE", "/users/jean", if_match=changed.headers["etag"]).status_code == 204
    assert operate(gateway, "query($id: ID!) { post(id: $id) { id } }", id=post_id) == {"post": None}


def test_users_are_listed_over_the_graph(gateway: Gateway) -> None:
    listed = operate(gateway, "{ users(limit: 2) { items { id email } nextToken } }")["users"]
    assert [user["id"] for user in listed["items"]] == ["ada", "grace"]
    assert listed["nextToken"]
