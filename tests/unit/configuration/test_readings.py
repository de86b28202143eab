"""The readings of a path: no spelling leads around a stricter route, and elsewhere odd spellings pass."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configuration.readings import Readings, segment_readings
from configuration.routes import RouteTable
from configuration.settings import RouteSettings
from core.paths import normalise_path
from core.problems import Problem
from identity.access import refuses_some
from identity.settings import AccessSettings


def route(
    path: str, auth: Literal["none", "optional", "required"] = "none", *, methods: Iterable[str] = ("GET",), **more: Any
) -> RouteSettings:
    return RouteSettings(path=path, auth=auth, methods=tuple(methods), origin="https://origin.example", **more)


PUBLIC = route("/*")
PROTECTED = route("/api/protected/*", "required")


def is_refused(routes: Iterable[RouteSettings], raw: str, method: str = "GET") -> bool:
    """Whether a path is refused for what it may be read as, and no other reason."""
    table = RouteTable(routes)
    path = normalise_path(raw, keep_slashes=True)
    pattern = table.find(path)
    assert pattern is not None
    readings = Readings((one.pattern, one.by_method) for one in table.patterns)
    try:
        readings.require_one_meaning(pattern.pattern, method, path)
    except Problem as problem:
        refused = (problem.status, problem.code)
    else:
        return False
    assert refused == (400, "ambiguous_path")
    return True


AROUND = [
    "/api/protected;x=1/data",
    "/api/protected;/data",
    "/api;v=2/protected/data",
    "/api;a/protected;b/data",
    "/api/protected;x/%20/data",
    "/api/protected%3Bx/data",
    "/api/protected;",
    "/api/protected%20/data",
    "/api/protected%20",
    "/api/%20protected",
    "/api/%20/protected",
    "/%20/api/protected",
    "/api/protected%C2%A0/data",
    "/api/protected%E3%80%80",
    "/api/protected%E2%80%8B/data",
    "/api/prot%C2%ADected",
    "/api/protected+/data",
    "/api/protected./data",
    "/api/protected.",
    "/api./protected",
    "/api/.../protected",
    "/api/protected.%20.",
    "/API/Protected/data",
    "/api/PROTECTED",
    "/Api/protected",
    "/%41pi/protected",
    "/api/%EF%BC%B0%EF%BC%B2%EF%BC%AF%EF%BC%B4%EF%BC%A5%EF%BC%A3%EF%BC%B4%EF%BC%A5%EF%BC%A4",
    "/api/proteCted;a/x",
    "/api/protected%3Fx/data",
    "/api/protected%3F",
    "/api/protected%23",
    "/api/protected%23x/y",
    "/api/protected%EF%BC%9Fx",
    "/api/protected%EF%BC%9Bx/data",
    "/api/protected;a%3Fb%23c",
    "/api/protected.json",
    "/api/protected.json/",
    "/api/Protected.JSON",
    "/api/protected::$INDEX_ALLOCATION/data",
    "/api/protected:$I30:$INDEX_ALLOCATION/data",
    "/api/PROTECTED;x=1%20./data",
    "/api/prot%F3%A0%80%A0ected%E1%85%9F/data",
    "/index.php/api/protected/data",
    "/api/front.CGI/protected",
    "/index.php;a/API/protected/data",
    "/index.php%20/api/protected",
    "/(S(x))/api/protected/data",
    "/api/(A(1)S(x))protected",
    "/api/prot/(S(x))ected/data",
    "/%28S%28x%29%29/api/protected",
]


@pytest.mark.parametrize("path", AROUND)
def test_no_spelling_leads_around_a_stricter_route(path: str) -> None:
    assert is_refused([PROTECTED, PUBLIC], path)
    assert is_refused([route("/api/protected/*", roles=["admin"], auth="required"), route("/*", "required")], path)


@pytest.mark.parametrize("path", [path for path in AROUND if not path.endswith(("data", "y"))])
def test_nor_around_a_stricter_path_that_is_no_subtree(path: str) -> None:
    if "data" not in path:
        assert is_refused([route("/api/protected", "required"), PUBLIC], path)


@pytest.mark.parametrize("path", ["/api/protected/", "/api/protected.json", "/api/protected%20/", "/api/PROTECTED/"])
def test_a_slash_at_the_end_leads_nowhere_else(path: str) -> None:
    assert is_refused([route("/api/protected", "required"), PUBLIC], path)
    assert not is_refused([route("/api/protected", "required"), route("/api/protected/*"), PUBLIC], "/api/protected/x")


def test_nor_does_a_missing_one() -> None:
    assert is_refused([route("/api/protected/", "required"), PUBLIC], "/api/protected")


@pytest.mark.parametrize(
    "path",
    ["/", "/x", "/api/other;x=1/data", "/API/Other", "/a%20b/c.", "/q%3Fx", "/n%23", "/api/protectedx", "/API"]
    + [
        "/api/x/Protected",
        "/api/protectedness;x",
        "/caf%C3%A9/",
        "/Files/Report.PDF",
        "/app.js",
        "/a+b",
        "/...",
        "/a:$b",
        "/index.php/other",
        "/api/x.php/protectedx",
        "/items(1)/parts(2)",
        "/(x)/y",
    ],
)
def test_elsewhere_a_path_passes_as_it_is(path: str) -> None:
    assert not is_refused([PROTECTED, PUBLIC], path)


@pytest.mark.parametrize("path", AROUND)
def test_where_every_route_lets_in_the_same_callers_nothing_is_refused(path: str) -> None:
    assert not is_refused([route("/api/protected/*", "required"), route("/*", "required")], path)
    assert not is_refused([route("/api/protected/*"), route("/*", "required")], path)


def test_a_stricter_route_spelt_with_capitals_is_guarded_as_well() -> None:
    assert is_refused([route("/api/userProfile", "required"), PUBLIC], "/api/userprofile")
    assert not is_refused([route("/api/userProfile"), route("/api/secret", "required"), PUBLIC], "/api/userprofile")


def test_a_path_that_its_own_route_names_passes() -> None:
    routes = [route("/a/pub"), route("/a/*", "required"), PUBLIC]
    assert not is_refused(routes, "/a/pub")
    assert is_refused(routes, "/A/pub;x")


def test_a_suffix_that_a_route_names_is_no_format() -> None:
    assert not is_refused([route("/admin/*", "required"), route("/admin.css"), PUBLIC], "/admin.css")
    assert is_refused([route("/admin/*", "required"), PUBLIC], "/admin.css")


def test_a_method_counts_like_a_caller() -> None:
    """`POST /admin/x` is 405, so `POST /admin;x/x` is not the public route's either."""
    routes = [route("/admin/*", methods=["GET"]), route("/*", methods=["GET", "POST"])]
    assert is_refused(routes, "/admin;x/x", "POST")
    assert not is_refused(routes, "/admin;x/x", "GET")


