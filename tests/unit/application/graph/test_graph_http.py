"""GraphQL over HTTP: limits, faults, registered queries, and what a cache may keep."""

import json
from typing import Any

import pytest
from application.graph.limits import MOST
from application.graph.operations import hash_of
from graphql import get_introspection_query

from tests.unit.application.graph.house import ADA, GRACE, NOBODY, ROOT, House

NAME = '{ user(id: "ada") { name } }'


def deep(levels: int) -> str:
    """A query of so many levels."""
    return "{ a" * levels + " }" * levels


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        (
            '{ user(id: "x") { posts { items { author { posts { items { author { posts { nextToken } } } } } } } } }',
            "depth",
        ),
        (
            '{ user(id: "x") { ...a } } fragment a on User { posts { items { ...b } } } '
            "fragment b on Post { author { posts { items { ...c } } } } "
            "fragment c on Post { author { posts { nextToken } } }",
            "depth",
        ),
        (deep(200), "depth"),
        ("{ " + " ".join(f'a{n}: user(id: "x") {{ id }}' for n in range(16)) + " }", "aliases"),
        (
            '{ user(id: "x") { ...a ...a ...a ...a } } fragment a on User { a: id b: id c: id d: id }',
            "aliases",
        ),
        ("{ users(limit: 100) { items { posts(limit: 10) { items { id } } } } }", "cost"),
        ("{ posts(limit: 100) { items { author { posts(limit: 100) { items { id } } } } } }", "cost"),
        ("{ user(id: 1) {" + " id" * 1000 + " } }", "tokens"),
        ("query a { __typename } query b { __typename }", "operations"),
        ("fragment a on User { id }", "operations"),
    ],
)
def test_what_is_too_much_is_refused_before_anything_is_read(house: House, query: str, limit: str) -> None:
    for answer in (house.post(query), house.get(query)):
        (error,) = answer.body["errors"]
        assert answer.status == 400
        assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT_EXCEEDED", limit)
        assert error["extensions"]["max"] == MOST[limit]
        assert limit in error["message"]
        assert "data" not in answer.body
        assert house.reads == []


@pytest.mark.parametrize(
    "query",
    [
        '{ user(id: "x") { posts { items { author { posts { items { id } } } } } } }',
        "{ " + " ".join(f'a{n}: user(id: "x") {{ id }}' for n in range(15)) + " }",
        "{ posts(limit: 100) { items { id author { id } } } }",
        "# a comment of ((((((( no tokens\n{ __typename }",
    ],
)
def test_what_is_just_not_too_much_is_answered(house: House, query: str) -> None:
    assert house.post(query).status == 200


@pytest.mark.parametrize("n", [100, None, "x", 1e9, -5, [1]])
def test_a_page_that_a_variable_asks_for_counts_as_it_is(house: House, n: Any) -> None:
    query = "query($n: Int! = 100) { posts(limit: $n) { items { author { posts(limit: $n) { items { id } } } } } }"
    (error,) = house.post(query, n=n).body["errors"]
    assert error["extensions"].get("limit") == "cost"
    assert house.post(query).body["errors"][0]["extensions"]["limit"] == "cost", "its default counts, too"


def test_keys_of_entities_count_each(house: House) -> None:
    query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } } }"
    wanted = [{"__typename": "User", "id": str(n)} for n in range(1001)]
    assert house.post(query, r=wanted).body["errors"][0]["extensions"]["limit"] == "cost"
    assert house.post(query, r=wanted[:500]).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "User") { name } }',
        "{ _service { sdl } }",
        "{ ...a } fragment a on Query { x: __schema { types { name } } }",
        "{ ... on Query { __schema { types { name } } } }",
    ],
)
def test_the_schema_is_not_told(house: House, query: str) -> None:
    answer = house.post(query, ROOT)
    assert answer.codes == ["INTROSPECTION_DISABLED"]


def test_a_guess_is_not_answered_with_names_of_the_schema(house: House) -> None:
    assert "email" not in json.dumps(house.post('{ user(id: "ada") { emial } }').body).replace("emial", "")


