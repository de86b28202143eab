"""A path parameter that must be the caller's own: no encoding of somebody else's id is."""

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth import Principal, refuses_some
from configuration.loading import load_settings
from configuration.ownership import require_own
from configuration.readings import Readings
from configuration.routes import RouteTable, choose
from configuration.settings import RouteSettings
from core.paths import normalise_path
from core.problems import Problem
from identity.principals import ClaimRules
from tests.unit.in_memory import NOW


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


def owns(claims: dict[str, Any], path: str, parameters: dict[str, str], **match: Any) -> bool:
    """Whether a caller with these claims may ask, as its token is read where a route compares them."""
    chosen = route(path, match=match)
    settings = load_settings({"ROUTES": [chosen.model_dump(exclude_unset=True)], "JWT_SECRET": "s" * 32}, set())
    principal = ClaimRules(settings.issuers[0], settings.compared_claims).read(
        {"sub": "ada", "exp": NOW, **claims}, NOW
    )
    try:
        require_own(chosen, parameters, principal)
    except Problem as problem:
        return problem.code != "not_yours"
    return True


@pytest.mark.parametrize(
    ("claims", "claim", "theirs"),
    [
        ({"org_id": "o1"}, "org_id", True),
        ({"org_id": "o2"}, "org_id", False),
        ({"org_id": ["o2", "o1"]}, "org_id", True),
        ({"org_id": []}, "org_id", False),
        ({"org_id": {"o1": True}}, "org_id", False),
        ({"org_id": [["o1"]]}, "org_id", False),
        ({"org_id": None}, "org_id", False),
        ({}, "org_id", False),
        ({"app": {"org": "o1"}}, "app.org", True),
        ({"app": {"org": "o1"}}, ["app", "org"], True),
        ({"app.org": "o1"}, ["app", "org"], False),
        ({"sub": "o1"}, ["sub"], True),
    ],
)
def test_a_place_may_be_what_another_claim_says(claims: dict[str, Any], claim: Any, theirs: bool) -> None:
    assert owns(claims, "/orgs/{org}", {"org": "o1"}, org=claim) == theirs


@pytest.mark.parametrize("value", [7, [7], "7"])
def test_an_integer_is_its_decimal_text(value: Any) -> None:
    assert owns({"org_id": value}, "/orgs/{org}", {"org": "7"}, org="org_id")


@pytest.mark.parametrize(("value", "place"), [(True, "true"), (True, "True"), (7.0, "7.0"), (7.0, "7"), ("", "")])
def test_what_is_no_id_owns_nothing(value: Any, place: str) -> None:
    assert not owns({"org_id": value}, "/orgs/{org}", {"org": place}, org="org_id")


def test_each_place_must_be_the_callers() -> None:
    match = {"org": "org_id", "id": "sub"}
    for org, user, theirs in (("o1", "ada", True), ("o1", "bob", False), ("o2", "ada", False), ("ada", "o1", False)):
        assert owns({"org_id": "o1"}, "/orgs/{org}/{id}", {"org": org, "id": user}, **match) == theirs


def test_nobody_owns_by_a_claim_what_a_server_may_take_for_somebody_elses() -> None:
    assert not owns({"org_id": "o1;x"}, "/orgs/{org}", {"org": "o1;x"}, org="org_id")


def test_a_key_without_claims_owns_nothing_but_its_id() -> None:
    caller = Principal("https://id.example", "ada")
    with pytest.raises(Problem):
        require_own(route("/orgs/{org}", match={"org": "org_id"}), {"org": "ada"}, caller)


def test_a_route_that_compares_another_claim_is_another_condition() -> None:
    """No spelling leads from one to the other."""
    one, other = (route("/orgs/{org}", match={"org": claim}) for claim in ("org_id", "sub"))
    assert refuses_some(one, other)
    assert refuses_some(other, one)
    assert not refuses_some(one, route("/orgs/{org}", match={"org": "org_id"}))


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