def test_each_method_is_held_to_its_own_route() -> None:
    routes = [route("/users"), route("/users", "required", methods=["POST"]), route("/*", methods=["GET", "POST"])]
    assert is_refused(routes, "/Users", "POST")
    assert not is_refused(routes, "/Users", "GET")


def test_a_rate_limit_is_no_access() -> None:
    assert not is_refused([route("/slow/*", rate_limit="LIMITER"), PUBLIC], "/SLOW/x")


def test_a_shadowed_route_guards_nothing() -> None:
    assert not is_refused([route("/a/*"), route("/a/b/*", "required")], "/a/B/x")


@pytest.mark.parametrize(("spelling", "refused"), [("/geo/PT", False), ("/Geo/pt;x", False), ("/x/Whoami", True)])
def test_a_named_segment_is_any_one(spelling: str, refused: bool) -> None:
    known = {"GET": AccessSettings(auth="required")}
    readings = Readings(
        [("/geo/{country}", {"GET": AccessSettings(auth="none")}), ("/x/whoami", known), ("/*", {"GET": PUBLIC})]
    )
    if refused:
        with pytest.raises(Problem):
            readings.require_one_meaning("/*", "GET", spelling)
    else:
        readings.require_one_meaning("/*", "GET", spelling)


def test_a_long_path_costs_no_more_than_its_length() -> None:
    """Readings asked for, whatever is in the path: the steps of a path of 8,000 segments are no more than its own."""
    readings = Readings([(one.path, {"GET": one}) for one in (PROTECTED, PUBLIC)])
    for segment in (";x", "A", "%20", "...", "a.b", "x;%3F%23", ":$", "api;", "+"):
        path = "/api" + f"/a{segment}" * 8000
        readings.require_one_meaning("/*", "GET", path)
    assert (
        max(len(segment_readings(shape * 1000, last=True)) for shape in (";", "?;", "#?; ", ".", "a. ", ":$", "+ ."))
        < 64
    )


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/items/100%25ab", False),
        ("/items/a%2520b", False),
        ("/x%2561", False),
        ("/api/%2570rotected", True),
        ("/api/%2570rotected/x", True),
        ("/api/%252570rotected", True),
        ("/api/protected%2520", True),
        ("/api/pro%2554ected", True),
    ],
)
def test_a_path_that_is_another_when_decoded_twice_is_refused(path: str, refused: bool) -> None:
    assert is_refused([PROTECTED, route("/items/*"), PUBLIC], path) == refused


def test_any_other_route_counts_for_what_is_decoded_twice() -> None:
    assert is_refused([route("/a"), route("/*", "required")], "/%2561")
    assert is_refused([route("/a", "required"), route("/*", "required")], "/%2561")


@pytest.mark.parametrize(
    ("path", "refused"),
    [("/x/https%3A%2F%2Fa.example%2Fb%2520c", False), ("/x/a%2Fsecret", True), ("/x/a%2F%2FSecret", True)],
)
def test_a_slash_that_is_kept_leads_around_no_stricter_route(path: str, refused: bool) -> None:
    routes = [route("/x/{id}/secret", "required"), route("/x/{id}", encoded_slashes="keep"), PUBLIC]
    assert is_refused(routes, path) == refused