def test_on_a_developers_machine_the_schema_is_told(open_house: House) -> None:
    assert open_house.post(get_introspection_query(descriptions=False)).data["__schema"]
    assert "@key" in open_house.post("{ _service { sdl } }").data["_service"]["sdl"]


def test_fragments_that_repeat_each_other_take_no_time(house: House) -> None:
    """2^40 fields, as far as they are ever written out."""
    chain = "".join(f"fragment f{n} on User {{ ...f{n + 1} ...f{n + 1} }} " for n in range(40))
    assert house.post(f'{{ user(id: "ada") {{ ...f0 }} }} {chain} fragment f40 on User {{ id }}').status == 200
    aliased = house.post(f'{{ user(id: "ada") {{ ...f0 }} }} {chain} fragment f40 on User {{ a: id }}')
    assert aliased.body["errors"][0]["extensions"]["limit"] == "aliases"


def test_fragments_that_spread_themselves_are_refused(house: House) -> None:
    answer = house.post('{ user(id: "ada") { ...a } } fragment a on User { ...b } fragment b on User { ...a }')
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        ([{"query": NAME}], 400),
        ("x", 400),
        ({}, 400),
        ({"query": 1}, 400),
        ({"query": NAME, "variables": []}, 400),
        ({"query": NAME, "operationName": 1}, 400),
        ({"query": NAME, "extensions": []}, 400),
        ({"query": "{"}, 400),
        ({"query": "\ud800"}, 400),
        ({"query": NAME, "extensions": {"persistedQuery": {"version": 2, "sha256Hash": "x"}}}, 400),
        ({"query": NAME, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}, 400),
        ({"query": NAME, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, 400),
        ({"query": "query($a: Int!) { posts(limit: $a) { nextToken } }"}, 400),
        ({"query": "query($a: Int!) { posts(limit: $a) { nextToken } }", "variables": {"a": "x"}}, 400),
    ],
)
def test_what_is_no_request_is_told_so_as_graphql_does(house: House, content: Any, status: int) -> None:
    answer = house.send("POST", NOBODY, content)
    assert answer.status == status
    assert answer.headers["cache-control"] == "no-store"
    assert all(
        error["message"] and error["extensions"]["code"] != "INTERNAL_SERVER_ERROR" for error in answer.body["errors"]
    )


def test_content_that_is_no_json_by_its_name_is_not_read(house: House) -> None:
    assert house.send("POST", NOBODY, {"query": NAME}, **{"content-type": "text/plain"}).status == 415


@pytest.mark.parametrize(
    "query", ["query=a&query=b", "variables=%5B", "query=%FF", "&" * 30 + "query=x", "", "extensions=1"]
)
def test_a_bad_url_is_told_so(house: House, query: str) -> None:
    assert house.send("GET", NOBODY, target=f"/graphql?{query}").status == 400


def test_a_mutation_is_not_sent_by_get(house: House) -> None:
    answer = house.get('mutation { deleteUser(id: "ada") }', ADA)
    assert (answer.status, answer.headers["allow"], answer.codes) == (405, "POST", ["METHOD_NOT_ALLOWED"])
    assert house.users.get("/ada") is not None


def test_other_failures_tell_the_request_and_nothing_else(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.client.delete_table(TableName="posts")
    answer = house.post('{ posts { items { id } } user(id: "ada") { name } }')
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r-1"}
    assert "r-1" in error["message"]
    assert "ResourceNotFound" not in json.dumps(answer.body)
    assert "ResourceNotFound" in caplog.text


def test_the_media_type_is_the_one_that_was_asked_for(house: House) -> None:
    assert house.post(NAME).headers["content-type"] == "application/json"
    newer = house.send("POST", NOBODY, {"query": NAME}, accept="application/graphql-response+json, application/json")
    assert newer.headers["content-type"] == "application/graphql-response+json"


def test_who_is_not_the_gateway_learns_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.application.graph.house.PRINCIPAL", "arn:aws:iam::123456789012:user/other")
    answer = house.post(NAME)
    assert (answer.status, answer.body["code"]) == (401, "not_from_gateway")


# --- registered queries --------------------------------------------------------------------------


def by_hash(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(query)}}


