"""What can be read and changed, and by whom."""

from typing import Any

import pytest
from application.graph.execution import SCHEMA
from application.graph.rules import RULES
from graphql import GraphQLObjectType

from tests.unit.application.graph.house import ADA, GRACE, NOBODY, ROOT, House

EMAILS = '{ mine: user(id: "ada") { id name email } other: user(id: "grace") { id name email } }'


# --- who sees what -------------------------------------------------------------------------------


def test_every_field_of_the_schema_has_a_rule() -> None:
    plain = {"UserConnection", "PostConnection", "_Service"}
    fields = {
        f"{name}.{field}"
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__") and name not in plain
        for field in kind.fields
        if not field.startswith("_")
    }
    assert fields == {rule for rule in RULES if not rule.startswith("UpdateUserInput")}


def test_an_e_mail_is_shown_to_its_owner(house: House) -> None:
    answer = house.post(EMAILS, ADA)
    assert answer.body["data"] == {
        "mine": {"id": "ada", "name": "Ada", "email": "ada@example.com"},
        "other": {"id": "grace", "name": "Grace", "email": None},
    }
    assert [(error["path"], error["extensions"]["code"]) for error in answer.body["errors"]] == [
        (["other", "email"], "FORBIDDEN")
    ]


def test_an_admin_sees_every_e_mail(house: House) -> None:
    assert house.post(EMAILS, ROOT).data["other"]["email"] == "grace@example.com"


def test_nobody_sees_names_and_no_e_mail(house: House) -> None:
    answer = house.post(EMAILS)
    assert [user["name"] for user in answer.body["data"].values()] == ["Ada", "Grace"]
    assert answer.codes == ["UNAUTHENTICATED"] * 2


def test_another_issuers_namesake_is_somebody_else(house: House) -> None:
    namesake = {**ADA, "x-user-issuer": "https://id.example"}
    assert house.post('{ user(id: "ada") { email } }', namesake).codes == ["FORBIDDEN"]
    created = house.post(
        "mutation($input: CreateUserInput!) { createUser(input: $input) { id email } }",
        ROOT, input={"id": "ada", "name": "A", "email": "a@id.example", "issuer": "https://id.example"},
    ).data["createUser"]  # fmt: skip
    assert created == {"id": "https%3A%2F%2Fid.example/ada", "email": "a@id.example"}
    shown = house.post("query($id: ID!) { user(id: $id) { email } }", namesake, id=created["id"])
    assert shown.data == {"user": {"email": "a@id.example"}}
    assert house.post("query($id: ID!) { user(id: $id) { email } }", ADA, id=created["id"]).codes == ["FORBIDDEN"]


def test_the_list_of_users_is_for_whoever_is_signed_in(house: House) -> None:
    assert house.post("{ users { items { name } } }").codes == ["UNAUTHENTICATED"]
    listed = house.post("{ users { items { name } nextToken } }", ADA).data["users"]
    assert listed == {"items": [{"name": name} for name in ("Ada", "Grace", "Root")], "nextToken": None}


@pytest.mark.parametrize("wanted", ["", "nobody", "a" * 3000, "/", "x/y", "é", "a,b\r\nx: y"])
def test_what_there_is_not_is_null(house: House, wanted: str) -> None:
    query = "query($id: ID!) { user(id: $id) { name } post(id: $id) { title } posts(authorId: $id) { items { id } } }"
    answer = house.post(query.replace("posts(authorId: $id) { items { id } }", ""), id=wanted)
    assert answer.data == {"user": None, "post": None}
    assert set(answer.headers) >= {"cache-control"}


# --- who changes what ----------------------------------------------------------------------------


def test_a_user_writes_changes_and_deletes_its_posts(house: House) -> None:
    post_id = house.write(ADA)
    change = 'mutation($id: ID!) { updatePost(id: $id, input: {title: " New "}) { title content author { id } } }'
    changed = house.post(change, ADA, id=post_id).data["updatePost"]
    assert changed == {"title": "New", "content": "Content", "author": {"id": "ada"}}
    assert house.post("mutation($id: ID!) { deletePost(id: $id) }", ADA, id=post_id).data == {"deletePost": True}
    assert house.post("mutation($id: ID!) { deletePost(id: $id) }", ADA, id=post_id).data == {"deletePost": False}
    assert house.post(change, ADA, id=post_id).data == {"updatePost": None}


