"""Matching: default deny, first pattern decides, methods never widen access."""

import pytest

from configuration.routes import RouteTable, choose
from configuration.settings import RouteSettings
from core.problems import Problem


def route(path: str, *methods: str, origin: str = "https://origin.example") -> RouteSettings:
    return RouteSettings(path=path, methods=methods or ("GET",), origin=origin, auth="none")


def found(table: RouteTable, path: str) -> str | None:
    pattern = table.find(path)
    return pattern.pattern if pattern else None


def test_what_no_route_names_does_not_exist() -> None:
    assert found(RouteTable([route("/api/users")]), "/api") is None


@pytest.mark.parametrize("path", ["/api/users/", "/api/users/1", "/API/users", "/api/usersearch", "/api/Users"])
def test_an_exact_path_matches_itself_alone(path: str) -> None:
    assert found(RouteTable([route("/api/users")]), path) is None


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/users", "/api/a/b"])
def test_a_subtree_includes_its_bare_prefix(path: str) -> None:
    assert found(RouteTable([route("/api/*")]), path) == "/api/*"


@pytest.mark.parametrize("path", ["/apis", "/api2/x", "/Api/x", "/"])
def test_a_subtree_ends_at_a_segment(path: str) -> None:
    assert found(RouteTable([route("/api/*")]), path) is None


@pytest.mark.parametrize("path", ["/users:export/x", "/users%3Aexport/x", "/users%3Aexport"])
def test_an_encoded_delimiter_does_not_slip_past_a_protected_path(path: str) -> None:
    assert found(RouteTable([route("/users:export/*"), route("/*")]), path) == "/users:export/*"
    assert found(RouteTable([route("/users%3Aexport/*"), route("/*")]), path) == "/users%3Aexport/*"


def test_the_whole_tree_can_be_a_route() -> None:
    table = RouteTable([route("/*")])
    assert found(table, "/") == found(table, "/any/thing") == "/*"


def test_the_first_pattern_in_order_decides() -> None:
    table = RouteTable([route("/api/public/*"), route("/api/*")])
    assert found(table, "/api/public/x") == "/api/public/*"
    assert found(table, "/api/private") == "/api/*"


def test_a_method_that_is_not_offered_never_falls_through_to_a_wider_pattern() -> None:
    table = RouteTable([route("/admin/*", "GET"), route("/*", "GET", "POST")])
    pattern = table.find("/admin/x")
    assert pattern is not None
    with pytest.raises(Problem) as refused:
        choose(pattern.by_method, "POST")
    assert refused.value.status == 405
    assert refused.value.headers["allow"] == "GET, HEAD"


def test_one_path_may_have_a_route_for_each_method() -> None:
    table = RouteTable([route("/users", "GET", origin="https://read.example"), route("/users", "POST")])
    pattern = table.find("/users")
    assert pattern is not None
    assert choose(pattern.by_method, "GET").origin == "https://read.example"
    assert choose(pattern.by_method, "POST").origin == "https://origin.example"


def test_methods_unknown_to_python_are_matched_like_any_other() -> None:
    pattern = RouteTable([route("/x", "M-SEARCH")]).find("/x")
    assert pattern is not None
    assert choose(pattern.by_method, "M-SEARCH").path == "/x"
    with pytest.raises(Problem):
        choose(pattern.by_method, "m-search")