@pytest.mark.parametrize("path", ["/users/7/Keys", "/users;a/7/keys", "/users/7%20/keys;x", "/users/7/keys/"])
def test_a_stricter_route_with_a_parameter_is_guarded_as_well(path: str) -> None:
    assert is_refused([route("/users/{id}/keys", "required"), PUBLIC], path)
    assert not is_refused([route("/users/{id}/keys", "required"), PUBLIC], "/users/7/other")


def test_a_brace_that_is_encoded_is_no_parameter() -> None:
    assert not is_refused([route("/%7Bx%7D/a", "required"), PUBLIC], "/y/a")
    assert is_refused([route("/%7Bx%7D/a", "required"), PUBLIC], "/%7BX%7D/a")


# --- the property: over generated tables, at least the strictest access among the readings ----------------------------

NAMES = ("a", "b", "Ab")
ACCESSES = (
    {"auth": "none"},
    {"auth": "optional"},
    {"auth": "required"},
    {"auth": "required", "roles": ("r",)},
    {"auth": "required", "roles": ("r", "s")},
    {"auth": "required", "scopes": ("w",)},
)
DRESSES = ("{}", "{};x", "{}%20", "{}.", "{}+", "{}%3Fq", "{}%23f", "%20{}", "{};%3F", "{}%C2%A0", "{}.json", "{}...")

patterns = st.builds(
    lambda names, tree: "/" + "/".join(names) + ("/*" if tree else "") if names else "/*",
    st.lists(st.sampled_from((*NAMES, "{x}")), max_size=3).filter(lambda names: names.count("{x}") < 2),
    st.booleans(),
)
tables = st.lists(
    st.builds(
        lambda path, access, methods: route(path, methods=methods, **access),
        patterns,
        st.sampled_from(ACCESSES),
        st.sampled_from([("GET",), ("GET", "POST")]),
    ),
    min_size=2,
    max_size=6,
)
dressed = st.builds(
    lambda name, dress, upper: dress.format(name.upper() if upper else name),
    st.sampled_from((*NAMES, "%20", "...")),
    st.sampled_from(DRESSES),
    st.booleans(),
)
requests = st.builds(
    lambda segments, slash: "/" + "/".join(segments) + ("/" if slash else ""),
    st.lists(dressed, max_size=4),
    st.booleans(),
)


AS_DOCUMENTED = re.compile(r"/|(/[a-z0-9]+)+")


def readings_of(path: str, spellings: Iterable[str], *, formats: bool) -> Iterator[str]:
    """All readings, made one by one as a server would: written apart from what is tested.

    A path that is asked for as it is documented is no reading with a slash: `/a` may be open beside `/*`.
    """
    segments = path.split("/")[1:]
    choices: list[list[tuple[str, bool]]] = []
    for segment in segments:
        text, ways = unquote(segment), {(unquote(segment), False)}
        for mark, ends in ((";", False), (";", True), ("?", True), ("#", True)):
            ways |= {(one.split(mark)[0], ended or ends) for one, ended in ways if mark in one}
        ways |= {(one.replace("+", " ").strip(), ended) for one, ended in ways}
        ways |= {(one.rstrip(". "), ended) for one, ended in ways}
        if formats and text and not any(segments[len(choices) + 1 :]):
            ways |= {(one.removesuffix(".json"), ended) for one, ended in ways if one != ".json"}
        ways |= {(name, ended) for one, ended in ways for name in spellings if name.lower() == one.lower()}
        choices.append(sorted(ways))
    for combination in itertools.product(*choices):
        kept = []
        for text, ended in combination:
            kept += [quote(text, safe=";:@&=+$,!'()*~")] if text else []
            if ended:
                break
        whole = "/" + "/".join(kept)
        yield whole
        if not AS_DOCUMENTED.fullmatch(path):
            yield whole.rstrip("/") + "/"


@pytest.mark.parametrize("beside", [[], [route("/Account/x", "required")], [route("/{x}/", "required")]])
def test_an_open_path_beside_a_stricter_rest_is_asked_for_as_it_is_documented(beside: list[RouteSettings]) -> None:
    routes = [route("/health"), *beside, route("/*", "required")]
    assert [is_refused(routes, path) for path in ("/health", "/health/", "/health;x")] == [
        bool(beside and beside[0].path.endswith("/")), False, False,
    ]  # fmt: skip


@given(tables, requests, st.sampled_from(["GET", "POST"]))
def test_the_access_demanded_is_that_of_the_strictest_reading(
    routes: list[RouteSettings], raw: str, method: str
) -> None:
    table = RouteTable(routes)
    try:
        path = normalise_path(raw)
    except Problem:
        return
    pattern = table.find(path)
    if pattern is None or method not in pattern.by_method:
        return
    mine = pattern.by_method[method]
    formats = pattern.pattern.endswith("/*")
    found = [table.find(reading) for reading in readings_of(path, NAMES, formats=formats)]
    others = {other.pattern: other.by_method for other in found if other is not None}
    stricter = any(method not in other or refuses_some(other[method], mine) for other in others.values())
    assert is_refused(routes, raw, method) == stricter
