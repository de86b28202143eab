"""Matching: default deny, first pattern decides, methods never widen access."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configuration.route_spelling import FOREIGN, USUAL
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


SEGMENTS = st.sampled_from(["a", "b", "a.b", "(x)", "a+", "a:b"])
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments))
PARTS = st.lists(SEGMENTS | st.sampled_from(["{m}", "{n}"]), min_size=1, max_size=3, unique=True)
PATTERNS = st.builds(lambda parts, end: "/" + "/".join(parts) + end, PARTS, st.sampled_from(["", "/*"]))


def takes(pattern: str, path: str) -> bool:
    """What `route_patterns.py` says at its top, segment by segment."""
    tree = pattern.endswith("/*")
    wanted, given_ = pattern.removesuffix("/*").split("/"), path.split("/")
    if len(given_) < len(wanted) or (len(given_) > len(wanted) and not tree):
        return False
    return all(one == other or one.startswith("{") for one, other in zip(wanted, given_, strict=False))


@given(st.lists(PATTERNS, max_size=6, unique=True), PATHS)
def test_one_look_finds_what_a_look_at_each_pattern_in_turn_finds(patterns: list[str], path: str) -> None:
    table = RouteTable([route(pattern) for pattern in patterns])
    assert found(table, path) == next((pattern for pattern in patterns if takes(pattern, path)), None)


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


@given(st.text("/a.x{}<>[]():*+?#^$|\\\n", max_size=12))
def test_nothing_foreign_is_in_a_path_that_is_taken_for_a_usual_one(path: str) -> None:
    assert not (USUAL.fullmatch(path) and any(pattern.search(path) for pattern, _ in FOREIGN))
