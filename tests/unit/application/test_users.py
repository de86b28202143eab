"""A user is changed and deleted: by whom, in which version, and what becomes of the posts."""

import json
import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import httpx
import pytest
from application.common.entity_tags import has_tag, require_match
from application.common.problems import Problem

from devtools.application.origin import local_origin
from tests.unit.application.test_api import ADMIN, GRACE, Gateway

SECRET = "origin-api-tests-secret-of-enough-bytes"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    log = StringIO()
    with local_origin(secret=SECRET, seed=True, log=log) as origin:
        yield Gateway(origin, log)


def change(
    gateway: Gateway,
    target: str,
    changes: Any,
    headers: dict[str, str],
    tag: str,
    kind: str = "application/json",
) -> httpx.Response:
    headers = {**headers, "content-type": kind, "if-match": tag}
    return gateway.send("PATCH", target, headers, json.dumps(changes).encode())


@pytest.fixture
def tag(gateway: Gateway) -> str:
    """Grace as everybody finds her at first, and what names this version."""
    change(gateway, "/users/grace", {"name": "Grace Hopper", "email": "grace@example.com"}, ADMIN, "*")
    found = gateway.send("GET", "/users/grace", ADMIN)
    return str(found.headers["etag"])


# --- changing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/json", "application/merge-patch+json"])
def test_a_user_changes_its_own_name_and_e_mail(gateway: Gateway, tag: str, kind: str) -> None:
    answer = change(gateway, "/users/grace", {"name": "Amazing Grace", "email": "g@example.org"}, GRACE, tag, kind)
    assert answer.status_code == 200
    shown = gateway.send("GET", "/users/grace", GRACE)
    assert shown.json() == answer.json()
    assert (shown.json()["name"], shown.json()["email"]) == ("Amazing Grace", "g@example.org")
    assert shown.headers["etag"] == answer.headers["etag"] != tag


def test_a_role_is_changed_by_an_admin_alone(gateway: Gateway, tag: str) -> None:
    refused = change(gateway, "/users/grace", {"role": "admin"}, GRACE, tag)
    assert (refused.status_code, refused.json()["field"]) == (403, "role")
    assert change(gateway, "/users/grace", {"role": "user"}, ADMIN, tag).status_code == 200


@pytest.mark.parametrize("target", ["/users/ada", "/users/nobody", "/users/grace?issuer=https%3A%2F%2Fother.example"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_nobody_else_is_changed_or_deleted(gateway: Gateway, target: str, method: str) -> None:
    headers = {**GRACE, "if-match": "*", "content-type": "application/json"}
    answer = gateway.send(method, target, headers, b"{}" if method == "PATCH" else b"")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    anonymous = gateway.send(method, target, {"if-match": "*"})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "identity_required")


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": None}, {"email": "x"}, {"role": "root"}, {"id": "x"}, {"issuer": "x"}, {"x": 1}, [], 1],
)
def test_a_bad_change_names_the_field(gateway: Gateway, tag: str, changes: Any) -> None:
    answer = change(gateway, "/users/grace", changes, ADMIN, tag)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_user")
    assert answer.json()["errors"][0]["field"] == (next(iter(changes)) if isinstance(changes, dict) else "body")
    assert gateway.send("GET", "/users/grace", ADMIN).headers["etag"] == tag


def test_a_change_of_nothing_is_no_new_version(gateway: Gateway, tag: str) -> None:
    assert change(gateway, "/users/grace", {}, GRACE, tag).headers["etag"] == tag


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_without_if_match_nothing_is_changed(gateway: Gateway, tag: str, method: str) -> None:
    headers = {**GRACE, "content-type": "application/json"}
    answer = gateway.send(method, "/users/grace", headers, b'{"name": "x"}' if method == "PATCH" else b"")
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    assert gateway.send("GET", "/users/grace", GRACE).headers["etag"] == tag


@pytest.mark.parametrize("known", ['"x"', "", "W/{}", "x{}", '"*"', "* , {}x"])
def test_another_version_is_not_changed(gateway: Gateway, tag: str, known: str) -> None:
    known = known.format(tag)
    if known.startswith(("x", "*")):
        known = known.replace('"', "")
    answer = change(gateway, "/users/grace", {"name": "x"}, GRACE, known)
    assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")


def test_of_two_who_read_the_same_version_one_changes_it(gateway: Gateway, tag: str) -> None:
    names = [f"Name {n}" for n in range(8)]
    answers: list[httpx.Response] = []

    def one(name: str) -> None:
        answers.append(change(gateway, "/users/grace", {"name": name}, GRACE, tag))

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    (winner,) = (answer for answer in answers if answer.status_code == 200)
    assert gateway.send("GET", "/users/grace", GRACE).json() == winner.json()


def test_a_version_that_is_known_is_not_sent_again(gateway: Gateway, tag: str) -> None:
    answer = gateway.send("GET", "/users/grace", {**GRACE, "if-none-match": tag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


def test_a_version_never_comes_again_although_the_user_looks_the_same(gateway: Gateway, tag: str) -> None:
    changed = change(gateway, "/users/grace", {"name": "Grace"}, GRACE, tag).headers["etag"]
    back = change(gateway, "/users/grace", {"name": "Grace Hopper"}, GRACE, changed)
    assert back.status_code == 200
    assert change(gateway, "/users/grace", {"name": "x"}, GRACE, tag).status_code == 412


@pytest.mark.parametrize("matches", ['"a"', 'W/"b", "a"', '"b","a"', "*", ' "a" '])
def test_a_list_of_versions_matches_by_one_of_them(matches: str) -> None:
    require_match(matches, '"a"')
    assert has_tag(matches, '"a"')


@pytest.mark.parametrize("matches", ['W/"a"', '"b"', "a", '"a'])
def test_weak_and_broken_versions_match_no_change(matches: str) -> None:
    with pytest.raises(Problem) as caught:
        require_match(matches, '"a"')
    assert caught.value.status == 412


# --- deleting ------------------------------------------------------------------------------------


def test_a_user_deletes_itself_and_an_admin_anybody(gateway: Gateway) -> None:
    for caller in ({"x-user-id": "leaver", "x-user-role": "user"}, ADMIN):
        new = {"id": "leaver", "name": "Leaver", "email": "l@example.com"}
        created = gateway.create(new)
        assert created.status_code == 201
        assert gateway.send("DELETE", "/users/leaver", {**caller, "if-match": '"x"'}).status_code == 412
        gone = gateway.send("DELETE", "/users/leaver", {**caller, "if-match": created.headers["etag"]})
        assert (gone.status_code, gone.content) == (204, b"")
        assert gateway.send("GET", "/users/leaver", caller).status_code == 404
        assert gateway.send("DELETE", "/users/leaver", {**caller, "if-match": "*"}).status_code == 404
        listed = gateway.send("GET", "/users?limit=100", ADMIN).json()["users"]
        assert "leaver" not in {user["id"] for user in listed}
