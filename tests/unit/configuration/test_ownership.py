"""A path parameter that must be the caller's own: no encoding of somebody else's id is."""

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import Principal
from configuration.ownership import require_own
from configuration.readings import Readings
from configuration.routes import RouteTable, choose
from configuration.settings import RouteSettings
from core.paths import normalise_path
from core.problems import Problem


def route(path: str, **more: Any) -> RouteSettings:
    return RouteSettings(**{"path": path, "origin": "https://origin.example", "auth": "required", **more})


OWN = {"match": {"id": "sub"}, "match_except_roles": ["admin"]}
TABLE = RouteTable([route("/users/{id}/*", **OWN), route("/users/{id}", **OWN), route("/*", auth="none")])
READINGS = Readings((one.pattern, one.by_method) for one in TABLE.patterns)


def ask(raw: str, caller: str, role: str = "user") -> str | int:
    """The path that the origin sees, or the status of the refusal."""
    try:
        path = normalise_path(raw)
        pattern = TABLE.find(path)
        assert pattern is not None
        chosen = choose(pattern.by_method, "GET")
        READINGS.require_one_meaning(pattern.pattern, "GET", path)
        if chosen.match:
            require_own(chosen, pattern.parameters(path), Principal("https://id.example", caller, (role,)))
    except Problem as problem:
        return problem.status
    return path


@pytest.mark.parametrize("raw", ["/users/ada", "/users/ada/orders", "/users/%61da", "/users/ada/", "/users/%61%64a/x"])
def test_ones_own_is_ones_own(raw: str) -> None:
    assert ask(raw, "ada") == normalise_path(raw)


@pytest.mark.parametrize(
    "raw",
    ["/users/bob", "/users/bob/orders", "/users/ADA", "/users/ada;bob", "/users/ada%20", "/users/ada%00bob"]
    + [
        "/users/ada%2Fbob",
        "/users/%2561da",
        "/users/ada.",
        "/users/ada/../bob",
        "/users/%EF%BD%81da",
        "/users/ada%3Fx",
    ],
)
def test_anything_else_is_refused(raw: str) -> None:
    assert ask(raw, "ada") in (400, 403)


@pytest.mark.parametrize("raw", ["/Users/bob", "/users;x/bob", "/users//bob", "/users/bob/", "/index.php/users/bob"])
def test_no_spelling_leads_around_the_route(raw: str) -> None:
    assert ask(raw, "ada") in (400, 403)


@pytest.mark.parametrize("raw", ["/users/bob", "/users/bob/orders"])
def test_a_role_may_be_excepted(raw: str) -> None:
    assert ask(raw, "ada", "admin") == raw


@pytest.mark.parametrize(
    "caller", ["bob;x", "bob ", "bob.", "%62ob", "bob?x", "bob#x", "\uff42ob", "bo\u00adb", "bob:$x:$y"]
)
def test_nobody_owns_what_a_server_may_take_for_somebody_elses(caller: str) -> None:
    assert ask(f"/users/{quote(caller, safe='')}", caller) in (400, 403)


@pytest.mark.parametrize("caller", ["auth0|5f7C8", "a+b@x.example", "{1b2c}", "zoë", "user:1", "first.last", "O'Hara"])
def test_ids_as_providers_make_them_are_ones_own(caller: str) -> None:
    assert ask(f"/users/{quote(caller, safe='')}", caller) == normalise_path(f"/users/{quote(caller, safe='')}")


spelt = st.lists(
    st.sampled_from(["a", "b", "%61", "%2562", "A", "%41", ";", "%3B", "/", "%2F", ".", "%2e", "%20", "+", "%", "é"]),
    max_size=6,
).map("".join)


@given(spelt, st.sampled_from(["a", "b", "ab", "a;b", "A"]))
def test_what_reaches_the_origin_is_the_callers_however_often_it_is_decoded(segment: str, caller: str) -> None:
    seen = ask(f"/users/{segment}", caller)
    if isinstance(seen, str) and seen.startswith("/users/") and seen != "/users/":
        place = seen.split("/")[2]
        for _ in range(4):
            place = unquote(place)
            assert place.partition(";")[0].rstrip(". ") == caller