@pytest.mark.parametrize(
    ("mutation", "code"),
    [
        ('updatePost(id: $post, input: {title: "x"}) { id }', "FORBIDDEN"),
        ("deletePost(id: $post)", "FORBIDDEN"),
        ('createPost(input: {title: "x", content: "x", authorId: "ada"}) { id }', "FORBIDDEN"),
        ('updateUser(id: "ada", input: {name: "x"}) { id }', "FORBIDDEN"),
        ('updateUser(id: "grace", input: {role: "admin"}) { id }', "FORBIDDEN"),
        ('deleteUser(id: "ada")', "FORBIDDEN"),
        ('createUser(input: {name: "x", email: "x@example.com"}) { id }', "FORBIDDEN"),
    ],
)
def test_what_is_somebody_elses_is_not_changed(house: House, mutation: str, code: str) -> None:
    post_id = house.write(ADA)
    used = "($post: ID!)" if "$post" in mutation else ""
    before = house.client.scan(TableName="users")["Items"] + house.client.scan(TableName="posts")["Items"]
    for caller, expected in ((GRACE, code), (NOBODY, "UNAUTHENTICATED")):
        answer = house.post(f"mutation{used} {{ {mutation} }}", caller, **({"post": post_id} if used else {}))
        assert answer.codes == [expected]
    assert house.client.scan(TableName="users")["Items"] + house.client.scan(TableName="posts")["Items"] == before


def test_an_admin_changes_everything(house: House) -> None:
    post_id = house.write(ADA)
    assert house.post("mutation($id: ID!) { deletePost(id: $id) }", ROOT, id=post_id).data == {"deletePost": True}
    changed = house.post('mutation { updateUser(id: "ada", input: {role: "admin"}) { role } }', ROOT)
    assert changed.data == {"updateUser": {"role": "admin"}}


NAMES = {"a": "One", "b": "Two"}


def test_one_request_reads_what_it_changed(house: House) -> None:
    shown = "{ name posts { items { author { name } } } }"
    changes = (f'{alias}: updateUser(id: "ada", input: {{name: "{name}"}}) {shown}' for alias, name in NAMES.items())
    mutation = f"mutation {{ {' '.join(changes)} }}"
    house.write(ADA)
    changed = house.post(mutation, ADA).data
    for alias, name in NAMES.items():
        assert changed[alias] == {"name": name, "posts": {"items": [{"author": {"name": name}}]}}


def test_with_a_user_its_posts_go(house: House) -> None:
    ids = [house.write(ADA) for _ in range(3)]
    kept = house.write(GRACE)
    assert house.post('mutation { deleteUser(id: "ada") }', ADA).data == {"deleteUser": True}
    assert house.post("{ posts { items { id author { id } } } }").data["posts"]["items"] == [
        {"id": kept, "author": {"id": "grace"}}
    ]
    for post_id in ids:
        assert house.post("query($id: ID!) { post(id: $id) { id } }", id=post_id).data == {"post": None}
    assert house.post('mutation { deleteUser(id: "ada") }', ADA).data == {"deleteUser": False}
    orphan = house.post('mutation { createPost(input: {title: "x", content: "x"}) { id } }', ADA)
    assert orphan.codes == ["NO_SUCH_AUTHOR"]


@pytest.mark.parametrize(
    ("mutation", "code", "fields"),
    [
        ('createUser(input: {name: "", email: "x"}) { id }', "INVALID_USER", {"name", "email"}),
        ('createUser(input: {name: "x", email: "x@y.z", role: "root"}) { id }', "INVALID_USER", {"role"}),
        ('updateUser(id: "ada", input: {name: null}) { id }', "INVALID_USER", {"name"}),
        ('createPost(input: {title: "", content: " "}) { id }', "INVALID_POST", {"title", "content"}),
    ],
)
def test_what_cannot_be_written_says_which_field(house: House, mutation: str, code: str, fields: set[str]) -> None:
    (error,) = house.post(f"mutation {{ {mutation} }}", ROOT).body["errors"]
    assert error["extensions"]["code"] == code
    assert {fault["field"] for fault in error["extensions"]["errors"]} == fields


def test_an_id_is_given_once(house: House) -> None:
    mutation = 'mutation { createUser(input: {id: "ada", name: "x", email: "x@y.z"}) { id } }'
    assert house.post(mutation, ROOT).codes == ["USER_EXISTS"]


# --- pages ---------------------------------------------------------------------------------------

PAGE = 'query($n: Int!, $t: String) { posts(authorId: "ada", limit: $n, nextToken: $t) { items { title } nextToken } }'