def test_a_query_is_registered_by_post_and_asked_for_by_its_hash(house: House) -> None:
    unknown = house.get(None, extensions=by_hash(NAME))
    assert (unknown.status, unknown.headers["cache-control"]) == (200, "no-store")
    assert unknown.body["errors"][0]["message"] == "PersistedQueryNotFound"
    assert unknown.codes == ["PERSISTED_QUERY_NOT_FOUND"]
    registered = house.send("POST", NOBODY, {"query": NAME, "extensions": by_hash(NAME)})
    assert registered.data == {"user": {"name": "Ada"}}
    found = house.get(None, extensions=by_hash(NAME))
    assert found.data == registered.data
    assert found.headers["cache-control"].startswith("public")
    assert house.send("POST", NOBODY, {"extensions": by_hash(NAME)}).data == registered.data


def test_a_get_registers_nothing(house: House) -> None:
    assert house.get(NAME, extensions=by_hash(NAME)).status == 200
    assert house.get(None, extensions=by_hash(NAME)).codes == ["PERSISTED_QUERY_NOT_FOUND"]


@pytest.mark.parametrize("query", ["{ x }", "{", deep(20), "{ __schema { types { name } } }"])
def test_what_is_refused_is_not_registered(house: House, query: str) -> None:
    assert house.send("POST", NOBODY, {"query": query, "extensions": by_hash(query)}).status == 400
    assert house.client.scan(TableName="queries")["Count"] == 0


def test_a_registered_mutation_is_not_sent_by_get_either(house: House) -> None:
    mutation = "mutation($id: ID!) { deleteUser(id: $id) }"
    house.send("POST", ADA, {"query": mutation, "variables": {"id": "nobody"}, "extensions": by_hash(mutation)})
    assert house.get(None, ADA, extensions=by_hash(mutation), variables={"id": "ada"}).status == 405


def test_registered_queries_are_held_to_their_limits_with_the_variables_of_each_request(house: House) -> None:
    query = "query($n: Int!) { posts(limit: $n) { items { author { posts(limit: $n) { nextToken items { id } } } } } }"
    small = {"query": query, "variables": {"n": 2}, "extensions": by_hash(query)}
    assert house.send("POST", NOBODY, small).status == 200
    large = house.get(None, variables={"n": 100}, extensions=by_hash(query))
    assert large.body["errors"][0]["extensions"]["limit"] == "cost"


# --- what a cache may keep -----------------------------------------------------------------------


def test_nobodys_answer_is_for_everybody(house: House) -> None:
    post_id = house.write(ADA)
    answer = house.get("{ posts { items { title author { name } } } }")
    assert answer.headers["cache-control"] == (
        "public, max-age=0, s-maxage=30, stale-while-revalidate=60, stale-if-error=600"
    )
    assert answer.headers["cache-tag"].split(",") == ["graph", f"post-{post_id}", "posts", "user-ada"]


def test_somebodys_answer_is_for_the_gateway_and_that_caller_alone(house: House) -> None:
    answer = house.get('{ user(id: "ada") { email } }', ADA)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["cdn-cache-control"] == "max-age=30, stale-while-revalidate=60, stale-if-error=600"
    assert answer.headers["cache-tag"] == "graph,user-ada"


def test_an_answer_with_an_error_is_not_kept(house: House) -> None:
    assert house.get('{ user(id: "ada") { email } }', GRACE).headers["cache-control"] == "no-store"


def test_answers_to_post_are_not_kept(house: House) -> None:
    assert house.post(NAME).headers["cache-control"] == "no-store"


def test_a_large_answer_is_tagged_by_what_it_is_of(house: House) -> None:
    for number in range(70):
        house.add_user(f"u{number}", number)
    tags = house.get("{ users(limit: 100) { items { name } } }", ADA).headers["cache-tag"]
    assert tags == "graph,user,users"


@pytest.mark.parametrize("wanted", ["a,b", "a\r\nset-cookie: x", "é"])
def test_nothing_that_was_asked_for_becomes_a_field(house: House, wanted: str) -> None:
    query = "query($id: ID!) { user(id: $id) { name } post(id: $id) { title } posts(authorId: $id) { items { id } } }"
    answer = house.get(query, variables={"id": wanted})
    assert answer.headers["cache-tag"] == "graph,posts,users"
