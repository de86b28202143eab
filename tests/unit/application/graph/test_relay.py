"""What a write outdates: each answer that it makes another one has a tag that the relay purges."""

import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from application.common.purging import HttpGateway, NotPurged
from application.graph import relay

from tests.unit.application.graph.house import ADA, NOBODY, ROOT, House

QUERIES = (
    '{ user(id: "grace") { name posts { items { title } } } }',
    '{ user(id: "new") { name } }',
    "{ users(limit: 2) { items { name } nextToken } }",
    "{ users(limit: 100) { items { name } } }",
    "{ posts { items { title author { name } } } }",
    '{ posts(authorId: "ada") { items { content } } }',
    'query($id: ID!) { post(id: $id) { title author { name } } }',
    '{ _entities(representations: [{__typename: "User", id: "ada"}]) { ... on User { name } } }',
)  # fmt: skip

MUTATIONS = (
    'mutation { createUser(input: {id: "new", name: "New", email: "n@example.com"}) { id } }',
    'mutation { updateUser(id: "ada", input: {name: "Ada L."}) { id } }',
    'mutation { deleteUser(id: "grace") }',
    'mutation { createPost(input: {title: "One", content: "More", authorId: "ada"}) { id } }',
    'mutation($id: ID!) { updatePost(id: $id, input: {content: "Another", title: "Another"}) { id } }',
    "mutation($id: ID!) { deletePost(id: $id) }",
)


def rows(house: House) -> dict[tuple[str, str], Any]:
    tables = ("users", "posts")
    return {(name, row["id"]["S"]): row for name in tables for row in house.client.scan(TableName=name)["Items"]}


def records(before: dict[Any, Any], after: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    """What the streams say of the way from one to the other."""
    for key in before.keys() | after.keys():
        images = {"OldImage": before.get(key), "NewImage": after.get(key)}
        if before.get(key) != after.get(key):
            yield {"dynamodb": {name: image for name, image in images.items() if image}}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_answer_that_is_another_one_now_is_purged(house: House, mutation: str) -> None:
    post = house.write(ADA)
    house.write(ADA)
    variables = {"id": post}

    def answers(query: str) -> Any:
        return house.get(query, ADA if "users(" in query else NOBODY, variables=variables)

    kept, known = {query: answers(query) for query in QUERIES}, rows(house)
    house.post(mutation, ROOT, **(variables if "$id" in mutation else {}))
    purged = set(relay.outdated({"Records": list(records(known, rows(house)))}))
    changed = [answer for query, answer in kept.items() if answers(query).body != answer.body]
    assert changed
    for answer in changed:
        assert purged & set(answer.headers["cache-tag"].split(",")), answer.body


def test_what_no_answer_shows_outdates_none(house: House) -> None:
    known = rows(house)
    house.write(ADA)  # and counts it, at its author
    told = [record for record in records(known, rows(house)) if "OldImage" in record["dynamodb"]]
    assert told
    assert relay.outdated({"Records": told}) == []


def test_an_answer_of_many_things_is_purged_by_their_kind(house: House) -> None:
    post = house.write(ADA)
    for number in range(60):
        house.write(ADA, title=str(number))
    tags = set(house.get("{ posts(limit: 100) { items { title } } }").headers["cache-tag"].split(","))
    known = rows(house)
    house.post('mutation($id: ID!) { updatePost(id: $id, input: {title: "New"}) { id } }', ADA, id=post)
    assert tags & set(relay.outdated({"Records": list(records(known, rows(house)))}))


@pytest.mark.parametrize("status", [403, 503])
def test_a_gateway_that_was_not_told_is_told_again(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    gateway = HttpGateway("http://127.0.0.1:9", lambda: "token")

    def refuse(_: Any) -> None:
        raise HTTPError("", status, "", None, io.BytesIO(json.dumps({"code": "x"}).encode()))  # type: ignore[arg-type]

    monkeypatch.setattr(gateway, "_ask", refuse)
    monkeypatch.setattr(relay, "_gateway", gateway)
    image = {"id": {"S": "1"}, "author": {"S": "/ada"}}
    with pytest.raises(NotPurged):
        relay.handler({"Records": [{"dynamodb": {"NewImage": image}}]}, None)