def test_pages_are_stable_while_posts_are_added(house: House) -> None:
    for number in range(7):
        house.write(ADA, str(number))
    seen: list[str] = []
    token: Any = None
    while True:
        page = house.post(PAGE, n=3, t=token).data["posts"]
        seen += [post["title"] for post in page["items"]]
        house.write(ADA, f"later {len(seen)}")
        house.write(GRACE, "another's")
        token = page["nextToken"]
        if token is None:
            break
    assert sorted(seen) == [str(number) for number in range(7)]


def test_posts_of_an_author_are_found_by_the_index(house: House) -> None:
    house.write(ADA)
    house.post(PAGE, n=3)
    assert house.reads == ["Query"]


@pytest.mark.parametrize("limit", [0, -1, 101, 2**31 - 1])
def test_a_bad_limit_is_refused(house: House, limit: int) -> None:
    (code,) = house.post(PAGE, n=limit).codes
    assert code == "BAD_LIMIT"


def test_a_token_that_was_tampered_with_is_refused(house: House) -> None:
    for number in range(3):
        house.write(ADA, str(number))
        house.write(GRACE, str(number))
    token = house.post(PAGE, n=1).data["posts"]["nextToken"]
    for place in range(0, len(token), 5):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert house.post(PAGE, n=1, t=changed).codes == ["BAD_NEXT_TOKEN"], place
    for other in ("", "x", "e30", token * 200, "é"):
        assert house.post(PAGE, n=1, t=other).codes == ["BAD_NEXT_TOKEN"]
    elsewhere = PAGE.replace('"ada"', '"grace"')
    assert house.post(elsewhere, n=1, t=token).codes == ["BAD_NEXT_TOKEN"], "it is good for its own list"


# --- how often is read ---------------------------------------------------------------------------


def test_a_hundred_posts_with_their_authors_are_two_reads(house: House) -> None:
    for number in range(100):
        house.add_user(f"u{number}", number)
        house.write({"x-user-id": f"u{number}"})
    listed = house.post("{ posts(limit: 100) { items { title author { name } } } }").data["posts"]["items"]
    assert len({post["author"]["name"] for post in listed}) == 100
    assert house.reads == ["Query", "BatchGetItem"]


def test_a_user_asked_for_twice_is_read_once(house: House) -> None:
    house.post('{ a: user(id: "ada") { name } b: user(id: "ada") { name } c: user(id: "grace") { name } }')
    assert house.reads == ["BatchGetItem"]


# --- federation ----------------------------------------------------------------------------------

ENTITIES = """query($r: [_Any!]!) { _entities(representations: $r) {
  __typename ... on User { id name } ... on Post { id title } } }"""


def test_entities_are_found_by_their_keys_in_one_read_a_type(house: House) -> None:
    post_id = house.write(ADA, "Found")
    wanted = [{"__typename": "User", "id": name} for name in ("ada", "nobody", "grace", "ada")]
    wanted += [{"__typename": "Post", "id": key} for key in (post_id, "nothing")]
    found = house.post(ENTITIES, r=wanted).data["_entities"]
    assert [entity and entity["id"] for entity in found] == ["ada", None, "grace", "ada", post_id, None]
    assert sorted(house.reads) == ["BatchGetItem", "BatchGetItem"]


@pytest.mark.parametrize(
    "representation",
    [{"__typename": "User"}, {"__typename": "User", "id": 1}, {"__typename": "User", "id": None, "x": {}}],
)
def test_a_representation_without_key_is_nobody(house: House, representation: Any) -> None:
    assert house.post(ENTITIES, r=[representation]).data == {"_entities": [None]}


@pytest.mark.parametrize("representation", [{}, {"__typename": "Nothing", "id": "1"}, {"__typename": 1}, "x", [], 7])
def test_a_representation_of_nothing_is_an_error_and_no_fault_of_ours(house: House, representation: Any) -> None:
    answer = house.post(ENTITIES, r=[representation])
    assert answer.status in (200, 400)
    assert answer.codes == ["BAD_REPRESENTATION"]


def test_rules_hold_for_entities_too(house: House) -> None:
    query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { email } } }"
    wanted = [{"__typename": "User", "id": "ada"}, {"__typename": "User", "id": "grace"}]
    answer = house.post(query, GRACE, r=wanted)
    assert answer.body["data"] == {"_entities": [{"email": None}, {"email": "grace@example.com"}]}
    assert answer.codes == ["FORBIDDEN"]
